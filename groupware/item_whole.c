#include "item_whole.h"

#include "bourse/model/properties.h"
#include "private_item.h"

enum status item_whole_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t item,
                          uint32_t any, uint32_t own, struct loaded_message *out)
{
    uint32_t rights = 0;
    TRY(store_message_load(mem, tx, key->id, item, MESSAGE_WHOLE | MESSAGE_MIME_BYTES, out));
    TRY(access_in(tx, session, key, out->row.folder, &rights));
    enum status status = access_item(session, rights, any, own, bag_bytes(out->message->props, ITEM_CREATOR));
    if (status == STATUS_FOLDER_NOT_FOUND)
        return status_add(STATUS_ITEM_NOT_FOUND, "item %lld", (long long)item);
    if (status == STATUS_OK && private_item_is_hidden(session, key, out->row.message_class, out->row.sensitivity))
        return status_fail(STATUS_ACCESS_DENIED, "item %lld is private", (long long)item);
    return status;
}
