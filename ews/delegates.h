/* What the four operations on delegates share [MS-OXWSDLGM] 2.2.4. */
#ifndef EWS_DELEGATES_H
#define EWS_DELEGATES_H

#include "bourse/groupware/delegate.h"
#include "call.h"

/* The mailbox of m:Mailbox. */
enum status delegate_mailbox(struct ews_call *call, struct guid *out) MUST_CHECK;
/* The person of a t:UserId, by PrimarySmtpAddress. ErrorDelegateNoUser. */
enum status delegate_read_user(struct ews_call *call, const struct xml_node *user, struct guid *out) MUST_CHECK;
/* A t:DelegateUser; what it does not say is as `before` has it. ErrorInvalidDelegatePermission. */
enum status delegate_read(struct ews_call *call, const struct xml_node *node, const struct mailbox_delegate *before, struct mailbox_delegate *out) MUST_CHECK;
/* STATUS_NOT_FOUND when the person is no delegate. */
enum status delegate_find(struct ews_call *call, struct guid mailbox, struct guid person, struct mailbox_delegate **out) MUST_CHECK;
/* m:DeliverMeetingRequests of the request, when it is there. */
enum status delegate_set_delivery_word(struct ews_call *call, struct guid mailbox) MUST_CHECK;
const char *delegate_delivery_word(enum delegate_delivery delivery);

/* One m:DelegateUserResponseMessageType, of success (`delegate` may be NULL: none shown) or failure. */
enum status delegate_answer(struct ews_call *call, enum status status, const struct mailbox_delegate *delegate, bool permissions) MUST_CHECK;
/* The whole answer: the request cannot be done. */
enum status delegate_failure(struct ews_call *call, enum status status) MUST_CHECK;
/* Add, Update and Remove: `act` for each child of the list, then the answer. */
typedef enum status (*delegate_action)(struct ews_call *call, struct guid mailbox, const struct xml_node *node, struct mailbox_delegate **out);
enum status delegate_each(struct ews_call *call, const struct xml_node *list, delegate_action act) MUST_CHECK;

#endif
