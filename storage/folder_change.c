#include "bourse/base/text.h"
#include "bourse/storage/message.h"
#include "folder_private.h"
#include "transaction_private.h"

#define EMPTY_SLICE 500

static enum status load_for_change(struct transaction *tx, int64_t mailbox, int64_t folder, struct locked_mailbox **locked,
                                   struct store_folder *out)
{
    TRY(tx_locked(tx, mailbox, locked));
    return store_folder_get(tx, tx, mailbox, folder, out);
}

static enum status check_sibling(struct transaction *tx, int64_t mailbox, int64_t folder, int64_t parent, const char *folded)
{
    struct result *result = NULL;
    struct sql_folder_id_of_name_out row = { 0 };
    TRY(TX_RUN(tx, tx, &result, folder_id_of_name, .mailbox = mailbox, .parent = parent, .name_folded = folded));
    if (result->row_count > 0)
        result_read(result, 0, STATEMENT_folder_id_of_name, &row);
    talloc_free(result);
    return row.folder == 0 || row.folder == folder ? STATUS_OK : status_fail(STATUS_FOLDER_EXISTS, "sibling %lld has the name", (long long)row.folder);
}

static enum status save(struct transaction *tx, int64_t mailbox, struct locked_mailbox *locked, const struct store_folder *folder,
                        enum store_event_kind kind, int64_t old_parent, int64_t *cn)
{
    struct slice packed;
    char *folded = folder_fold(tx, folder->name);
    if (folded == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder name");
    TRY(check_sibling(tx, mailbox, folder->id, folder->parent, folded));
    TRY(bag_to_bytes(tx, folder->props, &packed));
    int64_t new_cn = tx_next_hierarchy_cn(locked);
    TRY(TX_SEND(tx, folder_change, .mailbox = mailbox, .folder = folder->id, .parent = folder->parent, .name = folder->name,
                .name_folded = folded, .container_class = folder->container_class, .cn = new_cn, .modified = clock_now(), .props = packed));
    if (cn != NULL)
        *cn = new_cn;
    return tx_event(tx, mailbox, &(struct store_event){ .cn = new_cn, .kind = kind, .folder = folder->id, .parent = folder->parent,
                                                        .old_folder = old_parent });
}

static enum status apply(struct store_folder *folder, const struct store_folder_update *update)
{
    if (update->expected_cn != 0 && update->expected_cn != folder->cn)
        return status_fail(STATUS_CONFLICT, "folder %lld has change number %lld", (long long)folder->id, (long long)folder->cn);
    if (update->name != NULL && strcmp(update->name, folder->name) != 0) {
        if (folder->role != STORE_ROLE_NONE)
            return status_fail(STATUS_DISTINGUISHED_FOLDER, "rename of role %d", folder->role);
        if (update->name[0] == '\0' || !utf8_is_valid(slice_of_text(update->name)))
            return status_fail(STATUS_INVALID_ARGUMENT, "folder name");
        folder->name = update->name;
    }
    if (update->container_class != NULL)
        folder->container_class = update->container_class;
    if (update->set != NULL)
        TRY(bag_merge(folder->props, update->set));
    for (size_t i = 0; i < update->remove_count; i++)
        bag_remove(folder->props, update->remove[i]);
    return STATUS_OK;
}

enum status store_folder_update(struct transaction *tx, int64_t mailbox, int64_t folder, const struct store_folder_update *update, int64_t *cn)
{
    struct locked_mailbox *locked = NULL;
    struct store_folder now;
    TRY(load_for_change(tx, mailbox, folder, &locked, &now));
    TRY(apply(&now, update));
    return save(tx, mailbox, locked, &now, STORE_EVENT_FOLDER_MODIFIED, 0, cn);
}

enum status store_folder_move(struct transaction *tx, int64_t mailbox, int64_t folder, int64_t new_parent, int64_t *cn)
{
    struct locked_mailbox *locked = NULL;
    struct store_folder now, parent;
    struct result *result = NULL;
    struct sql_folder_is_below_out row;
    TRY(load_for_change(tx, mailbox, folder, &locked, &now));
    if (now.role != STORE_ROLE_NONE)
        return status_fail(STATUS_DISTINGUISHED_FOLDER, "move of role %d", now.role);
    TRY(store_folder_get(tx, tx, mailbox, new_parent, &parent));
    TRY(TX_RUN(tx, tx, &result, folder_is_below, .mailbox = mailbox, .folder = new_parent, .ancestor = folder));
    result_read(result, 0, STATEMENT_folder_is_below, &row);
    if (row.is_below)
        return status_fail(STATUS_MOVE_INTO_ITSELF, "folder %lld below itself", (long long)folder);
    int64_t old_parent = now.parent;
    now.parent = new_parent;
    return save(tx, mailbox, locked, &now, STORE_EVENT_FOLDER_MOVED, old_parent, cn);
}

enum status store_folder_delete(struct transaction *tx, int64_t mailbox, int64_t folder)
{
    struct locked_mailbox *locked = NULL;
    struct store_folder now;
    struct result *result = NULL;
    struct sql_folder_has_items_out row;
    TRY(load_for_change(tx, mailbox, folder, &locked, &now));
    if (now.role != STORE_ROLE_NONE)
        return status_fail(STATUS_DISTINGUISHED_FOLDER, "deletion of role %d", now.role);
    TRY(TX_RUN(tx, tx, &result, folder_has_items, .mailbox = mailbox, .folder = folder));
    result_read(result, 0, STATEMENT_folder_has_items, &row);
    if (row.has || now.child_count > 0)
        return status_fail(STATUS_CONFLICT, "folder %lld is not empty", (long long)folder);
    int64_t cn = tx_next_hierarchy_cn(locked);
    tx_folder_drop(locked, folder);
    TRY(TX_SEND(tx, folder_remove, .mailbox = mailbox, .folder = folder, .parent = now.parent, .cn = cn, .created = clock_now()));
    return tx_event(tx, mailbox, &(struct store_event){ .cn = cn, .kind = STORE_EVENT_FOLDER_DELETED, .folder = folder, .parent = now.parent });
}

enum status store_folder_empty_slice(struct transaction *tx, int64_t mailbox, int64_t folder, enum store_delete mode, bool with_fai, bool *left)
{
    struct result *result = NULL;
    int64_t items[EMPTY_SLICE];
    TRY(TX_RUN(tx, tx, &result, folder_item_page, .mailbox = mailbox, .folder = folder, .with_fai = with_fai, .limit = EMPTY_SLICE));
    for (int i = 0; i < result->row_count; i++) {
        struct sql_folder_item_page_out row;
        result_read(result, i, STATEMENT_folder_item_page, &row);
        items[i] = row.item;
    }
    size_t count = (size_t)result->row_count;
    *left = count == EMPTY_SLICE;
    talloc_free(result);
    return count > 0 ? store_message_delete(tx, mailbox, items, count, mode, NULL, NULL) : STATUS_OK;
}

/* ---- whole trees, in transactions of their own ---- */

static enum status empty_slice_alone(struct store *store, int64_t mailbox, int64_t folder, enum store_delete mode, bool with_fai, bool *left)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(NULL, store, TRANSACTION_WRITE, &tx));
    enum status status = store_mailbox_lock(tx, mailbox, NULL);
    if (status == STATUS_OK)
        status = store_folder_empty_slice(tx, mailbox, folder, mode, with_fai, left);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

