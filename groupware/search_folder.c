#include "bourse/groupware/search_folder.h"

#include "bourse/base/memory.h"
#include "bourse/model/properties.h"
#include "bourse/storage/search_folder.h"
#include "folder_view.h"
#include "search_folder_in.h"

enum { ATTEMPTS = 3 }; /* a deadlock with a deletion ends one of the two */

/* ---- criteria that come with the mailbox ---- */

static struct restriction *leaf(struct restriction *parent, enum restriction_kind kind)
{
    struct restriction *node = restriction_new(parent, kind);
    return node != NULL && restriction_add_child(parent, node) == STATUS_OK ? node : NULL;
}

static enum status add_class(struct restriction *parent, const char *prefix)
{
    struct restriction *node = leaf(parent, RESTRICT_CONTENT);
    TRY(node != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "criteria"));
    node->tag = PROP_MESSAGE_CLASS;
    node->fuzzy = FUZZY_PREFIX | FUZZY_IGNORE_CASE;
    node->value = value_string(PROP_MESSAGE_CLASS, prefix);
    return STATUS_OK;
}

static enum status add_equal(struct restriction *parent, struct value value)
{
    struct restriction *node = leaf(parent, RESTRICT_PROPERTY);
    TRY(node != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "criteria"));
    node->tag = value.tag;
    node->relation = REL_EQUAL;
    node->value = value;
    return STATUS_OK;
}

/* Flagged mail, and tasks that are not complete [MS-OXOSRCH] 2.2.2.1.2. */
static enum status to_do_criteria(struct restriction *any)
{
    TRY(add_equal(any, value_int32(PROP_FLAG_STATUS, 2)));
    struct restriction *task = leaf(any, RESTRICT_AND);
    TRY(task != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "criteria"));
    TRY(add_class(task, "IPM.Task"));
    struct restriction *not_done = leaf(task, RESTRICT_NOT);
    TRY(not_done != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "criteria"));
    return add_equal(not_done, value_bool(PROP_TASK_COMPLETE, true));
}

static enum status criteria_of_role(TALLOC_CTX *mem, enum folder_role role, struct search_criteria *out)
{
    *out = (struct search_criteria){ .is_deep = true, .skips_deleted = true };
    if (role == FOLDER_ROLE_ALL_ITEMS)
        return STATUS_OK;
    out->restriction = restriction_new(mem, RESTRICT_OR);
    TRY(out->restriction != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "criteria"));
    if (role == FOLDER_ROLE_TO_DO)
        return to_do_criteria(out->restriction);
    if (role == FOLDER_ROLE_REMINDERS) /* [MS-OXORMDR] 3.1.4.1 */
        return add_equal(out->restriction, value_bool(PROP_REMINDER_SET, true));
    if (role == FOLDER_ROLE_MY_CONTACTS) {
        TRY(add_class(out->restriction, "IPM.Contact"));
        return add_class(out->restriction, "IPM.DistList");
    }
    return add_equal(out->restriction, value_string(PROP_MESSAGE_CLASS, "")); /* Favorites: nothing before somebody chooses */
}

/* ---- catching up ---- */

static enum status give_criteria(TALLOC_CTX *mem, struct session *session, const struct mailbox_key *key, const struct store_folder *folder)
{
    struct search_criteria criteria;
    struct transaction *tx = NULL;
    TRY(criteria_of_role(mem, (enum folder_role)folder->role, &criteria));
    TRY(transaction_begin(mem, session->groupware->store, TRANSACTION_WRITE, &tx));
    enum status status = store_mailbox_lock(tx, key->id, NULL);
    if (status == STATUS_OK)
        status = store_search_folder_set(tx, key->id, folder->id, &criteria);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

static enum status catch_up_once(TALLOC_CTX *mem, struct session *session, const struct mailbox_key *key, int64_t folder)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(mem, session->groupware->store, TRANSACTION_WRITE, &tx));
    enum status status = access_full_in(tx, session, key);
    if (status == STATUS_OK)
        status = store_search_folder_catch_up(tx, key->id, folder);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

enum status search_folder_refresh(struct session *session, const struct mailbox_key *key, const struct store_folder *folder)
{
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = STATUS_RETRY;
    for (int attempt = 0; attempt < ATTEMPTS && status == STATUS_RETRY; attempt++)
        status = catch_up_once(mem, session, key, folder->id);
    if (status == STATUS_NOT_FOUND) {
        status = give_criteria(mem, session, key, folder);
        if (status == STATUS_OK)
            status = catch_up_once(mem, session, key, folder->id);
    }
    talloc_free(mem);
    return status;
}

/* ---- for clients ---- */

