#include "body.h"
#include "bourse/base/text.h"
#include "bourse/groupware/availability.h"
#include "bourse/model/properties.h"
#include "calendar_parts.h"
#include "fields.h"
#include "recurrences.h"

enum { ZONE_SIZE = 172, NAME_BYTES = 64, PATTERN_CAP = 4 * 1024 * 1024, ZONE_CAP = 1 << 16 };

/* ---- writing ---- */

const struct time_zone *calendar_zone_of(TALLOC_CTX *mem, const struct bag *props)
{
    const struct time_zone *zone = bag_has(props, PROP_APPOINTMENT_RECUR) ? series_zone(mem, props) : calendar_zone(mem, props, false);
    return zone != NULL ? zone : time_zone_utc();
}

bool calendar_is_floating(const struct eas_call *call, const struct bag *props)
{
    return call->version >= V16_0 && bag_bool(props, PROP_APPOINTMENT_SUB_TYPE, false);
}

const char *calendar_time_text(bool is_floating, const struct time_zone *zone, instant when, char text[])
{
    return eas_time_compact(is_floating ? time_zone_to_local(zone, when) : when, text);
}

bool calendar_local_of_text(bool is_floating, const struct time_zone *zone, const char *text, local_time *out)
{
    instant when = 0;
    if (!eas_time_parse(text, &when))
        return false;
    *out = is_floating && when % INSTANT_PER_DAY == 0 ? when : time_zone_to_local(zone, when);
    return true;
}

enum status calendar_zone_write(struct eas_call *call, struct wbxml_writer *out, const struct bag *props)
{
    const struct time_zone *zone = calendar_zone_of(call->mem, props);
    instant starts = bag_time(props, PROP_APPOINTMENT_START_WHOLE, clock_now());
    struct buffer *packed = buffer_new(call->mem, ZONE_SIZE);
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "time zone");
    if (calendar_is_floating(call, props))
        return STATUS_OK;
    TRY(time_zone_activesync_pack(zone, civil_of_local(time_zone_to_local(zone, starts)).year, packed));
    wbxml_element_base64(out, Calendar_Timezone, buffer_slice(packed));
    return STATUS_OK;
}

/* ---- zones of devices ---- */

/* The same rules in that year, whatever the names are. */
static bool same_rules(TALLOC_CTX *mem, const struct time_zone *a, const struct time_zone *b, int year)
{
    enum { SECOND_PART = 4 + NAME_BYTES, PART = 16 + 4, LAST_PART = SECOND_PART + PART + NAME_BYTES };
    struct buffer *left = buffer_new(mem, ZONE_SIZE), *right = buffer_new(mem, ZONE_SIZE);
    if (left == NULL || right == NULL || time_zone_activesync_pack(a, year, left) != STATUS_OK || time_zone_activesync_pack(b, year, right) != STATUS_OK) {
        status_chain_clear();
        return false;
    }
    struct slice x = buffer_slice(left), y = buffer_slice(right);
    return slice_equal(slice_part(x, 0, 4), slice_part(y, 0, 4)) && slice_equal(slice_part(x, SECOND_PART, PART), slice_part(y, SECOND_PART, PART)) &&
           slice_equal(slice_part(x, LAST_PART, PART), slice_part(y, LAST_PART, PART));
}

static const struct time_zone *own_zone(struct eas_call *call)
{
    struct working_hours hours = { 0 };
    if (working_hours_get(call->mem, call->session, session_mailbox(call->session), &hours) != STATUS_OK || hours.zone == NULL) {
        status_chain_clear();
        return time_zone_utc();
    }
    return hours.zone;
}

/* Devices send rules of one year, often without a name: a zone of the item or of the mailbox with the same rules, which knows other years too, is meant. */
static enum status read_zone(struct eas_call *call, const struct wbxml_node *data, const struct bag *before, instant starts, const struct time_zone **out, bool *is_new)
{
    const struct wbxml_node *node = wbxml_child(data, Calendar_Timezone);
    const struct time_zone *known = before != NULL ? calendar_zone_of(call->mem, before) : own_zone(call), *given = NULL;
    struct slice packed = { 0 };
    *out = known;
    *is_new = before == NULL;
    if (node == NULL || slice_trim(node->text).length == 0)
        return STATUS_OK;
    TRY(base64_decode(call->mem, slice_trim(node->text), &packed));
    TRY(time_zone_activesync_parse(call->mem, packed, &given));
    int year = civil_of_local(time_zone_to_local(given, starts)).year;
    if (same_rules(call->mem, given, known, year))
        return STATUS_OK;
    *out = given;
    *is_new = true;
    return STATUS_OK;
}

