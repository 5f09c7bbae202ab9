/* DeleteAttachment [MS-OXWSATT] 3.1.4.2 */
#include "items.h"

static enum status delete_one(struct ews_call *call, const struct xml_node *node, struct item **out)
{
    struct object_id id;
    TRY(id_read_attachment(call, node, &id));
    if (id.attachment_depth > 1)
        return ews_fail(call, EWS_CODE_NESTED_ATTACHMENTS, "depth %zu", id.attachment_depth);
    return attachment_delete(call->mem, call->session, &id, out);
}

enum status op_delete_attachment(struct ews_call *call)
{
    TRY(response_begin(call));
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "AttachmentIds");
    for (const struct xml_node *node = ids->child; node != NULL; node = node->next) {
        struct item *item = NULL;
        enum status status = delete_one(call, node, &item);
        if (status != STATUS_OK) {
            TRY(response_error(call, status, NULL));
            continue;
        }
        response_message(call);
        xml_start(call->out, "m:RootItemId");
        xml_attribute(call->out, "RootItemId", object_id_text(call->mem, &item->id));
        xml_attribute(call->out, "RootItemChangeKey", change_key_text(call->mem, OBJECT_ITEM, output_item_change(item)));
        xml_end(call->out);
        response_message_end(call);
    }
    return response_end(call);
}
