/* What a calendar shows in a window of time: singles by the store's index, series expanded. */
#include <stdlib.h>

#include "bourse/base/memory.h"
#include "bourse/calendar/exception.h"
#include "bourse/groupware/calendar.h"
#include "bourse/model/properties.h"
#include "bourse/storage/calendar.h"
#include "folder_view.h"
#include "item_view.h"
#include "occurrence.h"
#include "private_item.h"

enum { LIMIT_DEFAULT = 1000, LOADED_AT_ONCE = 500 };

/* One line of the view. */
struct entry {
    int64_t item;
    int32_t occurrence; /* 0: a single item */
    instant starts, ends;
};

struct view {
    TALLOC_CTX *mem;
    struct transaction *tx;
    struct session *session;
    const struct mailbox_key *key;
    const struct calendar_window *window;
    size_t limit;
    struct entry *entries;
    size_t count, room;
};

static enum status add_entry(struct view *view, const struct entry *entry)
{
    if (view->count >= view->limit)
        return status_fail(STATUS_TOO_COMPLEX, "more than %zu events in the window", view->limit);
    if (view->count == view->room) {
        size_t room = view->room > 0 ? view->room * 2 : 64;
        struct entry *more = talloc_realloc(view->mem, view->entries, struct entry, (unsigned)room);
        if (more == NULL)
            return status_fail(STATUS_NO_MEMORY, "calendar view");
        view->entries = more;
        view->room = room;
    }
    view->entries[view->count++] = *entry;
    return STATUS_OK;
}

/* A pattern that nobody can read shows as the single event that its own times say. */
static enum status add_broken(struct view *view, const struct loaded_message *loaded)
{
    const struct bag *props = loaded->message->props;
    instant starts = bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0), ends = bag_time(props, PROP_APPOINTMENT_END_WHOLE, starts);
    bool touches = starts < view->window->to && (ends > view->window->from || starts >= view->window->from);
    return touches ? add_entry(view, &(struct entry){ loaded->row.item, 0, starts, ends }) : STATUS_OK;
}

static enum status add_series(struct view *view, TALLOC_CTX *mem, const struct loaded_message *loaded)
{
    struct recurrence *pattern = NULL;
    struct occurrence *list = NULL;
    size_t count = 0;
    bool more = false;
    struct occurrence_query query = { .from = view->window->from, .to = view->window->to };
    enum status status = series_pattern(mem, loaded->message->props, &pattern);
    if (status == STATUS_OK)
        status = recurrence_expand(mem, pattern, series_zone(mem, loaded->message->props), &query, &list, &count, &more);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK)
        return add_broken(view, loaded);
    if (more)
        return status_fail(STATUS_TOO_COMPLEX, "a series has more than %zu occurrences in the window", count);
    for (size_t i = 0; i < count; i++)
        TRY(add_entry(view, &(struct entry){ loaded->row.item, local_minutes(list[i].original_start), list[i].starts, list[i].ends }));
    return STATUS_OK;
}

static enum status expand_slice(struct view *view, const int64_t *items, size_t count)
{
    TALLOC_CTX *mem = talloc_new(view->mem);
    struct loaded_message *loaded = array_new(mem, struct loaded_message, count + 1);
    enum status status = loaded != NULL ? store_message_load_many(mem, view->tx, view->key->id, items, count, MESSAGE_BAG | MESSAGE_VALUES, loaded)
                                        : status_fail(STATUS_NO_MEMORY, "series");
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        TALLOC_CTX *step = talloc_new(mem);
        if (loaded[i].message != NULL)
            status = add_series(view, step, &loaded[i]);
        talloc_free(step);
    }
    talloc_free(mem);
    return status;
}

static enum status collect(struct view *view, int64_t folder)
{
    struct calendar_row *rows = NULL;
    size_t count = 0, series_count = 0;
    bool more = false;
    TRY(store_calendar_window(view->mem, view->tx, view->key->id, folder, view->window->from, view->window->to, 0, &rows, &count, &more));
    int64_t *series = array_new(view->mem, int64_t, count + 1);
    if (series == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar view");
    if (more)
        return status_fail(STATUS_TOO_COMPLEX, "more than %zu events in the window", count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].is_recurring)
            series[series_count++] = rows[i].item;
        else
            TRY(add_entry(view, &(struct entry){ rows[i].item, 0, rows[i].starts, rows[i].ends }));
    }
    for (size_t first = 0; first < series_count; first += LOADED_AT_ONCE)
        TRY(expand_slice(view, series + first, series_count - first < LOADED_AT_ONCE ? series_count - first : LOADED_AT_ONCE));
    talloc_free(rows);
    return STATUS_OK;
}

