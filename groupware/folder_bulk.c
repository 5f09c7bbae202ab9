/* Emptying and copying whole folders, in slices with change numbers of their own. */
#include "bourse/base/memory.h"
#include "bourse/groupware/item.h"
#include "bourse/storage/message.h"
#include "folder_view.h"

enum { SLICE = 500 };

/* Ids of the first items of a folder, `behind` the given one. */
static enum status item_slice(TALLOC_CTX *mem, struct session *session, const struct object_id *id, enum list_content content, int64_t behind,
                              struct list_page *out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct list_query query = { .folder = id->folder, .content = content, .after_item = behind, .limit = SLICE };
    TRY(folder_begin(mem, session, id->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = store_message_list(mem, tx, key.id, &query, out);
    talloc_free(tx);
    return status;
}

static enum status move_slice(struct session *session, const struct object_id *from, const struct object_id *to, bool *left)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct list_page page = { 0 };
    enum status status = item_slice(mem, session, from, LIST_ITEMS, 0, &page);
    struct object_id *ids = array_new(mem, struct object_id, page.count + 1);
    struct object_id *new_ids = array_new(mem, struct object_id, page.count + 1);
    enum status *statuses = array_new(mem, enum status, page.count + 1);
    if (status == STATUS_OK && (ids == NULL || new_ids == NULL || statuses == NULL))
        status = status_fail(STATUS_NO_MEMORY, "slice");
    for (size_t i = 0; status == STATUS_OK && i < page.count; i++)
        ids[i] = (struct object_id){ .kind = OBJECT_ITEM, .mailbox = from->mailbox, .folder = from->folder, .item = page.rows[i].item };
    if (status == STATUS_OK && page.count > 0)
        status = item_move(session, ids, page.count, to, new_ids, statuses);
    for (size_t i = 0; status == STATUS_OK && i < page.count; i++)
        if (statuses[i] != STATUS_OK && statuses[i] != STATUS_ITEM_NOT_FOUND)
            status = statuses[i];
    *left = page.more;
    talloc_free(mem);
    return status;
}

static enum status move_all_to_deleted(struct session *session, const struct object_id *id)
{
    struct object_id deleted;
    bool left = true;
    TRY(folder_id_of_role(session, id->mailbox, FOLDER_ROLE_DELETED_ITEMS, &deleted));
    if (deleted.folder == id->folder)
        return status_fail(STATUS_INVALID_ARGUMENT, "Deleted Items cannot be moved into itself");
    while (left)
        TRY(move_slice(session, id, &deleted, &left));
    return STATUS_OK;
}

static enum status delete_subfolders(struct session *session, const struct object_id *id, enum delete_mode mode)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct folder_page *page = NULL;
    struct folder_query query = { .deep = false };
    enum status status = folder_find(mem, session, id, &query, &page);
    for (size_t i = 0; status == STATUS_OK && i < page->count; i++)
        status = folder_delete(session, &page->folders[i]->id, mode);
    talloc_free(mem);
    return status;
}

enum status folder_empty(struct session *session, const struct object_id *id, enum delete_mode mode, bool subfolders)
{
    struct mailbox_key key;
    TRY(access_need(session, id->mailbox, id->folder, RIGHT_READ_ANY | RIGHT_DELETE_ANY));
    if (subfolders)
        TRY(delete_subfolders(session, id, mode));
    if (mode == DELETE_MOVE_TO_DELETED)
        return move_all_to_deleted(session, id);
    TRY(session_locate(session, id->mailbox, &key));
    return store_folder_empty(session->groupware->store, key.id, id->folder, mode == DELETE_HARD ? STORE_DELETE_HARD : STORE_DELETE_SOFT, false);
}

static enum status copy_items(struct session *session, const struct object_id *from, const struct object_id *to)
{
    int64_t behind = 0;
    for (bool left = true; left;) {
        TALLOC_CTX *mem = talloc_new(session);
        struct list_page page = { 0 };
        enum status status = item_slice(mem, session, from, LIST_BOTH, behind, &page);
        struct object_id *ids = array_new(mem, struct object_id, 2 * page.count + 1);
        enum status *statuses = array_new(mem, enum status, page.count + 1);
        if (status == STATUS_OK && (ids == NULL || statuses == NULL))
            status = status_fail(STATUS_NO_MEMORY, "slice");
        for (size_t i = 0; status == STATUS_OK && i < page.count; i++) {
            ids[i] = (struct object_id){ .kind = OBJECT_ITEM, .mailbox = from->mailbox, .folder = from->folder, .item = page.rows[i].item };
            behind = page.rows[i].item;
        }
        if (status == STATUS_OK && page.count > 0)
            status = item_copy(session, ids, page.count, to, ids + page.count, statuses);
        left = page.more;
        talloc_free(mem);
        TRY(status);
    }
    return STATUS_OK;
}

/* A copy beside the original gets a number behind its name. */
static enum status create_copy(TALLOC_CTX *mem, struct session *session, const struct folder *from, const struct object_id *parent,
                               struct folder **out)
{
    enum status status = folder_create(mem, session, parent, from->display_name, from->folder_class, from->props, out);
    for (int number = 1; status == STATUS_FOLDER_EXISTS && number < 1000; number++) {
        char *name = talloc_asprintf(mem, "%s (%d)", from->display_name, number);
        if (name == NULL)
            return status_fail(STATUS_NO_MEMORY, "folder copy");
        status = folder_create(mem, session, parent, name, from->folder_class, from->props, out);
    }
    return status;
}

/* New folder of each old one; parents stand before children in the list. */
static const struct object_id *copy_of(const struct folder_page *page, struct folder *const *copies, const struct folder *root_copy, int64_t parent)
{
    for (size_t i = 0; i < page->count; i++)
        if (page->folders[i]->id.folder == parent)
            return copies[i] != NULL ? &copies[i]->id : &root_copy->id;
    return &root_copy->id;
}

static enum status copy_below(TALLOC_CTX *mem, struct session *session, const struct folder_page *page, struct folder *root_copy)
{
    struct folder **copies = array_new(mem, struct folder *, page->count + 1);
    if (copies == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder copy");
    for (size_t i = 0; i < page->count; i++) {
        const struct folder *from = page->folders[i];
        TRY(create_copy(mem, session, from, copy_of(page, copies, root_copy, from->parent.folder), &copies[i]));
        TRY(copy_items(session, &from->id, &copies[i]->id));
    }
    return STATUS_OK;
}

static bool is_in_tree(const struct folder_page *page, const struct object_id *root, const struct object_id *folder)
{
    if (!guid_equal(root->mailbox, folder->mailbox))
        return false;
    for (size_t i = 0; i < page->count; i++)
        if (page->folders[i]->id.folder == folder->folder)
            return true;
    return root->folder == folder->folder;
}

enum status folder_copy(TALLOC_CTX *mem, struct session *session, const struct object_id *id, const struct object_id *new_parent,
                        struct folder **out)
{
    struct folder *from = NULL;
    struct folder_page *below = NULL;
    struct folder_query query = { .deep = true };
    TRY(folder_get(mem, session, id, &from));
    TRY(access_verdict(from->rights, RIGHT_READ_ANY));
    TRY(folder_find(mem, session, id, &query, &below));
    if (is_in_tree(below, &from->id, new_parent))
        return status_fail(STATUS_MOVE_INTO_ITSELF, "a folder cannot be copied into itself");
    TRY(create_copy(mem, session, from, new_parent, out));
    TRY(copy_items(session, id, &(*out)->id));
    return copy_below(mem, session, below, *out);
}
