/* VFREEBUSY -> periods [RFC 5545] 3.6.4. */
#include "bourse/base/memory.h"
#include "ical_import.h"

enum { MAX_PERIODS = 20000 };

/* "start/end" or "start/duration", both in UTC. */
static bool read_period(struct slice text, struct ical_busy *out)
{
    struct slice from, to;
    struct ical_time start, end;
    int64_t length;
    if (!slice_split(text, '/', &from, &to) || !ical_time_parse(from, &start))
        return false;
    out->starts = start.local;
    if (ical_time_parse(to, &end))
        out->ends = end.local;
    else if (ical_duration_parse(to, &length))
        out->ends = out->starts + length;
    else
        return false;
    return out->ends >= out->starts;
}

static enum status add_periods(struct import *import, const struct text_line *line)
{
    int32_t type = line_param(line, "FBTYPE").data != NULL ? ical_number_of(WORDS_busy_type, line_param(line, "FBTYPE")) : 2;
    struct slice rest = line->value, item;
    struct ical_entry *entry = import->entry;
    while (list_next(&rest, ',', &item)) {
        struct ical_busy busy = { .busy_status = type < 0 ? 2 : type };
        if (!read_period(item, &busy))
            continue;
        if (entry->busy_count >= MAX_PERIODS)
            return status_fail(STATUS_LIMIT_EXCEEDED, "more than %d free/busy periods", MAX_PERIODS);
        if (entry->busy_count % 64 == 0)
            entry->busy = array_resize(import->mem, entry->busy, struct ical_busy, entry->busy_count + 64);
        if (entry->busy == NULL)
            return status_fail(STATUS_NO_MEMORY, "periods");
        entry->busy[entry->busy_count++] = busy;
    }
    return STATUS_OK;
}

static instant time_of(const struct import *import, const char *name)
{
    const struct text_line *line = block_find(&import->block, name);
    const struct time_zone *zone;
    struct ical_time written;
    local_time local;
    return line != NULL && import_time(import, line, line->value, &local, &zone, &written) ? time_zone_to_instant(zone, local) : 0;
}

enum status import_free_busy(struct import *import)
{
    const struct text_line *uid = block_find(&import->block, "UID"), *organizer = block_find(&import->block, "ORGANIZER"), *attendee = block_find(&import->block, "ATTENDEE");
    const struct text_line *line;
    struct text_block inner;
    char *text = uid != NULL ? text_unescaped(import->mem, slice_trim(uid->value), "") : NULL;
    char *organizer_address = organizer != NULL ? address_of(import->mem, organizer->value) : NULL;
    char *attendee_address = attendee != NULL ? address_of(import->mem, attendee->value) : NULL;
    import->entry->uid = text != NULL ? text : "";
    import->entry->organizer = organizer_address != NULL ? organizer_address : "";
    import->entry->attendee = attendee_address != NULL ? attendee_address : "";
    import->entry->starts = time_of(import, "DTSTART");
    import->entry->ends = time_of(import, "DTEND");
    import->entry->dtstamp = time_of(import, "DTSTAMP");
    for (size_t at = import->block.begin; block_next(&import->block, &at, &line, &inner);) {
        if (line != NULL && line_is(line, "FREEBUSY"))
            TRY(add_periods(import, line));
    }
    return STATUS_OK;
}
