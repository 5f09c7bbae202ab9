/* FolderDelete [MS-ASCMD] 2.2.1.3: the folder goes to Deleted Items; from there it goes for good. */
#include "bourse/groupware/folder.h"
#include "hierarchy_change.h"
#include "turn.h"

enum { SPECIAL_FOLDER = 3, FOLDER_MISSING = 4, REQUEST_MALFORMED = 10 };

/* A repeated request (its answer was lost) must not delete for good what it has moved to Deleted Items the first time. */
static enum status is_deleted_before(struct eas_call *call, const struct eas_key *key, const struct eas_hierarchy *told, int64_t id, bool *out)
{
    struct eas_hierarchy now;
    *out = false;
    if (key->kind != EAS_KEY_REPEATED)
        return STATUS_OK;
    TRY(eas_hierarchy_read(call, &now));
    const struct eas_folder *before = eas_hierarchy_find(told, id), *after = eas_hierarchy_find(&now, id);
    *out = after == NULL || (before != NULL && before->parent != after->parent);
    return STATUS_OK;
}

static enum status delete_folder(struct eas_call *call, int64_t id)
{
    struct object_id folder = eas_folder_object(call, id);
    enum status status = folder_delete(call->session, &folder, DELETE_MOVE_TO_DELETED);
    call->common_status = status == STATUS_DISTINGUISHED_FOLDER ? SPECIAL_FOLDER : status == STATUS_FOLDER_NOT_FOUND ? FOLDER_MISSING : 0;
    return status;
}

static enum status delete_and_answer(struct eas_call *call)
{
    struct eas_key key;
    struct eas_hierarchy told;
    int64_t id = 0;
    bool is_done = false;
    if (!eas_folder_id_parse(wbxml_child_text(call->mem, call->body, FolderHierarchy_ServerId), &id) || id == 0)
        return eas_fail(call, REQUEST_MALFORMED, "no ServerId");
    TRY(eas_hierarchy_begin(call, &key, &told));
    TRY(is_deleted_before(call, &key, &told, id, &is_done));
    if (!is_done)
        TRY(delete_folder(call, id));
    return eas_hierarchy_finish_deleted(call, &key, &told, id);
}

enum status cmd_folder_delete(struct eas_call *call)
{
    return eas_in_turn(call, delete_and_answer);
}
