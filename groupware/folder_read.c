/* Looking at folders. */
#include "bourse/base/memory.h"
#include "bourse/model/properties.h"
#include "bourse/storage/acl.h"
#include "bourse/storage/search_folder.h"
#include "folder_view.h"
#include "search_folder_in.h"

static enum status get_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t id,
                          struct folder **out)
{
    uint32_t rights = 0;
    struct store_folder row;
    TRY(access_in(tx, session, key, id, &rights));
    TRY(access_verdict(rights, RIGHT_FOLDER_VISIBLE));
    TRY(store_folder_get(mem, tx, key->id, id, &row));
    *out = folder_view(mem, key, &row, rights);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "folder");
}

/* What a search folder shows is counted when it is looked at. Who may not look sees it empty. */
static enum status count_found(TALLOC_CTX *mem, struct session *session, const struct mailbox_key *key, struct folder *folder)
{
    struct store_folder row = { .id = folder->id.folder, .role = (enum store_role)folder->role };
    struct transaction *tx = NULL;
    if (!folder->is_search)
        return STATUS_OK;
    enum status status = search_folder_refresh(session, key, &row);
    if (status == STATUS_ACCESS_DENIED)
        return STATUS_OK;
    TRY(status);
    TRY(transaction_begin(mem, session->groupware->store, TRANSACTION_READ, &tx));
    status = store_search_folder_count(tx, key->id, folder->id.folder, &folder->total_count, &folder->unread_count);
    talloc_free(tx);
    return status;
}

