/* RRULE, EXDATE, RDATE -> PidLidAppointmentRecur [MS-OXCICAL] 2.1.3.2. */
#include "bourse/calendar/recurrence.h"
#include "bourse/model/bag.h"
#include "ical_import.h"

static const char *const rule_names[] = { "RRULE", "EXRULE", "RDATE", "EXDATE" };

static size_t count_lines(const struct import *import, const char *name)
{
    const struct text_line *line;
    struct text_block inner;
    size_t count = 0;
    for (size_t at = import->block.begin; block_next(&import->block, &at, &line, &inner);)
        count += line != NULL && line_is(line, name);
    return count;
}

/* All recurrence lines as text: what they say has no MAPI form. */
static enum status keep_rules(struct import *import)
{
    const struct text_line *line;
    struct text_block inner;
    import->entry->is_simplified = true;
    for (size_t at = import->block.begin; block_next(&import->block, &at, &line, &inner);) {
        for (size_t i = 0; line != NULL && i < ARRAY_LENGTH(rule_names); i++) {
            if (line_is(line, rule_names[i]))
                TRY(import_keep(import, line));
        }
    }
    return STATUS_OK;
}

static enum status delete_date(struct import *import, const struct text_line *line, struct slice item, struct recurrence *recurrence)
{
    struct ical_time written;
    const struct time_zone *zone;
    local_time local;
    if (!import_time(import, line, item, &local, &zone, &written))
        return STATUS_OK; /* not a date: says nothing */
    if (!written.is_date && zone != import->zone)
        local = time_zone_to_local(import->zone, time_zone_to_instant(zone, local));
    enum status status = recurrence_delete(import->mem, recurrence, local);
    return status == STATUS_NO_MEMORY ? status : STATUS_OK; /* a date that is none of the pattern's changes nothing */
}

static enum status delete_dates(struct import *import, struct recurrence *recurrence)
{
    enum { MAX_DATES = 20000 };
    const struct text_line *line;
    struct text_block inner;
    struct slice item;
    size_t count = 0;
    for (size_t at = import->block.begin; block_next(&import->block, &at, &line, &inner);) {
        if (line == NULL || !line_is(line, "EXDATE"))
            continue;
        struct slice rest = line->value;
        while (list_next(&rest, ',', &item)) {
            if (++count > MAX_DATES)
                return status_fail(STATUS_LIMIT_EXCEEDED, "more than %d EXDATEs", MAX_DATES);
            TRY(delete_date(import, line, item, recurrence));
        }
    }
    return STATUS_OK;
}

/* Is the rule's text another one than export would write? Then it is kept, to be given back while the pattern means the same. */
static enum status keep_spelling(struct import *import, const struct text_line *line, const struct recurrence *recurrence)
{
    struct buffer *again = buffer_new(import->mem, 1024);
    if (again == NULL)
        return status_fail(STATUS_NO_MEMORY, "rule");
    buffer_append_text(again, "RRULE:");
    bool same = ical_rule_append(again, recurrence, import->zone, import->is_all_day) == STATUS_OK && slice_equal(buffer_slice(again), line->whole);
    talloc_free(again);
    return same ? STATUS_OK : import_keep(import, line);
}

static enum status set_series_zone(struct import *import)
{
    int year = civil_of_local(import->start).year;
    struct buffer *blob = buffer_new(import->mem, 65536);
    if (blob == NULL)
        return status_fail(STATUS_NO_MEMORY, "zone");
    TRY(time_zone_struct_pack(import->zone, year, blob));
    TRY(bag_set_bytes(import->props, PROP_TIME_ZONE_STRUCT, buffer_slice(blob)));
    buffer_reset(blob);
    TRY(time_zone_definition_pack(import->zone, year, true, blob));
    TRY(bag_set_bytes(import->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, buffer_slice(blob)));
    talloc_free(blob);
    if (import->tzid == NULL)
        return bag_set_string(import->props, PROP_TIME_ZONE_DESCRIPTION, time_zone_display_name(import->zone));
    return STATUS_OK;
}

