#include "body.h"
#include "bourse/base/memory.h"
#include "bourse/calendar/meeting.h"
#include "bourse/model/properties.h"
#include "calendar_parts.h"
#include "fields.h"
#include "flags.h"

enum { EXCEPTIONS_MOST = 1000 };

/* ---- writing ---- */

struct telling {
    struct eas_call *call;
    struct wbxml_writer *out;
    const struct item *master;
    const struct time_zone *zone;
    const struct eas_options *options;
};

static bool differs(const struct bag *a, const struct bag *b, prop_tag tag)
{
    const struct value *left = bag_get(a, tag), *right = bag_get(b, tag);
    if (left == NULL || right == NULL)
        return left != right;
    return !value_equal(left, right);
}

/* Which occurrence: ExceptionStartTime until 14.1, InstanceId from 16.0 on; the writer takes the one that the version knows. */
static void write_identity(const struct telling *telling, local_time original)
{
    char text[EAS_TIME_SIZE];
    bool is_floating = calendar_is_floating(telling->call, telling->master->message->props);
    instant when = time_zone_to_instant(telling->zone, original);
    wbxml_element(telling->out, Calendar_ExceptionStartTime, eas_time_compact(when, text));
    wbxml_element(telling->out, AirSyncBase_InstanceId, calendar_time_text(is_floating, telling->zone, when, text));
}

static void write_deleted(const struct telling *telling, local_time original)
{
    wbxml_start(telling->out, Calendar_Exception);
    wbxml_element_bool(telling->out, Calendar_Deleted, true);
    write_identity(telling, original);
    wbxml_end(telling->out);
}

static void write_times(const struct telling *telling, const struct bag *props)
{
    char text[EAS_TIME_SIZE];
    bool is_floating = calendar_is_floating(telling->call, props);
    instant starts = bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0);
    wbxml_element(telling->out, Calendar_StartTime, calendar_time_text(is_floating, telling->zone, starts, text));
    wbxml_element(telling->out, Calendar_EndTime, calendar_time_text(is_floating, telling->zone, bag_time(props, PROP_APPOINTMENT_END_WHOLE, starts), text));
}

static void write_reminder(const struct telling *telling, const struct bag *props, const struct bag *series)
{
    if (!differs(props, series, PROP_REMINDER_SET) && !differs(props, series, PROP_REMINDER_DELTA))
        return;
    if (bag_bool(props, PROP_REMINDER_SET, false))
        wbxml_element_int(telling->out, Calendar_Reminder, bag_int32(props, PROP_REMINDER_DELTA, 15));
    else
        wbxml_element(telling->out, Calendar_Reminder, "");
}

static bool same_people(const struct message *a, const struct message *b)
{
    if (a->recipient_count != b->recipient_count)
        return false;
    for (size_t i = 0; i < a->recipient_count; i++) {
        const struct recipient *left = &a->recipients[i], *right = &b->recipients[i];
        int32_t status = left->props != NULL ? bag_int32(left->props, PROP_RECIPIENT_TRACK_STATUS, 0) : 0;
        if (left->type != right->type || strcasecmp(left->smtp_address, right->smtp_address) != 0 ||
            status != (right->props != NULL ? bag_int32(right->props, PROP_RECIPIENT_TRACK_STATUS, 0) : 0))
            return false;
    }
    return true;
}

static void write_meeting(const struct telling *telling, const struct message *occurrence)
{
    char text[EAS_TIME_SIZE];
    const struct bag *props = occurrence->props, *series = telling->master->message->props;
    int32_t state = bag_int32(props, PROP_APPOINTMENT_STATE_FLAGS, 0) & (MEETING_STATE_MEETING | MEETING_STATE_RECEIVED | MEETING_STATE_CANCELED);
    if (differs(props, series, PROP_APPOINTMENT_STATE_FLAGS))
        wbxml_element_int(telling->out, Calendar_MeetingStatus, (state & MEETING_STATE_MEETING) != 0 ? state : 0);
    if (telling->call->version < V14_0)
        return;
    if (differs(props, series, PROP_RESPONSE_STATUS))
        wbxml_element_int(telling->out, Calendar_ResponseType, bag_int32(props, PROP_RESPONSE_STATUS, 0));
    if (differs(props, series, PROP_APPOINTMENT_REPLY_TIME) && bag_time(props, PROP_APPOINTMENT_REPLY_TIME, 0) != 0)
        wbxml_element(telling->out, Calendar_AppointmentReplyTime, eas_time_compact(bag_time(props, PROP_APPOINTMENT_REPLY_TIME, 0), text));
    if (!same_people(occurrence, telling->master->message))
        calendar_attendees_write(telling->out, occurrence);
}

