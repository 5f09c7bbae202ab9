/* Calendar [MS-ASCAL]. At 16.x the server tells attendees of what the device changed, before that the device does: never both. */
#include "attachments_in.h"
#include "body.h"
#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"
#include "bourse/calendar/meeting.h"
#include "bourse/model/properties.h"
#include "calendar_parts.h"
#include "classes.h"
#include "fields.h"
#include "flags.h"
#include "recurrences.h"

enum { REMINDER_MOST = 525600 * 2 /* minutes */, BUSY_OUT_OF_OFFICE = 3, BUSY_FREE = 0, UID_MOST = 300, PLACE_PARTS = 5 };

static const struct eas_field fields[] = {
#define FIELD EAS_FIELD_ROW
#include "fields_calendar.def"
#undef FIELD
};

/* ---- writing ---- */

/* "Working elsewhere" has no number of its own in the schema. */
int32_t calendar_busy_shown(const struct bag *props)
{
    int32_t busy = bag_int32(props, PROP_BUSY_STATUS, 2);
    return busy >= 0 && busy <= BUSY_OUT_OF_OFFICE ? busy : BUSY_FREE;
}

/* Calendar:Location until 14.1, AirSyncBase:Location from 16.0 on: the writer leaves out what the version does not know. */
void calendar_location_write(struct wbxml_writer *out, const struct bag *props)
{
    const char *location = bag_string(props, PROP_LID_LOCATION, "");
    if (*location == '\0')
        return;
    wbxml_element(out, Calendar_Location, location);
    wbxml_start(out, AirSyncBase_Location);
    wbxml_element(out, AirSyncBase_DisplayName, location);
    wbxml_end(out);
}

static void write_state(struct wbxml_writer *out, const struct bag *props)
{
    char text[EAS_TIME_SIZE];
    int32_t state = bag_int32(props, PROP_APPOINTMENT_STATE_FLAGS, 0) & (MEETING_STATE_MEETING | MEETING_STATE_RECEIVED | MEETING_STATE_CANCELED);
    bool is_meeting = (state & MEETING_STATE_MEETING) != 0;
    wbxml_element_int(out, Calendar_MeetingStatus, is_meeting ? state : 0);
    if (bag_time(props, PROP_APPOINTMENT_REPLY_TIME, 0) != 0 && (state & MEETING_STATE_RECEIVED) != 0)
        wbxml_element(out, Calendar_AppointmentReplyTime, eas_time_compact(bag_time(props, PROP_APPOINTMENT_REPLY_TIME, 0), text));
    int32_t response = bag_int32(props, PROP_RESPONSE_STATUS, RESPONSE_NONE);
    if (response >= RESPONSE_NONE && response <= RESPONSE_NOT_RESPONDED)
        wbxml_element_int(out, Calendar_ResponseType, response);
}

static enum status write_series(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct time_zone *zone, const struct eas_options *options)
{
    struct recurrence *pattern = NULL;
    enum status status = series_pattern(call->mem, item->message->props, &pattern);
    if (status == STATUS_NOT_FOUND) {
        status_chain_clear();
        return STATUS_OK;
    }
    TRY(status);
    wbxml_start(out, Calendar_Recurrence);
    eas_recurrence_write(out, &eas_calendar_recurrence, pattern, zone);
    wbxml_end(out);
    return calendar_exceptions_write(call, out, item, pattern, zone, options);
}

static void write_times(struct eas_call *call, struct wbxml_writer *out, const struct bag *props, const struct time_zone *zone)
{
    char text[EAS_TIME_SIZE];
    bool is_floating = calendar_is_floating(call, props);
    instant starts = bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0), ends = bag_time(props, PROP_APPOINTMENT_END_WHOLE, starts);
    wbxml_element(out, Calendar_DtStamp, eas_time_compact(bag_time(props, PROP_OWNER_CRITICAL_CHANGE, bag_time(props, PROP_LAST_MODIFICATION_TIME, starts)), text));
    wbxml_element(out, Calendar_StartTime, calendar_time_text(is_floating, zone, starts, text));
    wbxml_element(out, Calendar_EndTime, calendar_time_text(is_floating, zone, ends, text));
}

enum status calendar_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options)
{
    const struct bag *props = item->message->props;
    const struct time_zone *zone = calendar_zone_of(call->mem, props);
    struct slice id = bag_bytes(props, PROP_GLOBAL_OBJECT_ID);
    TRY(calendar_zone_write(call, out, props));
    write_times(call, out, props, zone);
    calendar_location_write(out, props);
    eas_fields_write(out, fields, ARRAY_LENGTH(fields), props);
    if (id.length > 0)
        wbxml_element(out, Calendar_UID, global_id_text(call->mem, id));
    calendar_organizer_write(out, props);
    calendar_attendees_write(out, item->message);
    wbxml_element_int(out, Calendar_BusyStatus, calendar_busy_shown(props));
    if (bag_bool(props, PROP_REMINDER_SET, false))
        wbxml_element_int(out, Calendar_Reminder, bag_int32(props, PROP_REMINDER_DELTA, 15));
    write_state(out, props);
    eas_categories_write(out, Calendar_Categories, Calendar_Category, props);
    TRY(write_series(call, out, item, zone, options));
    return call->version >= V16_0 ? eas_body_write(call, out, item, options) : eas_body_write_alone(call, out, item, options);
}

