/* MeetingResponse [MS-ASCMD] 2.2.1.11: answers to meeting requests. From 16.0 on the server tells the organiser, before that the device does. */
#include "body.h"
#include "bourse/calendar/meeting.h"
#include "bourse/groupware/calendar.h"
#include "bourse/model/properties.h"
#include "calendar_parts.h"
#include "classes.h"
#include "sync.h"

enum { REQUESTS_MOST = 100 };
/* [MS-ASCMD] 2.2.3.177.9 */
enum { RESPONSE_OK = 1, RESPONSE_INVALID = 2, RESPONSE_MAILBOX = 3, RESPONSE_SERVER = 4 };

struct response {
    const char *request_id, *instance;
    struct object_id id;
    struct meeting_answer answer;
    struct object_id in_calendar;
};

static enum status read_target(struct eas_call *call, const struct wbxml_node *node, struct response *out)
{
    int64_t folder = 0, item = 0;
    const char *long_id = wbxml_child_text(call->mem, node, Search_LongId);
    out->request_id = wbxml_child_text(call->mem, node, MeetingResponse_RequestId);
    if (eas_item_id_parse(out->request_id != NULL ? out->request_id : long_id, &folder, &item)) {
        out->id = eas_item_object(call, folder, item);
        return STATUS_OK;
    }
    return long_id != NULL ? object_id_parse(long_id, &out->id) : status_fail(STATUS_ITEM_NOT_FOUND, "request without an id");
}

/* One occurrence: of the item in the calendar, whether the device named that or the request. */
static enum status read_instance(struct eas_call *call, const struct wbxml_node *node, struct response *out)
{
    struct object_id master = out->id;
    struct item *item = NULL;
    out->instance = wbxml_child_text(call->mem, node, MeetingResponse_InstanceId);
    if (out->instance == NULL || *out->instance == '\0')
        return STATUS_OK;
    TRY(item_get(call->mem, call->session, &out->id, 0, &item));
    if (meeting_message_of_class(bag_string(item->message->props, PROP_MESSAGE_CLASS, "")) != MEETING_MESSAGE_NONE)
        TRY(meeting_calendar_item(call->session, &out->id, &master));
    return calendar_find_instance(call, &master, out->instance, &out->id);
}

static enum status read_time(struct eas_call *call, const struct wbxml_node *node, eas_tag tag, instant *out)
{
    const char *text = wbxml_child_text(call->mem, node, tag);
    if (text != NULL && *text != '\0' && !eas_time_parse(text, out))
        return status_fail(STATUS_INVALID_ARGUMENT, "%s = %.40s", eas_tag_find(tag)->name, text);
    return STATUS_OK;
}

/* SendResponse: the organiser is told, with a text and perhaps another time. */
static enum status read_sending(struct eas_call *call, const struct wbxml_node *node, struct meeting_answer *out)
{
    const struct wbxml_node *sending = wbxml_child(node, MeetingResponse_SendResponse);
    struct bag *text = bag_new(call->mem);
    out->send = out->save_copy = call->version >= V16_0 && sending != NULL;
    if (!out->send)
        return STATUS_OK;
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "answer");
    TRY(eas_body_read(call, sending, text));
    struct slice html = bag_bytes(text, PROP_HTML);
    out->body_html = html.length > 0 ? slice_text(call->mem, html) : NULL;
    out->body = bag_string(text, PROP_BODY, NULL);
    TRY(read_time(call, sending, MeetingResponse_ProposedStartTime, &out->proposed_start));
    TRY(read_time(call, sending, MeetingResponse_ProposedEndTime, &out->proposed_end));
    if ((out->proposed_start != 0) != (out->proposed_end != 0) || out->proposed_end < out->proposed_start)
        return status_fail(STATUS_INVALID_ARGUMENT, "half a proposal");
    return STATUS_OK;
}

static enum status answer_one(struct eas_call *call, const struct wbxml_node *node, struct response *out)
{
    int64_t choice = 0;
    TRY(read_target(call, node, out));
    if (!wbxml_child_number(node, MeetingResponse_UserResponse, 1, 3, &choice))
        return status_fail(STATUS_INVALID_ARGUMENT, "UserResponse");
    out->answer.response = choice == 1 ? MEETING_ACCEPT : choice == 2 ? MEETING_TENTATIVE : MEETING_DECLINE;
    TRY(read_instance(call, node, out));
    TRY(read_sending(call, node, &out->answer));
    return meeting_respond(call->session, &out->id, &out->answer, &out->in_calendar);
}

static int status_of(enum status status)
{
    if (status == STATUS_OK)
        return RESPONSE_OK;
    if (status_info(status)->fault == FAULT_CLIENT)
        return RESPONSE_INVALID;
    return status_info(status)->fault == FAULT_TEMPORARY ? RESPONSE_MAILBOX : RESPONSE_SERVER;
}

static void write_result(struct eas_call *call, const struct response *response, enum status status)
{
    bool is_kept = status == STATUS_OK && response->answer.response != MEETING_DECLINE && response->in_calendar.item != 0;
    struct object_id item = response->in_calendar;
    char text[EAS_TIME_SIZE];
    instant instance = 0;
    item.occurrence = 0;
    wbxml_start(call->out, MeetingResponse_Result);
    wbxml_element(call->out, MeetingResponse_RequestId, response->request_id);
    wbxml_element_int(call->out, MeetingResponse_Status, status_of(status));
    if (is_kept)
        wbxml_element(call->out, MeetingResponse_CalendarId, eas_item_id_text(call->mem, &item));
    if (eas_time_parse(response->instance, &instance))
        wbxml_element(call->out, MeetingResponse_InstanceId, eas_time_dashes(instance, text));
    wbxml_end(call->out);
}

enum status cmd_meeting_response(struct eas_call *call)
{
    size_t count = 0;
    wbxml_start(call->out, MeetingResponse_MeetingResponse);
    for (const struct wbxml_node *node = wbxml_child(call->body, MeetingResponse_Request); node != NULL; node = wbxml_next(node, MeetingResponse_Request)) {
        struct response response = { 0 };
        if (++count > REQUESTS_MOST)
            return eas_fail(call, EAS_INVALID_CONTENT, "more than %d answers", REQUESTS_MOST);
        enum status status = answer_one(call, node, &response);
        write_result(call, &response, status);
        status_chain_clear();
    }
    if (count == 0)
        return eas_fail(call, EAS_INVALID_CONTENT, "no Request");
    wbxml_end(call->out);
    return STATUS_OK;
}
