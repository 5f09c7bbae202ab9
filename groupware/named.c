/* Ids of custom named properties, and the replica GUID. */
#include "bourse/groupware/named.h"

#include <inttypes.h>

#include "access_in.h"
#include "bourse/storage/settings.h"
#include "bourse/storage/transaction.h"
#include "session_state.h"

/* Somebody who may not write here may not use up the mailbox's names either. */
static enum status need_writer(struct session *session, const struct object_id *folder)
{
    uint32_t rights = 0;
    TRY(access_rights(session, folder->mailbox, folder->folder, &rights));
    if ((rights & (RIGHT_CREATE | RIGHT_EDIT_OWN | RIGHT_EDIT_ANY)) == 0)
        return status_fail(STATUS_ACCESS_DENIED, "new property names in folder %" PRId64, folder->folder);
    return STATUS_OK;
}

static enum status read_ids(struct transaction *tx, const struct mailbox_key *key, const struct property_name *names, size_t count,
                            bool create, uint16_t *out)
{
    if (create)
        TRY(store_mailbox_lock(tx, key->id, NULL));
    TRY(named_props_get_ids(tx, key->id, names, count, create, out));
    return create ? transaction_commit(tx) : STATUS_OK;
}

enum status named_property_ids(struct session *session, const struct object_id *folder, const struct property_name *names, size_t count,
                               bool create, uint16_t *out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TRY(session_locate(session, folder->mailbox, &key));
    TRY(transaction_begin(session, session->groupware->store, TRANSACTION_READ, &tx));
    enum status status = read_ids(tx, &key, names, count, false, out);
    talloc_free(tx);
    TRY(status);
    bool missing = false;
    for (size_t i = 0; i < count; i++)
        missing = missing || out[i] == 0;
    if (!create || !missing)
        return STATUS_OK;
    TRY(need_writer(session, folder));
    TRY(transaction_begin(session, session->groupware->store, TRANSACTION_WRITE, &tx));
    status = read_ids(tx, &key, names, count, true, out);
    talloc_free(tx);
    return status;
}

enum status mailbox_replica(struct session *session, struct guid mailbox, struct guid *out)
{
    struct mailbox_key key;
    TRY(session_locate(session, mailbox, &key));
    *out = key.replica;
    return STATUS_OK;
}
