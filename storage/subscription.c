#include "bourse/storage/settings.h"
#include "array_count.h"
#include "transaction_private.h"

#define FOLDERS_MAX 10000

enum status store_subscription_add(struct transaction *tx, const struct store_subscription *subscription)
{
    if (subscription->folder_count > FOLDERS_MAX)
        return status_fail(STATUS_LIMIT_EXCEEDED, "subscription to %zu folders", subscription->folder_count);
    return TX_SEND(tx, subscription_insert, .id = subscription->id, .mailbox = subscription->mailbox, .owner = subscription->owner,
                   .kinds = (int64_t)subscription->kinds, .folders = { subscription->folders, subscription->folder_count },
                   .all_folders = subscription->folders == NULL, .is_streaming = subscription->is_streaming,
                   .watermark = subscription->watermark, .expires = subscription->expires, .timeout_minutes = subscription->timeout_minutes);
}

static enum status not_found(struct guid id)
{
    char text[GUID_TEXT_SIZE];
    return status_fail(STATUS_SUBSCRIPTION_NOT_FOUND, "subscription %s", guid_format(id, text));
}

static enum status fill(TALLOC_CTX *mem, const struct sql_subscription_read_out *row, struct store_subscription *out)
{
    *out = (struct store_subscription){
        .id = row->id, .mailbox = row->mailbox, .owner = row->owner, .kinds = (uint32_t)row->kinds, .watermark = row->watermark,
        .expires = row->expires, .timeout_minutes = row->timeout_minutes, .is_streaming = row->is_streaming,
    };
    if (row->all_folders)
        return STATUS_OK;
    int64_t *folders = talloc_array(mem, int64_t, array_count(row->folders.count + 1)); /* not NULL for no folder at all */
    if (folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "subscription");
    for (size_t i = 0; i < row->folders.count; i++)
        folders[i] = row->folders.items[i];
    out->folders = folders;
    out->folder_count = row->folders.count;
    return STATUS_OK;
}

enum status store_subscription_get(TALLOC_CTX *mem, struct transaction *tx, struct guid id, struct store_subscription *out)
{
    struct result *result = NULL;
    struct sql_subscription_read_out row;
    TRY(TX_RUN(tx, mem, &result, subscription_read, .id = id));
    if (result->row_count == 0) {
        talloc_free(result);
        return not_found(id);
    }
    result_read(result, 0, STATEMENT_subscription_read, &row);
    enum status status = fill(mem, &row, out);
    talloc_free(result);
    if (status == STATUS_OK && out->expires <= clock_now())
        return status_fail(STATUS_EXPIRED_SUBSCRIPTION, "subscription of mailbox %lld", (long long)out->mailbox);
    return status;
}

enum status store_subscription_touch(struct transaction *tx, struct guid id, int64_t watermark, instant expires)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, subscription_touch, .id = id, .watermark = watermark, .expires = expires));
    bool found = result->row_count > 0;
    talloc_free(result);
    return found ? STATUS_OK : not_found(id);
}

enum status store_subscription_remove(struct transaction *tx, struct guid id)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, subscription_remove, .id = id));
    bool found = result->row_count > 0;
    talloc_free(result);
    return found ? STATUS_OK : not_found(id);
}
