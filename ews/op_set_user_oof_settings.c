/* SetUserOofSettings [MS-OXWOOF] 3.1.4.2 */
#include "oof.h"
#include "response.h"
#include "zones.h"

static unsigned place_of(const char *word, const char *const *words, unsigned count)
{
    for (unsigned i = 0; word != NULL && i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return 0;
}

static const char *reply_text(const struct xml_node *settings, const char *name)
{
    const char *text = xml_child_text(xml_child(settings, EWS_NS_TYPES, name), EWS_NS_TYPES, "Message");
    return text != NULL ? text : "";
}

static enum status read_settings(struct ews_call *call, struct out_of_office *out)
{
    const struct xml_node *settings = xml_child(call->operation, EWS_NS_TYPES, "UserOofSettings"), *duration = xml_child(settings, EWS_NS_TYPES, "Duration");
    const char *start = xml_child_text(duration, EWS_NS_TYPES, "StartTime"), *end = xml_child_text(duration, EWS_NS_TYPES, "EndTime");
    *out = (struct out_of_office){ .state = (enum out_of_office_state)place_of(xml_child_text(settings, EWS_NS_TYPES, "OofState"), oof_states, 3),
                                   .audience = (enum out_of_office_audience)place_of(xml_child_text(settings, EWS_NS_TYPES, "ExternalAudience"), oof_audiences, 3),
                                   .internal = reply_text(settings, "InternalReply"), .external = reply_text(settings, "ExternalReply") };
    bool timed = start != NULL && end != NULL && zone_parse_time(call, NULL, start, &out->starts) && zone_parse_time(call, NULL, end, &out->ends);
    if ((out->state == OOF_SCHEDULED || timed) && (!timed || out->ends <= out->starts))
        return ews_fail(call, EWS_CODE_OOF_DURATION, "duration");
    return STATUS_OK;
}

enum status op_set_user_oof_settings(struct ews_call *call)
{
    struct guid mailbox;
    struct out_of_office settings;
    enum status status = oof_mailbox(call, &mailbox);
    if (status == STATUS_OK)
        status = read_settings(call, &settings);
    if (status == STATUS_OK)
        status = ews_recode(call, out_of_office_set(call->session, mailbox, &settings), STATUS_INVALID_ARGUMENT, EWS_CODE_OOF_DURATION);
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_bare(call));
    status = ews_give(call, &failure);
    TRY(response_part(call, status));
    return response_end(call);
}
