/* Calendar items: start, end, zones and recurrence in a request -> the properties that say it [MS-OXOCAL] 2.2.1. What follows from these (clip times, duration, ids,
 * state) is groupware's. */
#include "bourse/calendar/exception.h"
#include "bourse/calendar/global_id.h"
#include "bourse/groupware/calendar.h"
#include "input.h"
#include "recurrences.h"
#include "request_check.h"
#include "zones.h"

#define LONGEST (5 * 366 * INSTANT_PER_DAY) /* ErrorCalendarDurationIsTooLong [MS-OXWSCDATA] 2.2.5.24 */

enum status in_calendar_time(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    instant when;
    if (!instant_parse(xml_text_of(node), &when))
        return ews_fail(draft->call, EWS_CODE_PROPERTY_VALUE, "%s = %.60s", field->uri, xml_text_of(node));
    if (field->kind == KIND_CALENDAR_START)
        draft->schedule.start = xml_text_of(node);
    else
        draft->schedule.end = xml_text_of(node);
    return STATUS_OK;
}

enum status in_all_day(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    draft->schedule.has_all_day = true;
    return in_bool(draft, field, node);
}

enum status in_zone(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    return zone_read_definition(draft->call, node, field->kind == KIND_START_ZONE ? &draft->schedule.zone : &draft->schedule.end_zone);
}

/* The zone of Exchange 2007 clients; StartTimeZone, which comes later in the schema, is the better one. */
enum status in_meeting_zone(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    (void)field;
    return zone_read_meeting(draft->call, node, &draft->schedule.zone);
}

enum status in_recurrence(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    if (draft->item != NULL && draft->item->id.occurrence != 0)
        return ews_fail_text(draft->call, EWS_CODE_PROPERTY_SET, "Set action is invalid for property %s of an occurrence.", field->uri);
    draft->schedule.ends_recurrence = false;
    return recurrence_read(draft->call, node, &draft->schedule.recurrence);
}

enum status in_calendar_uid(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    struct slice id = global_id_of_text(draft, xml_text_of(node));
    if (id.length == 0)
        return status_fail(STATUS_NO_MEMORY, "UID");
    TRY(bag_set_bytes(draft->message->props, PROP_CLEAN_GLOBAL_OBJECT_ID, id));
    return bag_set_bytes(draft->message->props, field->tag, id);
}

/* Exchange keeps more than a name; here the name is the location. */
enum status in_enhanced_location(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    const char *name = xml_child_text(node, EWS_NS_TYPES, "DisplayName");
    return name != NULL ? bag_set_string(draft->message->props, field->tag, name) : STATUS_OK;
}

enum status in_task_recurrence(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    struct recurrence *recurrence = NULL;
    struct buffer *bytes = buffer_new(draft, 1 << 16);
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    TRY(recurrence_read(draft->call, node, &recurrence));
    TRY(recurrence_pattern_pack(recurrence, bytes));
    TRY(buffer_status(bytes));
    TRY(bag_set_bool(draft->message->props, PROP_TASK_F_RECURRING, true));
    return bag_set_bytes(draft->message->props, field->tag, buffer_slice(bytes));
}

/* ---- putting it together ---- */

struct schedule {
    instant start, end;
    const struct time_zone *zone, *end_zone;
    struct recurrence *recurrence; /* NULL: a single item, or an occurrence */
    const struct recurrence *before;
    bool all_day;
};

static instant next_half_hour(void)
{
    instant step = 30 * INSTANT_PER_MINUTE;
    return (clock_now() / step + 1) * step;
}

static enum status read_zones(struct draft *draft, struct schedule *out)
{
    const struct draft_schedule *said = &draft->schedule;
    struct ews_call *call = draft->call;
    const struct time_zone *request = call->zone != NULL ? call->zone : time_zone_utc();
    bool is_new = draft->before == NULL;
    out->zone = said->zone != NULL ? said->zone : is_new ? request : calendar_zone(call->mem, draft->before, false);
    out->end_zone = said->end_zone != NULL ? said->end_zone : is_new || said->zone != NULL ? out->zone : calendar_zone(call->mem, draft->before, true);
    return out->zone != NULL && out->end_zone != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "time zone");
}