static enum status write_changed(const struct telling *telling, const struct item *occurrence, local_time original)
{
    struct wbxml_writer *out = telling->out;
    const struct bag *props = occurrence->message->props, *series = telling->master->message->props;
    char text[EAS_TIME_SIZE];
    wbxml_start(out, Calendar_Exception);
    write_identity(telling, original);
    if (differs(props, series, PROP_SUBJECT))
        wbxml_element(out, Calendar_Subject, bag_string(props, PROP_SUBJECT, ""));
    write_times(telling, props);
    if (differs(props, series, PROP_LID_LOCATION))
        calendar_location_write(out, props);
    if (differs(props, series, PROP_BUSY_STATUS))
        wbxml_element_int(out, Calendar_BusyStatus, calendar_busy_shown(props));
    if (differs(props, series, PROP_SENSITIVITY))
        wbxml_element_int(out, Calendar_Sensitivity, bag_int32(props, PROP_SENSITIVITY, 0) & 3);
    if (differs(props, series, PROP_APPOINTMENT_SUB_TYPE))
        wbxml_element_bool(out, Calendar_AllDayEvent, bag_bool(props, PROP_APPOINTMENT_SUB_TYPE, false));
    write_reminder(telling, props, series);
    if (differs(props, series, PROP_KEYWORDS))
        eas_categories_write(out, Calendar_Categories, Calendar_Category, props);
    if (bag_time(props, PROP_OWNER_CRITICAL_CHANGE, 0) != 0)
        wbxml_element(out, Calendar_DtStamp, eas_time_compact(bag_time(props, PROP_OWNER_CRITICAL_CHANGE, 0), text));
    write_meeting(telling, occurrence->message);
    if (differs(props, series, PROP_BODY))
        TRY(eas_body_write_alone(telling->call, out, occurrence, telling->options));
    wbxml_end(out);
    return STATUS_OK;
}

static enum status write_all_changed(const struct telling *telling, const struct recurrence *pattern)
{
    size_t count = pattern->exception_count < EXCEPTIONS_MOST ? pattern->exception_count : EXCEPTIONS_MOST;
    TALLOC_CTX *mem = telling->call->mem;
    struct object_id *ids = array_new(mem, struct object_id, count);
    struct item **items = array_new(mem, struct item *, count);
    enum status *statuses = array_new(mem, enum status, count);
    if (ids == NULL || items == NULL || statuses == NULL)
        return status_fail(STATUS_NO_MEMORY, "exceptions");
    for (size_t i = 0; i < count; i++) {
        ids[i] = telling->master->id;
        ids[i].occurrence = local_minutes(pattern->exceptions[i].original_start);
    }
    TRY(item_get_many(mem, telling->call->session, ids, count, ITEM_ALL, items, statuses));
    for (size_t i = 0; i < count; i++)
        if (items[i] != NULL)
            TRY(write_changed(telling, items[i], pattern->exceptions[i].original_start));
    return STATUS_OK;
}

enum status calendar_exceptions_write(struct eas_call *call, struct wbxml_writer *out, const struct item *master, const struct recurrence *pattern,
                                      const struct time_zone *zone, const struct eas_options *options)
{
    struct telling telling = { .call = call, .out = out, .master = master, .zone = zone, .options = options };
    if ((pattern->exception_count == 0 && pattern->deleted_count == 0) || master->id.item == 0)
        return STATUS_OK;
    wbxml_start(out, Calendar_Exceptions);
    for (size_t i = 0; i < pattern->deleted_count && i < EXCEPTIONS_MOST; i++)
        write_deleted(&telling, pattern->deleted[i] + (local_time)pattern->start_minute * INSTANT_PER_MINUTE);
    if (pattern->exception_count > 0)
        TRY(write_all_changed(&telling, pattern));
    wbxml_end(out);
    return STATUS_OK;
}

/* ---- reading ---- */

static enum status original_of(struct eas_call *call, const struct wbxml_node *node, const struct time_zone *zone, local_time *out)
{
    const char *text = wbxml_child_text(call->mem, node, Calendar_ExceptionStartTime);
    if (!calendar_local_of_text(false, zone, text, out))
        return status_fail(STATUS_INVALID_ARGUMENT, "exception without ExceptionStartTime");
    return STATUS_OK;
}

static enum status read_fields(struct eas_call *call, const struct wbxml_node *node, const struct bag *before, struct item_change *change, struct bag *set)
{
    static const struct eas_ghosts all = { 0 };
    struct recipient *attendees = NULL;
    const struct wbxml_node *list = wbxml_child(node, Calendar_Attendees);
    TRY(calendar_common_read(call, node, before, &all, change, set));
    TRY(calendar_times_read(call, node, before, true, change, set));
    if (list == NULL || !meeting_is_organizer(before))
        return STATUS_OK;
    TRY(calendar_attendees_read(call, list, &attendees, &change->recipient_count));
    change->recipients = attendees;
    change->replace_recipients = true;
    return STATUS_OK;
}

