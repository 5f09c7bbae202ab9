/* Meeting messages out of calendar items [MS-OXOCAL] 2.2.5 to 2.2.9. */
#include "bourse/base/text.h"
#include "meeting_private.h"

enum { SIDE_EFFECTS_MESSAGE = 0x1C61, /* [MS-OXOCAL] 2.2.5.1 */
       ICON_REQUEST = 0x404, ICON_ACCEPTED = 0x405, ICON_DECLINED = 0x406, ICON_TENTATIVE = 0x407, ICON_CANCEL = 0x408, BUSY_STATUS_TENTATIVE = 1 };

static const struct {
    enum meeting_message kind;
    const char *prefix;
    int32_t icon;
} styles[] = {
    { MEETING_MESSAGE_REQUEST, "", ICON_REQUEST },
    { MEETING_MESSAGE_CANCEL, "Canceled: ", ICON_CANCEL },
    { MEETING_MESSAGE_ACCEPTED, "Accepted: ", ICON_ACCEPTED },
    { MEETING_MESSAGE_TENTATIVE, "Tentative: ", ICON_TENTATIVE },
    { MEETING_MESSAGE_DECLINED, "Declined: ", ICON_DECLINED },
};

static enum status style(struct message *message, enum meeting_message kind, bool is_counter)
{
    struct bag *props = message->props;
    TRY(bag_set_string(props, PROP_MESSAGE_CLASS, meeting_message_class(kind)));
    TRY(bag_set_int32(props, PROP_SIDE_EFFECTS, SIDE_EFFECTS_MESSAGE));
    for (size_t i = 0; i < ARRAY_LENGTH(styles); i++) {
        if (styles[i].kind != kind)
            continue;
        TRY(bag_set_int32(props, PROP_ICON_INDEX, styles[i].icon));
        TRY(meeting_set_subject(message, is_counter ? "New Time Proposed: " : styles[i].prefix));
    }
    return STATUS_OK;
}

static enum status replace_body(struct bag *props, const char *body, const char *body_html)
{
    if (body == NULL && body_html == NULL)
        return STATUS_OK;
    bag_remove(props, PROP_BODY);
    bag_remove(props, PROP_HTML);
    bag_remove(props, PROP_RTF_COMPRESSED);
    if (body != NULL)
        TRY(bag_set_string(props, PROP_BODY, body));
    return body_html != NULL ? bag_set_bytes(props, PROP_HTML, slice_of_text(body_html)) : STATUS_OK;
}

static enum status set_people(struct message *message, const struct meeting_mail *mail)
{
    const struct bag *item = mail->item->props;
    const char *name = meeting_organizer_name(item), *address = meeting_organizer_address(item);
    TRY(meeting_set_organizer(message->props, name, address));
    bool on_behalf = mail->sender_address != NULL;
    return meeting_set_sender(message->props, on_behalf ? mail->sender_name : name, on_behalf ? mail->sender_address : address);
}

/* `only` restricts the list: a cancellation names those who are cancelled [RFC 5546] 3.2.5, a request all attendees. */
static enum status set_attendees(struct message *message, const struct meeting_mail *mail, bool only)
{
    const struct message *item = mail->item;
    for (size_t i = 0; i < item->recipient_count; i++) {
        const struct recipient *recipient = &item->recipients[i];
        bool is_wanted = !only || mail->to == NULL || mail->to[i];
        if (is_wanted && !meeting_is_organizer_entry(recipient) && meeting_recipient_address(recipient)[0] != '\0' &&
            !ascii_equal_nocase(meeting_recipient_address(recipient), meeting_organizer_address(item->props)))
            TRY(meeting_copy_recipient(message, recipient));
    }
    return message->recipient_count > 0 ? STATUS_OK : status_fail(STATUS_MISSING_RECIPIENTS, "nobody to tell");
}

static enum status set_where(struct bag *props)
{
    const char *where = bag_string(props, PROP_LID_LOCATION, NULL);
    return where != NULL && !bag_has(props, PROP_WHERE) ? bag_set_string(props, PROP_WHERE, where) : STATUS_OK;
}

