#include "bourse/storage/device.h"

#include "array_count.h"
#include "transaction_private.h"

static enum status text_of(TALLOC_CTX *mem, const char *from, const char **out)
{
    *out = talloc_strdup(mem, from);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "device");
}

static enum status bytes_of(TALLOC_CTX *mem, struct slice from, struct slice *out)
{
    *out = slice_copy(mem, from);
    return out->data != NULL || from.length == 0 ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "device");
}

/* The two statements' rows have the same columns; the generator gives each its own type. */
#define DEVICE_OF_ROW(row) \
    { .owner = (row).owner, .policy_key = (uint32_t)(row).policy_key, .offered_policy_key = (uint32_t)(row).offered_policy_key, \
      .policy_hash = (uint32_t)(row).policy_hash, .access = (row).access, .wipe = (row).wipe, .wipe_account_only = (row).wipe_account_only, \
      .first_seen = (row).first_seen, .last_seen = (row).last_seen }

static enum status fill_texts(TALLOC_CTX *mem, const char *id, const char *type, const char *user_agent, struct slice info, struct store_device *out)
{
    TRY(text_of(mem, id, &out->id));
    TRY(text_of(mem, type, &out->type));
    TRY(text_of(mem, user_agent, &out->user_agent));
    return bytes_of(mem, info, &out->info);
}

enum status store_device_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *id, struct store_device *out)
{
    struct result *result = NULL;
    struct sql_device_read_out row;
    TRY(TX_RUN(tx, mem, &result, device_read, .mailbox = mailbox, .device = id));
    enum status status = STATUS_NOT_FOUND;
    if (result->row_count > 0) {
        result_read(result, 0, STATEMENT_device_read, &row);
        *out = (struct store_device)DEVICE_OF_ROW(row);
        status = fill_texts(mem, row.device, row.type, row.user_agent, row.info, out);
    }
    talloc_free(result);
    return status != STATUS_NOT_FOUND ? status : status_fail(STATUS_NOT_FOUND, "device %s", id);
}

enum status store_device_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct store_device **out, size_t *count)
{
    struct result *result = NULL;
    struct sql_device_list_out row;
    TRY(TX_RUN(tx, mem, &result, device_list, .mailbox = mailbox));
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct store_device, array_count(*count + 1));
    enum status status = *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "devices");
    for (int i = 0; i < result->row_count && status == STATUS_OK; i++) {
        result_read(result, i, STATEMENT_device_list, &row);
        (*out)[i] = (struct store_device)DEVICE_OF_ROW(row);
        status = fill_texts(*out, row.device, row.type, row.user_agent, row.info, &(*out)[i]);
    }
    talloc_free(result);
    return status;
}

enum status store_device_put(struct transaction *tx, int64_t mailbox, const struct store_device *device)
{
    return TX_SEND(tx, device_put, .mailbox = mailbox, .device = device->id, .owner = device->owner, .type = device->type, .user_agent = device->user_agent,
                   .policy_key = device->policy_key, .offered_policy_key = device->offered_policy_key, .policy_hash = device->policy_hash,
                   .access = device->access, .wipe = device->wipe, .wipe_account_only = device->wipe_account_only, .first_seen = device->first_seen,
                   .last_seen = device->last_seen, .info = device->info);
}

enum status store_device_remove(struct transaction *tx, int64_t mailbox, const char *id)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, device_remove, .mailbox = mailbox, .device = id));
    bool found = result->row_count > 0;
    talloc_free(result);
    return found ? STATUS_OK : status_fail(STATUS_NOT_FOUND, "device %s", id);
}

static enum status fill_sync(TALLOC_CTX *mem, const struct sql_device_sync_read_out *row, struct store_device_sync *out)
{
    out->key = (uint32_t)row->current_key;
    out->base_key = (uint32_t)row->previous_key;
    TRY(bytes_of(mem, row->current_state, &out->state));
    TRY(bytes_of(mem, row->previous_state, &out->base_state));
    TRY(bytes_of(mem, row->previous_answer, &out->answer));
    return bytes_of(mem, row->request_hash, &out->request_hash);
}

enum status store_device_sync_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *device, int64_t folder, struct store_device_sync *out)
{
    struct result *result = NULL;
    struct sql_device_sync_read_out row;
    *out = (struct store_device_sync){ 0 };
    TRY(TX_RUN(tx, mem, &result, device_sync_read, .mailbox = mailbox, .device = device, .folder = folder));
    enum status status = STATUS_OK;
    if (result->row_count > 0) {
        result_read(result, 0, STATEMENT_device_sync_read, &row);
        status = fill_sync(mem, &row, out);
    }
    talloc_free(result);
    return status;
}

enum status store_device_sync_put(struct transaction *tx, int64_t mailbox, const char *device, int64_t folder, uint32_t expected,
                                  const struct store_device_sync *next)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, device_sync_advance, .mailbox = mailbox, .device = device, .folder = folder, .expected = expected, .key = next->key,
               .state = next->state.data != NULL ? next->state : slice_of_text(""), .base_key = next->base_key, .base_state = next->base_state,
               .answer = next->answer, .request_hash = next->request_hash, .now = clock_now()));
    bool done = result->row_count > 0;
    talloc_free(result);
    return done ? STATUS_OK : status_fail(STATUS_CONFLICT, "collection %lld of device %s has another key than %u", (long long)folder, device, expected);
}

enum status store_device_sync_forget(struct transaction *tx, int64_t mailbox, const char *device, int64_t folder, bool all)
{
    return TX_SEND(tx, device_sync_forget, .mailbox = mailbox, .device = device, .folder = folder, .all = all);
}

enum status store_device_sync_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *device, struct store_device_collection **out,
                                   size_t *count)
{
    struct result *result = NULL;
    struct sql_device_sync_list_out row;
    TRY(TX_RUN(tx, mem, &result, device_sync_list, .mailbox = mailbox, .device = device));
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct store_device_collection, array_count(*count + 1));
    for (int i = 0; i < result->row_count && *out != NULL; i++) {
        result_read(result, i, STATEMENT_device_sync_list, &row);
        (*out)[i] = (struct store_device_collection){ .folder = row.folder, .key = (uint32_t)row.current_key, .state_bytes = (size_t)row.state_bytes,
                                                      .modified = row.modified };
    }
    talloc_free(result);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "collections");
}

enum status store_client_id_get(struct transaction *tx, int64_t mailbox, const char *device, const char *client_id, int64_t *item)
{
    struct result *result = NULL;
    struct sql_device_client_id_read_out row = { 0 };
    TRY(TX_RUN(tx, tx, &result, device_client_id_read, .mailbox = mailbox, .device = device, .client_id = client_id));
    if (result->row_count > 0)
        result_read(result, 0, STATEMENT_device_client_id_read, &row);
    *item = row.message;
    talloc_free(result);
    return STATUS_OK;
}

enum status store_client_id_put(struct transaction *tx, int64_t mailbox, const char *device, const char *client_id, int64_t item)
{
    return TX_SEND(tx, device_client_id_put, .mailbox = mailbox, .device = device, .client_id = client_id, .message = item, .now = clock_now());
}
