/* GetDelegate [MS-OXWSDLGM] 3.1.4.2 */
#include "delegates.h"
#include "request_check.h"
#include "response.h"

static bool is_asked_for(struct ews_call *call, const struct xml_node *ids, const struct mailbox_delegate *delegate)
{
    struct guid person;
    for (const struct xml_node *node = ids != NULL ? ids->child : NULL; node != NULL; node = node->next) {
        bool same = delegate_read_user(call, node, &person) == STATUS_OK && guid_equal(person, delegate->person);
        ews_forget(call);
        if (same)
            return true;
    }
    return ids == NULL;
}

/* Users that were asked for and are no delegates get a failure of their own. */
static enum status answer_strangers(struct ews_call *call, const struct xml_node *ids, const struct mailbox_delegate *delegates, size_t count)
{
    for (const struct xml_node *node = ids != NULL ? ids->child : NULL; node != NULL; node = node->next) {
        struct guid person;
        bool known = false;
        enum status status = delegate_read_user(call, node, &person);
        for (size_t i = 0; status == STATUS_OK && i < count; i++)
            known = known || guid_equal(person, delegates[i].person);
        if (status == STATUS_OK && !known)
            status = ews_fail(call, EWS_CODE_NOT_DELEGATE, "asked for");
        if (status != STATUS_OK)
            TRY(delegate_answer(call, status, NULL, false));
    }
    return STATUS_OK;
}

enum status op_get_delegate(struct ews_call *call)
{
    struct guid mailbox;
    struct mailbox_delegate *delegates = NULL;
    size_t count = 0;
    bool permissions = false;
    enum delegate_delivery delivery = DELEGATE_DELIVERY_ONLY_DELEGATES;
    const char *word = xml_attribute_of(call->operation, "IncludePermissions");
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "UserIds");
    enum status status = delegate_mailbox(call, &mailbox);
    if (word != NULL && !request_parse_bool(word, &permissions))
        permissions = false;
    if (status == STATUS_OK)
        status = delegates_get(call->mem, call->session, mailbox, &delegates, &count, &delivery);
    if (status != STATUS_OK)
        return delegate_failure(call, status);
    TRY(response_single(call));
    if (count > 0 || ids != NULL) {
        xml_start(call->out, "m:ResponseMessages");
        for (size_t i = 0; i < count; i++)
            if (is_asked_for(call, ids, &delegates[i]))
                TRY(delegate_answer(call, STATUS_OK, &delegates[i], permissions));
        TRY(answer_strangers(call, ids, delegates, count));
        xml_end(call->out);
    }
    xml_element(call->out, "m:DeliverMeetingRequests", delegate_delivery_word(delivery));
    return response_end(call);
}
