#include "folder_view.h"

#include "bourse/model/properties.h"

struct folder *folder_view(TALLOC_CTX *mem, const struct mailbox_key *mailbox, const struct store_folder *row, uint32_t rights)
{
    struct folder *folder = talloc_zero(mem, struct folder);
    if (folder == NULL)
        return NULL;
    folder->id = (struct object_id){ .kind = OBJECT_FOLDER, .mailbox = mailbox->guid, .folder = row->id };
    folder->parent = (struct object_id){ .kind = OBJECT_FOLDER, .mailbox = mailbox->guid,
                                         .folder = row->parent == row->id ? 0 : row->parent };
    folder->role = (enum folder_role)row->role;
    folder->display_name = row->name;
    folder->folder_class = row->container_class;
    folder->change_number = row->cn;
    folder->total_count = row->live;
    folder->unread_count = row->unread;
    folder->child_count = row->child_count;
    folder->size = row->bytes;
    folder->is_search = row->is_search;
    folder->is_hidden = bag_bool(row->props, PROP_ATTRIBUTE_HIDDEN, false);
    folder->rights = rights;
    folder->created = row->created;
    folder->modified = row->modified;
    folder->props = row->props;
    return folder;
}

enum status folder_begin(TALLOC_CTX *mem, struct session *session, struct guid mailbox, enum transaction_mode mode, struct mailbox_key *key,
                         struct transaction **tx)
{
    TRY(session_locate(session, mailbox, key));
    TRY(access_prepare(session, key));
    return transaction_begin(mem, session->groupware->store, mode, tx);
}

enum status folder_read_back(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t folder,
                             struct folder **out)
{
    uint32_t rights = 0;
    struct store_folder row;
    TRY(access_in(tx, session, key, folder, &rights));
    TRY(store_folder_get(mem, tx, key->id, folder, &row));
    *out = folder_view(mem, key, &row, rights);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "folder");
}