static enum status empty_one(struct store *store, int64_t mailbox, int64_t folder, enum store_delete mode, bool with_fai)
{
    bool left = true;
    while (left)
        TRY(empty_slice_alone(store, mailbox, folder, mode, with_fai, &left));
    return STATUS_OK;
}

static enum status delete_one(struct store *store, int64_t mailbox, int64_t folder)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(NULL, store, TRANSACTION_WRITE, &tx));
    enum status status = store_mailbox_lock(tx, mailbox, NULL);
    if (status == STATUS_OK)
        status = store_folder_delete(tx, mailbox, folder);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

static enum status list_below(TALLOC_CTX *mem, struct store *store, int64_t mailbox, int64_t folder, struct store_folder **out, size_t *count)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(mem, store, TRANSACTION_READ, &tx));
    enum status status = store_folder_list(mem, tx, mailbox, folder, STORE_ALL_BELOW, out, count);
    talloc_free(tx);
    return status;
}

static enum status delete_below(TALLOC_CTX *mem, struct store *store, int64_t mailbox, int64_t folder, enum store_delete mode)
{
    struct store_folder *list = NULL;
    size_t count = 0;
    TRY(list_below(mem, store, mailbox, folder, &list, &count));
    while (count-- > 0) { /* children stand behind their parents */
        TRY(empty_one(store, mailbox, list[count].id, mode, true));
        if (list[count].role == STORE_ROLE_NONE)
            TRY(delete_one(store, mailbox, list[count].id));
    }
    return STATUS_OK;
}

enum status store_folder_empty(struct store *store, int64_t mailbox, int64_t folder, enum store_delete mode, bool with_subfolders)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status status = with_subfolders ? delete_below(mem, store, mailbox, folder, mode) : STATUS_OK;
    if (status == STATUS_OK)
        status = empty_one(store, mailbox, folder, mode, false);
    talloc_free(mem);
    return status;
}

enum status store_folder_delete_tree(struct store *store, int64_t mailbox, int64_t folder, enum store_delete mode)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status status = delete_below(mem, store, mailbox, folder, mode);
    if (status == STATUS_OK)
        status = empty_one(store, mailbox, folder, mode, true);
    if (status == STATUS_OK)
        status = delete_one(store, mailbox, folder);
    talloc_free(mem);
    return status;
}