static enum status take_criteria(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, const struct search_folder *from, struct search_criteria *out)
{
    *out = (struct search_criteria){ .is_deep = from->is_deep, .restriction = (struct restriction *)(uintptr_t)from->restriction, .scope_count = from->scope_count };
    out->scopes = array_new(mem, int64_t, from->scope_count);
    struct store_folder *rows = array_new(mem, struct store_folder, from->scope_count + 1);
    TRY(out->scopes != NULL && rows != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "search folder"));
    if (from->restriction != NULL)
        TRY(restriction_check(from->restriction));
    for (size_t i = 0; i < from->scope_count; i++) {
        if (!guid_equal(from->scopes[i].mailbox, key->guid))
            return status_fail(STATUS_INVALID_ARGUMENT, "search folder over another mailbox");
        out->scopes[i] = from->scopes[i].folder;
    }
    TRY(store_folder_get_many(mem, tx, key->id, out->scopes, out->scope_count, rows));
    for (size_t i = 0; i < from->scope_count; i++)
        if (rows[i].id == 0)
            return status_fail(STATUS_FOLDER_NOT_FOUND, "folder %lld to search", (long long)out->scopes[i]);
    return STATUS_OK;
}

static enum status set_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t folder,
                          const struct search_folder *criteria)
{
    struct search_criteria taken;
    struct store_folder row;
    TRY(access_full_in(tx, session, key));
    TRY(take_criteria(mem, tx, key, criteria, &taken));
    TRY(store_mailbox_lock(tx, key->id, NULL));
    TRY(store_folder_get(mem, tx, key->id, folder, &row));
    if (row.role != STORE_ROLE_NONE)
        return status_fail(STATUS_DISTINGUISHED_FOLDER, "criteria of a special folder");
    if (!row.is_search)
        return status_fail(STATUS_NOT_SUPPORTED, "folder %lld is no search folder", (long long)folder);
    TRY(store_search_folder_set(tx, key->id, folder, &taken));
    return transaction_commit(tx);
}

enum status search_folder_set(struct session *session, const struct object_id *folder, const struct search_folder *criteria)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = folder_begin(mem, session, folder->mailbox, TRANSACTION_WRITE, &key, &tx);
    if (status == STATUS_OK)
        status = set_in(mem, tx, session, &key, folder->folder, criteria);
    talloc_free(mem);
    return status;
}

static enum status create_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, const struct object_id *parent,
                             const char *name, const char *folder_class, const struct search_folder *criteria, struct folder **out)
{
    struct search_criteria taken;
    int64_t folder = 0;
    TRY(access_full_in(tx, session, key));
    TRY(take_criteria(mem, tx, key, criteria, &taken));
    TRY(store_mailbox_lock(tx, key->id, NULL));
    TRY(store_folder_create(tx, key->id, parent->folder, name, folder_class, NULL, &folder));
    TRY(store_search_folder_set(tx, key->id, folder, &taken));
    TRY(folder_read_back(mem, tx, session, key, folder, out));
    return transaction_commit(tx);
}

enum status search_folder_create(TALLOC_CTX *mem, struct session *session, const struct object_id *parent, const char *display_name, const char *folder_class,
                                 const struct search_folder *criteria, struct folder **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TRY(folder_begin(mem, session, parent->mailbox, TRANSACTION_WRITE, &key, &tx));
    enum status status = create_in(mem, tx, session, &key, parent, display_name, folder_class, criteria, out);
    talloc_free(tx);
    return status;
}

static enum status get_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, const struct object_id *folder,
                          struct search_folder *out)
{
    struct search_criteria criteria;
    struct store_folder row;
    TRY(access_full_in(tx, session, key));
    TRY(store_folder_get(mem, tx, key->id, folder->folder, &row));
    if (!row.is_search)
        return status_fail(STATUS_NOT_SUPPORTED, "folder %lld is no search folder", (long long)folder->folder);
    enum status status = store_search_folder_get(mem, tx, key->id, folder->folder, &criteria);
    if (status == STATUS_NOT_FOUND)
        status = criteria_of_role(mem, (enum folder_role)row.role, &criteria);
    TRY(status);
    struct object_id *scopes = array_new(mem, struct object_id, criteria.scope_count);
    TRY(scopes != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "search folder"));
    for (size_t i = 0; i < criteria.scope_count; i++)
        scopes[i] = (struct object_id){ .kind = OBJECT_FOLDER, .mailbox = key->guid, .folder = criteria.scopes[i] };
    *out = (struct search_folder){ .is_deep = criteria.is_deep, .restriction = criteria.restriction, .scopes = scopes, .scope_count = criteria.scope_count };
    return STATUS_OK;
}

enum status search_folder_get(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, struct search_folder **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    *out = talloc_zero(mem, struct search_folder);
    TRY(*out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "search folder"));
    TRY(folder_begin(mem, session, folder->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = get_in(mem, tx, session, &key, folder, *out);
    talloc_free(tx);
    return status;
}
