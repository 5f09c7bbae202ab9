#include "items.h"

void items_merge_statuses(struct id_batch *batch, const size_t *where, const enum status *statuses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        batch->statuses[where[i]] = statuses[i];
}

enum status items_load(struct ews_call *call, struct id_batch *batch, unsigned parts, struct item **items)
{
    unsigned room = ROOM(batch->count);
    struct object_id *ids = talloc_zero_array(call->mem, struct object_id, room);
    size_t *where = talloc_zero_array(call->mem, size_t, room);
    struct item **loaded = talloc_zero_array(call->mem, struct item *, room);
    enum status *statuses = talloc_zero_array(call->mem, enum status, room);
    if (ids == NULL || where == NULL || loaded == NULL || statuses == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    size_t count = id_batch_valid(batch, ids, where);
    if (count == 0)
        return STATUS_OK;
    TRY(item_get_many(call->mem, call->session, ids, count, parts, loaded, statuses));
    items_merge_statuses(batch, where, statuses, count);
    for (size_t i = 0; i < count; i++)
        items[where[i]] = loaded[i];
    return STATUS_OK;
}

enum status items_answer(struct ews_call *call, struct ews_shape *shape, enum status status, const struct item *item)
{
    if (status == STATUS_OK)
        status = shape_bind(call, shape, &item->id);
    if (status != STATUS_OK)
        return response_error(call, status, "m:Items");
    response_message(call);
    xml_start(call->out, "m:Items");
    TRY(output_item(call, shape, item));
    xml_end(call->out);
    response_message_end(call);
    return STATUS_OK;
}

void items_write_id(struct ews_call *call, const char *message_class, const struct object_id *id, int64_t change)
{
    xml_start(call->out, item_type_of_class(message_class)->element);
    output_item_id(call, "t:ItemId", id, change);
    xml_end(call->out);
}

enum status items_answer_plain(struct ews_call *call, enum status status)
{
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_begin(call));
    status = ews_give(call, &failure);
    if (status != STATUS_OK) {
        TRY(response_error(call, status, NULL));
        return response_end(call);
    }
    response_message(call);
    response_message_end(call);
    return response_end(call);
}
