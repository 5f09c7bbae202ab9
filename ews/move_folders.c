#include "move_folders.h"

static enum status move_one(struct ews_call *call, const struct xml_node *node, const struct object_id *parent, folder_mover mover, struct folder **out)
{
    struct object_id id;
    int64_t change;
    TRY(id_read_folder(call, node, &id, &change));
    enum status status = mover(call->mem, call->session, &id, parent, out);
    return ews_recode(call, status, STATUS_DISTINGUISHED_FOLDER, EWS_CODE_MOVE_DISTINGUISHED);
}

enum status move_folders(struct ews_call *call, folder_mover mover)
{
    struct ews_shape shape = shape_of_ids(call);
    struct object_id parent;
    enum status parent_status = id_read_target(call, xml_child(call->operation, EWS_NS_MESSAGES, "ToFolderId"), EWS_CODE_TO_FOLDER_NOT_FOUND, &parent);
    struct ews_failure failure = ews_keep(call, parent_status);
    TRY(response_begin(call));
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "FolderIds");
    for (const struct xml_node *node = ids->child; node != NULL; node = node->next) {
        struct folder *folder = NULL;
        enum status status = ews_give(call, &failure);
        if (status == STATUS_OK)
            status = move_one(call, node, &parent, mover, &folder);
        TRY(folders_answer(call, &shape, status, folder));
    }
    return response_end(call);
}
