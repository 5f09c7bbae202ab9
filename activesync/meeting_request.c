#include "meeting_request.h"

#include "body.h"
#include "bourse/calendar/global_id.h"
#include "bourse/calendar/meeting.h"
#include "bourse/model/properties.h"
#include "calendar_parts.h"
#include "recurrences.h"

/* InstanceType [MS-ASEMAIL] 2.2.2.39 */
enum { INSTANCE_SINGLE = 0, INSTANCE_MASTER = 1, INSTANCE_EXCEPTION = 3, REMINDER_MOST = 65535 /* seconds */, ZONE_SIZE = 172 };

static enum meeting_message kind_of(const struct bag *props)
{
    return meeting_message_of_class(bag_string(props, PROP_MESSAGE_CLASS, ""));
}

bool eas_is_meeting_message(const struct bag *props)
{
    return kind_of(props) != MEETING_MESSAGE_NONE;
}

/* Email2:MeetingMessageType [MS-ASEMAIL] 2.2.2.47 by PidLidMeetingType. */
static int message_type(const struct bag *props)
{
    static const struct {
        int32_t type;
        int number;
    } types[] = { { MEETING_TYPE_REQUEST, 1 }, { MEETING_TYPE_FULL, 2 }, { MEETING_TYPE_INFORMATIONAL, 3 }, { MEETING_TYPE_OUT_OF_DATE, 4 },
                  { MEETING_TYPE_DELEGATOR_COPY, 5 } };
    int32_t type = bag_int32(props, PROP_MEETING_TYPE, MEETING_TYPE_EMPTY);
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (types[i].type == type)
            return types[i].number;
    return kind_of(props) == MEETING_MESSAGE_REQUEST ? 1 : 0;
}

static int instance_type(const struct bag *props)
{
    struct civil_date date;
    if (global_id_date(bag_bytes(props, PROP_GLOBAL_OBJECT_ID), &date))
        return INSTANCE_EXCEPTION;
    return bag_has(props, PROP_APPOINTMENT_RECUR) ? INSTANCE_MASTER : INSTANCE_SINGLE;
}

static void write_time(struct wbxml_writer *out, eas_tag tag, instant when)
{
    char text[EAS_TIME_SIZE];
    if (when != 0)
        wbxml_element(out, tag, eas_time_dashes(when, text));
}

static void write_times(struct wbxml_writer *out, const struct bag *props)
{
    instant starts = bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0), stamp = bag_time(props, PROP_OWNER_CRITICAL_CHANGE, 0);
    wbxml_element_bool(out, Email_AllDayEvent, bag_bool(props, PROP_APPOINTMENT_SUB_TYPE, false));
    write_time(out, Email_StartTime, starts);
    write_time(out, Email_DtStamp, stamp != 0 ? stamp : bag_time(props, PROP_CLIENT_SUBMIT_TIME, starts));
    write_time(out, Email_EndTime, bag_time(props, PROP_APPOINTMENT_END_WHOLE, 0));
    wbxml_element_int(out, Email_InstanceType, instance_type(props));
}

static void write_place(struct wbxml_writer *out, const struct bag *props)
{
    const char *location = bag_string(props, PROP_LID_LOCATION, "");
    if (*location == '\0')
        return;
    wbxml_element(out, Email_Location, location);
    wbxml_start(out, AirSyncBase_Location);
    wbxml_element(out, AirSyncBase_DisplayName, location);
    wbxml_end(out);
}

static void write_organizer(struct eas_call *call, struct wbxml_writer *out, const struct bag *props)
{
    const char *name = meeting_organizer_name(props), *address = meeting_organizer_address(props);
    if (*address != '\0')
        wbxml_element(out, Email_Organizer, talloc_asprintf(call->mem, "\"%s\" <%s>", *name != '\0' ? name : address, address));
    if (instance_type(props) == INSTANCE_EXCEPTION)
        write_time(out, Email_RecurrenceId, bag_time(props, PROP_LID_EXCEPTION_REPLACE_TIME, bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0)));
}