/* ---- properties ---- */

static enum status set_packed(struct bag *set, prop_tag tag, struct buffer *bytes, enum status packed)
{
    TRY(packed);
    TRY(buffer_status(bytes));
    TRY(bag_set_bytes(set, tag, buffer_slice(bytes)));
    buffer_reset(bytes);
    return STATUS_OK;
}

static enum status set_zone(struct eas_call *call, const struct time_zone *zone, instant starts, bool is_series, struct bag *set)
{
    struct buffer *bytes = buffer_new(call->mem, ZONE_CAP);
    int year = civil_of_local(time_zone_to_local(zone, starts)).year;
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "time zone");
    TRY(set_packed(set, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY, bytes, time_zone_definition_pack(zone, year, false, bytes)));
    TRY(set_packed(set, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_END_DISPLAY, bytes, time_zone_definition_pack(zone, year, false, bytes)));
    if (!is_series)
        return STATUS_OK;
    TRY(set_packed(set, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, bytes, time_zone_definition_pack(zone, year, true, bytes)));
    TRY(set_packed(set, PROP_TIME_ZONE_STRUCT, bytes, time_zone_struct_pack(zone, year, bytes)));
    return bag_set_string(set, PROP_TIME_ZONE_DESCRIPTION, time_zone_display_name(zone));
}

/* ---- reading ---- */

struct schedule {
    const struct time_zone *zone;
    bool has_new_zone, has_start, has_end, is_floating;
    instant start, end;
};

static enum status read_time(struct eas_call *call, const struct wbxml_node *data, eas_tag tag, const struct schedule *schedule, instant *out, bool *has)
{
    local_time local = 0;
    const char *text = wbxml_child_text(call->mem, data, tag);
    if (text == NULL || *text == '\0')
        return STATUS_OK;
    if (!schedule->is_floating && !eas_time_parse(text, out))
        return status_fail(STATUS_INVALID_ARGUMENT, "%s = %.40s", eas_tag_find(tag)->name, text);
    if (schedule->is_floating) {
        if (!calendar_local_of_text(true, schedule->zone, text, &local))
            return status_fail(STATUS_INVALID_ARGUMENT, "%s = %.40s", eas_tag_find(tag)->name, text);
        *out = time_zone_to_instant(schedule->zone, local);
    }
    *has = true;
    return STATUS_OK;
}

static enum status read_schedule(struct eas_call *call, const struct wbxml_node *data, const struct bag *before, struct schedule *out)
{
    bool was_all_day = before != NULL && bag_bool(before, PROP_APPOINTMENT_SUB_TYPE, false);
    instant hint = before != NULL ? bag_time(before, PROP_APPOINTMENT_START_WHOLE, clock_now()) : clock_now();
    const char *start = wbxml_child_text(call->mem, data, Calendar_StartTime);
    *out = (struct schedule){ .is_floating = call->version >= V16_0 && wbxml_child_bool(data, Calendar_AllDayEvent, was_all_day) };
    if (start != NULL && *start != '\0' && !eas_time_parse(start, &hint))
        return status_fail(STATUS_INVALID_ARGUMENT, "StartTime = %.40s", start);
    TRY(read_zone(call, data, before, hint, &out->zone, &out->has_new_zone));
    if (before != NULL) {
        out->start = bag_time(before, PROP_APPOINTMENT_START_WHOLE, 0);
        out->end = bag_time(before, PROP_APPOINTMENT_END_WHOLE, 0);
    }
    TRY(read_time(call, data, Calendar_StartTime, out, &out->start, &out->has_start));
    TRY(read_time(call, data, Calendar_EndTime, out, &out->end, &out->has_end));
    if (before == NULL && !out->has_start)
        return status_fail(STATUS_INVALID_ARGUMENT, "a new appointment without StartTime");
    if (before == NULL && !out->has_end)
        out->end = out->start + (out->is_floating ? INSTANT_PER_DAY : 30 * INSTANT_PER_MINUTE);
    if (out->end < out->start)
        return status_fail(STATUS_INVALID_ARGUMENT, "an appointment that ends before it starts");
    return STATUS_OK;
}

