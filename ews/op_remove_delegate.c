/* RemoveDelegate [MS-OXWSDLGM] 3.1.4.3 */
#include "delegates.h"

static enum status remove_one(struct ews_call *call, struct guid mailbox, const struct xml_node *node, struct mailbox_delegate **out)
{
    struct guid person;
    *out = NULL;
    TRY(delegate_read_user(call, node, &person));
    return delegate_remove(call->session, mailbox, person);
}

enum status op_remove_delegate(struct ews_call *call)
{
    return delegate_each(call, xml_child(call->operation, EWS_NS_MESSAGES, "UserIds"), remove_one);
}
