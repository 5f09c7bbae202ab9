/* CreateFolder [MS-OXWSFOLD] 3.1.4.2 */
#include "bourse/groupware/access.h"
#include "folders.h"

static enum status create_one(struct ews_call *call, const struct object_id *parent, const struct xml_node *node, struct folder **out)
{
    struct folder_draft *draft;
    const struct folder_type *type = folder_type_of_element(node->name);
    if (type == NULL || type->folder_class[0] == '\0')
        return ews_fail(call, EWS_CODE_UNSUPPORTED_FOLDER_KIND, "%s", node->name);
    TRY(folder_draft_new(call, type, &draft));
    for (const struct xml_node *value = node->child; value != NULL; value = value->next)
        TRY(folder_draft_set(call, draft, parent, value));
    TRY(folder_create(call->mem, call->session, parent, draft->display_name, draft->folder_class != NULL ? draft->folder_class : type->folder_class,
                      draft->props, out));
    if (draft->permissions == NULL)
        return STATUS_OK;
    return permissions_set(call->session, &(*out)->id, draft->permissions, draft->permission_count);
}

enum status op_create_folder(struct ews_call *call)
{
    struct ews_shape shape = shape_of_ids(call);
    struct object_id parent;
    enum status parent_status = id_read_target(call, xml_child(call->operation, EWS_NS_MESSAGES, "ParentFolderId"), EWS_CODE_PARENT_FOLDER_NOT_FOUND,
                                               &parent);
    struct ews_failure failure = ews_keep(call, parent_status);
    TRY(response_begin(call));
    const struct xml_node *folders = xml_child(call->operation, EWS_NS_MESSAGES, "Folders");
    for (const struct xml_node *node = folders->child; node != NULL; node = node->next) {
        struct folder *folder = NULL;
        enum status status = ews_give(call, &failure);
        if (status == STATUS_OK)
            status = create_one(call, &parent, node, &folder);
        status = ews_recode(call, status, STATUS_FOLDER_NOT_FOUND, EWS_CODE_PARENT_FOLDER_NOT_FOUND);
        TRY(folders_answer(call, &shape, status, folder));
    }
    return response_end(call);
}