/* ---- reading ---- */

/* Only the name of a place is kept; one that has none is named by its address. */
static const char *place_of(struct eas_call *call, const struct wbxml_node *node)
{
    static const eas_tag parts[PLACE_PARTS] = { AirSyncBase_Street, AirSyncBase_City, AirSyncBase_State, AirSyncBase_PostalCode, AirSyncBase_Country };
    const char *name = wbxml_child_text(call->mem, node, AirSyncBase_DisplayName);
    if (name != NULL && *name != '\0')
        return name;
    char *joined = talloc_strdup(call->mem, "");
    for (size_t i = 0; joined != NULL && i < PLACE_PARTS; i++) {
        const char *part = wbxml_child_text(call->mem, node, parts[i]);
        if (part != NULL && *part != '\0')
            joined = talloc_asprintf_append(joined, "%s%s", *joined != '\0' ? ", " : "", part);
    }
    return joined;
}

static enum status read_location(struct eas_call *call, const struct wbxml_node *data, const struct eas_ghosts *ghosts, struct item_change *change, struct bag *set)
{
    const struct wbxml_node *old = wbxml_child(data, Calendar_Location), *node = wbxml_child(data, AirSyncBase_Location);
    const char *text = node != NULL ? place_of(call, node) : old != NULL ? wbxml_text(call->mem, old) : NULL;
    bool is_missing = node == NULL && old == NULL;
    if (is_missing && (ghosts == NULL || eas_is_ghosted(ghosts, call->version >= V16_0 ? AirSyncBase_Location : Calendar_Location)))
        return STATUS_OK;
    if (text != NULL && *text != '\0')
        return bag_set_string(set, PROP_LID_LOCATION, text);
    return change != NULL ? eas_change_remove(call, change, PROP_LID_LOCATION) : STATUS_OK;
}

/* Minutes; empty: no reminder [MS-ASCAL] 2.2.2.38. */
static enum status read_reminder(struct eas_call *call, const struct wbxml_node *data, const struct eas_ghosts *ghosts, struct bag *set)
{
    int64_t minutes = 0;
    const struct wbxml_node *node = wbxml_child(data, Calendar_Reminder);
    const char *text = wbxml_text(call->mem, node);
    if (node == NULL && ghosts != NULL && eas_is_ghosted(ghosts, Calendar_Reminder))
        return STATUS_OK;
    if (text == NULL || *text == '\0')
        return bag_set_bool(set, PROP_REMINDER_SET, false);
    if (!wbxml_child_number(data, Calendar_Reminder, 0, REMINDER_MOST, &minutes))
        return status_fail(STATUS_INVALID_ARGUMENT, "Reminder = %.20s", text);
    TRY(bag_set_bool(set, PROP_REMINDER_SET, true));
    return bag_set_int32(set, PROP_REMINDER_DELTA, (int32_t)minutes);
}

/* "Free" of a device that was told so for "working elsewhere" changes nothing. */
static enum status read_busy(const struct wbxml_node *data, const struct bag *before, struct bag *set)
{
    int64_t busy = 0;
    if (wbxml_child(data, Calendar_BusyStatus) == NULL)
        return STATUS_OK;
    if (!wbxml_child_number(data, Calendar_BusyStatus, 0, BUSY_OUT_OF_OFFICE + 1, &busy))
        return status_fail(STATUS_INVALID_ARGUMENT, "BusyStatus");
    bool is_same = before != NULL && calendar_busy_shown(before) == busy;
    return is_same ? STATUS_OK : bag_set_int32(set, PROP_BUSY_STATUS, (int32_t)busy);
}

enum status calendar_common_read(struct eas_call *call, const struct wbxml_node *data, const struct bag *before, const struct eas_ghosts *ghosts, struct item_change *change,
                                 struct bag *set)
{
    static const struct eas_ghosts all = { 0 };
    /* the subject, the day and so on are never taken away by saying nothing */
    TRY(eas_fields_read(call, data, fields, ARRAY_LENGTH(fields), &all, change, set));
    TRY(read_busy(data, before, set));
    TRY(read_location(call, data, ghosts, change, set));
    TRY(read_reminder(call, data, ghosts, set));
    TRY(eas_categories_read(call, wbxml_child(data, Calendar_Categories), Calendar_Category, set));
    return eas_body_read(call, data, set);
}

