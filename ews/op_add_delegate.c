/* AddDelegate [MS-OXWSDLGM] 3.1.4.1 */
#include "delegates.h"

/* Folders that the request is silent about get no rights. */
static enum status add(struct ews_call *call, struct guid mailbox, const struct xml_node *node, struct mailbox_delegate **out)
{
    struct mailbox_delegate delegate;
    TRY(delegate_read(call, node, NULL, &delegate));
    TRY(delegate_add(call->session, mailbox, &delegate));
    return delegate_find(call, mailbox, delegate.person, out);
}

enum status op_add_delegate(struct ews_call *call)
{
    return delegate_each(call, xml_child(call->operation, EWS_NS_MESSAGES, "DelegateUsers"), add);
}
