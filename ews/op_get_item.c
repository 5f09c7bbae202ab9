/* GetItem [MS-OXWSCORE] 3.1.4.4 */
#include "items.h"

enum status op_get_item(struct ews_call *call)
{
    struct ews_shape shape;
    struct id_batch batch;
    enum status status = shape_parse_items(call, xml_child(call->operation, EWS_NS_MESSAGES, "ItemShape"), false, &shape);
    if (call->code == EWS_CODE_SCHEMA_VALIDATION)
        return status;
    struct ews_failure failure = ews_keep(call, status);
    TRY(id_read_items(call, xml_child(call->operation, EWS_NS_MESSAGES, "ItemIds"), &batch));
    struct item **items = talloc_zero_array(call->mem, struct item *, ROOM(batch.count));
    if (items == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    if (failure.status == STATUS_OK)
        TRY(items_load(call, &batch, shape_parts(&shape), items));
    TRY(response_begin(call));
    for (size_t i = 0; i < batch.count; i++) {
        status = ews_give(call, &failure);
        if (status == STATUS_OK)
            status = id_batch_failure(call, &batch, i);
        TRY(items_answer(call, &shape, status, items[i]));
    }
    return response_end(call);
}