/* Before 16.0 the client gives the UID, from then on a ClientUid that serves as one [MS-ASCAL] 2.2.2.13, 2.2.2.47. */
static enum status read_uid(struct eas_call *call, const struct wbxml_node *data, struct bag *set)
{
    const char *uid = wbxml_child_text(call->mem, data, call->version >= V16_0 ? Calendar_ClientUid : Calendar_UID);
    if (uid == NULL || *uid == '\0')
        return STATUS_OK;
    if (strlen(uid) > UID_MOST)
        return status_fail(STATUS_INVALID_ARGUMENT, "UID of %zu characters", strlen(uid));
    struct slice id = global_id_of_text(call->mem, uid);
    TRY(bag_set_bytes(set, PROP_GLOBAL_OBJECT_ID, id));
    return bag_set_bytes(set, PROP_CLEAN_GLOBAL_OBJECT_ID, global_id_clean(call->mem, id));
}

enum status calendar_read_new(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out)
{
    struct recipient *attendees = NULL;
    size_t count = 0;
    (void)folder;
    TRY(bag_set_string(out->props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    TRY(calendar_common_read(call, data, NULL, NULL, NULL, out->props));
    TRY(read_uid(call, data, out->props));
    TRY(calendar_times_read(call, data, NULL, false, NULL, out->props));
    TRY(calendar_organizer_read(call, data, out->props));
    TRY(calendar_attendees_read(call, wbxml_child(data, Calendar_Attendees), &attendees, &count));
    for (size_t i = 0; i < count; i++)
        if (message_add_recipient(out, &attendees[i]) == NULL)
            return status_fail(STATUS_NO_MEMORY, "attendees");
    return call->version < V16_0 ? calendar_exceptions_add(call, data, out) : eas_attachments_read_new(call, data, out);
}

enum status calendar_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                                 struct bag *set)
{
    struct recipient *attendees = NULL;
    const struct bag *props = before->message->props;
    const struct wbxml_node *list = wbxml_child(data, Calendar_Attendees);
    TRY(calendar_common_read(call, data, props, ghosts, change, set));
    TRY(calendar_times_read(call, data, props, before->id.occurrence != 0, change, set));
    if (call->version >= V16_0)
        TRY(eas_attachments_read_change(call, data, before, change));
    call->class_data = call->version < V16_0 ? wbxml_child(data, Calendar_Exceptions) : NULL;
    /* whom a meeting invites is its organiser's business */
    if (list == NULL || !meeting_is_organizer(props))
        return STATUS_OK;
    TRY(calendar_attendees_read(call, list, &attendees, &change->recipient_count));
    change->recipients = attendees;
    change->replace_recipients = true;
    return STATUS_OK;
}

/* ---- saving ---- */

static struct meeting_options notice_of(const struct eas_call *call)
{
    bool tells = call->version >= V16_0;
    return (struct meeting_options){ .notice = tells ? MEETING_SEND_TO_ALL : MEETING_SEND_TO_NONE, .save_copy = tells };
}

enum status calendar_save_new(struct eas_call *call, const struct object_id *folder, const struct message *message, struct item **out)
{
    struct meeting_options options = notice_of(call);
    return calendar_create(call->mem, call->session, folder, message, &options, out);
}

enum status calendar_save_change(struct eas_call *call, const struct object_id *id, int64_t expected_change, const struct item_change *change, struct item **out)
{
    struct meeting_options options = notice_of(call);
    struct item *last = NULL;
    const struct wbxml_node *exceptions = call->class_data;
    call->class_data = NULL;
    TRY(calendar_update(call->mem, call->session, id, expected_change, CONFLICT_AUTO_RESOLVE, change, &options, out));
    if (exceptions == NULL || id->occurrence != 0)
        return STATUS_OK;
    TRY(calendar_exceptions_change(call, exceptions, id, &last));
    *out = last != NULL ? last : *out;
    return STATUS_OK;
}

enum status calendar_remove(struct eas_call *call, const struct object_id *id, enum delete_mode mode)
{
    struct meeting_options options = notice_of(call);
    return calendar_delete(call->session, id, mode, &options);
}

enum status calendar_find_instance(struct eas_call *call, const struct object_id *id, const char *instance, struct object_id *out)
{
    struct item *master = NULL;
    local_time local = 0;
    TRY(item_get(call->mem, call->session, id, ITEM_PROPERTIES, &master));
    const struct bag *props = master->message->props;
    if (!bag_has(props, PROP_APPOINTMENT_RECUR))
        return status_fail(STATUS_ITEM_NOT_FOUND, "instance of a single appointment");
    if (!calendar_local_of_text(calendar_is_floating(call, props), calendar_zone_of(call->mem, props), instance, &local))
        return status_fail(STATUS_INVALID_ARGUMENT, "InstanceId %.40s", instance);
    *out = *id;
    out->occurrence = local_minutes(local);
    return STATUS_OK;
}