static void write_series(struct eas_call *call, struct wbxml_writer *out, const struct bag *props)
{
    struct recurrence *pattern = NULL;
    if (instance_type(props) != INSTANCE_MASTER || series_pattern(call->mem, props, &pattern) != STATUS_OK) {
        status_chain_clear();
        return;
    }
    wbxml_start(out, Email_Recurrences);
    wbxml_start(out, Email_Recurrence);
    eas_recurrence_write(out, &eas_email_recurrence, pattern, calendar_zone_of(call->mem, props));
    wbxml_end(out);
    wbxml_end(out);
}

static enum status write_zone(struct eas_call *call, struct wbxml_writer *out, const struct bag *props)
{
    const struct time_zone *zone = calendar_zone_of(call->mem, props);
    struct buffer *packed = buffer_new(call->mem, ZONE_SIZE);
    instant starts = bag_time(props, PROP_APPOINTMENT_START_WHOLE, clock_now());
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "time zone");
    TRY(time_zone_activesync_pack(zone, civil_of_local(time_zone_to_local(zone, starts)).year, packed));
    wbxml_element_base64(out, Email_TimeZone, buffer_slice(packed));
    return STATUS_OK;
}

/* The id as base64 until 14.1, as UID from 16.0 on. */
static void write_identity(struct eas_call *call, struct wbxml_writer *out, const struct bag *props)
{
    struct slice id = bag_bytes(props, PROP_GLOBAL_OBJECT_ID);
    if (id.length > 0)
        wbxml_element_base64(out, Email_GlobalObjId, id);
    wbxml_element_bool(out, Email_DisallowNewTimeProposal, bag_bool(props, PROP_APPOINTMENT_NOT_ALLOW_PROPOSE, false));
    wbxml_element_int(out, Email2_MeetingMessageType, message_type(props));
    if (id.length > 0 && call->version >= V16_0)
        wbxml_element(out, Calendar_UID, global_id_text(call->mem, id));
    if (meeting_message_is_response(kind_of(props)) && bag_bool(props, PROP_APPOINTMENT_COUNTER_PROPOSAL, false)) {
        char text[EAS_TIME_SIZE];
        wbxml_element(out, MeetingResponse_ProposedStartTime, eas_time_compact(bag_time(props, PROP_APPOINTMENT_PROPOSED_START_WHOLE, 0), text));
        wbxml_element(out, MeetingResponse_ProposedEndTime, eas_time_compact(bag_time(props, PROP_APPOINTMENT_PROPOSED_END_WHOLE, 0), text));
    }
}

/* Requests and cancellations; of answers those that propose another time. */
static bool is_shown(const struct eas_call *call, const struct bag *props)
{
    enum meeting_message kind = kind_of(props);
    bool has_proposal = call->version >= V16_1 && meeting_message_is_response(kind) && bag_bool(props, PROP_APPOINTMENT_COUNTER_PROPOSAL, false);
    return kind == MEETING_MESSAGE_REQUEST || kind == MEETING_MESSAGE_CANCEL || has_proposal;
}

enum status eas_meeting_request_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item)
{
    const struct bag *props = item->message->props;
    int64_t reminder = (int64_t)bag_int32(props, PROP_REMINDER_DELTA, 0) * 60;
    if (!is_shown(call, props))
        return STATUS_OK;
    wbxml_start(out, Email_MeetingRequest);
    write_times(out, props);
    write_place(out, props);
    write_organizer(call, out, props);
    if (bag_bool(props, PROP_REMINDER_SET, false) && reminder >= 0 && reminder <= REMINDER_MOST)
        wbxml_element_int(out, Email_Reminder, reminder);
    wbxml_element_bool(out, Email_ResponseRequested, bag_bool(props, PROP_RESPONSE_REQUESTED, true) && kind_of(props) == MEETING_MESSAGE_REQUEST);
    write_series(call, out, props);
    wbxml_element_int(out, Email_Sensitivity, bag_int32(props, PROP_SENSITIVITY, 0) & 3);
    wbxml_element_int(out, Email_BusyStatus, bag_int32(props, PROP_INTENDED_BUSY_STATUS, bag_int32(props, PROP_BUSY_STATUS, 2)) & 3);
    TRY(write_zone(call, out, props));
    write_identity(call, out, props);
    wbxml_end(out);
    return STATUS_OK;
}
