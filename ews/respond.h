/* Response objects of CreateItem [MS-OXWSCORE] 2.2.4.45: ReplyToItem, ReplyAllToItem, ForwardItem, PostReplyItem, SuppressReadReceipt. */
#ifndef EWS_RESPOND_H
#define EWS_RESPOND_H

#include "create_options.h"
#include "input.h"

/* The message that a response object asks for, made from the item that it refers to. *out is NULL when the object only did something (SuppressReadReceipt, a meeting sent on).
 * ErrorMissingInformationReferenceItemId, ErrorInvalidReferenceItem; kinds that are not offered: ErrorInvalidItemForOperationCreateItem. */
enum status respond_read(struct ews_call *call, const struct create_options *options, const struct xml_node *node, struct draft **out) MUST_CHECK;

#endif