static bool same_pattern(const struct recurrence *a, const struct recurrence *b)
{
    return a->frequency == b->frequency && a->pattern == b->pattern && a->interval == b->interval && a->weekdays == b->weekdays &&
           a->first_weekday == b->first_weekday && a->day_of_month == b->day_of_month && a->nth == b->nth && a->month == b->month &&
           a->first_date == b->first_date && a->start_minute == b->start_minute && a->end_minute == b->end_minute;
}

static bool same_range(const struct recurrence *a, const struct recurrence *b)
{
    return a->end == b->end && (a->end == RECUR_END_NEVER || a->last_date == b->last_date);
}

static enum status set_pattern(struct eas_call *call, const struct recurrence *recurrence, const struct schedule *schedule, struct bag *set)
{
    struct buffer *bytes = buffer_new(call->mem, PATTERN_CAP);
    local_time first = recurrence->first_date;
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    TRY(set_packed(set, PROP_APPOINTMENT_RECUR, bytes, recurrence_pack(recurrence, bytes)));
    TRY(bag_set_bool(set, PROP_RECURRING, true));
    TRY(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, time_zone_to_instant(schedule->zone, first + recurrence->start_minute * INSTANT_PER_MINUTE)));
    TRY(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, time_zone_to_instant(schedule->zone, first + recurrence->end_minute * INSTANT_PER_MINUTE)));
    return set_zone(call, schedule->zone, schedule->start, true, set);
}

/* Devices send the pattern with every change; what says the same as before changes nothing, so that exceptions stay. */
static enum status read_series(struct eas_call *call, const struct wbxml_node *node, const struct bag *before, const struct schedule *schedule, struct bag *set, bool *is_same)
{
    struct recurrence *now = NULL, *old = NULL;
    local_time start = time_zone_to_local(schedule->zone, schedule->start), end = time_zone_to_local(schedule->zone, schedule->end), day = local_midnight(start);
    TRY(eas_recurrence_read(call, node, &eas_calendar_recurrence, schedule->zone, day, &now));
    now->start_minute = (uint32_t)((start - day) / INSTANT_PER_MINUTE);
    now->end_minute = (uint32_t)((end - day) / INSTANT_PER_MINUTE);
    TRY(recurrence_complete(now));
    if (before != NULL && series_pattern(call->mem, before, &old) == STATUS_OK && same_pattern(now, old)) {
        *is_same = same_range(now, old) && !schedule->has_new_zone;
        now->deleted = old->deleted;
        now->deleted_count = old->deleted_count;
        now->exceptions = old->exceptions;
        now->exception_count = old->exception_count;
    }
    status_chain_clear();
    return *is_same ? STATUS_OK : set_pattern(call, now, schedule, set);
}

/* Times that are as before are not set: nothing is to follow from them. */
static enum status set_times(struct eas_call *call, const struct bag *before, const struct schedule *schedule, bool is_series, struct bag *set)
{
    if (schedule->has_start && (before == NULL || schedule->start != bag_time(before, PROP_APPOINTMENT_START_WHOLE, 0)))
        TRY(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, schedule->start));
    if (before == NULL || (schedule->has_end && schedule->end != bag_time(before, PROP_APPOINTMENT_END_WHOLE, 0)))
        TRY(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, schedule->end));
    return schedule->has_new_zone ? set_zone(call, schedule->zone, schedule->start, is_series, set) : STATUS_OK;
}

enum status calendar_times_read(struct eas_call *call, const struct wbxml_node *data, const struct bag *before, bool is_occurrence, struct item_change *change,
                                struct bag *set)
{
    struct schedule schedule;
    bool is_same = false, was_series = before != NULL && bag_has(before, PROP_APPOINTMENT_RECUR);
    const struct wbxml_node *node = wbxml_child(data, Calendar_Recurrence);
    TRY(read_schedule(call, data, before, &schedule));
    if (is_occurrence)
        return set_times(call, before, &schedule, false, set);
    if (node != NULL && node->child != NULL)
        return read_series(call, node, before, &schedule, set, &is_same);
    if (node != NULL && was_series)
        TRY(eas_change_remove(call, change, PROP_APPOINTMENT_RECUR));
    return set_times(call, before, &schedule, was_series && node == NULL, set);
}