enum status folder_get(TALLOC_CTX *mem, struct session *session, const struct object_id *id, struct folder **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TRY(folder_begin(mem, session, id->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = get_in(mem, tx, session, &key, id->folder, out);
    talloc_free(tx);
    return status == STATUS_OK ? count_found(mem, session, &key, *out) : status;
}

enum status folder_by_role(TALLOC_CTX *mem, struct session *session, struct guid mailbox, enum folder_role role, struct folder **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct store_folder row;
    uint32_t rights = 0;
    TRY(folder_begin(mem, session, mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = store_folder_by_role(mem, tx, key.id, (enum store_role)role, &row);
    if (status == STATUS_OK)
        status = access_in(tx, session, &key, row.id, &rights);
    if (status == STATUS_OK)
        status = access_verdict(rights, RIGHT_FOLDER_VISIBLE);
    talloc_free(tx);
    TRY(status);
    *out = folder_view(mem, &key, &row, rights);
    return *out != NULL ? count_found(mem, session, &key, *out) : status_fail(STATUS_NO_MEMORY, "folder");
}

enum status folder_id_of_role(struct session *session, struct guid mailbox, enum folder_role role, struct object_id *out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct store_folder row;
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = session_locate(session, mailbox, &key);
    if (status == STATUS_OK)
        status = transaction_begin(mem, session->groupware->store, TRANSACTION_READ, &tx);
    if (status == STATUS_OK)
        status = store_folder_by_role(mem, tx, key.id, (enum store_role)role, &row);
    if (status == STATUS_OK)
        *out = (struct object_id){ .kind = OBJECT_FOLDER, .mailbox = key.guid, .folder = row.id };
    talloc_free(mem);
    return status;
}

/* What a restriction on folders may ask for: the bag, and what is not in it. */
struct folder_subject {
    const struct folder *folder;
    struct value scratch;
};

static const struct value *subject_get(prop_tag tag, void *data)
{
    struct folder_subject *subject = data;
    const struct folder *folder = subject->folder;
    switch (tag) {
    case PROP_DISPLAY_NAME:
        subject->scratch = value_string(PROP_DISPLAY_NAME, folder->display_name);
        return &subject->scratch;
    case PROP_CONTAINER_CLASS:
        subject->scratch = value_string(PROP_CONTAINER_CLASS, folder->folder_class);
        return &subject->scratch;
    case PROP_CONTENT_COUNT:
        subject->scratch = value_int32(PROP_CONTENT_COUNT, (int32_t)folder->total_count);
        return &subject->scratch;
    case PROP_CONTENT_UNREAD_COUNT:
        subject->scratch = value_int32(PROP_CONTENT_UNREAD_COUNT, (int32_t)folder->unread_count);
        return &subject->scratch;
    case PROP_SUBFOLDERS:
        subject->scratch = value_bool(PROP_SUBFOLDERS, folder->child_count > 0);
        return &subject->scratch;
    default:
        return bag_get(folder->props, tag);
    }
}

static size_t subject_no_subobjects(prop_tag tag, void *data)
{
    (void)tag;
    (void)data;
    return 0;
}

static bool folder_matches(const struct folder *folder, const struct restriction *restriction)
{
    struct folder_subject subject = { .folder = folder };
    struct restriction_subject access = { .get = subject_get, .sub_count = subject_no_subobjects, .data = &subject };
    return restriction_matches(restriction, &access);
}

static uint32_t rights_of(const struct folder_rights *rights, size_t count, int64_t folder)
{
    for (size_t i = 0; i < count; i++)
        if (rights[i].folder == folder)
            return rights[i].rights;
    return 0;
}

struct listing {
    struct store_folder *rows;
    size_t row_count;
    struct folder_rights *rights; /* NULL: the session has `all` on everything */
    size_t right_count;
    uint32_t all;
};

static enum status load_listing(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key,
                                int64_t parent, bool deep, struct listing *out)
{
    *out = (struct listing){ 0 };
    TRY(access_in(tx, session, key, parent, &out->all));
    TRY(access_verdict(out->all, RIGHT_FOLDER_VISIBLE));
    TRY(store_folder_list(mem, tx, key->id, parent, deep ? STORE_ALL_BELOW : STORE_CHILDREN, &out->rows, &out->row_count));
    if (session_owns(session, key) || session->last_is_full_access)
        return STATUS_OK;
    out->all = 0;
    return acl_effective_all(mem, tx, key->id, session->principals, session->principal_count, &out->rights, &out->right_count);
}

static enum status make_page(TALLOC_CTX *mem, const struct mailbox_key *key, const struct listing *listing, const struct folder_query *query,
                             struct folder_page *page)
{
    page->folders = array_new(mem, struct folder *, listing->row_count + 1);
    if (page->folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder page");
    for (size_t i = 0; i < listing->row_count; i++) {
        uint32_t rights = listing->rights == NULL ? listing->all : rights_of(listing->rights, listing->right_count, listing->rows[i].id);
        if (listing->rights != NULL && (rights & (RIGHT_FOLDER_VISIBLE | RIGHT_FOLDER_OWNER | RIGHT_READ_ANY)) == 0)
            continue;
        struct folder *folder = folder_view(mem, key, &listing->rows[i], rights);
        if (folder == NULL)
            return status_fail(STATUS_NO_MEMORY, "folder page");
        if (!folder_matches(folder, query->restriction))
            continue;
        if (page->total >= query->offset && (query->limit == 0 || page->count < query->limit))
            page->folders[page->count++] = folder;
        page->total++;
    }
    page->next_offset = query->offset + page->count;
    page->includes_last = page->next_offset >= page->total;
    return STATUS_OK;
}

enum status folder_find(TALLOC_CTX *mem, struct session *session, const struct object_id *parent, const struct folder_query *query,
                        struct folder_page **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct listing listing;
    TRY(restriction_check(query->restriction));
    TRY(folder_begin(mem, session, parent->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = load_listing(mem, tx, session, &key, parent->folder, query->deep, &listing);
    talloc_free(tx);
    TRY(status);
    *out = talloc_zero(mem, struct folder_page);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder page");
    if (query->soft_deleted) { /* deleted folders are not kept: only their items are recoverable */
        (*out)->includes_last = true;
        return STATUS_OK;
    }
    return make_page(mem, &key, &listing, query, *out);
}
