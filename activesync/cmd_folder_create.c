/* FolderCreate [MS-ASCMD] 2.2.1.2. */
#include "bourse/groupware/folder.h"
#include "hierarchy_change.h"
#include "turn.h"

enum { FOLDER_EXISTS = 2, PARENT_MISSING = 5, REQUEST_MALFORMED = 10 };

static int status_of(enum status status)
{
    switch (status) {
    case STATUS_FOLDER_EXISTS:
        return FOLDER_EXISTS;
    case STATUS_FOLDER_NOT_FOUND:
        return PARENT_MISSING;
    default:
        return 0; /* the common one */
    }
}

static enum status create(struct eas_call *call, int64_t parent, const char *name, const char *folder_class, struct folder **out)
{
    struct object_id place = eas_folder_object(call, parent);
    if (parent == 0)
        TRY(folder_id_of_role(call->session, (struct guid){ { 0 } }, FOLDER_ROLE_IPM_SUBTREE, &place));
    enum status status = folder_create(call->mem, call->session, &place, name, folder_class, NULL, out);
    call->common_status = status != STATUS_OK ? status_of(status) : 0;
    return status;
}

/* A repeated request (its answer was lost) finds the folder that it made. */
static enum status find_made(struct eas_call *call, const struct eas_hierarchy *told, int64_t parent, const char *name, int64_t *out)
{
    struct eas_hierarchy now;
    *out = 0;
    TRY(eas_hierarchy_read(call, &now));
    for (size_t i = 0; i < now.count; i++)
        if (now.folders[i].parent == parent && strcmp(now.folders[i].name, name) == 0 && eas_hierarchy_find(told, now.folders[i].id) == NULL)
            *out = now.folders[i].id;
    return STATUS_OK;
}

static enum status create_folder(struct eas_call *call)
{
    struct eas_key key;
    struct eas_hierarchy told;
    struct folder *folder = NULL;
    int64_t parent = 0, type = 0, made = 0;
    const char *name = wbxml_child_text(call->mem, call->body, FolderHierarchy_DisplayName);
    const char *folder_class = wbxml_child_number(call->body, FolderHierarchy_Type, 0, 99, &type) ? eas_class_of_type(type) : NULL;
    if (name == NULL || *name == '\0' || folder_class == NULL ||
        !eas_folder_id_parse(wbxml_child_text(call->mem, call->body, FolderHierarchy_ParentId), &parent))
        return eas_fail(call, REQUEST_MALFORMED, "name, parent or type %d missing or not allowed", (int)type);
    TRY(eas_hierarchy_begin(call, &key, &told));
    if (key.kind == EAS_KEY_REPEATED)
        TRY(find_made(call, &told, parent, name, &made));
    if (made == 0) {
        TRY(create(call, parent, name, folder_class, &folder));
        made = folder->id.folder;
    }
    return eas_hierarchy_finish(call, &key, &told, made, made);
}

enum status cmd_folder_create(struct eas_call *call)
{
    return eas_in_turn(call, create_folder);
}