/* What requests and cancellations have in common. */
static enum status build(TALLOC_CTX *mem, const struct meeting_mail *mail, enum meeting_message kind, struct message **out)
{
    struct message *message = message_new(mem);
    if (message == NULL)
        return status_fail(STATUS_NO_MEMORY, "meeting message");
    struct bag *props = message->props;
    const struct bag *item = mail->item->props;
    TRY(meeting_copy_properties(props, item, REQUEST));
    TRY(style(message, kind, false));
    TRY(replace_body(props, mail->body, mail->body_html));
    TRY(set_people(message, mail));
    TRY(set_attendees(message, mail, kind == MEETING_MESSAGE_CANCEL));
    TRY(set_where(props));
    TRY(bag_set_string(props, PROP_APPOINTMENT_MESSAGE_CLASS, bag_string(item, PROP_MESSAGE_CLASS, "IPM.Appointment")));
    TRY(bag_set_time(props, PROP_START_DATE, bag_time(item, PROP_APPOINTMENT_START_WHOLE, 0)));
    TRY(bag_set_time(props, PROP_END_DATE, bag_time(item, PROP_APPOINTMENT_END_WHOLE, 0)));
    TRY(bag_set_int32(props, PROP_INTENDED_BUSY_STATUS, bag_int32(item, PROP_BUSY_STATUS, 2)));
    TRY(bag_set_time(props, PROP_CLIENT_SUBMIT_TIME, mail->now));
    TRY(bag_set_bool(props, PROP_F_INVITED, true));
    *out = message;
    return STATUS_OK;
}

static enum status set_old(struct bag *props, const struct message *before)
{
    const char *location = bag_string(before->props, PROP_LID_LOCATION, NULL);
    if (location != NULL)
        TRY(bag_set_string(props, PROP_OLD_LOCATION, location));
    TRY(bag_set_time(props, PROP_OLD_WHEN_START_WHOLE, bag_time(before->props, PROP_APPOINTMENT_START_WHOLE, 0)));
    return bag_set_time(props, PROP_OLD_WHEN_END_WHOLE, bag_time(before->props, PROP_APPOINTMENT_END_WHOLE, 0));
}

enum status meeting_build_request(TALLOC_CTX *mem, const struct meeting_mail *mail, struct message **out)
{
    struct message *message = NULL;
    TRY(build(mem, mail, MEETING_MESSAGE_REQUEST, &message));
    enum meeting_type type = mail->before == NULL ? MEETING_TYPE_REQUEST : mail->is_informational ? MEETING_TYPE_INFORMATIONAL : MEETING_TYPE_FULL;
    struct bag *props = message->props;
    TRY(bag_set_int32(props, PROP_MEETING_TYPE, (int32_t)type));
    TRY(bag_set_int32(props, PROP_BUSY_STATUS, BUSY_STATUS_TENTATIVE));
    TRY(bag_set_int32(props, PROP_APPOINTMENT_STATE_FLAGS, MEETING_STATE_MEETING | MEETING_STATE_RECEIVED));
    TRY(bag_set_int32(props, PROP_RESPONSE_STATUS, RESPONSE_NOT_RESPONDED));
    TRY(bag_set_int32(props, PROP_CHANGE_HIGHLIGHT, (int32_t)mail->highlights));
    TRY(meeting_copy_attachments(message, mail->item, true));
    if (mail->before != NULL)
        TRY(set_old(props, mail->before));
    *out = message;
    return STATUS_OK;
}

enum status meeting_build_cancel(TALLOC_CTX *mem, const struct meeting_mail *mail, struct message **out)
{
    struct message *message = NULL;
    TRY(build(mem, mail, MEETING_MESSAGE_CANCEL, &message));
    TRY(bag_set_int32(message->props, PROP_BUSY_STATUS, 0));
    TRY(bag_set_int32(message->props, PROP_INTENDED_BUSY_STATUS, 0));
    TRY(bag_set_bool(message->props, PROP_RESPONSE_REQUESTED, false));
    TRY(bag_set_bool(message->props, PROP_REPLY_REQUESTED, false));
    TRY(bag_set_bool(message->props, PROP_REMINDER_SET, false));
    TRY(bag_set_int32(message->props, PROP_APPOINTMENT_STATE_FLAGS, MEETING_STATE_MEETING | MEETING_STATE_RECEIVED | MEETING_STATE_CANCELED));
    *out = message;
    return STATUS_OK;
}

/* ---- to the organiser ---- */

