#include "meetings.h"

#include "bourse/calendar/meeting.h"
#include "fields.h"
#include "zones.h"

struct meeting_options meeting_options_of(const char *word)
{
    struct meeting_options options = { .notice = MEETING_SEND_TO_NONE };
    if (word == NULL || strcmp(word, "SendToNone") == 0)
        return options;
    options.notice = strncmp(word, "SendOnlyToChanged", 17) == 0 || strncmp(word, "SendToChanged", 13) == 0 ? MEETING_SEND_TO_CHANGED : MEETING_SEND_TO_ALL;
    options.save_copy = strstr(word, "AndSaveCopy") != NULL;
    return options;
}

/* Response objects, and the codes that refuse them: to the organiser of the meeting, for a cancelled one. */
static const struct response_row {
    const char *name;
    bool answers;                    /* MeetingRegistrationResponseObject */
    enum meeting_response response;
    enum ews_code organizer, cancelled;
} rows[] = {
    { "AcceptItem", true, MEETING_ACCEPT, EWS_CODE_ORGANIZER_ACCEPT, EWS_CODE_CANCELLED_ACCEPT },
    { "TentativelyAcceptItem", true, MEETING_TENTATIVE, EWS_CODE_ORGANIZER_TENTATIVE, EWS_CODE_CANCELLED_TENTATIVE },
    { "DeclineItem", true, MEETING_DECLINE, EWS_CODE_ORGANIZER_DECLINE, EWS_CODE_CANCELLED_DECLINE },
    { "CancelCalendarItem", false, MEETING_DECLINE, EWS_NO_CODE, EWS_NO_CODE },
    { "RemoveItem", false, MEETING_DECLINE, EWS_CODE_ORGANIZER_REMOVE, EWS_NO_CODE },
};

static const struct response_row *row_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

bool meeting_is_response_object(const char *name)
{
    return row_of(name) != NULL;
}

static enum status read_reference(struct ews_call *call, const struct xml_node *node, struct item **out)
{
    struct object_id id;
    int64_t change;
    const struct xml_node *reference = xml_child(node, EWS_NS_TYPES, "ReferenceItemId");
    if (reference == NULL)
        return ews_fail(call, EWS_CODE_REFERENCE_MISSING, "%s", node->name);
    TRY(id_read_item(call, reference, &id, &change));
    return item_get(call->mem, call->session, &id, ITEM_PROPERTIES, out);
}

/* Text of the answer: Body (accept, decline) or NewBodyContent (cancel). */
static void read_body(const struct xml_node *node, const char **text, const char **html)
{
    const struct xml_node *body = xml_child(node, EWS_NS_TYPES, "NewBodyContent");
    if (body == NULL)
        body = xml_child(node, EWS_NS_TYPES, "Body");
    if (body == NULL)
        return;
    const char *type = xml_attribute_of(body, "BodyType");
    *(type != NULL && strcmp(type, "HTML") == 0 ? html : text) = xml_text_of(body);
}

static enum status read_proposal(struct ews_call *call, const struct xml_node *node, struct meeting_answer *out)
{
    const char *start = xml_child_text(node, EWS_NS_TYPES, "ProposedStart"), *end = xml_child_text(node, EWS_NS_TYPES, "ProposedEnd");
    if (start == NULL && end == NULL)
        return STATUS_OK;
    if (start == NULL || end == NULL || !zone_parse_time(call, NULL, start, &out->proposed_start) || !zone_parse_time(call, NULL, end, &out->proposed_end) ||
        out->proposed_end <= out->proposed_start)
        return ews_fail(call, EWS_CODE_PROPOSED_TIME, "ProposedStart, ProposedEnd");
    return STATUS_OK;
}

static enum status answer(struct ews_call *call, const struct create_options *options, const struct response_row *row, const struct xml_node *node,
                          const struct item *item, struct object_id *calendar_item)
{
    const struct bag *props = item->message->props;
    bool is_calendar = class_has_prefix(bag_string(props, PROP_MESSAGE_CLASS, ""), "IPM.Appointment");
    bool is_request = class_has_prefix(bag_string(props, PROP_MESSAGE_CLASS, ""), "IPM.Schedule.Meeting.Request");
    struct meeting_answer reply = { .response = row->response, .send = options->disposition == DISPOSITION_SEND || options->disposition == DISPOSITION_SEND_AND_SAVE,
                                    .save_copy = options->disposition == DISPOSITION_SEND_AND_SAVE };
    if (options->disposition == DISPOSITION_NONE)
        return ews_fail(call, EWS_CODE_DISPOSITION_REQUIRED, "%s", node->name);
    if (!is_calendar && !is_request)
        return ews_fail(call, EWS_CODE_REFERENCE_INVALID, "answer to no meeting");
    TRY(read_proposal(call, node, &reply));
    read_body(node, &reply.body, &reply.body_html);
    enum status status = meeting_respond(call->session, &item->id, &reply, calendar_item);
    status = ews_recode(call, status, STATUS_IS_ORGANIZER, row->organizer);
    return ews_recode(call, status, STATUS_MEETING_CANCELLED, row->cancelled);
}

static enum status cancel(struct ews_call *call, const struct create_options *options, const struct xml_node *node, const struct item *item)
{
    const char *text = NULL, *html = NULL;
    const struct bag *props = item->message->props;
    struct meeting_options notice = { .notice = MEETING_SEND_TO_ALL, .save_copy = options->disposition == DISPOSITION_SEND_AND_SAVE };
    if (!class_has_prefix(bag_string(props, PROP_MESSAGE_CLASS, ""), "IPM.Appointment"))
        return ews_fail(call, EWS_CODE_REFERENCE_INVALID, "cancellation of no calendar item");
    if (!meeting_is_organizer(props))
        return status_fail(STATUS_NOT_ORGANIZER, "%s", node->name);
    read_body(node, &text, &html);
    return meeting_cancel(call->session, &item->id, text, html, &notice);
}

/* RemoveItem: of a cancellation its calendar item, of a cancelled calendar item that one. */
static enum status remove_item(struct ews_call *call, const struct response_row *row, const struct item *item)
{
    const struct bag *props = item->message->props;
    struct meeting_options none = { .notice = MEETING_SEND_TO_NONE };
    if (class_has_prefix(bag_string(props, PROP_MESSAGE_CLASS, ""), "IPM.Schedule.Meeting.Canceled"))
        return meeting_remove(call->session, &item->id);
    if (!class_has_prefix(bag_string(props, PROP_MESSAGE_CLASS, ""), "IPM.Appointment"))
        return ews_fail(call, EWS_CODE_REFERENCE_INVALID, "no meeting to remove");
    if (meeting_is_organizer(props))
        return ews_fail(call, row->organizer, "RemoveItem");
    return calendar_delete(call->session, &item->id, DELETE_MOVE_TO_DELETED, &none);
}

enum status meeting_answer_object(struct ews_call *call, const struct create_options *options, const struct xml_node *node, struct object_id *calendar_item)
{
    struct item *item = NULL;
    const struct response_row *row = row_of(node->name);
    *calendar_item = (struct object_id){ 0 };
    TRY(read_reference(call, node, &item));
    if (row->answers)
        return answer(call, options, row, node, item, calendar_item);
    return strcmp(row->name, "CancelCalendarItem") == 0 ? cancel(call, options, node, item) : remove_item(call, row, item);
}
