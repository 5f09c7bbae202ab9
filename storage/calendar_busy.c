/* Busy times of many calendars: a row a calendar, whose values are taken apart here. */
#include <string.h>

#include "array_count.h"
#include "bourse/base/wire.h"
#include "calendar_private.h"
#include "folder_private.h"
#include "item_index.h"
#include "message_private.h"

enum { SINGLE_SIZE = 8 + 8 + 2 }; /* as sql/calendar.sql packs them: starts, ends, busy status */

struct busy_reading {
    TALLOC_CTX *mem;
    const struct calendar_range *ranges;
    struct calendar_busy *list;
    size_t count, room;
    int64_t *mailboxes, *items; /* series whose properties have to be read */
    size_t *places;             /* which range */
    size_t unpacked;
};

static enum status add(struct busy_reading *reading, const struct calendar_busy *event)
{
    if (reading->count == reading->room) {
        size_t room = reading->room > 0 ? reading->room * 2 : 256;
        struct calendar_busy *more = talloc_realloc(reading->mem, reading->list, struct calendar_busy, array_count(room));
        if (more == NULL)
            return status_fail(STATUS_NO_MEMORY, "busy times");
        reading->list = more;
        reading->room = room;
    }
    reading->list[reading->count++] = *event;
    return STATUS_OK;
}

static enum status take_singles(struct busy_reading *reading, size_t range, struct slice packed)
{
    struct wire wire = wire_over(packed);
    while (wire_left(&wire) >= SINGLE_SIZE) {
        struct calendar_busy event = { .range = range };
        event.starts = (instant)wire_u64_be(&wire);
        event.ends = (instant)wire_u64_be(&wire);
        event.busy_status = (int16_t)wire_u16_be(&wire);
        TRY(add(reading, &event));
    }
    return wire_finish(&wire);
}

static enum status take_series(struct busy_reading *reading, size_t range, struct slice packed)
{
    struct wire wire = wire_over(packed);
    while (wire_left(&wire) > 0) {
        struct calendar_busy event = { .range = range, .busy_status = (int16_t)wire_u16_be(&wire) };
        struct slice series = wire_bytes(&wire, wire_u32_be(&wire));
        TRY(wire_status(&wire));
        TRY(bytes_to_bag(reading->mem, series, &event.series));
        TRY(add(reading, &event));
    }
    return STATUS_OK;
}

static enum status note_unpacked(struct busy_reading *reading, size_t range, const struct sql_int8s *items)
{
    size_t total = reading->unpacked + items->count;
    reading->mailboxes = talloc_realloc(reading->mem, reading->mailboxes, int64_t, array_count(total + 1));
    reading->items = talloc_realloc(reading->mem, reading->items, int64_t, array_count(total + 1));
    reading->places = talloc_realloc(reading->mem, reading->places, size_t, array_count(total + 1));
    if (reading->mailboxes == NULL || reading->items == NULL || reading->places == NULL)
        return status_fail(STATUS_NO_MEMORY, "series");
    for (size_t i = 0; i < items->count; i++) {
        reading->mailboxes[reading->unpacked] = reading->ranges[range].mailbox;
        reading->items[reading->unpacked] = items->items[i];
        reading->places[reading->unpacked++] = range;
    }
    return STATUS_OK;
}

/* Rows that were written before the pattern was kept in them, and patterns that are too large for it. */
static enum status read_unpacked(struct busy_reading *reading, struct transaction *tx)
{
    struct result *result = NULL;
    struct bag **bags = NULL;
    TRY(TX_RUN(tx, reading->mem, &result, series_properties, .mailbox = { reading->mailboxes, reading->unpacked }, .item = { reading->items, reading->unpacked }));
    bags = talloc_array(reading->mem, struct bag *, array_count((size_t)result->row_count + 1));
    if (bags == NULL)
        return status_fail(STATUS_NO_MEMORY, "series");
    for (int r = 0; r < result->row_count; r++) {
        struct sql_series_properties_out row;
        result_read(result, r, STATEMENT_series_properties, &row);
        TRY(bytes_to_bag(reading->mem, row.props, &bags[r]));
        TRY(add(reading, &(struct calendar_busy){ .range = reading->places[row.place - 1], .busy_status = row.busy_status, .series = bags[r] }));
    }
    return message_load_values(reading->mem, tx, bags, (size_t)result->row_count);
}

enum status store_calendar_busy(TALLOC_CTX *mem, struct transaction *tx, const struct calendar_range *ranges, size_t range_count, instant from, instant to,
                                size_t limit, struct slice goid, struct calendar_busy **out, size_t *count, bool *cut)
{
    struct busy_reading reading = { .mem = mem, .ranges = ranges };
    struct sql_int8s mailboxes, folders;
    struct result *result = NULL;
    memset(cut, 0, range_count * sizeof *cut);
    TRY(calendar_range_columns(mem, ranges, range_count, &mailboxes, &folders));
    TRY(TX_RUN(tx, mem, &result, calendar_busy, .mailbox = mailboxes, .folder = folders, .from = from, .to = to, .goid_hash = global_id_hash(goid),
               .limit = (int64_t)limit + 1));
    for (int r = 0; r < result->row_count; r++) {
        struct sql_calendar_busy_out row;
        result_read(result, r, STATEMENT_calendar_busy, &row);
        size_t range = (size_t)row.place - 1;
        cut[range] = row.events > (int64_t)limit;
        TRY(take_singles(&reading, range, row.singles));
        TRY(take_series(&reading, range, row.series));
        TRY(note_unpacked(&reading, range, &row.unpacked));
    }
    if (reading.unpacked > 0)
        TRY(read_unpacked(&reading, tx));
    *out = reading.list;
    *count = reading.count;
    return STATUS_OK;
}