static enum status address_to_organizer(struct message *message, const struct bag *item)
{
    const char *address = meeting_organizer_address(item);
    struct recipient to = { .type = RECIPIENT_TO, .display_name = meeting_organizer_name(item), .address_type = "SMTP", .address = address,
                            .smtp_address = address };
    if (address[0] == '\0')
        return status_fail(STATUS_MISSING_RECIPIENTS, "the meeting names no organiser");
    return meeting_copy_recipient(message, &to);
}

static enum status set_proposal(struct bag *props, const struct meeting_reply *reply)
{
    if (reply->proposed_start == 0)
        return STATUS_OK;
    TRY(bag_set_bool(props, PROP_APPOINTMENT_COUNTER_PROPOSAL, true));
    TRY(bag_set_time(props, PROP_APPOINTMENT_PROPOSED_START_WHOLE, reply->proposed_start));
    TRY(bag_set_time(props, PROP_APPOINTMENT_PROPOSED_END_WHOLE, reply->proposed_end));
    return bag_set_int32(props, PROP_APPOINTMENT_PROPOSED_DURATION, (int32_t)((reply->proposed_end - reply->proposed_start) / INSTANT_PER_MINUTE));
}

enum status meeting_build_response(TALLOC_CTX *mem, const struct message *item, const struct meeting_reply *reply, struct message **out)
{
    struct message *message = message_new(mem);
    if (message == NULL)
        return status_fail(STATUS_NO_MEMORY, "meeting response");
    struct bag *props = message->props;
    bool acts_for = reply->sender_address != NULL;
    TRY(meeting_copy_properties(props, item->props, RESPONSE));
    TRY(bag_set_string(props, PROP_NORMALIZED_SUBJECT, bag_string(item->props, PROP_NORMALIZED_SUBJECT, bag_string(item->props, PROP_SUBJECT, ""))));
    TRY(style(message, meeting_message_of_status(reply->status), reply->proposed_start != 0));
    TRY(replace_body(props, reply->body != NULL || reply->body_html != NULL ? reply->body : "", reply->body_html));
    TRY(meeting_set_organizer(props, reply->name, reply->address));
    TRY(meeting_set_sender(props, acts_for ? reply->sender_name : reply->name, acts_for ? reply->sender_address : reply->address));
    TRY(address_to_organizer(message, item->props));
    TRY(set_proposal(props, reply));
    TRY(bag_set_time(props, PROP_ATTENDEE_CRITICAL_CHANGE, reply->now));
    TRY(bag_set_time(props, PROP_CLIENT_SUBMIT_TIME, reply->now));
    TRY(bag_set_int32(props, PROP_RESPONSE_STATUS, (int32_t)reply->status));
    TRY(bag_set_int32(props, PROP_BUSY_STATUS, bag_int32(item->props, PROP_BUSY_STATUS, 2)));
    *out = message;
    return STATUS_OK;
}

enum status meeting_build_forward_notification(TALLOC_CTX *mem, const struct message *request, const struct recipient *recipients, size_t count,
                                               const char *name, const char *address, instant now, struct message **out)
{
    struct message *message = message_new(mem);
    if (message == NULL)
        return status_fail(STATUS_NO_MEMORY, "forward notification");
    struct bag *props = message->props;
    TRY(meeting_copy_properties(props, request->props, RESPONSE));
    TRY(bag_set_string(props, PROP_NORMALIZED_SUBJECT, bag_string(request->props, PROP_NORMALIZED_SUBJECT, "")));
    TRY(meeting_set_subject(message, "Meeting Forward Notification: "));
    TRY(bag_set_string(props, PROP_MESSAGE_CLASS, meeting_message_class(MEETING_MESSAGE_FORWARDED)));
    TRY(meeting_set_organizer(props, name, address));
    TRY(meeting_set_sender(props, name, address));
    TRY(bag_set_time(props, PROP_CLIENT_SUBMIT_TIME, now));
    TRY(address_to_organizer(message, request->props));
    char *text = talloc_asprintf(message, "%s forwarded your meeting request to:\r\n", name);
    for (size_t i = 0; text != NULL && i < count; i++) {
        struct recipient entry = recipients[i];
        entry.type = RECIPIENT_CC;
        entry.props = NULL;
        TRY(meeting_copy_recipient(message, &entry));
        text = talloc_asprintf_append(text, "- %s <%s>\r\n", entry.display_name, meeting_recipient_address(&entry));
    }
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "forward notification");
    TRY(bag_set_string(props, PROP_BODY, text));
    *out = message;
    return STATUS_OK;
}
