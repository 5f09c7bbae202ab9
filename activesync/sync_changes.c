/* What changed on the server, out of the change log [MS-ASCMD] 2.2.3.32. Cost follows the changes; bodies are loaded for what is told only. */
#include <stdlib.h>

#include "bourse/base/log.h"
#include "bourse/groupware/find.h"
#include "bourse/model/properties.h"
#include "bourse/model/restriction.h"
#include "hierarchy.h"
#include "sync.h"

enum { BATCH = 64, ANSWER_MOST = 4 * 1024 * 1024, BATCHES_MOST = 400 };

struct telling {
    struct eas_call *call;
    struct eas_collection *collection;
    instant begin;           /* of the filter; 0: everything */
    uint32_t window, told;
};

static struct wbxml_writer *writer_of(struct telling *telling)
{
    telling->collection->has_changes = true;
    telling->told++;
    return telling->collection->changes;
}

static void tell_gone(struct telling *telling, eas_tag element, const struct object_id *id)
{
    struct wbxml_writer *out = writer_of(telling);
    wbxml_start(out, element);
    wbxml_element(out, AirSync_ServerId, eas_item_id_text(telling->call->mem, id));
    wbxml_end(out);
}

/* One bad item must not stop the collection: it is left out and logged [connect.md 18]. */
static enum status tell_item(struct telling *telling, eas_tag element, const struct item *item)
{
    struct eas_collection *collection = telling->collection;
    struct buffer *buffer = buffer_new(telling->call->mem, 64u << 20);
    struct wbxml_writer *data = buffer != NULL ? wbxml_writer_new(buffer, buffer, telling->call->version) : NULL;
    if (data == NULL)
        return status_fail(STATUS_NO_MEMORY, "item");
    wbxml_start(data, AirSync_ApplicationData);
    enum status status = collection->state->item_class->write(telling->call, data, item, &collection->state->options);
    if (status == STATUS_OK)
        status = wbxml_finish(data);
    if (status == STATUS_OK) {
        struct wbxml_writer *out = writer_of(telling);
        wbxml_start(out, element);
        wbxml_element(out, AirSync_ServerId, eas_item_id_text(telling->call->mem, &item->id));
        wbxml_splice(out, data);
        wbxml_end(out);
    } else if (status_info(status)->fault == FAULT_TEMPORARY || status == STATUS_NO_MEMORY) {
        talloc_free(buffer);
        return status;
    } else {
        log_failure(EVENT_HTTP_FAILED, status, "item %lld cannot be told to device %s", (long long)item->id.item, telling->call->query.device_id);
    }
    talloc_free(buffer);
    return STATUS_OK;
}

static void tell_read_state(struct telling *telling, const struct sync_change *change)
{
    struct wbxml_writer *out = writer_of(telling);
    wbxml_start(out, AirSync_Change);
    wbxml_element(out, AirSync_ServerId, eas_item_id_text(telling->call->mem, &change->id));
    wbxml_start(out, AirSync_ApplicationData);
    wbxml_element_bool(out, Email_Read, change->is_read);
    wbxml_end(out);
    wbxml_end(out);
}

static instant filter_time(const struct telling *telling, const struct item *item)
{
    prop_tag tag = telling->collection->state->item_class->filter_tag;
    return tag == 0 ? INT64_MAX : tag == PROP_MESSAGE_DELIVERY_TIME ? item->received : bag_time(item->message->props, tag, INT64_MAX);
}

static bool has_fixed_filter_time(const struct eas_sync_state *state)
{
    return state->item_class->filter_tag == 0 || state->item_class->filter_tag == PROP_MESSAGE_DELIVERY_TIME;
}

static bool is_inside(const struct telling *telling, const struct item *item)
{
    return filter_time(telling, item) >= telling->begin;
}

static bool is_told(const struct telling *telling, const struct sync_change *change)
{
    const struct eas_sync_state *state = telling->collection->state;
    if (eas_is_own_change(state, change))
        return false;
    if (change->kind == SYNC_READ_STATE)
        return strcmp(state->item_class->name, "Email") == 0;
    if (change->kind == SYNC_DELETE)
        return true;
    if (change->item == NULL || is_inside(telling, change->item))
        return change->item != NULL || change->kind == SYNC_UPDATE;
    return change->kind == SYNC_UPDATE && !has_fixed_filter_time(state); /* an appointment that moved out of the span */
}

