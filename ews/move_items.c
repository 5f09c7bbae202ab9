#include "move_items.h"

#include "request_check.h"

/* New ids, and the items at them, for answers that name both id and kind. */
struct moved {
    struct object_id *new_ids;
    struct item **items;
};

static enum status move_valid(struct ews_call *call, struct id_batch *batch, const struct object_id *folder, item_mover mover, struct moved *moved)
{
    unsigned room = ROOM(batch->count);
    struct object_id *ids = talloc_zero_array(call->mem, struct object_id, room), *new_ids = talloc_zero_array(call->mem, struct object_id, room);
    size_t *where = talloc_zero_array(call->mem, size_t, room);
    enum status *statuses = talloc_zero_array(call->mem, enum status, room);
    if (ids == NULL || new_ids == NULL || where == NULL || statuses == NULL)
        return status_fail(STATUS_NO_MEMORY, "ids");
    size_t count = id_batch_valid(batch, ids, where);
    if (count == 0)
        return STATUS_OK;
    TRY(mover(call->session, ids, count, folder, new_ids, statuses));
    items_merge_statuses(batch, where, statuses, count);
    for (size_t i = 0; i < count; i++)
        moved->new_ids[where[i]] = new_ids[i];
    return STATUS_OK;
}

/* An item that was moved and is gone again is still a success, without an id. */
static enum status load_moved(struct ews_call *call, const struct id_batch *batch, struct moved *moved)
{
    struct id_batch new_batch = *batch;
    new_batch.ids = moved->new_ids;
    new_batch.statuses = talloc_memdup(call->mem, batch->statuses, sizeof *batch->statuses * ROOM(batch->count));
    if (new_batch.statuses == NULL)
        return status_fail(STATUS_NO_MEMORY, "ids");
    enum status status = items_load(call, &new_batch, 0, moved->items);
    status_chain_clear();
    return status;
}

static enum status answer(struct ews_call *call, enum status status, const struct item *item)
{
    if (status != STATUS_OK)
        return response_error(call, status, "m:Items");
    response_message(call);
    xml_start(call->out, "m:Items");
    if (item != NULL)
        items_write_id(call, bag_string(item->message->props, PROP_MESSAGE_CLASS, "IPM.Note"), &item->id, output_item_change(item));
    xml_end(call->out);
    response_message_end(call);
    return STATUS_OK;
}

enum status move_items(struct ews_call *call, item_mover mover)
{
    struct object_id folder;
    struct id_batch batch;
    bool wants_ids = true;
    const char *new_ids = xml_child_text(call->operation, EWS_NS_MESSAGES, "ReturnNewItemIds");
    enum status target = id_read_target(call, xml_child(call->operation, EWS_NS_MESSAGES, "ToFolderId"), EWS_CODE_TO_FOLDER_NOT_FOUND, &folder);
    struct ews_failure failure = ews_keep(call, target);
    TRY(id_read_items(call, xml_child(call->operation, EWS_NS_MESSAGES, "ItemIds"), &batch));
    struct moved moved = { talloc_zero_array(call->mem, struct object_id, ROOM(batch.count)), talloc_zero_array(call->mem, struct item *, ROOM(batch.count)) };
    if (moved.new_ids == NULL || moved.items == NULL)
        return status_fail(STATUS_NO_MEMORY, "ids");
    if (new_ids != NULL && !request_parse_bool(new_ids, &wants_ids))
        wants_ids = true;
    if (target == STATUS_OK) {
        TRY(move_valid(call, &batch, &folder, mover, &moved));
        if (wants_ids)
            TRY(load_moved(call, &batch, &moved));
    }
    TRY(response_begin(call));
    for (size_t i = 0; i < batch.count; i++) {
        enum status status = ews_give(call, &failure);
        if (status == STATUS_OK)
            status = id_batch_failure(call, &batch, i);
        TRY(answer(call, status, moved.items[i]));
    }
    return response_end(call);
}
