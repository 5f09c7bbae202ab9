#include "bourse/storage/search_folder.h"

#include "array_count.h"
#include "transaction_private.h"

enum { FLAG_DEEP = 1, FLAG_SKIPS_DELETED = 2 };
enum { PAGE = 1000, SCOPES_MAX = 1000, EVENTS_MAX = 20000, RESTRICTION_CAP = 64 * 1024 };

/* ---- criteria ---- */

static enum status pack(TALLOC_CTX *mem, const struct restriction *restriction, struct slice *out)
{
    *out = slice_of("", 0);
    if (restriction == NULL)
        return STATUS_OK;
    struct buffer *buffer = buffer_new(mem, RESTRICTION_CAP);
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "search folder");
    TRY(restriction_pack(restriction, true, buffer));
    return buffer_take(buffer, mem, out);
}

enum status store_search_folder_set(struct transaction *tx, int64_t mailbox, int64_t folder, const struct search_criteria *criteria)
{
    struct locked_mailbox *locked = NULL;
    struct result *result = NULL;
    struct store_folder row;
    struct slice restriction;
    TRY(tx_locked(tx, mailbox, &locked));
    if (criteria->scope_count > SCOPES_MAX)
        return status_fail(STATUS_LIMIT_EXCEEDED, "%zu folders to search", criteria->scope_count);
    TRY(pack(tx, criteria->restriction, &restriction));
    TRY(store_folder_get(tx, tx, mailbox, folder, &row));
    if (row.live + row.fai > 0)
        return status_fail(STATUS_CONFLICT, "folder %lld has items of its own", (long long)folder);
    int32_t flags = (criteria->is_deep ? FLAG_DEEP : 0) | (criteria->skips_deleted ? FLAG_SKIPS_DELETED : 0);
    TRY(TX_RUN(tx, tx, &result, search_folder_put, .mailbox = mailbox, .folder = folder, .flags = flags, .restriction = restriction));
    return TX_SEND(tx, search_scopes_add, .mailbox = mailbox, .folder = folder, .scopes = { criteria->scopes, criteria->scope_count });
}

static enum status fill(TALLOC_CTX *mem, int32_t flags, struct slice restriction, struct search_criteria *out)
{
    *out = (struct search_criteria){ .is_deep = (flags & FLAG_DEEP) != 0, .skips_deleted = (flags & FLAG_SKIPS_DELETED) != 0 };
    struct wire in = wire_over(restriction);
    return restriction.length > 0 ? restriction_unpack(mem, &in, true, &out->restriction) : STATUS_OK;
}

enum status store_search_folder_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct search_criteria *out)
{
    struct result *results[2] = { 0 };
    struct sql_search_folder_read_out row;
    TRY(TX_SEND(tx, search_folder_read, .mailbox = mailbox, .folder = folder));
    TRY(TX_SEND(tx, search_scopes_read, .mailbox = mailbox, .folder = folder));
    TRY(tx_run(tx, mem, results, 2));
    if (results[0]->row_count == 0)
        return status_fail(STATUS_NOT_FOUND, "criteria of folder %lld", (long long)folder);
    result_read(results[0], 0, STATEMENT_search_folder_read, &row);
    TRY(fill(mem, row.flags, row.restriction, out));
    out->scope_count = (size_t)results[1]->row_count;
    out->scopes = talloc_array(mem, int64_t, array_count(out->scope_count + 1));
    if (out->scopes == NULL)
        return status_fail(STATUS_NO_MEMORY, "search folder");
    for (size_t i = 0; i < out->scope_count; i++)
        result_read(results[1], (int)i, STATEMENT_search_scopes_read, &out->scopes[i]);
    return STATUS_OK;
}

/* ---- catching up ---- */

struct catching {
    struct transaction *tx;
    TALLOC_CTX *mem;
    int64_t mailbox, folder, from, until;
    struct search_criteria criteria;
    int64_t *scope;
    size_t scope_count;
};

static enum status find_scope(struct catching *work)
{
    static const int32_t skipped[] = { STORE_ROLE_DELETED_ITEMS, STORE_ROLE_JUNK_EMAIL, STORE_ROLE_DRAFTS, STORE_ROLE_OUTBOX };
    struct result *result = NULL;
    TRY(TX_RUN(work->tx, work->mem, &result, search_folder_scope, .mailbox = work->mailbox, .folder = work->folder, .deep = work->criteria.is_deep,
               .root_role = STORE_ROLE_IPM_SUBTREE, .skip = { skipped, work->criteria.skips_deleted ? ARRAY_LENGTH(skipped) : 0 }));
    work->scope_count = (size_t)result->row_count;
    work->scope = talloc_array(work->mem, int64_t, array_count(work->scope_count + 1));
    if (work->scope == NULL)
        return status_fail(STATUS_NO_MEMORY, "search folder");
    for (size_t i = 0; i < work->scope_count; i++)
        result_read(result, (int)i, STATEMENT_search_folder_scope, &work->scope[i]);
    return STATUS_OK;
}

