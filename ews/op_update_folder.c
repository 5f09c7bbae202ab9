/* UpdateFolder [MS-OXWSFOLD] 3.1.4.8 */
#include "bourse/groupware/access.h"
#include "folders.h"

static enum status remove_field(struct ews_call *call, struct folder_draft *draft, const struct object_id *folder, struct ews_path *path)
{
    TRY(paths_bind(call, path, 1, folder, false));
    if (path->kind == PATH_FIELD && path->field->kind == KIND_FOLDER_PERMISSIONS) {
        draft->permissions = talloc_zero(draft, struct permission); /* nobody is named any more */
        draft->permission_count = 0;
        return draft->permissions != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "permissions");
    }
    if (path->kind != PATH_EXTENDED) {
        enum status status = ews_fail(call, EWS_CODE_PROPERTY_DELETE, "%s", path->uri);
        path_detail(call, path);
        return status;
    }
    if (path->tag == 0)
        return STATUS_OK;
    draft->remove = talloc_realloc(draft, draft->remove, prop_tag, ROOM(draft->remove_count));
    if (draft->remove == NULL)
        return status_fail(STATUS_NO_MEMORY, "removed properties");
    draft->remove[draft->remove_count++] = path->tag;
    return STATUS_OK;
}

static enum status read_change(struct ews_call *call, struct folder_draft *draft, const struct object_id *folder, const struct xml_node *change)
{
    struct ews_path path;
    if (path_child(change) == NULL)
        return ews_fail(call, EWS_CODE_PROPERTY_COUNT, "no property named");
    TRY(path_parse(call, path_child(change), SECTIONS_OF_FOLDERS, &path));
    if (strcmp(change->name, "DeleteFolderField") == 0)
        return remove_field(call, draft, folder, &path);
    if (strcmp(change->name, "AppendToFolderField") == 0)
        return ews_fail(call, EWS_CODE_PROPERTY_APPEND, "folders have nothing to append to");
    const struct xml_node *object = path_child(change)->next;
    if (object == NULL || object->child == NULL || object->child->next != NULL)
        return ews_fail(call, EWS_CODE_PROPERTY_COUNT, "%s", change->name);
    if (path.kind == PATH_FIELD && strcmp(path.field->element + 2, object->child->name) != 0)
        return ews_fail(call, EWS_CODE_PROPERTY_MISMATCH, "%s", object->child->name);
    const struct folder_type *type = folder_type_of_element(object->name);
    draft->type = type != NULL ? type : draft->type;
    return folder_draft_set(call, draft, folder, object->child);
}

static enum status update_one(struct ews_call *call, const struct xml_node *change, struct folder **out)
{
    struct object_id id;
    int64_t expected;
    struct folder_draft *draft;
    TRY(id_read_folder(call, change->child, &id, &expected));
    TRY(folder_draft_new(call, folder_type_of_element("Folder"), &draft));
    const struct xml_node *updates = xml_child(change, EWS_NS_TYPES, "Updates");
    for (const struct xml_node *node = updates->child; node != NULL; node = node->next)
        TRY(read_change(call, draft, &id, node));
    if (draft->display_name != NULL)
        TRY(bag_set_string(draft->props, PROP_DISPLAY_NAME, draft->display_name));
    if (draft->folder_class != NULL)
        TRY(bag_set_string(draft->props, PROP_CONTAINER_CLASS, draft->folder_class));
    if (draft->permissions != NULL)
        TRY(permissions_set(call->session, &id, draft->permissions, draft->permission_count));
    if (bag_count(draft->props) == 0 && draft->remove_count == 0)
        return folder_get(call->mem, call->session, &id, out);
    return folder_update(call->mem, call->session, &id, 0, draft->props, draft->remove, draft->remove_count, out);
}

enum status op_update_folder(struct ews_call *call)
{
    struct ews_shape shape = shape_of_ids(call);
    TRY(response_begin(call));
    const struct xml_node *changes = xml_child(call->operation, EWS_NS_MESSAGES, "FolderChanges");
    for (const struct xml_node *node = changes->child; node != NULL; node = node->next) {
        struct folder *folder = NULL;
        enum status status = update_one(call, node, &folder);
        TRY(folders_answer(call, &shape, status, folder));
    }
    return response_end(call);
}