/* An item that vanished since the log was read is told as gone (the log has its deletion too); one that cannot be read is left out and logged. */
static enum status check_loaded(const struct telling *telling, const struct sync_change *change, enum status status, bool *told)
{
    if (status == STATUS_OK || status == STATUS_ITEM_NOT_FOUND || status == STATUS_ACCESS_DENIED) {
        *told = status == STATUS_OK || change->kind == SYNC_UPDATE;
        return STATUS_OK;
    }
    if (status_info(status)->fault == FAULT_TEMPORARY || status == STATUS_NO_MEMORY)
        return status;
    *told = false;
    log_failure(EVENT_HTTP_FAILED, status, "item %lld cannot be read for device %s", (long long)change->id.item, telling->call->query.device_id);
    return STATUS_OK;
}

/* Items of one page of the log that are to be told, loaded whole in one go. */
static enum status load_page(struct telling *telling, TALLOC_CTX *mem, struct sync_page *page, bool *told)
{
    struct object_id *ids = talloc_zero_array(mem, struct object_id, (unsigned)page->count + 1);
    enum status *statuses = talloc_zero_array(mem, enum status, (unsigned)page->count + 1);
    struct item **items = talloc_zero_array(mem, struct item *, (unsigned)page->count + 1);
    size_t count = 0, next = 0;
    if (ids == NULL || statuses == NULL || items == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    for (size_t i = 0; i < page->count; i++)
        if (told[i] && page->changes[i].item != NULL)
            ids[count++] = page->changes[i].id;
    if (count == 0)
        return STATUS_OK;
    TRY(item_get_many(mem, telling->call->session, ids, count, ITEM_ALL, items, statuses));
    for (size_t i = 0; i < page->count; i++) {
        if (!told[i] || page->changes[i].item == NULL)
            continue;
        TRY(check_loaded(telling, &page->changes[i], statuses[next], &told[i]));
        page->changes[i].item = items[next++];
    }
    return STATUS_OK;
}

/* An item that the device made and somebody changed since is there already: a Change. */
static eas_tag element_of(const struct telling *telling, const struct sync_change *change)
{
    const struct eas_own_change *own = eas_own_change_find(telling->collection->state, change->id.item);
    return change->kind == SYNC_CREATE && (own == NULL || own->change_number == 0) ? AirSync_Add : AirSync_Change;
}

static enum status tell_page(struct telling *telling, const struct sync_page *page, const bool *told)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct sync_change *change = &page->changes[i];
        if (!told[i])
            continue;
        if (change->kind == SYNC_READ_STATE)
            tell_read_state(telling, change);
        else if (change->kind == SYNC_DELETE || change->item == NULL)
            tell_gone(telling, AirSync_Delete, &change->id);
        else if (!is_inside(telling, change->item))
            tell_gone(telling, AirSync_SoftDelete, &change->id);
        else
            TRY(tell_item(telling, element_of(telling, change), change->item));
    }
    return STATUS_OK;
}

static enum status tell_batch(struct telling *telling, TALLOC_CTX *mem, bool *is_last)
{
    struct eas_sync_state *state = telling->collection->state;
    uint32_t left = telling->window - telling->told;
    prop_tag filter = state->item_class->filter_tag; /* of mail it is a column */
    struct sync_options options = { .limit = left < BATCH ? left : BATCH, .parts = filter == 0 || filter == PROP_MESSAGE_DELIVERY_TIME ? 0 : ITEM_PROPERTIES };
    struct sync_page *page = NULL;
    TRY(sync_items(mem, telling->call->session, &state->position, &options, &page));
    bool *told = talloc_zero_array(mem, bool, (unsigned)page->count + 1);
    if (told == NULL)
        return status_fail(STATUS_NO_MEMORY, "page");
    for (size_t i = 0; i < page->count; i++)
        told[i] = is_told(telling, &page->changes[i]);
    TRY(load_page(telling, mem, page, told));
    TRY(tell_page(telling, page, told));
    telling->collection->is_changed = telling->collection->is_changed || page->count > 0;
    state->position = page->position;
    *is_last = page->includes_last;
    return STATUS_OK;
}

/* ---- the filter's boundary moves with the days, and with what the device asks for ---- */

static enum status add_limit(struct restriction *both, prop_tag tag, enum relation relation, instant when)
{
    struct restriction *limit = restriction_new(both, RESTRICT_PROPERTY);
    if (limit == NULL)
        return status_fail(STATUS_NO_MEMORY, "restriction");
    limit->tag = tag;
    limit->relation = relation;
    limit->value = value_time(tag, when);
    return restriction_add_child(both, limit);
}

struct timed {
    instant when;
    struct item *item;
};

