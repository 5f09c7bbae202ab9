/* GetUserOofSettings [MS-OXWOOF] 3.1.4.1 */
#include "oof.h"
#include "response.h"

static void write_reply(struct ews_call *call, const char *element, const char *text)
{
    xml_start(call->out, element);
    xml_element(call->out, "t:Message", text);
    xml_end(call->out);
}

/* There always is a duration, as clients expect one: today, when none was ever set. */
static void write_duration(struct ews_call *call, const struct out_of_office *settings)
{
    instant starts = settings->starts, ends = settings->ends;
    if (starts == 0 || ends <= starts) {
        starts = clock_now() / INSTANT_PER_DAY * INSTANT_PER_DAY;
        ends = starts + INSTANT_PER_DAY;
    }
    xml_start(call->out, "t:Duration");
    xml_element_instant(call->out, "t:StartTime", starts);
    xml_element_instant(call->out, "t:EndTime", ends);
    xml_end(call->out);
}

enum status op_get_user_oof_settings(struct ews_call *call)
{
    struct guid mailbox;
    struct out_of_office *settings = NULL;
    enum status status = oof_mailbox(call, &mailbox);
    if (status == STATUS_OK)
        status = out_of_office_get(call->mem, call->session, mailbox, &settings);
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_bare(call));
    status = ews_give(call, &failure);
    TRY(response_part(call, status));
    if (settings != NULL) {
        xml_start(call->out, "t:OofSettings");
        xml_element(call->out, "t:OofState", oof_states[settings->state]);
        xml_element(call->out, "t:ExternalAudience", oof_audiences[settings->audience]);
        write_duration(call, settings);
        write_reply(call, "t:InternalReply", settings->internal);
        write_reply(call, "t:ExternalReply", settings->external);
        xml_end(call->out);
        xml_element(call->out, "m:AllowExternalOof", "All");
    }
    return response_end(call);
}
