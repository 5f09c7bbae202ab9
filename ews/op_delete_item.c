/* DeleteItem [MS-OXWSCORE] 3.1.4.3 */
#include "disposal.h"
#include "items.h"

enum status op_delete_item(struct ews_call *call)
{
    struct id_batch batch;
    TRY(id_read_items(call, xml_child(call->operation, EWS_NS_MESSAGES, "ItemIds"), &batch));
    unsigned room = ROOM(batch.count);
    struct object_id *ids = talloc_zero_array(call->mem, struct object_id, room);
    size_t *where = talloc_zero_array(call->mem, size_t, room);
    enum status *statuses = talloc_zero_array(call->mem, enum status, room);
    if (ids == NULL || where == NULL || statuses == NULL)
        return status_fail(STATUS_NO_MEMORY, "ids");
    size_t count = id_batch_valid(&batch, ids, where);
    if (count > 0)
        TRY(item_delete(call->session, ids, count, disposal_of(xml_attribute_of(call->operation, "DeleteType")), statuses));
    items_merge_statuses(&batch, where, statuses, count);
    TRY(response_begin(call));
    for (size_t i = 0; i < batch.count; i++) {
        enum status status = id_batch_failure(call, &batch, i);
        if (status != STATUS_OK) {
            TRY(response_error(call, status, NULL));
            continue;
        }
        response_message(call);
        response_message_end(call);
    }
    return response_end(call);
}
