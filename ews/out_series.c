/* Series and zones of calendar items. A pattern that cannot be read is left out of the answer: the item itself is still good. */
#include "output.h"

#include "bourse/base/log.h"
#include "bourse/calendar/exception.h"
#include "bourse/groupware/calendar.h"
#include "recurrences.h"
#include "zones.h"

bool output_is_occurrence(const struct output *o)
{
    return o->item->id.occurrence != 0;
}

const struct recurrence *output_series(struct output *o)
{
    if (o->series_known)
        return o->series;
    o->series_known = true;
    if (output_is_occurrence(o) || !bag_has(o->props, PROP_APPOINTMENT_RECUR))
        return NULL;
    enum status status = series_pattern(o->call->mem, o->props, &o->series);
    if (status == STATUS_OK) {
        o->series_zone = series_zone(o->call->mem, o->props);
        return o->series;
    }
    if (status != STATUS_NOT_FOUND)
        log_failure(EVENT_ITEM_SKIPPED, status, "recurrence");
    status_chain_clear();
    o->series = NULL;
    return NULL;
}

void out_recurrence(struct output *o, const struct field *field)
{
    const struct recurrence *series = output_series(o);
    if (series != NULL)
        recurrence_write(o->call, field->element, series);
}

static instant instant_of(const struct output *o, local_time when)
{
    return time_zone_to_instant(o->series_zone, when);
}

/* [MS-OXWSMTGS] 2.2.4.26 OccurrenceInfoType */
static void write_occurrence(struct output *o, const char *element, instant start, instant end, local_time original)
{
    struct object_id id = o->item->id;
    id.occurrence = local_minutes(original);
    xml_start(o->xml, element);
    output_item_id(o->call, "t:ItemId", &id, output_item_change(o->item));
    xml_element_instant(o->xml, "t:Start", start);
    xml_element_instant(o->xml, "t:End", end);
    xml_element_instant(o->xml, "t:OriginalStart", instant_of(o, original));
    xml_end(o->xml);
}

void out_edge_occurrence(struct output *o, const struct field *field)
{
    const struct recurrence *series = output_series(o);
    struct occurrence edge;
    if (series == NULL || o->embedded != NULL)
        return;
    enum status status = field->kind == KIND_FIRST_OCCURRENCE ? recurrence_first(series, o->series_zone, &edge) : recurrence_last(series, o->series_zone, &edge);
    if (status != STATUS_OK)
        status_chain_clear();
    else if (edge.starts != INT64_MAX) /* a series without end has no last one */
        write_occurrence(o, field->element, edge.starts, edge.ends, edge.original_start);
}

void out_modified_occurrences(struct output *o, const struct field *field)
{
    const struct recurrence *series = output_series(o);
    if (series == NULL || series->exception_count == 0 || o->embedded != NULL)
        return;
    xml_start(o->xml, field->element);
    for (size_t i = 0; i < series->exception_count; i++) {
        const struct recurrence_exception *exception = &series->exceptions[i];
        write_occurrence(o, "t:Occurrence", instant_of(o, exception->start), instant_of(o, exception->end), exception->original_start);
    }
    xml_end(o->xml);
}

void out_deleted_occurrences(struct output *o, const struct field *field)
{
    const struct recurrence *series = output_series(o);
    if (series == NULL || series->deleted_count == 0)
        return;
    xml_start(o->xml, field->element);
    for (size_t i = 0; i < series->deleted_count; i++) {
        xml_start(o->xml, "t:DeletedOccurrence");
        xml_element_instant(o->xml, "t:Start", instant_of(o, local_midnight(series->deleted[i]) + (local_time)series->start_minute * INSTANT_PER_MINUTE));
        xml_end(o->xml);
    }
    xml_end(o->xml);
}

void out_task_recurrence(struct output *o, const struct field *field)
{
    struct recurrence *pattern = NULL;
    struct slice bytes = bag_bytes(o->props, field->tag);
    if (bytes.length == 0)
        return;
    if (recurrence_pattern_parse(o->call->mem, bytes, &pattern) == STATUS_OK)
        recurrence_write(o->call, field->element, pattern);
    else
        log_failure(EVENT_ITEM_SKIPPED, STATUS_MALFORMED, "recurrence of a task");
    status_chain_clear();
}

/* ---- zones ---- */

static const struct time_zone *zone_of_item(struct output *o, bool of_end)
{
    const struct time_zone *zone = calendar_zone(o->call->mem, o->props, of_end);
    return zone != NULL ? zone : time_zone_utc();
}

static int start_year(const struct output *o)
{
    instant start = bag_time(o->props, PROP_APPOINTMENT_START_WHOLE, 0);
    return civil_of_local((local_time)(start > 0 ? start : clock_now())).year;
}

void out_calendar_zone(struct output *o, const struct field *field)
{
    zone_write_definition(o->call, field->element, zone_of_item(o, field->kind == KIND_END_ZONE), true, start_year(o));
}

/* Clients of Exchange 2007 know no other; newer ones get it when they ask. */
void out_meeting_zone(struct output *o, const struct field *field)
{
    zone_write_meeting(o->call, field->element, zone_of_item(o, false), start_year(o));
}

void out_zone_id(struct output *o, const struct field *field)
{
    xml_element(o->xml, field->element, zone_id_of(zone_of_item(o, field->kind == KIND_END_ZONE_ID)));
}

void out_wall_clock(struct output *o, const struct field *field)
{
    char text[LOCAL_TEXT_SIZE];
    instant when = bag_time(o->props, field->tag, 0);
    if (when > 0)
        xml_element(o->xml, field->element, zone_format_local(time_zone_to_local(zone_of_item(o, field->kind == KIND_END_WALL_CLOCK), when), text));
}
