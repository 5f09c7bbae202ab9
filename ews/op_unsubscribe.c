/* Unsubscribe [MS-OXWSNTIF] 3.1.4.5 */
#include "bourse/groupware/subscribe.h"
#include "response.h"

enum status op_unsubscribe(struct ews_call *call)
{
    enum status status = subscription_delete(call->session, xml_child_text(call->operation, EWS_NS_MESSAGES, "SubscriptionId"));
    TRY(response_begin(call));
    if (status != STATUS_OK) {
        TRY(response_error(call, status, NULL));
        return response_end(call);
    }
    response_message(call);
    response_message_end(call);
    return response_end(call);
}
