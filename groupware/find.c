/* Listing and searching. */
#include "bourse/base/memory.h"
#include "bourse/groupware/find.h"

#include "bourse/storage/search_folder.h"
#include "folder_view.h"
#include "item_view.h"
#include "private_item.h"
#include "search_folder_in.h"

static enum status convert_sort(TALLOC_CTX *mem, const struct find_query *query, struct list_sort **out)
{
    *out = NULL;
    if (query->sort_count == 0)
        return STATUS_OK;
    *out = array_new(mem, struct list_sort, query->sort_count);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "sort");
    for (size_t i = 0; i < query->sort_count; i++) {
        if (!store_list_can_sort(query->sort[i].tag))
            return status_fail(STATUS_INVALID_PROPERTY, "cannot sort by %#010x", (unsigned)query->sort[i].tag);
        (*out)[i] = (struct list_sort){ .tag = query->sort[i].tag, .descending = query->sort[i].descending };
    }
    return STATUS_OK;
}

static enum status list_found(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, int64_t folder, const struct find_query *query,
                              size_t limit, struct list_page *page)
{
    struct list_sort *sort = NULL;
    int64_t total = 0, unread = 0;
    TRY(convert_sort(mem, query, &sort));
    TRY(store_search_folder_count(tx, key->id, folder, &total, &unread));
    size_t from_end = (size_t)total > query->offset + limit ? (size_t)total - query->offset - limit : 0;
    struct search_query search = { .found_by = folder, .restriction = query->restriction, .sort = sort, .sort_count = query->sort_count,
                                   .words = query->words != NULL && query->words[0] != '\0' ? query->words : NULL,
                                   .offset = query->from_end ? from_end : query->offset, .limit = limit };
    TRY(search_run(mem, tx, key->id, &search, page));
    if (search.words == NULL && query->restriction == NULL)
        page->total = total;
    return STATUS_OK;
}

static enum status list_rows(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, int64_t folder, const struct find_query *query,
                             size_t limit, struct list_page *page)
{
    struct list_sort *sort = NULL;
    enum list_content content = query->associated ? LIST_FAI : LIST_ITEMS;
    TRY(convert_sort(mem, query, &sort));
    if (query->words != NULL && query->words[0] != '\0') {
        struct search_query search = { .folders = &folder, .folder_count = 1, .content = content, .restriction = query->restriction,
                                       .words = query->words, .sort = sort, .sort_count = query->sort_count, .offset = query->offset,
                                       .limit = limit };
        return search_run(mem, tx, key->id, &search, page);
    }
    struct list_query list = { .folder = folder, .content = content, .restriction = query->restriction, .sort = sort,
                               .sort_count = query->sort_count, .offset = query->offset, .from_end = query->from_end, .limit = limit,
                               .count_total = true };
    return store_message_list(mem, tx, key->id, &list, page);
}

static enum status fill_items(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, uint32_t rights,
                              const struct list_page *rows, unsigned parts, struct item_page *page)
{
    page->items = array_new(mem, struct item *, rows->count + 1);
    enum status *statuses = array_new(mem, enum status, rows->count + 1);
    if (page->items == NULL || statuses == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    if (parts == 0) {
        for (size_t i = 0; i < rows->count; i++)
            TRY(item_of_row(mem, key, &rows->rows[i], rights, &page->items[i]));
        for (size_t i = 0; i < rows->count; i++)
            TRY(private_item_conceal(session, key, page->items[i]));
        page->count = rows->count;
        return STATUS_OK;
    }
    struct item **loaded = array_new(mem, struct item *, rows->count + 1);
    if (loaded == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    TRY(items_of_rows_in(mem, tx, session, key, rows->rows, rows->count, parts, loaded, statuses));
    for (size_t i = 0; i < rows->count; i++)
        if (loaded[i] != NULL)
            page->items[page->count++] = loaded[i];
    return STATUS_OK;
}

static void finish_page(const struct find_query *query, const struct list_page *rows, struct item_page *page)
{
    page->total = rows->total >= 0 ? (size_t)rows->total : query->offset + rows->count + (rows->more ? 1 : 0);
    page->next_offset = query->offset + rows->count;
    page->includes_last = !rows->more;
}

/* A search folder is first brought up to date: *stale tells it to the caller, who comes again with NULL. */
static enum status find_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t folder,
                           const struct find_query *query, struct item_page *page, struct store_folder *stale)
{
    uint32_t rights = 0;
    struct list_page rows = { 0 };
    struct store_folder row;
    size_t cap = (size_t)config_int(session->groupware->config, CONFIG_ews_find_page);
    size_t limit = query->limit == 0 || query->limit > cap ? cap : query->limit;
    TRY(access_in(tx, session, key, folder, &rights));
    TRY(access_verdict(rights, RIGHT_READ_ANY));
    TRY(store_folder_get(mem, tx, key->id, folder, &row));
    if (row.is_search && stale != NULL) {
        *stale = row;
        return STATUS_OK;
    }
    if (query->soft_deleted) /* what was soft-deleted shows in Recoverable Items, under its own folder id */
        rows = (struct list_page){ 0 };
    else if (row.is_search)
        TRY(list_found(mem, tx, key, folder, query, limit, &rows));
    else
        TRY(list_rows(mem, tx, key, folder, query, limit, &rows));
    TRY(fill_items(mem, tx, session, key, rights, &rows, query->parts, page));
    finish_page(query, &rows, page);
    return STATUS_OK;
}

enum status item_find(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, const struct find_query *query,
                      struct item_page **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    *out = talloc_zero(mem, struct item_page);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "item page");
    if (query->restriction != NULL)
        TRY(restriction_check(query->restriction));
    struct store_folder stale = { 0 };
    TRY(folder_begin(mem, session, folder->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = find_in(mem, tx, session, &key, folder->folder, query, *out, &stale);
    talloc_free(tx);
    if (status != STATUS_OK || stale.id == 0)
        return status;
    TRY(search_folder_refresh(session, &key, &stale));
    TRY(transaction_begin(mem, session->groupware->store, TRANSACTION_READ, &tx));
    status = find_in(mem, tx, session, &key, folder->folder, query, *out, NULL);
    talloc_free(tx);
    return status;
}
