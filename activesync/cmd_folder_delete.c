/* FolderDelete [MS-ASCMD] 2.2.1.3: the folder goes to Deleted Items; from there it goes for good. */
#include "bourse/groupware/folder.h"
#include "hierarchy_change.h"

enum { SPECIAL_FOLDER = 3, FOLDER_MISSING = 4, REQUEST_MALFORMED = 10 };

static enum status delete_folder(struct eas_call *call, int64_t id, bool is_repeated)
{
    struct object_id folder = eas_folder_object(call, id);
    enum status status = folder_delete(call->session, &folder, DELETE_MOVE_TO_DELETED);
    if (status == STATUS_FOLDER_NOT_FOUND && is_repeated)
        return STATUS_OK;
    call->common_status = status == STATUS_DISTINGUISHED_FOLDER ? SPECIAL_FOLDER : status == STATUS_FOLDER_NOT_FOUND ? FOLDER_MISSING : 0;
    return status;
}

enum status cmd_folder_delete(struct eas_call *call)
{
    struct eas_key key;
    struct eas_hierarchy told;
    int64_t id = 0;
    if (!eas_folder_id_parse(wbxml_child_text(call->mem, call->body, FolderHierarchy_ServerId), &id) || id == 0)
        return eas_fail(call, REQUEST_MALFORMED, "no ServerId");
    TRY(eas_hierarchy_begin(call, &key, &told));
    TRY(delete_folder(call, id, key.kind == EAS_KEY_REPEATED));
    return eas_hierarchy_finish(call, &key, &told, id, 0);
}
