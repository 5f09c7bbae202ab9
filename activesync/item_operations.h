/* The operations of ItemOperations [MS-ASCMD] 2.2.1.10, one an element of the request. */
#ifndef ACTIVESYNC_ITEM_OPERATIONS_H
#define ACTIVESYNC_ITEM_OPERATIONS_H

#include "call.h"

/* [MS-ASCMD] 2.2.3.177.8 */
enum {
    OPERATION_OK = 1, OPERATION_PROTOCOL_ERROR = 2, OPERATION_SERVER_ERROR = 3, OPERATION_NOT_FOUND = 6, OPERATION_RANGE = 8, OPERATION_STORE = 9,
    OPERATION_CONVERSION = 14, OPERATION_ATTACHMENT = 15, OPERATION_DENIED = 16, OPERATION_MOVE_ONCE = 155, OPERATION_MOVE_DESTINATION = 156,
};

/* Each writes its element of the answer, also when it fails by the request's fault; other failures end the command. */
enum status eas_fetch(struct eas_call *call, const struct wbxml_node *node) MUST_CHECK;
enum status eas_empty_folder(struct eas_call *call, const struct wbxml_node *node) MUST_CHECK;
enum status eas_move_conversation(struct eas_call *call, const struct wbxml_node *node) MUST_CHECK;

/* Sends call->out with the contents of bodies and files behind it instead of in it [MS-ASCMD] 2.2.1.10.1. */
enum status eas_send_multipart(struct eas_call *call) MUST_CHECK;

#endif
