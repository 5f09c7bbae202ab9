/* Changing folders. */
#include "bourse/model/properties.h"
#include "bourse/storage/message.h"
#include "folder_view.h"

static enum status create_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t parent,
                             const char *name, const char *folder_class, const struct bag *props, struct folder **out)
{
    int64_t id = 0;
    TRY(access_need_in(tx, session, key, parent, RIGHT_CREATE_SUBFOLDER));
    TRY(store_mailbox_lock(tx, key->id, NULL));
    TRY(store_folder_create(tx, key->id, parent, name, folder_class, props, &id));
    TRY(folder_read_back(mem, tx, session, key, id, out));
    return transaction_commit(tx);
}

enum status folder_create(TALLOC_CTX *mem, struct session *session, const struct object_id *parent, const char *display_name,
                          const char *folder_class, const struct bag *props, struct folder **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    if (display_name == NULL || display_name[0] == '\0')
        return status_fail(STATUS_INVALID_ARGUMENT, "a folder needs a name");
    TRY(folder_begin(mem, session, parent->mailbox, TRANSACTION_WRITE, &key, &tx));
    enum status status = create_in(mem, tx, session, &key, parent->folder, display_name,
                                   folder_class != NULL && folder_class[0] != '\0' ? folder_class : "IPF.Note", props, out);
    talloc_free(tx);
    return status;
}

/* Name and class are columns of the store; all else goes into the bag. */
static enum status split_properties(TALLOC_CTX *mem, const struct bag *set, struct store_folder_update *update)
{
    if (set == NULL)
        return STATUS_OK;
    struct bag *rest = bag_copy(mem, set);
    if (rest == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder properties");
    update->name = bag_string(set, PROP_DISPLAY_NAME, NULL);
    update->container_class = bag_string(set, PROP_CONTAINER_CLASS, NULL);
    bag_remove(rest, PROP_DISPLAY_NAME);
    bag_remove(rest, PROP_CONTAINER_CLASS);
    update->set = bag_count(rest) > 0 ? rest : NULL;
    if (update->name != NULL && update->name[0] == '\0')
        return status_fail(STATUS_INVALID_ARGUMENT, "a folder needs a name");
    return STATUS_OK;
}

static enum status update_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t folder,
                             const struct store_folder_update *update, struct folder **out)
{
    TRY(access_need_in(tx, session, key, folder, RIGHT_FOLDER_OWNER));
    TRY(store_mailbox_lock(tx, key->id, NULL));
    TRY(store_folder_update(tx, key->id, folder, update, NULL));
    TRY(folder_read_back(mem, tx, session, key, folder, out));
    return transaction_commit(tx);
}

enum status folder_update(TALLOC_CTX *mem, struct session *session, const struct object_id *id, int64_t expected_change, const struct bag *set,
                          const prop_tag *remove, size_t remove_count, struct folder **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct store_folder_update update = { .remove = remove, .remove_count = remove_count, .expected_cn = expected_change };
    TRY(split_properties(mem, set, &update));
    TRY(folder_begin(mem, session, id->mailbox, TRANSACTION_WRITE, &key, &tx));
    enum status status = update_in(mem, tx, session, &key, id->folder, &update, out);
    talloc_free(tx);
    return status;
}

static enum status move_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t folder,
                           int64_t parent, struct folder **out)
{
    TRY(access_need_in(tx, session, key, folder, RIGHT_FOLDER_OWNER));
    TRY(access_need_in(tx, session, key, parent, RIGHT_CREATE_SUBFOLDER));
    TRY(store_mailbox_lock(tx, key->id, NULL));
    TRY(store_folder_move(tx, key->id, folder, parent, NULL));
    TRY(folder_read_back(mem, tx, session, key, folder, out));
    return transaction_commit(tx);
}

/* Between mailboxes a move is a copy of the tree and then its deletion, so that a failure in between loses nothing. */
static enum status move_to_other_mailbox(TALLOC_CTX *mem, struct session *session, const struct object_id *id,
                                         const struct object_id *new_parent, struct folder **out)
{
    TRY(access_need(session, id->mailbox, id->folder, RIGHT_FOLDER_OWNER));
    TRY(folder_copy(mem, session, id, new_parent, out));
    return folder_delete(session, id, DELETE_SOFT);
}