/* Times without offset are of the request's zone; a request without one means the item's own. */
static enum status read_times(struct draft *draft, struct schedule *out)
{
    const struct draft_schedule *said = &draft->schedule;
    struct ews_call *call = draft->call;
    bool is_new = draft->before == NULL;
    out->start = is_new ? next_half_hour() : bag_time(draft->before, PROP_APPOINTMENT_START_WHOLE, 0);
    if (said->start != NULL && !zone_parse_time(call, call->zone != NULL ? NULL : out->zone, said->start, &out->start))
        return ews_fail(call, EWS_CODE_PROPERTY_VALUE, "calendar:Start");
    out->end = is_new ? out->start + 30 * INSTANT_PER_MINUTE : bag_time(draft->before, PROP_APPOINTMENT_END_WHOLE, 0);
    if (said->end != NULL && !zone_parse_time(call, call->zone != NULL ? NULL : out->end_zone, said->end, &out->end))
        return ews_fail(call, EWS_CODE_PROPERTY_VALUE, "calendar:End");
    return STATUS_OK;
}

/* All-day events last from midnight to midnight of their zone [MS-OXOCAL] 2.2.1.9. */
static void round_to_days(struct schedule *schedule)
{
    local_time start = time_zone_to_local(schedule->zone, schedule->start), end = time_zone_to_local(schedule->zone, schedule->end);
    local_time first = local_midnight(start), last = local_midnight(end);
    if (last < end || last == first)
        last += INSTANT_PER_DAY;
    schedule->start = time_zone_to_instant(schedule->zone, first);
    schedule->end = time_zone_to_instant(schedule->zone, last);
}

static enum status check_times(struct ews_call *call, const struct schedule *schedule)
{
    if (schedule->end < schedule->start)
        return ews_fail(call, EWS_CODE_CALENDAR_END, "end before start");
    return schedule->end - schedule->start <= LONGEST ? STATUS_OK : ews_fail(call, EWS_CODE_CALENDAR_DURATION, "more than five years");
}

/* ---- the series ---- */

static bool same_pattern(const struct recurrence *a, const struct recurrence *b)
{
    return a->frequency == b->frequency && a->pattern == b->pattern && a->interval == b->interval && a->weekdays == b->weekdays &&
           a->first_weekday == b->first_weekday && a->day_of_month == b->day_of_month && a->nth == b->nth && a->month == b->month &&
           a->first_date == b->first_date && a->start_minute == b->start_minute && a->end_minute == b->end_minute;
}

