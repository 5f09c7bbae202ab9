/* GetItemEstimate [MS-ASCMD] 2.2.1.9: the number that the next Syncs will tell, counted as they do. */
#include "bourse/groupware/sync.h"
#include "hierarchy.h"
#include "sync.h"

enum { ESTIMATE_OK = 1, ESTIMATE_NO_COLLECTION = 2, ESTIMATE_NOT_PRIMED = 3, ESTIMATE_KEY_BAD = 4 };

static enum status estimate(struct eas_call *call, const struct wbxml_node *node, int64_t folder, int *result, int64_t *count)
{
    struct eas_collection collection = { .folder = folder };
    *result = ESTIMATE_KEY_BAD;
    TRY(eas_key_read(call, wbxml_child_text(call->mem, node, AirSync_SyncKey), folder, &collection.key));
    if (collection.key.kind == EAS_KEY_FIRST || collection.key.known.key == 0)
        *result = ESTIMATE_NOT_PRIMED;
    if (collection.key.kind != EAS_KEY_CURRENT && collection.key.kind != EAS_KEY_REPEATED)
        return STATUS_OK;
    if (eas_sync_state_unpack(call->mem, collection.key.base, &collection.state) != STATUS_OK)
        return STATUS_OK;
    for (const struct wbxml_node *options = wbxml_child(node, AirSync_Options); options != NULL; options = wbxml_next(options, AirSync_Options))
        TRY(eas_options_read(call, options, collection.state->item_class->name, &collection.state->options));
    enum status status = eas_sync_changes_count(call, &collection, count);
    *result = status == STATUS_FOLDER_NOT_FOUND || status == STATUS_ACCESS_DENIED ? ESTIMATE_NO_COLLECTION
              : status == STATUS_INVALID_SYNC_STATE                               ? ESTIMATE_KEY_BAD
                                                                                  : ESTIMATE_OK;
    return status == STATUS_OK || *result != ESTIMATE_OK ? STATUS_OK : status;
}

enum status cmd_get_item_estimate(struct eas_call *call)
{
    const struct wbxml_node *node = wbxml_child(wbxml_child(call->body, GetItemEstimate_Collections), GetItemEstimate_Collection);
    wbxml_start(call->out, GetItemEstimate_GetItemEstimate);
    for (; node != NULL; node = wbxml_next(node, GetItemEstimate_Collection)) {
        const char *id = wbxml_child_text(call->mem, node, GetItemEstimate_CollectionId);
        int64_t folder = 0, count = 0;
        int result = ESTIMATE_NO_COLLECTION;
        if (eas_folder_id_parse(id, &folder) && folder != 0)
            TRY(estimate(call, node, folder, &result, &count));
        wbxml_start(call->out, GetItemEstimate_Response);
        wbxml_element_int(call->out, GetItemEstimate_Status, result);
        wbxml_start(call->out, GetItemEstimate_Collection);
        wbxml_element(call->out, GetItemEstimate_CollectionId, id);
        if (result == ESTIMATE_OK)
            wbxml_element_int(call->out, GetItemEstimate_Estimate, count);
        wbxml_end(call->out);
        wbxml_end(call->out);
    }
    wbxml_end(call->out);
    return STATUS_OK;
}