static int by_time(const void *a, const void *b)
{
    const struct timed *left = a, *right = b;
    return left->when < right->when ? -1 : left->when > right->when;
}

/* A time that is no column cannot be sorted by in the store: all that lie between are read, and the first of them kept. */
static enum status order_by_time(const struct telling *telling, TALLOC_CTX *mem, const struct object_id *folder, struct find_query *query, bool newest_first,
                                 struct item_page **out)
{
    enum { PAGE = 500 };
    size_t room = query->limit, count = 0;
    struct timed *all = NULL;
    struct item_page *page = NULL;
    query->limit = PAGE;
    do {
        query->offset = count;
        TRY(item_find(mem, telling->call->session, folder, query, &page));
        all = talloc_realloc(mem, all, struct timed, (unsigned)(count + page->count + 1));
        if (all == NULL)
            return status_fail(STATUS_NO_MEMORY, "items");
        for (size_t i = 0; i < page->count; i++, count++)
            all[count] = (struct timed){ filter_time(telling, page->items[i]), page->items[i] };
    } while (!page->includes_last && page->count > 0);
    qsort(all, count, sizeof *all, by_time);
    struct item_page *ordered = talloc_zero(mem, struct item_page);
    if (ordered == NULL || (ordered->items = talloc_zero_array(ordered, struct item *, (unsigned)count + 1)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    ordered->total = count;
    ordered->count = count < room ? count : room;
    ordered->includes_last = ordered->count == count;
    for (size_t i = 0; i < ordered->count; i++)
        ordered->items[i] = all[newest_first ? count - 1 - i : i].item;
    *out = ordered;
    return STATUS_OK;
}

/* Items whose time lies in [from, to), as many as the window has room for. */
static enum status items_between(struct telling *telling, TALLOC_CTX *mem, instant from, instant to, bool newest_first, struct item_page **out)
{
    prop_tag tag = telling->collection->state->item_class->filter_tag;
    bool is_column = tag == PROP_MESSAGE_DELIVERY_TIME;
    struct restriction *both = restriction_new(mem, RESTRICT_AND);
    struct sort_key order = { .tag = tag, .descending = newest_first };
    struct find_query query = { .restriction = both, .sort = &order, .sort_count = is_column ? 1 : 0, .limit = telling->window - telling->told,
                                .parts = is_column ? 0 : ITEM_PROPERTIES };
    struct object_id folder = eas_folder_object(telling->call, telling->collection->folder);
    if (both == NULL)
        return status_fail(STATUS_NO_MEMORY, "restriction");
    TRY(add_limit(both, tag, REL_GREATER_EQUAL, from));
    TRY(add_limit(both, tag, REL_LESS, to));
    return is_column ? item_find(mem, telling->call->session, &folder, &query, out) : order_by_time(telling, mem, &folder, &query, newest_first, out);
}

/* How many of a page that is not the last may be told, so that those with the same time as the first of the next page come together. */
static size_t whole_times(const struct telling *telling, const struct item_page *page)
{
    size_t count = page->count;
    if (page->includes_last || count == 0)
        return count;
    instant last = filter_time(telling, page->items[count - 1]);
    while (count > 0 && filter_time(telling, page->items[count - 1]) == last)
        count--;
    return count > 0 ? count : page->count;
}

/* Items that grew too old leave the device, oldest first. */
static enum status narrow(struct telling *telling, TALLOC_CTX *mem, instant begin, bool *is_last)
{
    struct eas_sync_state *state = telling->collection->state;
    struct item_page *page = NULL;
    TRY(items_between(telling, mem, state->boundary, begin, false, &page));
    size_t count = whole_times(telling, page);
    for (size_t i = 0; i < count; i++)
        tell_gone(telling, AirSync_SoftDelete, &page->items[i]->id);
    *is_last = page->includes_last;
    state->boundary = page->includes_last || count == 0 ? begin : filter_time(telling, page->items[count - 1]) + 1;
    return STATUS_OK;
}

/* The device wants more of the past: newest first. */
static enum status widen(struct telling *telling, TALLOC_CTX *mem, instant begin, bool *is_last)
{
    struct eas_sync_state *state = telling->collection->state;
    struct item_page *page = NULL;
    struct item *item = NULL;
    TRY(items_between(telling, mem, begin, state->boundary, true, &page));
    size_t count = whole_times(telling, page);
    for (size_t i = 0; i < count; i++) {
        enum status status = item_get(mem, telling->call->session, &page->items[i]->id, ITEM_ALL, &item);
        if (status == STATUS_ITEM_NOT_FOUND)
            continue;
        TRY(status);
        TRY(tell_item(telling, AirSync_Add, item));
    }
    *is_last = page->includes_last;
    state->boundary = page->includes_last || count == 0 ? begin : filter_time(telling, page->items[count - 1]);
    return STATUS_OK;
}

static enum status move_boundary(struct telling *telling, TALLOC_CTX *mem, bool *is_last)
{
    struct eas_sync_state *state = telling->collection->state;
    instant begin = state->item_class->filter_tag != 0 ? eas_filter_begin(state->options.filter_type, clock_now()) : 0;
    *is_last = true;
    if (begin == state->boundary)
        return STATUS_OK;
    if (telling->told >= telling->window) {
        *is_last = false;
        return STATUS_OK;
    }
    uint32_t told = telling->told;
    TRY(begin > state->boundary ? narrow(telling, mem, begin, is_last) : widen(telling, mem, begin, is_last));
    telling->collection->is_changed = telling->collection->is_changed || telling->told > told;
    return STATUS_OK;
}

static bool is_full(const struct telling *telling)
{
    return telling->told >= telling->window || wbxml_size(telling->collection->changes) >= ANSWER_MOST;
}

/* Options mostly come with the first Sync after the one with key 0: the device has nothing yet that the filter could take away. */
static void begin_at_filter(struct eas_sync_state *state)
{
    if (eas_sync_state_is_fresh(state) && state->item_class->filter_tag != 0)
        state->boundary = eas_filter_begin(state->options.filter_type, clock_now());
}

enum status eas_sync_changes_write(struct eas_call *call, struct eas_collection *collection, uint32_t window, uint32_t *used)
{
    begin_at_filter(collection->state);
    struct telling telling = { .call = call, .collection = collection, .begin = collection->state->boundary, .window = window };
    bool is_last = false, is_moved = false;
    for (int batch = 0; batch < BATCHES_MOST && !is_last && !is_full(&telling); batch++) {
        TALLOC_CTX *mem = talloc_new(call->mem);
        enum status status = tell_batch(&telling, mem, &is_last);
        talloc_free(mem);
        TRY(status);
    }
    if (is_last) {
        TALLOC_CTX *mem = talloc_new(call->mem);
        enum status status = move_boundary(&telling, mem, &is_moved);
        talloc_free(mem);
        TRY(status);
        collection->state->own_count = 0; /* the log is behind them */
    }
    collection->has_more = !is_last || !is_moved;
    *used = telling.told;
    return STATUS_OK;
}

/* ---- counting ---- */

static enum status count_batch(struct telling *telling, TALLOC_CTX *mem, int64_t *count, bool *is_last)
{
    struct eas_sync_state *state = telling->collection->state;
    struct sync_options options = { .limit = 512, .parts = state->item_class->filter_tag == PROP_MESSAGE_DELIVERY_TIME ? 0 : ITEM_PROPERTIES };
    struct sync_page *page = NULL;
    TRY(sync_items(mem, telling->call->session, &state->position, &options, &page));
    for (size_t i = 0; i < page->count; i++)
        *count += is_told(telling, &page->changes[i]);
    state->position = page->position;
    *is_last = page->includes_last;
    return STATUS_OK;
}

/* Items that the filter's boundary will bring or take. */
static enum status count_boundary(struct telling *telling, TALLOC_CTX *mem, int64_t *count)
{
    struct eas_sync_state *state = telling->collection->state;
    instant begin = state->item_class->filter_tag != 0 ? eas_filter_begin(state->options.filter_type, clock_now()) : 0;
    struct item_page *page = NULL;
    if (begin == state->boundary)
        return STATUS_OK;
    TRY(items_between(telling, mem, begin < state->boundary ? begin : state->boundary, begin < state->boundary ? state->boundary : begin, true, &page));
    *count += (int64_t)page->total;
    return STATUS_OK;
}

enum status eas_sync_changes_count(struct eas_call *call, struct eas_collection *collection, int64_t *out)
{
    begin_at_filter(collection->state);
    struct telling telling = { .call = call, .collection = collection, .begin = collection->state->boundary, .window = 1 };
    bool is_last = false;
    *out = 0;
    for (int batch = 0; batch < BATCHES_MOST && !is_last; batch++) {
        TALLOC_CTX *mem = talloc_new(call->mem);
        enum status status = count_batch(&telling, mem, out, &is_last);
        talloc_free(mem);
        TRY(status);
    }
    TALLOC_CTX *mem = talloc_new(call->mem);
    enum status status = count_boundary(&telling, mem, out);
    talloc_free(mem);
    return status;
}
