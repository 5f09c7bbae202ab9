/* CreateAttachment [MS-OXWSATT] 3.1.4.1 */
#include "input.h"
#include "items.h"

/* All of a request go into the item in one change, so that it has one new change key; a bad one is left out. */
struct attachments_made {
    size_t count;                   /* elements of the request */
    enum status *statuses;
    struct ews_failure *failures;
    struct attachment *good;        /* one after the other */
    size_t *where;                  /* index in the request */
    size_t good_count;
    struct object_id *ids;
    struct item *item;
};

static enum status prepare(struct ews_call *call, const struct object_id *item, const struct xml_node *list, struct attachments_made *made)
{
    unsigned room = ROOM(xml_child_count(list));
    made->statuses = talloc_zero_array(call->mem, enum status, room);
    made->failures = talloc_zero_array(call->mem, struct ews_failure, room);
    made->good = talloc_zero_array(call->mem, struct attachment, room);
    made->where = talloc_zero_array(call->mem, size_t, room);
    made->ids = talloc_zero_array(call->mem, struct object_id, room);
    if (made->statuses == NULL || made->failures == NULL || made->good == NULL || made->where == NULL || made->ids == NULL)
        return status_fail(STATUS_NO_MEMORY, "attachments");
    struct object_id folder = { .kind = OBJECT_FOLDER, .mailbox = item->mailbox, .folder = item->folder };
    for (const struct xml_node *node = list->child; node != NULL; node = node->next, made->count++) {
        struct attachment *attachment = &made->good[made->good_count];
        *attachment = (struct attachment){ .number = -1, .props = bag_new(call->mem) };
        if (attachment->props == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachment");
        made->failures[made->count] = ews_keep(call, draft_attachment(call, &folder, node, attachment));
        if (made->failures[made->count].status == STATUS_OK)
            made->where[made->good_count++] = made->count;
    }
    return STATUS_OK;
}

static enum status create(struct ews_call *call, const struct object_id *item, struct attachments_made *made)
{
    if (made->good_count == 0)
        return STATUS_OK;
    return attachment_create(call->mem, call->session, item, made->good, made->good_count, made->ids, &made->item);
}

static void write_one(struct ews_call *call, const struct attachments_made *made, size_t index)
{
    struct object_id owner = made->ids[index];
    struct attachment shown = { .number = owner.attachments[owner.attachment_depth - 1], .content = made->good[index].content, .props = bag_new(call->mem) };
    owner.attachment_depth--;
    owner.kind = OBJECT_ITEM;
    response_message(call);
    xml_start(call->out, "m:Attachments");
    if (shown.props != NULL)
        output_attachment(call, &owner, output_item_change(made->item), &shown, false, EWS_2007_SP1);
    xml_end(call->out);
    response_message_end(call);
}

enum status op_create_attachment(struct ews_call *call)
{
    struct object_id item;
    int64_t change;
    struct attachments_made made = { 0 };
    const struct xml_node *list = xml_child(call->operation, EWS_NS_MESSAGES, "Attachments");
    enum status status = id_read_item(call, xml_child(call->operation, EWS_NS_MESSAGES, "ParentItemId"), &item, &change);
    struct ews_failure failure = ews_keep(call, status);
    TRY(prepare(call, &item, list, &made));
    if (failure.status == STATUS_OK)
        failure = ews_keep(call, create(call, &item, &made));
    TRY(response_begin(call));
    for (size_t i = 0, good = 0; i < made.count; i++) {
        status = ews_give(call, &made.failures[i]);
        if (status == STATUS_OK)
            status = ews_give(call, &failure);
        if (status != STATUS_OK)
            TRY(response_error(call, status, "m:Attachments"));
        else
            write_one(call, &made, good);
        good += made.failures[i].status == STATUS_OK;
    }
    return response_end(call);
}