enum status folder_move(TALLOC_CTX *mem, struct session *session, const struct object_id *id, const struct object_id *new_parent,
                        struct folder **out)
{
    struct mailbox_key key, target;
    struct transaction *tx = NULL;
    TRY(session_locate(session, id->mailbox, &key));
    TRY(session_locate(session, new_parent->mailbox, &target));
    if (key.id != target.id)
        return move_to_other_mailbox(mem, session, id, new_parent, out);
    TRY(folder_begin(mem, session, id->mailbox, TRANSACTION_WRITE, &key, &tx));
    enum status status = move_in(mem, tx, session, &key, id->folder, new_parent->folder, out);
    talloc_free(tx);
    return status;
}

static enum status need_deletable(struct session *session, const struct object_id *id)
{
    struct folder *folder = NULL;
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = folder_get(mem, session, id, &folder);
    if (status == STATUS_OK && folder->role != FOLDER_ROLE_NONE)
        status = status_fail(STATUS_DISTINGUISHED_FOLDER, "special folder %d", (int)folder->role);
    if (status == STATUS_OK)
        status = access_verdict(folder->rights, RIGHT_FOLDER_OWNER);
    talloc_free(mem);
    return status;
}

static enum status is_below_deleted_items(struct session *session, const struct object_id *id, bool *below)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct object_id deleted;
    struct object_id at = *id;
    enum status status = folder_id_of_role(session, id->mailbox, FOLDER_ROLE_DELETED_ITEMS, &deleted);
    *below = false;
    while (status == STATUS_OK && at.folder != 0 && !*below) {
        struct folder *folder = NULL;
        *below = at.folder == deleted.folder;
        status = folder_get(mem, session, &at, &folder);
        if (status == STATUS_OK)
            at = folder->parent;
    }
    talloc_free(mem);
    return status;
}

/* Two folders of one name may be deleted one after the other: the second gets a number behind its name in Deleted Items. */
static enum status move_to_deleted_items(struct session *session, const struct object_id *id)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct object_id deleted;
    struct folder *folder = NULL;
    enum status status = folder_id_of_role(session, id->mailbox, FOLDER_ROLE_DELETED_ITEMS, &deleted);
    if (status == STATUS_OK)
        status = folder_get(mem, session, id, &folder);
    struct folder *moved = NULL;
    if (status == STATUS_OK)
        status = folder_move(mem, session, id, &deleted, &moved);
    for (int number = 1; status == STATUS_FOLDER_EXISTS && number < 1000; number++) {
        struct bag *name = bag_new(mem);
        char *text = talloc_asprintf(mem, "%s (%d)", folder->display_name, number);
        status = name != NULL && text != NULL ? bag_set_string(name, PROP_DISPLAY_NAME, text) : STATUS_NO_MEMORY;
        if (status == STATUS_OK)
            status = folder_update(mem, session, id, 0, name, NULL, 0, &moved);
        if (status == STATUS_OK)
            status = folder_move(mem, session, id, &deleted, &moved);
    }
    talloc_free(mem);
    return status;
}

enum status folder_delete(struct session *session, const struct object_id *id, enum delete_mode mode)
{
    struct mailbox_key key;
    bool below = false;
    TRY(need_deletable(session, id));
    if (mode == DELETE_MOVE_TO_DELETED) {
        TRY(is_below_deleted_items(session, id, &below));
        if (!below)
            return move_to_deleted_items(session, id);
        mode = DELETE_SOFT;
    }
    TRY(session_locate(session, id->mailbox, &key));
    return store_folder_delete_tree(session->groupware->store, key.id, id->folder, mode == DELETE_HARD ? STORE_DELETE_HARD : STORE_DELETE_SOFT);
}

enum status folder_mark_read(struct session *session, const struct object_id *id, bool read, bool suppress_receipts)
{
    (void)suppress_receipts; /* read receipts are only ever sent for items that a person opened */
    bool left = true;
    TRY(access_need(session, id->mailbox, id->folder, RIGHT_EDIT_ANY));
    while (left) {
        struct mailbox_key key;
        struct transaction *tx = NULL;
        TRY(folder_begin(session, session, id->mailbox, TRANSACTION_WRITE, &key, &tx));
        enum status status = store_mailbox_lock(tx, key.id, NULL);
        if (status == STATUS_OK)
            status = store_message_set_read_all(tx, key.id, id->folder, read, &left);
        if (status == STATUS_OK)
            status = transaction_commit(tx);
        talloc_free(tx);
        TRY(status);
    }
    return STATUS_OK;
}
