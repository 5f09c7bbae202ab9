/* GetFolder [MS-OXWSFOLD] 3.1.4.6 */
#include "folders.h"

static enum status get_one(struct ews_call *call, const struct xml_node *node, struct folder **out)
{
    struct object_id id;
    int64_t change;
    TRY(id_read_folder(call, node, &id, &change));
    return folder_get(call->mem, call->session, &id, out);
}

enum status op_get_folder(struct ews_call *call)
{
    struct ews_shape shape;
    enum status status = shape_parse_folders(call, xml_child(call->operation, EWS_NS_MESSAGES, "FolderShape"), &shape);
    if (call->code == EWS_CODE_SCHEMA_VALIDATION)
        return status;
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_begin(call));
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "FolderIds");
    for (const struct xml_node *node = ids->child; node != NULL; node = node->next) {
        struct folder *folder = NULL;
        status = ews_give(call, &failure);
        if (status == STATUS_OK)
            status = get_one(call, node, &folder);
        TRY(folders_answer(call, &shape, status, folder));
    }
    return response_end(call);
}