/* Adds those that match; of `items`, or of all when it is NULL. */
static enum status add_matching(struct catching *work, const int64_t *items, size_t item_count)
{
    struct search_query query = { .folders = work->scope, .folder_count = work->scope_count, .content = LIST_ITEMS, .restriction = work->criteria.restriction,
                                  .items = items, .item_count = item_count, .limit = PAGE };
    struct list_page page = { .more = work->scope_count > 0 };
    for (; page.more; query.offset += PAGE) {
        TALLOC_CTX *mem = talloc_new(work->mem);
        TRY(search_run(mem, work->tx, work->mailbox, &query, &page));
        int64_t *found = talloc_array(mem, int64_t, array_count(page.count + 1));
        if (found == NULL)
            return status_fail(STATUS_NO_MEMORY, "search folder");
        for (size_t i = 0; i < page.count; i++)
            found[i] = page.rows[i].item;
        if (page.count > 0)
            TRY(TX_RUN(work->tx, mem, NULL, search_hits_add, .mailbox = work->mailbox, .folder = work->folder, .items = { found, page.count }, .cn = work->until));
        talloc_free(mem);
    }
    return STATUS_OK;
}

static enum status search_anew(struct catching *work)
{
    TRY(TX_SEND(work->tx, search_hits_clear, .mailbox = work->mailbox, .folder = work->folder));
    return add_matching(work, NULL, 0);
}

static enum status look_again(struct catching *work, int64_t *items, size_t count)
{
    TRY(TX_SEND(work->tx, search_hits_remove, .mailbox = work->mailbox, .folder = work->folder, .items = { items, count }));
    return add_matching(work, items, count);
}

/* The log in pages; *anew: it cannot tell. */
static enum status follow_events(struct catching *work, bool *anew)
{
    size_t seen = 0;
    for (bool more = true; more && !*anew;) {
        struct store_event *events = NULL;
        size_t count = 0, n = 0;
        int64_t items[PAGE];
        enum status status = events_read(work->mem, work->tx, work->mailbox, work->from, NULL, 0, PAGE, &events, &count, &more, &work->from);
        *anew = status == STATUS_INVALID_WATERMARK || (seen += count) > EVENTS_MAX;
        TRY(*anew ? STATUS_OK : status);
        for (size_t i = 0; i < count && !*anew; i++) {
            *anew = events[i].kind == STORE_EVENT_FOLDER_MOVED; /* the folders that are searched may be others now */
            bool is_gone = events[i].kind == STORE_EVENT_DELETED; /* its hits went with it */
            if (events[i].item != 0 && !is_gone)
                items[n++] = events[i].item;
        }
        if (n > 0 && !*anew)
            TRY(look_again(work, items, n));
        talloc_free(events);
    }
    if (work->from > work->until)
        work->until = work->from;
    return STATUS_OK;
}

/* The head is read before the items: what changes meanwhile is looked at again next time. Commit order is number order, so nothing below it is still to come. */
static enum status catch_up(struct catching *work)
{
    struct result *result = NULL;
    struct sql_search_folder_lock_out row;
    struct store_mailbox mailbox;
    TRY(TX_RUN(work->tx, work->mem, &result, search_folder_lock, .mailbox = work->mailbox, .folder = work->folder));
    if (result->row_count == 0)
        return status_fail(STATUS_NOT_FOUND, "criteria of folder %lld", (long long)work->folder);
    result_read(result, 0, STATEMENT_search_folder_lock, &row);
    TRY(store_mailbox_get(work->mem, work->tx, work->mailbox, &mailbox));
    work->from = row.cn;
    work->until = mailbox.last_cn;
    if (row.cn >= mailbox.last_cn)
        return STATUS_OK;
    TRY(fill(work->mem, row.flags, row.restriction, &work->criteria));
    TRY(find_scope(work));
    bool anew = row.cn == 0 || row.cn < mailbox.event_floor;
    if (!anew)
        TRY(follow_events(work, &anew));
    if (anew)
        TRY(search_anew(work));
    return TX_SEND(work->tx, search_folder_at, .mailbox = work->mailbox, .folder = work->folder, .cn = anew ? mailbox.last_cn : work->until);
}

enum status store_search_folder_catch_up(struct transaction *tx, int64_t mailbox, int64_t folder)
{
    struct catching work = { .tx = tx, .mem = talloc_new(tx), .mailbox = mailbox, .folder = folder };
    if (work.mem == NULL)
        return status_fail(STATUS_NO_MEMORY, "search folder");
    enum status status = catch_up(&work);
    talloc_free(work.mem);
    return status;
}

enum status store_search_folder_count(struct transaction *tx, int64_t mailbox, int64_t folder, int64_t *items, int64_t *unread)
{
    struct result *result = NULL;
    struct sql_search_hits_count_out row;
    TRY(TX_RUN(tx, tx, &result, search_hits_count, .mailbox = mailbox, .folder = folder));
    result_read(result, 0, STATEMENT_search_hits_count, &row);
    *items = row.items;
    *unread = row.unread;
    talloc_free(result);
    return STATUS_OK;
}
