#include "array_count.h"
#include "columns.h"
#include "folder_private.h"
#include "message_private.h"
#include "search_compile.h"

#define LIMIT_MAX 1000
#define CANDIDATES_MAX 100000
#define CANDIDATES_AT_ONCE 500

/* One listing as it goes. */
struct listing {
    TALLOC_CTX *mem;
    struct transaction *tx;
    int64_t mailbox;
    const struct list_query *query;
    struct search_condition condition;
    struct list_page *out;
    size_t skip, matched;
    int64_t after; /* item behind which the page begins; 0: reached */
};

bool store_list_can_sort(prop_tag tag)
{
    return search_can_sort(tag);
}

static enum status add_view(struct listing *listing, struct search_statement *statement, enum fragment head)
{
    search_add(statement, fragment_table[head]);
    search_add(statement, " WHERE m.mailbox_id = ");
    search_add_number(statement, listing->mailbox);
    search_add(statement, " AND m.folder_id = ");
    search_add_number(statement, listing->query->folder);
    if (listing->query->content != LIST_BOTH)
        search_add(statement, listing->query->content == LIST_FAI ? " AND m.fai" : " AND NOT m.fai");
    return search_compile(statement, listing->query->restriction, &listing->condition);
}

/* Rows of the SQL part from `offset` on. */
static enum status fetch(struct listing *listing, size_t offset, size_t limit, struct item_row **rows, size_t *count)
{
    struct search_statement *statement = search_statement_new(listing->mem);
    struct result *result = NULL;
    if (statement == NULL)
        return status_fail(STATUS_NO_MEMORY, "list");
    TRY(add_view(listing, statement, FRAGMENT_list_select));
    TRY(search_order(statement, listing->query->sort, listing->query->sort_count, listing->query->from_end));
    search_add(statement, " OFFSET ");
    search_add_number(statement, (int64_t)offset);
    search_add(statement, " LIMIT ");
    search_add_number(statement, (int64_t)limit);
    TRY(search_statement_run(listing->mem, listing->tx, statement, &result));
    talloc_free(statement);
    *count = (size_t)result->row_count;
    *rows = talloc_zero_array(listing->mem, struct item_row, array_count(*count + 1));
    if (*rows == NULL)
        return status_fail(STATUS_NO_MEMORY, "list");
    for (size_t i = 0; i < *count; i++) {
        struct sql_rows_read_out row;
        result_read(result, (int)i, STATEMENT_rows_read, &row);
        row_from_sql(&row, &(*rows)[i]);
    }
    return STATUS_OK;
}

static enum status count_all(struct listing *listing)
{
    struct search_statement *statement = search_statement_new(listing->mem);
    struct result *result = NULL;
    struct sql_check_blob_total_out row; /* one int8, as here */
    if (statement == NULL)
        return status_fail(STATUS_NO_MEMORY, "list");
    TRY(add_view(listing, statement, FRAGMENT_list_count));
    TRY(search_statement_run(listing->mem, listing->tx, statement, &result));
    result_read(result, 0, STATEMENT_check_blob_total, &row);
    listing->out->total = row.blobs;
    talloc_free(statement);
    talloc_free(result);
    return STATUS_OK;
}

/* ---- candidates that have to be evaluated, and pages that begin behind an item ---- */

static void keep(struct listing *listing, const struct item_row *row)
{
    listing->matched++;
    if (listing->after != 0) {
        if (listing->after == row->item)
            listing->after = 0;
    } else if (listing->skip > 0) {
        listing->skip--;
    } else if (listing->out->count < listing->query->limit) {
        listing->out->rows[listing->out->count++] = *row;
    } else {
        listing->out->more = true;
    }
}

static enum status filter(struct listing *listing, const struct item_row *rows, size_t count)
{
    bool *matches = talloc_zero_array(listing->mem, bool, array_count(count + 1));
    if (matches == NULL)
        return status_fail(STATUS_NO_MEMORY, "list");
    if (!listing->condition.is_exact)
        TRY(search_evaluate(listing->tx, listing->mailbox, listing->query->restriction, listing->condition.parts, rows, count, matches));
    for (size_t i = 0; i < count; i++)
        if (listing->condition.is_exact || matches[i])
            keep(listing, &rows[i]);
    talloc_free(matches);
    return STATUS_OK;
}

/* Until the page is full; through to the end when the total is wanted. */
static enum status filter_all(struct listing *listing, bool count_total)
{
    listing->skip = listing->query->offset;
    listing->after = listing->query->after_item;
    listing->out->rows = talloc_zero_array(listing->mem, struct item_row, array_count(listing->query->limit));
    if (listing->out->rows == NULL)
        return status_fail(STATUS_NO_MEMORY, "list");
    for (size_t offset = 0;; offset += CANDIDATES_AT_ONCE) {
        struct item_row *rows = NULL;
        size_t count = 0;
        if (offset >= CANDIDATES_MAX)
            return status_fail(STATUS_TOO_COMPLEX, "more than %d candidates", CANDIDATES_MAX);
        TRY(fetch(listing, offset, CANDIDATES_AT_ONCE, &rows, &count));
        TRY(filter(listing, rows, count));
        if (count < CANDIDATES_AT_ONCE || (listing->out->more && !count_total))
            break;
    }
    if (count_total)
        listing->out->total = (int64_t)listing->matched;
    return STATUS_OK;
}