static enum status read_pattern(struct draft *draft, struct schedule *out)
{
    const struct draft_schedule *said = &draft->schedule;
    struct recurrence *before = NULL;
    bool is_occurrence = draft->item != NULL && draft->item->id.occurrence != 0;
    if (draft->before != NULL && !is_occurrence) {
        enum status status = series_pattern(draft, draft->before, &before);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            TRY(status);
        status_chain_clear();
    }
    out->before = before;
    out->recurrence = said->recurrence;
    if (said->recurrence == NULL && !said->ends_recurrence && before != NULL && (out->recurrence = recurrence_copy(draft, before)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    return STATUS_OK;
}

/* Times of day come from Start and End, the days from the range of the pattern; a Start on another day moves the series there. */
static enum status place_series(struct draft *draft, struct schedule *schedule)
{
    struct recurrence *recurrence = schedule->recurrence;
    local_time start = time_zone_to_local(schedule->zone, schedule->start), end = time_zone_to_local(schedule->zone, schedule->end);
    local_time midnight = local_midnight(start);
    int64_t minutes = (end - start) / INSTANT_PER_MINUTE;
    recurrence->start_minute = (uint32_t)((start - midnight) / INSTANT_PER_MINUTE);
    recurrence->end_minute = recurrence->start_minute + (uint32_t)(minutes > 0 ? minutes : 0);
    if (draft->schedule.recurrence == NULL && draft->schedule.start != NULL)
        recurrence->first_date = midnight;
    TRY(recurrence_complete(recurrence));
    schedule->start = time_zone_to_instant(schedule->zone, recurrence->first_date + (local_time)recurrence->start_minute * INSTANT_PER_MINUTE);
    schedule->end = time_zone_to_instant(schedule->zone, recurrence->first_date + (local_time)recurrence->end_minute * INSTANT_PER_MINUTE);
    return STATUS_OK;
}

enum status draft_drop_exceptions(struct draft *draft)
{
    const struct message *message = draft->item->message;
    draft->remove_attachments = talloc_array(draft, int32_t, ROOM(message->attachment_count));
    if (draft->remove_attachments == NULL)
        return status_fail(STATUS_NO_MEMORY, "exceptions");
    for (size_t i = 0; i < message->attachment_count; i++)
        if (exception_is_attachment(&message->attachments[i]))
            draft->remove_attachments[draft->remove_attachment_count++] = message->attachments[i].number;
    return STATUS_OK;
}

/* Exceptions hold as long as the pattern is the same; another range keeps them. */
static enum status keep_exceptions(struct draft *draft, struct schedule *schedule)
{
    struct recurrence *now = schedule->recurrence;
    const struct recurrence *before = schedule->before;
    if (before == NULL)
        return STATUS_OK;
    if (now == NULL || !same_pattern(now, before)) {
        if (now != NULL)
            now->deleted_count = now->exception_count = 0;
        return draft_drop_exceptions(draft);
    }
    now->deleted = before->deleted;
    now->deleted_count = before->deleted_count;
    now->exceptions = before->exceptions;
    now->exception_count = before->exception_count;
    return STATUS_OK;
}

/* ---- properties ---- */

static enum status set_packed(struct draft *draft, prop_tag tag, struct buffer *bytes, enum status packed)
{
    TRY(packed);
    TRY(buffer_status(bytes));
    TRY(bag_set_bytes(draft->message->props, tag, buffer_slice(bytes)));
    buffer_reset(bytes);
    return STATUS_OK;
}

static enum status set_zones(struct draft *draft, const struct schedule *schedule)
{
    struct buffer *bytes = buffer_new(draft, 1 << 16);
    int year = civil_of_local(time_zone_to_local(schedule->zone, schedule->start)).year;
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "time zone");
    TRY(set_packed(draft, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY, bytes, time_zone_definition_pack(schedule->zone, year, false, bytes)));
    TRY(set_packed(draft, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_END_DISPLAY, bytes, time_zone_definition_pack(schedule->end_zone, year, false, bytes)));
    if (schedule->recurrence == NULL)
        return STATUS_OK;
    TRY(set_packed(draft, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, bytes, time_zone_definition_pack(schedule->zone, year, true, bytes)));
    TRY(set_packed(draft, PROP_TIME_ZONE_STRUCT, bytes, time_zone_struct_pack(schedule->zone, year, bytes)));
    const char *name = time_zone_display_name(schedule->zone);
    return bag_set_string(draft->message->props, PROP_TIME_ZONE_DESCRIPTION, name[0] != '\0' ? name : zone_id_of(schedule->zone));
}

static enum status set_series(struct draft *draft, const struct schedule *schedule)
{
    struct bag *props = draft->message->props;
    struct buffer *bytes = buffer_new(draft, 1 << 20);
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    TRY(bag_set_bool(props, PROP_RECURRING, schedule->recurrence != NULL));
    if (schedule->recurrence == NULL)
        return schedule->before != NULL ? draft_remove(draft, PROP_APPOINTMENT_RECUR) : STATUS_OK;
    return set_packed(draft, PROP_APPOINTMENT_RECUR, bytes, recurrence_pack(schedule->recurrence, bytes));
}

static bool says_nothing(const struct draft *draft)
{
    const struct draft_schedule *said = &draft->schedule;
    return draft->before != NULL && said->start == NULL && said->end == NULL && said->zone == NULL && said->end_zone == NULL && said->recurrence == NULL &&
           !said->ends_recurrence && !said->has_all_day;
}

static enum status finish_schedule(struct draft *draft)
{
    struct schedule schedule = { 0 };
    bool before_all_day = draft->before != NULL && bag_bool(draft->before, PROP_APPOINTMENT_SUB_TYPE, false);
    struct bag *props = draft->message->props;
    TRY(read_zones(draft, &schedule));
    TRY(read_times(draft, &schedule));
    TRY(check_times(draft->call, &schedule));
    if (bag_bool(props, PROP_APPOINTMENT_SUB_TYPE, before_all_day))
        round_to_days(&schedule);
    TRY(read_pattern(draft, &schedule));
    if (schedule.recurrence != NULL)
        TRY(place_series(draft, &schedule));
    TRY(keep_exceptions(draft, &schedule));
    TRY(bag_set_time(props, PROP_APPOINTMENT_START_WHOLE, schedule.start));
    TRY(bag_set_time(props, PROP_APPOINTMENT_END_WHOLE, schedule.end));
    TRY(set_zones(draft, &schedule));
    return draft->item != NULL && draft->item->id.occurrence != 0 ? STATUS_OK : set_series(draft, &schedule);
}

enum status draft_finish(struct draft *draft)
{
    bool is_calendar = (draft->type->sections & SECTION_CALENDAR) != 0;
    return is_calendar && !draft->has_mime && !says_nothing(draft) ? finish_schedule(draft) : STATUS_OK;
}