static enum status set_clip_end(struct import *import, const struct recurrence *recurrence)
{
    instant end = bag_time(import->props, PROP_APPOINTMENT_END_WHOLE, 0);
    instant last = recurrence->end == RECUR_END_NEVER ? INT64_C(0x0CB34557A3DD4000) /* 4500-08-31 23:59 [MS-OXOCAL] 2.2.1.15 */
                                                      : time_zone_to_instant(import->zone, recurrence->last_date) + INSTANT_PER_DAY;
    TRY(bag_set_time(import->props, PROP_CLIP_START, time_zone_to_instant(import->zone, recurrence->first_date)));
    return bag_set_time(import->props, PROP_CLIP_END, last > end ? last : end);
}

static enum status set_series(struct import *import, const struct recurrence *recurrence)
{
    /* PidLidRecurrenceType [MS-OXOCAL] 2.2.1.45: daily 1, weekly 2, monthly 3, yearly 4 */
    int32_t type = recurrence->pattern == RECUR_BY_WEEK ? 2 : (int32_t)recurrence->frequency - RECUR_DAILY + 1;
    struct buffer *blob = buffer_new(import->mem, 4u * 1024 * 1024);
    if (blob == NULL)
        return status_fail(STATUS_NO_MEMORY, "series");
    if (import->component == 'T') {
        TRY(recurrence_pattern_pack(recurrence, blob));
        TRY(bag_set_bytes(import->props, PROP_TASK_RECURRENCE, buffer_slice(blob)));
        return bag_set_bool(import->props, PROP_TASK_F_RECURRING, true);
    }
    TRY(recurrence_pack(recurrence, blob));
    TRY(bag_set_bytes(import->props, PROP_APPOINTMENT_RECUR, buffer_slice(blob)));
    talloc_free(blob);
    TRY(bag_set_bool(import->props, PROP_RECURRING, true));
    TRY(bag_set_bool(import->props, PROP_IS_RECURRING, true));
    TRY(bag_set_int32(import->props, PROP_RECURRENCE_TYPE, type));
    TRY(set_clip_end(import, recurrence));
    return set_series_zone(import);
}

static enum status read_series(struct import *import, const struct text_line *rule)
{
    struct recurrence *recurrence;
    enum status status = ical_rule_parse(import->mem, rule->value, import->start, import->zone, &recurrence);
    if (status == STATUS_NOT_SUPPORTED) {
        status_chain_clear();
        return keep_rules(import);
    }
    TRY(status);
    recurrence->start_minute = (uint32_t)((import->start - local_midnight(import->start)) / INSTANT_PER_MINUTE);
    int64_t length = time_zone_to_instant(import->end_zone, import->end) - time_zone_to_instant(import->zone, import->start);
    recurrence->end_minute = recurrence->start_minute + (uint32_t)((length > 0 ? length : 0) / INSTANT_PER_MINUTE);
    TRY(recurrence_complete(recurrence));
    TRY(delete_dates(import, recurrence));
    TRY(keep_spelling(import, rule, recurrence));
    return set_series(import, recurrence);
}

enum status import_recurrence(struct import *import)
{
    const struct text_line *rule = block_find(&import->block, "RRULE");
    size_t dates = count_lines(import, "RDATE"), rules = count_lines(import, "RRULE"), except = count_lines(import, "EXRULE");
    if (rules + dates + except + count_lines(import, "EXDATE") == 0)
        return STATUS_OK;
    if (!import->has_start)
        return keep_rules(import);
    if (rules != 1 || dates > 0 || except > 0 || import->component == 'J' || import->entry->is_instance) {
        struct recurrence *unused;
        enum status status = rule != NULL ? ical_rule_parse(import->mem, rule->value, import->start, import->zone, &unused) : STATUS_OK;
        if (status == STATUS_INVALID_RECURRENCE)
            return status;
        status_chain_clear();
        return keep_rules(import);
    }
    return read_series(import, rule);
}
