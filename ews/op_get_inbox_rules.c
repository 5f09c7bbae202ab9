/* GetInboxRules [MS-OXWSRULES] 3.1.4.1 */
#include "inbox_rules.h"
#include "response.h"

enum status op_get_inbox_rules(struct ews_call *call)
{
    struct guid mailbox;
    struct rule *rules = NULL;
    size_t count = 0;
    enum status status = rule_mailbox(call, &mailbox);
    if (status == STATUS_OK)
        status = rules_list(call->mem, call->session, mailbox, &rules, &count);
    if (status != STATUS_OK) {
        TRY(response_single_error(call, status));
        return response_end(call);
    }
    if (guid_is_zero(mailbox))
        mailbox = session_mailbox(call->session);
    TRY(response_single(call));
    xml_element_bool(call->out, "m:OutlookRuleBlobExists", false);
    xml_start(call->out, "m:InboxRules");
    for (size_t i = 0; i < count; i++)
        rule_write(call, mailbox, &rules[i]);
    xml_end(call->out);
    return response_end(call);
}