static int by_start(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    if (left->starts != right->starts)
        return left->starts < right->starts ? -1 : 1;
    if (left->ends != right->ends)
        return left->ends < right->ends ? -1 : 1;
    return left->item < right->item ? -1 : left->item > right->item;
}

/* ---- items of the lines ---- */

static enum status load_singles(struct view *view, const size_t *places, size_t count, struct item **out)
{
    int64_t *items = array_new(view->mem, int64_t, count + 1);
    struct item **loaded = array_new(view->mem, struct item *, count + 1);
    enum status *statuses = array_new(view->mem, enum status, count + 1);
    if (items == NULL || loaded == NULL || statuses == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar view");
    for (size_t i = 0; i < count; i++)
        items[i] = view->entries[places[i]].item;
    TRY(items_load_in(view->mem, view->tx, view->session, view->key, items, count, view->window->parts, loaded, statuses));
    for (size_t i = 0; i < count; i++)
        out[places[i]] = statuses[i] == STATUS_OK ? loaded[i] : NULL;
    return STATUS_OK;
}

static enum status load_occurrences(struct view *view, const size_t *places, size_t count, int64_t folder, struct item **out)
{
    struct object_id *ids = array_new(view->mem, struct object_id, count + 1);
    struct item **loaded = array_new(view->mem, struct item *, count + 1);
    enum status *statuses = array_new(view->mem, enum status, count + 1);
    if (ids == NULL || loaded == NULL || statuses == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar view");
    for (size_t i = 0; i < count; i++)
        ids[i] = (struct object_id){ .kind = OBJECT_ITEM, .mailbox = view->key->guid, .folder = folder, .item = view->entries[places[i]].item,
                                     .occurrence = view->entries[places[i]].occurrence };
    TRY(occurrences_load_in(view->mem, view->tx, view->session, view->key, ids, count, view->window->parts, loaded, statuses));
    for (size_t i = 0; i < count; i++)
        out[places[i]] = statuses[i] == STATUS_OK ? loaded[i] : NULL;
    return STATUS_OK;
}

static enum status load_items(struct view *view, int64_t folder, struct item_page *page)
{
    size_t singles = 0, occurrences = 0;
    size_t *places = array_new(view->mem, size_t, 2 * (view->count + 1)), *series_places = places + view->count + 1;
    page->items = array_new(view->mem, struct item *, view->count + 1);
    if (places == NULL || page->items == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar view");
    for (size_t i = 0; i < view->count; i++) {
        page->items[i] = NULL;
        if (view->entries[i].occurrence == 0)
            places[singles++] = i;
        else
            series_places[occurrences++] = i;
    }
    if (singles > 0)
        TRY(load_singles(view, places, singles, page->items));
    if (occurrences > 0)
        TRY(load_occurrences(view, series_places, occurrences, folder, page->items));
    for (size_t i = 0; i < view->count; i++)
        if (page->items[i] != NULL)
            page->items[page->count++] = page->items[i];
    page->total = page->next_offset = page->count;
    page->includes_last = true;
    return STATUS_OK;
}

static enum status view_in(struct view *view, int64_t folder, struct item_page *page)
{
    TRY(access_need_in(view->tx, view->session, view->key, folder, RIGHT_READ_ANY | RIGHT_FOLDER_VISIBLE));
    TRY(collect(view, folder));
    if (view->count > 1)
        qsort(view->entries, view->count, sizeof *view->entries, by_start);
    return load_items(view, folder, page);
}

enum status calendar_view(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, const struct calendar_window *window,
                          struct item_page **out)
{
    struct mailbox_key key;
    struct view view = { .mem = mem, .session = session, .key = &key, .window = window, .limit = window->limit > 0 ? window->limit : LIMIT_DEFAULT };
    if (window->to < window->from)
        return status_fail(STATUS_INVALID_ARGUMENT, "a window that ends before it starts");
    *out = talloc_zero(mem, struct item_page);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar view");
    if (view.limit > LIMIT_DEFAULT)
        view.limit = LIMIT_DEFAULT;
    TRY(folder_begin(mem, session, folder->mailbox, TRANSACTION_READ, &key, &view.tx));
    enum status status = view_in(&view, folder->folder, *out);
    talloc_free(view.tx);
    return status;
}
