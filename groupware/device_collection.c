/* Sync keys and client ids of a device in the session's own mailbox. */
#include "bourse/groupware/device.h"

#include "bourse/storage/device.h"
#include "session_state.h"

enum status device_collection_get(TALLOC_CTX *mem, struct session *session, const char *device, int64_t collection, struct device_collection *out)
{
    struct transaction *tx = NULL;
    struct store_device_sync row;
    TRY(transaction_begin(mem, session->groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_device_sync_get(mem, tx, session->own.id, device, collection, &row);
    talloc_free(tx);
    if (status == STATUS_OK)
        *out = (struct device_collection){ .key = row.key, .state = row.state, .base_key = row.base_key, .base_state = row.base_state,
                                           .request_hash = row.request_hash, .answer = row.answer };
    return status;
}

enum status device_collection_put(struct session *session, const char *device, int64_t collection, uint32_t expected_key, const struct device_collection *next)
{
    struct transaction *tx = NULL;
    struct store_device_sync row = { .key = next->key, .state = next->state, .base_key = next->base_key, .base_state = next->base_state,
                                     .request_hash = next->request_hash, .answer = next->answer };
    TRY(transaction_begin(session, session->groupware->store, TRANSACTION_WRITE, &tx));
    enum status status = store_device_sync_put(tx, session->own.id, device, collection, expected_key, &row);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

enum status device_collection_forget(struct session *session, const char *device, int64_t collection)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(session, session->groupware->store, TRANSACTION_WRITE, &tx));
    enum status status = store_device_sync_forget(tx, session->own.id, device, collection, false);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

enum status device_client_id_get(struct session *session, const char *device, const char *client_id, int64_t *item)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(session, session->groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_client_id_get(tx, session->own.id, device, client_id, item);
    talloc_free(tx);
    return status;
}

enum status device_client_id_put(struct session *session, const char *device, const char *client_id, int64_t item)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(session, session->groupware->store, TRANSACTION_WRITE, &tx));
    enum status status = store_client_id_put(tx, session->own.id, device, client_id, item);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}
