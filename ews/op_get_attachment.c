/* GetAttachment [MS-OXWSATT] 3.1.4.3 */
#include "items.h"

static enum status get_one(struct ews_call *call, const struct xml_node *node, struct object_id *id, struct attachment **out)
{
    TRY(id_read_attachment(call, node, id));
    return attachment_get(call->mem, call->session, id, true, out);
}

static struct object_id owner_of(const struct object_id *attachment)
{
    struct object_id owner = *attachment;
    owner.attachment_depth--;
    if (owner.attachment_depth == 0)
        owner.kind = OBJECT_ITEM;
    return owner;
}

static enum status write_one(struct ews_call *call, struct ews_shape *shape, const struct object_id *id, const struct attachment *attachment)
{
    struct object_id owner = owner_of(id);
    response_message(call);
    xml_start(call->out, "m:Attachments");
    if (attachment->content == ATTACHMENT_EMBEDDED && attachment->embedded != NULL) {
        output_attachment_head(call, &owner, attachment);
        TRY(output_embedded(call, shape, attachment->embedded, id));
        xml_end(call->out);
    } else {
        output_attachment(call, &owner, 0, attachment, true, call->version);
    }
    xml_end(call->out);
    response_message_end(call);
    return STATUS_OK;
}

enum status op_get_attachment(struct ews_call *call)
{
    struct ews_shape shape;
    const struct xml_node *node = xml_child(call->operation, EWS_NS_MESSAGES, "AttachmentShape");
    TRY(shape_parse_items(call, node, false, &shape));
    shape.base = SHAPE_ALL; /* attached items come whole; the shape only adds to them */
    TRY(response_begin(call));
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "AttachmentIds");
    for (node = ids->child; node != NULL; node = node->next) {
        struct object_id id;
        struct attachment *attachment = NULL;
        enum status status = get_one(call, node, &id, &attachment);
        if (status == STATUS_OK)
            status = shape_bind(call, &shape, &id);
        TRY(status == STATUS_OK ? write_one(call, &shape, &id, attachment) : response_error(call, status, "m:Attachments"));
    }
    return response_end(call);
}
