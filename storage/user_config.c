#include "bourse/storage/settings.h"
#include "bourse/base/text.h"
#include "transaction_private.h"

#define NAME_MAX_BYTES 1024
#define VALUE_MAX_BYTES ((size_t)4 * 1024 * 1024)

enum status user_config_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, const char *name, struct slice *out)
{
    struct result *result = NULL;
    struct sql_user_config_read_out row;
    TRY(TX_RUN(tx, mem, &result, user_config_read, .mailbox = mailbox, .folder = folder, .name = name));
    if (result->row_count == 0) {
        talloc_free(result);
        return status_fail(STATUS_NOT_FOUND, "configuration %s of folder %lld", name, (long long)folder);
    }
    result_read(result, 0, STATEMENT_user_config_read, &row);
    *out = slice_copy(mem, row.value);
    talloc_free(result);
    return out->data != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "configuration");
}

enum status user_config_set(struct transaction *tx, int64_t mailbox, int64_t folder, const char *name, struct slice value)
{
    struct locked_mailbox *locked = NULL;
    struct result *result = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    size_t length = strlen(name);
    if (length == 0 || length > NAME_MAX_BYTES || !utf8_is_valid(slice_of(name, length)))
        return status_fail(STATUS_INVALID_ARGUMENT, "configuration name of %zu bytes", length);
    if (value.length > VALUE_MAX_BYTES)
        return status_fail(STATUS_LIMIT_EXCEEDED, "configuration of %zu bytes", value.length);
    if (value.length == 0)
        return TX_SEND(tx, user_config_remove, .mailbox = mailbox, .folder = folder, .name = name);
    TRY(TX_RUN(tx, tx, &result, user_config_put, .mailbox = mailbox, .folder = folder, .name = name, .value = value));
    bool done = result->row_count > 0;
    talloc_free(result);
    return done ? STATUS_OK : status_fail(STATUS_FOLDER_NOT_FOUND, "folder %lld", (long long)folder);
}
