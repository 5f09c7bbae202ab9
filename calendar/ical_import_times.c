/* DTSTART, DTEND, DURATION -> start, end, zone blobs [MS-OXCICAL] 2.1.3.1.1.20.8, .10. */
#include "bourse/model/bag.h"
#include "ical_import.h"

bool import_time(const struct import *import, const struct text_line *line, struct slice value, local_time *local, const struct time_zone **zone, struct ical_time *written)
{
    struct slice tzid = line_param(line, "TZID");
    if (!ical_time_parse(value, written))
        return false;
    *local = written->local;
    *zone = written->is_utc ? time_zone_utc() : NULL;
    if (*zone == NULL && !written->is_date && tzid.length > 0)
        *zone = ical_zone_find(import->file->zones, tzid, written->local);
    if (*zone == NULL)
        *zone = import->file->floating;
    return true;
}

static enum status read_start(struct import *import, const struct text_line *line)
{
    struct ical_time written;
    if (!import_time(import, line, line->value, &import->start, &import->zone, &written))
        return status_fail(STATUS_MALFORMED, "DTSTART is no time");
    import->has_start = true;
    import->is_all_day = written.is_date;
    struct slice tzid = line_param(line, "TZID");
    if (!written.is_utc && !written.is_date && tzid.length > 0)
        import->tzid = line_param_text(import->mem, line, "TZID");
    import->is_floating = !written.is_utc && !written.is_date && tzid.length == 0;
    return import_keep_params(import, line, "TZID VALUE");
}

static enum status read_end(struct import *import, const struct text_line *line)
{
    struct ical_time written;
    if (!import_time(import, line, line->value, &import->end, &import->end_zone, &written))
        return status_fail(STATUS_MALFORMED, "%.*s is no time", (int)line->name.length, line->name.data);
    return import_keep_params(import, line, "TZID VALUE");
}

static void end_of_duration(struct import *import, const struct text_line *line)
{
    int64_t ticks;
    import->end_zone = import->zone;
    import->end = import->start + (import->is_all_day ? INSTANT_PER_DAY : 0); /* [RFC 5545] 3.6.1 */
    if (line == NULL || !ical_duration_parse(line->value, &ticks) || ticks < 0)
        return;
    if (ticks % INSTANT_PER_DAY == 0) /* nominal days */
        import->end = import->start + ticks;
    else
        import->end = time_zone_to_local(import->zone, time_zone_to_instant(import->zone, import->start) + ticks);
}

/* Outlook marks whole days that are written as times [MS-OXCICAL] 2.1.3.1.1.20.28. */
static bool is_marked_all_day(const struct import *import)
{
    const struct text_line *mark = block_find(&import->block, "X-MICROSOFT-CDO-ALLDAYEVENT");
    bool on = false;
    return mark != NULL && ical_boolean(mark->value, &on) && on && import->start == local_midnight(import->start) && import->end == local_midnight(import->end) &&
           import->end > import->start;
}

static enum status set_zone_blobs(struct import *import)
{
    int year = civil_of_local(import->start).year;
    struct buffer *blob = buffer_new(import->mem, 65536);
    if (blob == NULL)
        return status_fail(STATUS_NO_MEMORY, "zone");
    TRY(time_zone_definition_pack(import->zone, year, false, blob));
    TRY(bag_set_bytes(import->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY, buffer_slice(blob)));
    buffer_reset(blob);
    TRY(time_zone_definition_pack(import->end_zone, year, false, blob));
    TRY(bag_set_bytes(import->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_END_DISPLAY, buffer_slice(blob)));
    talloc_free(blob);
    if (import->is_floating) {
        struct text_line mark;
        if (line_split(slice_of_text("X-BOURSE-FLOATING:TRUE"), &mark))
            TRY(import_keep(import, &mark));
    }
    return import->tzid != NULL ? bag_set_string(import->props, PROP_TIME_ZONE_DESCRIPTION, import->tzid) : STATUS_OK;
}

static enum status set_times(struct import *import)
{
    instant starts = time_zone_to_instant(import->zone, import->start), ends = time_zone_to_instant(import->end_zone, import->end);
    if (ends < starts)
        ends = starts;
    TRY(bag_set_time(import->props, PROP_APPOINTMENT_START_WHOLE, starts));
    TRY(bag_set_time(import->props, PROP_APPOINTMENT_END_WHOLE, ends));
    TRY(bag_set_time(import->props, PROP_COMMON_START, starts));
    TRY(bag_set_time(import->props, PROP_COMMON_END, ends));
    TRY(bag_set_time(import->props, PROP_START_DATE, starts));
    TRY(bag_set_time(import->props, PROP_END_DATE, ends));
    TRY(bag_set_time(import->props, PROP_CLIP_START, starts));
    TRY(bag_set_time(import->props, PROP_CLIP_END, ends));
    TRY(bag_set_int32(import->props, PROP_APPOINTMENT_DURATION, (int32_t)((ends - starts) / INSTANT_PER_MINUTE)));
    TRY(bag_set_bool(import->props, PROP_APPOINTMENT_SUB_TYPE, import->is_all_day));
    return set_zone_blobs(import);
}

enum status import_times(struct import *import)
{
    const struct text_line *start = block_find(&import->block, "DTSTART"), *end = block_find(&import->block, "DTEND");
    if (start == NULL) { /* replies and cancellations may name the meeting only [RFC 5546] 3.2.3; a calendar has no place for them */
        enum ical_method method = import->file->options.as_mail ? import->file->method : ICAL_NO_METHOD;
        bool may = method == ICAL_REPLY || method == ICAL_CANCEL || method == ICAL_REFRESH || method == ICAL_DECLINE_COUNTER;
        return may ? STATUS_OK : status_fail(STATUS_MALFORMED, "event without DTSTART");
    }
    TRY(read_start(import, start));
    if (end != NULL)
        TRY(read_end(import, end));
    else
        end_of_duration(import, block_find(&import->block, "DURATION"));
    if (end != NULL && import->is_all_day && import->end <= import->start)
        import->end = import->start + INSTANT_PER_DAY;
    import->is_all_day = import->is_all_day || is_marked_all_day(import);
    return set_times(import);
}
