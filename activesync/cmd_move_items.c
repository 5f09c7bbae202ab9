/* MoveItems [MS-ASCMD] 2.2.1.12. A move that is sent again (its answer was lost) finds nothing at the source and says so, as Exchange does; the new place comes with the next Sync. */
#include "hierarchy.h"
#include "sync.h"
#include "turn.h"

enum { MOVE_SOURCE_MISSING = 1, MOVE_DESTINATION_MISSING = 2, MOVE_DONE = 3, MOVE_SAME = 4, MOVE_FAILED = 5 };

static int status_of(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return MOVE_DONE;
    case STATUS_ITEM_NOT_FOUND:
        return MOVE_SOURCE_MISSING;
    case STATUS_FOLDER_NOT_FOUND:
    case STATUS_ACCESS_DENIED:
        return MOVE_DESTINATION_MISSING;
    default:
        return MOVE_FAILED;
    }
}

/* Temporary failures end the command: the device repeats it. */
static enum status move_one(struct eas_call *call, const struct wbxml_node *move, int *result, struct object_id *moved)
{
    int64_t source = 0, item = 0, from = 0, to = 0;
    enum status one = STATUS_OK;
    *result = MOVE_SOURCE_MISSING;
    if (!eas_item_id_parse(wbxml_child_text(call->mem, move, Move_SrcMsgId), &source, &item) ||
        !eas_folder_id_parse(wbxml_child_text(call->mem, move, Move_SrcFldId), &from) || from != source)
        return STATUS_OK;
    *result = MOVE_DESTINATION_MISSING;
    if (!eas_folder_id_parse(wbxml_child_text(call->mem, move, Move_DstFldId), &to) || to == 0)
        return STATUS_OK;
    *result = MOVE_SAME;
    if (to == from)
        return STATUS_OK;
    struct object_id id = eas_item_object(call, source, item), folder = eas_folder_object(call, to);
    enum status status = item_move(call->session, &id, 1, &folder, moved, &one);
    status = status == STATUS_OK ? one : status;
    if (status != STATUS_OK && status_info(status)->fault != FAULT_CLIENT)
        return status;
    *result = status_of(status);
    return STATUS_OK;
}

static enum status move_all(struct eas_call *call)
{
    wbxml_start(call->out, Move_MoveItems);
    const struct wbxml_node *move = wbxml_child(call->body, Move_Move);
    if (move == NULL)
        return eas_fail(call, EAS_INVALID_CONTENT, "MoveItems without Move");
    for (; move != NULL; move = wbxml_next(move, Move_Move)) {
        struct object_id moved = { 0 };
        int result = 0;
        TRY(move_one(call, move, &result, &moved));
        wbxml_start(call->out, Move_Response);
        wbxml_element(call->out, Move_SrcMsgId, wbxml_child_text(call->mem, move, Move_SrcMsgId));
        wbxml_element_int(call->out, Move_Status, result);
        if (result == MOVE_DONE)
            wbxml_element(call->out, Move_DstMsgId, eas_item_id_text(call->mem, &moved));
        wbxml_end(call->out);
    }
    wbxml_end(call->out);
    return STATUS_OK;
}

enum status cmd_move_items(struct eas_call *call)
{
    return eas_in_turn(call, move_all);
}
