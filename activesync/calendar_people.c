#include "bourse/base/text.h"
#include "bourse/calendar/meeting.h"
#include "bourse/model/properties.h"
#include "calendar_parts.h"

enum { ATTENDEES_MOST = 500, ADDRESS_MOST = 320, STATUS_FLAGS = 0xF };

static const char *address_of(const struct recipient *recipient)
{
    return *recipient->smtp_address != '\0' ? recipient->smtp_address : recipient->address;
}

void calendar_organizer_write(struct wbxml_writer *out, const struct bag *props)
{
    const char *address = meeting_organizer_address(props), *name = meeting_organizer_name(props);
    if (*address == '\0')
        return;
    wbxml_element(out, Calendar_OrganizerName, *name != '\0' ? name : address);
    wbxml_element(out, Calendar_OrganizerEmail, address);
}

/* AttendeeStatus [MS-ASCAL] 2.2.2.4: tracking status by the same numbers, without "organised". */
static int shown_status(const struct recipient *recipient)
{
    int32_t status = recipient->props != NULL ? bag_int32(recipient->props, PROP_RECIPIENT_TRACK_STATUS, RESPONSE_NONE) : RESPONSE_NONE;
    return status >= RESPONSE_TENTATIVE && status <= RESPONSE_NOT_RESPONDED ? status : 0;
}

static void write_attendee(struct wbxml_writer *out, const struct recipient *recipient)
{
    wbxml_start(out, Calendar_Attendee);
    wbxml_element(out, Calendar_Email, address_of(recipient));
    wbxml_element(out, Calendar_Name, *recipient->display_name != '\0' ? recipient->display_name : address_of(recipient));
    wbxml_element_int(out, Calendar_AttendeeStatus, shown_status(recipient));
    wbxml_element_int(out, Calendar_AttendeeType, recipient->type >= RECIPIENT_TO && recipient->type <= RECIPIENT_BCC ? (int)recipient->type : RECIPIENT_TO);
    wbxml_end(out);
}

void calendar_attendees_write(struct wbxml_writer *out, const struct message *message)
{
    size_t count = 0;
    for (size_t i = 0; i < message->recipient_count; i++)
        count += !meeting_is_organizer_entry(&message->recipients[i]);
    if (count == 0)
        return;
    wbxml_start(out, Calendar_Attendees);
    for (size_t i = 0; i < message->recipient_count; i++)
        if (!meeting_is_organizer_entry(&message->recipients[i]))
            write_attendee(out, &message->recipients[i]);
    wbxml_end(out);
}

static enum status read_attendee(struct eas_call *call, const struct wbxml_node *node, struct recipient *out)
{
    int64_t type = RECIPIENT_TO;
    const char *address = wbxml_child_text(call->mem, node, Calendar_Email), *name = wbxml_child_text(call->mem, node, Calendar_Name);
    if (address == NULL || *address == '\0' || strlen(address) > ADDRESS_MOST)
        return status_fail(STATUS_INVALID_ARGUMENT, "attendee without an address");
    if (wbxml_child(node, Calendar_AttendeeType) != NULL && !wbxml_child_number(node, Calendar_AttendeeType, RECIPIENT_TO, RECIPIENT_BCC, &type))
        return status_fail(STATUS_INVALID_ARGUMENT, "type of attendee %.100s", address);
    *out = (struct recipient){ .type = (enum recipient_type)type, .display_name = name != NULL && *name != '\0' ? name : address, .address_type = "SMTP",
                               .address = address, .smtp_address = address };
    return STATUS_OK;
}

enum status calendar_attendees_read(struct eas_call *call, const struct wbxml_node *attendees, struct recipient **out, size_t *count)
{
    struct recipient *list = talloc_zero_array(call->mem, struct recipient, (unsigned)wbxml_child_count(attendees) + 1);
    *count = 0;
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "attendees");
    for (const struct wbxml_node *node = wbxml_child(attendees, Calendar_Attendee); node != NULL; node = wbxml_next(node, Calendar_Attendee)) {
        if (*count >= ATTENDEES_MOST)
            return status_fail(STATUS_INVALID_ARGUMENT, "more than %d attendees", ATTENDEES_MOST);
        TRY(read_attendee(call, node, &list[(*count)++]));
    }
    *out = list;
    return STATUS_OK;
}

/* What a device entered from a file that somebody sent: the meeting stays theirs. */
enum status calendar_organizer_read(struct eas_call *call, const struct wbxml_node *data, struct bag *set)
{
    int64_t status = 0;
    const char *address = wbxml_child_text(call->mem, data, Calendar_OrganizerEmail), *name = wbxml_child_text(call->mem, data, Calendar_OrganizerName);
    if (call->version >= V16_0 || address == NULL || *address == '\0' || ascii_equal_nocase(address, session_address(call->session)))
        return STATUS_OK;
    if (!wbxml_child_number(data, Calendar_MeetingStatus, 0, STATUS_FLAGS, &status) || (status & MEETING_STATE_RECEIVED) == 0)
        return STATUS_OK;
    TRY(bag_set_string(set, PROP_SENT_REPRESENTING_NAME, name != NULL && *name != '\0' ? name : address));
    TRY(bag_set_string(set, PROP_SENT_REPRESENTING_ADDRESS_TYPE, "SMTP"));
    TRY(bag_set_string(set, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, address));
    TRY(bag_set_string(set, PROP_SENT_REPRESENTING_SMTP_ADDRESS, address));
    TRY(bag_set_int32(set, PROP_APPOINTMENT_STATE_FLAGS, (int32_t)(status & (MEETING_STATE_MEETING | MEETING_STATE_RECEIVED | MEETING_STATE_CANCELED))));
    return bag_set_int32(set, PROP_RESPONSE_STATUS, RESPONSE_NOT_RESPONDED);
}
