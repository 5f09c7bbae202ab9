/* Changes of the folder tree. */
#include "bourse/base/memory.h"
#include "bourse/groupware/sync.h"
#include "bourse/storage/changes.h"
#include "folder_view.h"


static struct folder *find_below(const struct folder_page *below, int64_t folder)
{
    for (size_t i = 0; i < below->count; i++)
        if (below->folders[i]->id.folder == folder)
            return below->folders[i];
    return NULL;
}

static enum status add_change(struct sync_page *page, enum sync_kind kind, const struct mailbox_key *key, int64_t id, struct folder *folder)
{
    page->changes[page->count++] = (struct sync_change){
        .kind = kind, .id = { .kind = OBJECT_FOLDER, .mailbox = key->guid, .folder = id }, .folder = folder,
    };
    return STATUS_OK;
}

/* The first pass tells the whole tree, parents first, in one answer. */
static enum status whole_tree(TALLOC_CTX *mem, const struct mailbox_key *key, const struct folder_page *below, struct sync_page *page)
{
    page->changes = array_new(mem, struct sync_change, below->count + 1);
    if (page->changes == NULL)
        return status_fail(STATUS_NO_MEMORY, "sync");
    for (size_t i = 0; i < below->count; i++)
        TRY(add_change(page, SYNC_CREATE, key, below->folders[i]->id.folder, below->folders[i]));
    page->includes_last = true;
    return STATUS_OK;
}

/* A folder that is not below the root any more, or not visible any more, is gone for this client. */
static enum status changed_folders(TALLOC_CTX *mem, const struct mailbox_key *key, const struct folder_page *below, const struct folder_change *log,
                                   size_t count, struct sync_page *page)
{
    page->changes = array_new(mem, struct sync_change, count + 1);
    if (page->changes == NULL)
        return status_fail(STATUS_NO_MEMORY, "sync");
    for (size_t i = 0; i < count; i++) {
        struct folder *folder = log[i].kind == CHANGE_DELETE ? NULL : find_below(below, log[i].folder);
        enum sync_kind kind = folder == NULL ? SYNC_DELETE : log[i].kind == CHANGE_CREATE ? SYNC_CREATE : SYNC_UPDATE;
        TRY(add_change(page, kind, key, log[i].folder, folder));
    }
    return STATUS_OK;
}

static enum status read_log(TALLOC_CTX *mem, struct session *session, const struct sync_position *from, size_t limit, struct mailbox_key *key,
                            struct folder_change **log, size_t *count, bool *more, int64_t *until)
{
    struct transaction *tx = NULL;
    TRY(folder_begin(mem, session, from->mailbox, TRANSACTION_READ, key, &tx));
    enum status status = changes_hierarchy(mem, tx, key->id, from->change_number, limit, log, count, more, until);
    talloc_free(tx);
    return status;
}

/* The log is read before the tree: a change in between is told twice, never lost. */
enum status sync_folders(TALLOC_CTX *mem, struct session *session, const struct sync_position *from, int64_t root, size_t limit,
                         struct sync_page **out)
{
    struct mailbox_key key;
    struct folder_change *log = NULL;
    struct folder_page *below = NULL;
    struct folder_query query = { .deep = true };
    size_t count = 0;
    bool more = false;
    int64_t until = 0;
    struct object_id parent = { .kind = OBJECT_FOLDER, .mailbox = from->mailbox, .folder = root };
    bool first = from->change_number == 0;
    if (root == 0)
        TRY(folder_id_of_role(session, from->mailbox, FOLDER_ROLE_IPM_SUBTREE, &parent));
    struct sync_position begin = *from;
    do { /* the first pass needs only where the log ends */
        TRY(read_log(mem, session, &begin, first ? 500 : limit, &key, &log, &count, &more, &until));
        begin.change_number = until;
    } while (first && more);
    TRY(folder_find(mem, session, &parent, &query, &below));
    *out = talloc_zero(mem, struct sync_page);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "sync");
    (*out)->position = (struct sync_position){ .mailbox = key.guid, .change_number = until };
    (*out)->includes_last = !more;
    return first ? whole_tree(mem, &key, below, *out) : changed_folders(mem, &key, below, log, count, *out);
}
