/* UpdateDelegate [MS-OXWSDLGM] 3.1.4.4 */
#include "delegates.h"

static enum status update(struct ews_call *call, struct guid mailbox, const struct xml_node *node, struct mailbox_delegate **out)
{
    struct guid person;
    struct mailbox_delegate delegate, *before = NULL;
    TRY(delegate_read_user(call, xml_child(node, EWS_NS_TYPES, "UserId"), &person));
    TRY(delegate_find(call, mailbox, person, &before));
    TRY(delegate_read(call, node, before, &delegate));
    TRY(delegate_update(call->session, mailbox, &delegate));
    return delegate_find(call, mailbox, person, out);
}

enum status op_update_delegate(struct ews_call *call)
{
    return delegate_each(call, xml_child(call->operation, EWS_NS_MESSAGES, "DelegateUsers"), update);
}
