/* ItemOperations [MS-ASCMD] 2.2.1.10. */
#include "item_operations.h"

enum { OPERATIONS_MAX = 500 };

/* In the order of the answer's schema. */
static const struct {
    eas_tag element;
    enum status (*run)(struct eas_call *call, const struct wbxml_node *node);
} operations[] = { { ItemOperations_Move, eas_move_conversation },
                   { ItemOperations_EmptyFolderContents, eas_empty_folder },
                   { ItemOperations_Fetch, eas_fetch } };

enum status cmd_item_operations(struct eas_call *call)
{
    size_t count = wbxml_child_count(call->body);
    if (call->body == NULL || call->body->tag != ItemOperations_ItemOperations || count == 0 || count > OPERATIONS_MAX)
        return eas_fail(call, OPERATION_PROTOCOL_ERROR, "%zu operations", count);
    wbxml_start(call->out, ItemOperations_ItemOperations);
    wbxml_element_int(call->out, ItemOperations_Status, OPERATION_OK);
    wbxml_start(call->out, ItemOperations_Response);
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        const struct wbxml_node *node = wbxml_child(call->body, operations[i].element);
        for (; node != NULL; node = wbxml_next(node, operations[i].element))
            TRY(operations[i].run(call, node));
    }
    wbxml_end(call->out);
    wbxml_end(call->out);
    return call->query.accept_multipart ? eas_send_multipart(call) : STATUS_OK;
}