/* ---- pages ---- */

static void cut(struct list_page *page, size_t limit)
{
    page->more = page->count > limit;
    if (page->more)
        page->count = limit;
}

static void reverse(struct item_row *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct item_row row = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = row;
    }
}

static enum status composed_page(struct listing *listing)
{
    const struct list_query *query = listing->query;
    bool count_total = query->count_total && query->restriction != NULL;
    struct search_statement *probe = search_statement_new(listing->mem);
    if (probe == NULL)
        return status_fail(STATUS_NO_MEMORY, "list");
    TRY(search_compile(probe, query->restriction, &listing->condition));
    talloc_free(probe);
    if (!listing->condition.is_exact || query->after_item != 0) {
        TRY(filter_all(listing, count_total));
    } else {
        TRY(fetch(listing, query->offset, query->limit + 1, &listing->out->rows, &listing->out->count));
        cut(listing->out, query->limit);
        if (count_total)
            TRY(count_all(listing));
    }
    if (query->from_end)
        reverse(listing->out->rows, listing->out->count); /* a page from the end is shown in the view's order */
    return STATUS_OK;
}

/* Newest first behind an item, by the index key; an item that is gone by now has no place: from the start. */
static enum status newest_after(struct listing *listing, struct result **result)
{
    const struct list_query *query = listing->query;
    struct item_row key = { 0 };
    if (query->after_item != 0)
        TRY(store_rows_get(listing->mem, listing->tx, listing->mailbox, &query->after_item, 1, false, &key));
    if (key.item == 0)
        return TX_RUN(listing->tx, listing->mem, result, list_newest, .mailbox = listing->mailbox, .folder = query->folder,
                      .fai = query->content == LIST_FAI, .offset = (int64_t)query->offset, .limit = (int64_t)query->limit + 1);
    return TX_RUN(listing->tx, listing->mem, result, list_newest_after, .mailbox = listing->mailbox, .folder = query->folder,
                  .fai = query->content == LIST_FAI, .delivered = key.delivered, .item = key.item, .offset = (int64_t)query->offset,
                  .limit = (int64_t)query->limit + 1);
}

/* The page that every client asks for first: a prepared statement over the date index. */
static enum status newest_page(struct listing *listing)
{
    struct result *result = NULL;
    TRY(newest_after(listing, &result));
    listing->out->count = (size_t)result->row_count;
    listing->out->rows = talloc_zero_array(listing->mem, struct item_row, array_count(listing->out->count + 1));
    if (listing->out->rows == NULL)
        return status_fail(STATUS_NO_MEMORY, "list");
    for (size_t i = 0; i < listing->out->count; i++) {
        struct sql_rows_read_out row;
        result_read(result, (int)i, STATEMENT_rows_read, &row);
        row_from_sql(&row, &listing->out->rows[i]);
    }
    cut(listing->out, listing->query->limit);
    return STATUS_OK;
}

static enum status add_props(struct listing *listing)
{
    struct list_page *page = listing->out;
    struct result *result = NULL;
    int64_t *items = talloc_array(listing->mem, int64_t, array_count(page->count + 1));
    if (items == NULL)
        return status_fail(STATUS_NO_MEMORY, "list");
    for (size_t i = 0; i < page->count; i++)
        items[i] = page->rows[i].item;
    TRY(TX_RUN(listing->tx, listing->mem, &result, props_read, .mailbox = listing->mailbox, .items = { items, page->count }));
    for (int r = 0; r < result->row_count; r++) {
        struct sql_props_read_out row;
        result_read(result, r, STATEMENT_props_read, &row);
        for (size_t i = 0; i < page->count; i++) {
            if (page->rows[i].item != row.item)
                continue;
            page->rows[i].preview = row.preview;
            TRY(bytes_to_bag(listing->mem, row.props, &page->rows[i].props));
        }
    }
    return STATUS_OK;
}

/* A whole folder is counted already. */
static enum status add_total(struct listing *listing)
{
    struct store_folder folder;
    TRY(store_folder_get_many(listing->mem, listing->tx, listing->mailbox, &listing->query->folder, 1, &folder));
    listing->out->total = listing->query->content == LIST_FAI     ? folder.fai
                          : listing->query->content == LIST_ITEMS ? folder.live
                                                                  : folder.live + folder.fai;
    return STATUS_OK;
}

enum status store_message_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct list_query *query, struct list_page *out)
{
    struct listing listing = { .mem = mem, .tx = tx, .mailbox = mailbox, .query = query, .out = out };
    bool is_whole = query->restriction == NULL;
    *out = (struct list_page){ .total = -1 };
    if (query->limit == 0 || query->limit > LIMIT_MAX)
        return status_fail(STATUS_INVALID_ARGUMENT, "page of %zu", query->limit);
    if (is_whole && query->sort_count == 0 && query->content != LIST_BOTH && !query->from_end)
        TRY(newest_page(&listing));
    else
        TRY(composed_page(&listing));
    if (is_whole && query->count_total)
        TRY(add_total(&listing));
    return query->with_props ? add_props(&listing) : STATUS_OK;
}
