/* GetEvents [MS-OXWSNTIF] 3.1.4.1 */
#include "notify.h"
#include "response.h"

#define EVENTS_MOST 100

enum status op_get_events(struct ews_call *call)
{
    const char *id = xml_child_text(call->operation, EWS_NS_MESSAGES, "SubscriptionId");
    const char *watermark = xml_child_text(call->operation, EWS_NS_MESSAGES, "Watermark");
    struct event *events = NULL;
    size_t count = 0;
    char *next = NULL;
    bool more = false;
    enum status status = subscription_events(call->mem, call->session, id, watermark, EVENTS_MOST, &events, &count, &next, &more);
    TRY(response_begin(call));
    if (status != STATUS_OK) {
        TRY(response_error(call, status, NULL));
        return response_end(call);
    }
    response_message(call);
    notify_write(call, id, watermark, next, more, events, count);
    response_message_end(call);
    return response_end(call);
}