static enum status apply_in_memory(struct message *occurrence, const struct item_change *change, const struct bag *set)
{
    for (size_t i = 0; i < change->remove_count; i++)
        (void)bag_remove(occurrence->props, change->remove[i]);
    TRY(bag_merge(occurrence->props, set));
    if (!change->replace_recipients)
        return STATUS_OK;
    occurrence->recipient_count = 0;
    for (size_t i = 0; i < change->recipient_count; i++)
        if (message_add_recipient(occurrence, &change->recipients[i]) == NULL)
            return status_fail(STATUS_NO_MEMORY, "attendees");
    return STATUS_OK;
}

static enum status add_one(struct eas_call *call, const struct wbxml_node *node, const struct time_zone *zone, struct message *master)
{
    struct message *occurrence = NULL;
    struct item_change change = { 0 };
    struct bag *set = bag_new(call->mem);
    local_time original = 0;
    bool is_last = false;
    if (set == NULL)
        return status_fail(STATUS_NO_MEMORY, "exception");
    TRY(original_of(call, node, zone, &original));
    if (wbxml_child_bool(node, Calendar_Deleted, false))
        return exception_delete(master, original, &is_last);
    TRY(exception_read(call->mem, master, original, &occurrence));
    TRY(read_fields(call, node, occurrence->props, &change, set));
    TRY(apply_in_memory(occurrence, &change, set));
    return exception_put(master, original, occurrence);
}

enum status calendar_exceptions_add(struct eas_call *call, const struct wbxml_node *data, struct message *master)
{
    const struct wbxml_node *exceptions = wbxml_child(data, Calendar_Exceptions);
    const struct time_zone *zone = calendar_zone_of(call->mem, master->props);
    if (!bag_has(master->props, PROP_APPOINTMENT_RECUR))
        return STATUS_OK;
    for (const struct wbxml_node *node = wbxml_child(exceptions, Calendar_Exception); node != NULL; node = wbxml_next(node, Calendar_Exception))
        TRY(add_one(call, node, zone, master));
    return STATUS_OK;
}

/* What an exception of the device says and the calendar says already changes nothing. */
static bool is_news(const struct bag *before, const struct bag *set, const struct item_change *change)
{
    for (size_t i = 0; i < bag_count(set); i++) {
        const struct value *value = bag_at(set, i), *old = bag_get(before, value->tag);
        if (old == NULL || old->form != VALUE_INLINE || !value_equal(old, value))
            return true;
    }
    for (size_t i = 0; i < change->remove_count; i++)
        if (bag_has(before, change->remove[i]))
            return true;
    return change->replace_recipients;
}

static enum status change_one(struct eas_call *call, const struct wbxml_node *node, const struct object_id *id, struct item **last)
{
    static const struct meeting_options silent = { .notice = MEETING_SEND_TO_NONE };
    struct item *before = NULL;
    struct item_change change = { 0 };
    struct bag *set = bag_new(call->mem);
    if (set == NULL)
        return status_fail(STATUS_NO_MEMORY, "exception");
    change.set = set;
    TRY(item_get(call->mem, call->session, id, ITEM_PROPERTIES | ITEM_RECIPIENTS | ITEM_BODIES, &before));
    TRY(read_fields(call, node, before->message->props, &change, set));
    if (!is_news(before->message->props, set, &change))
        return STATUS_OK;
    return calendar_update(call->mem, call->session, id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &silent, last);
}

/* A deletion that was done before, or a day that the series has no more, is what the device wants. */
static enum status settle(enum status status)
{
    if (status != STATUS_OCCURRENCE_DELETED && status != STATUS_OCCURRENCE_NOT_FOUND && status != STATUS_ITEM_NOT_FOUND)
        return status;
    status_chain_clear();
    return STATUS_OK;
}

static enum status delete_one(struct eas_call *call, const struct object_id *id, const struct object_id *master, struct item **last)
{
    static const struct meeting_options silent = { .notice = MEETING_SEND_TO_NONE };
    TRY(calendar_delete(call->session, id, DELETE_SOFT, &silent));
    enum status status = item_get(call->mem, call->session, master, 0, last);
    if (status != STATUS_ITEM_NOT_FOUND) /* the last one takes the series along */
        return status;
    status_chain_clear();
    return STATUS_OK;
}

enum status calendar_exceptions_change(struct eas_call *call, const struct wbxml_node *exceptions, const struct object_id *master, struct item **last)
{
    struct item *item = NULL;
    TRY(item_get(call->mem, call->session, master, ITEM_PROPERTIES, &item));
    const struct time_zone *zone = calendar_zone_of(call->mem, item->message->props);
    for (const struct wbxml_node *node = wbxml_child(exceptions, Calendar_Exception); node != NULL; node = wbxml_next(node, Calendar_Exception)) {
        struct object_id id = *master;
        local_time original = 0;
        TRY(original_of(call, node, zone, &original));
        id.occurrence = local_minutes(original);
        TRY(settle(wbxml_child_bool(node, Calendar_Deleted, false) ? delete_one(call, &id, master, last) : change_one(call, node, &id, last)));
    }
    return STATUS_OK;
}
