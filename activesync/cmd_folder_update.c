/* FolderUpdate [MS-ASCMD] 2.2.1.6: another name, another parent, or both. */
#include "bourse/groupware/folder.h"
#include "bourse/model/properties.h"
#include "hierarchy_change.h"
#include "turn.h"

enum { FOLDER_EXISTS = 2, SPECIAL_FOLDER = 3, FOLDER_MISSING = 4, PARENT_MISSING = 5, REQUEST_MALFORMED = 10 };

static int status_of(enum status status, int missing)
{
    switch (status) {
    case STATUS_FOLDER_EXISTS:
        return FOLDER_EXISTS;
    case STATUS_DISTINGUISHED_FOLDER:
        return SPECIAL_FOLDER;
    case STATUS_FOLDER_NOT_FOUND:
        return missing;
    default:
        return 0;
    }
}

static enum status rename_folder(struct eas_call *call, const struct folder *folder, const char *name)
{
    struct folder *changed = NULL;
    struct bag *set = bag_new(call->mem);
    if (strcmp(folder->display_name, name) == 0)
        return STATUS_OK;
    if (set == NULL)
        return status_fail(STATUS_NO_MEMORY, "name");
    TRY(bag_set_string(set, PROP_DISPLAY_NAME, name));
    enum status status = folder_update(call->mem, call->session, &folder->id, 0, set, NULL, 0, &changed);
    call->common_status = status != STATUS_OK ? status_of(status, FOLDER_MISSING) : 0;
    return status;
}

static enum status move_folder(struct eas_call *call, const struct folder *folder, int64_t parent)
{
    struct folder *moved = NULL;
    struct object_id place = eas_folder_object(call, parent);
    if (parent == 0)
        TRY(folder_id_of_role(call->session, (struct guid){ { 0 } }, FOLDER_ROLE_IPM_SUBTREE, &place));
    if (folder->parent.folder == place.folder)
        return STATUS_OK;
    enum status status = folder_move(call->mem, call->session, &folder->id, &place, &moved);
    call->common_status = status != STATUS_OK ? status_of(status, PARENT_MISSING) : 0;
    return status;
}

static enum status update_folder(struct eas_call *call)
{
    struct eas_key key;
    struct eas_hierarchy told;
    struct folder *folder = NULL;
    int64_t id = 0, parent = 0;
    const char *name = wbxml_child_text(call->mem, call->body, FolderHierarchy_DisplayName);
    if (name == NULL || *name == '\0' || !eas_folder_id_parse(wbxml_child_text(call->mem, call->body, FolderHierarchy_ServerId), &id) || id == 0 ||
        !eas_folder_id_parse(wbxml_child_text(call->mem, call->body, FolderHierarchy_ParentId), &parent))
        return eas_fail(call, REQUEST_MALFORMED, "ServerId, ParentId or DisplayName missing");
    TRY(eas_hierarchy_begin(call, &key, &told));
    struct object_id place = eas_folder_object(call, id);
    enum status status = folder_get(call->mem, call->session, &place, &folder);
    if (status == STATUS_FOLDER_NOT_FOUND)
        return eas_fail(call, FOLDER_MISSING, "folder %lld", (long long)id);
    TRY(status);
    TRY(rename_folder(call, folder, name));
    TRY(move_folder(call, folder, parent));
    return eas_hierarchy_finish(call, &key, &told, id, 0);
}

enum status cmd_folder_update(struct eas_call *call)
{
    return eas_in_turn(call, update_folder);
}
