/* FolderSync [MS-ASCMD] 2.2.1.5: the difference between the tree and what the device was told. States of the folders' items stay when a device begins anew, as ids are the same
 * for ever. */
#include "hierarchy.h"
#include "keys.h"

enum { FOLDER_SYNC_OK = 1, FOLDER_SYNC_KEY_BAD = 9 };

static bool differs(const struct eas_folder *now, const struct eas_folder *told)
{
    return now->parent != told->parent || now->type != told->type || now->name_hash != told->name_hash;
}

static void write_folder(struct eas_call *call, eas_tag element, const struct eas_folder *folder)
{
    wbxml_start(call->out, element);
    wbxml_element_int(call->out, FolderHierarchy_ServerId, folder->id);
    wbxml_element_int(call->out, FolderHierarchy_ParentId, folder->parent);
    wbxml_element(call->out, FolderHierarchy_DisplayName, folder->name);
    wbxml_element_int(call->out, FolderHierarchy_Type, folder->type);
    wbxml_end(call->out);
}

static size_t count_changes(const struct eas_hierarchy *now, const struct eas_hierarchy *told)
{
    size_t changes = 0;
    for (size_t i = 0; i < now->count; i++) {
        const struct eas_folder *before = eas_hierarchy_find(told, now->folders[i].id);
        changes += before == NULL || differs(&now->folders[i], before);
    }
    for (size_t i = 0; i < told->count; i++)
        changes += eas_hierarchy_find(now, told->folders[i].id) == NULL;
    return changes;
}

/* Updates, deletions, additions: the order of the schema. */
static void write_changes(struct eas_call *call, const struct eas_hierarchy *now, const struct eas_hierarchy *told, size_t changes)
{
    wbxml_start(call->out, FolderHierarchy_Changes);
    wbxml_element_int(call->out, FolderHierarchy_Count, (int64_t)changes);
    for (size_t i = 0; i < now->count; i++) {
        const struct eas_folder *before = eas_hierarchy_find(told, now->folders[i].id);
        if (before != NULL && differs(&now->folders[i], before))
            write_folder(call, FolderHierarchy_Update, &now->folders[i]);
    }
    for (size_t i = 0; i < told->count; i++) {
        if (eas_hierarchy_find(now, told->folders[i].id) != NULL)
            continue;
        wbxml_start(call->out, FolderHierarchy_Delete);
        wbxml_element_int(call->out, FolderHierarchy_ServerId, told->folders[i].id);
        wbxml_end(call->out);
    }
    for (size_t i = 0; i < now->count; i++)
        if (eas_hierarchy_find(told, now->folders[i].id) == NULL)
            write_folder(call, FolderHierarchy_Add, &now->folders[i]);
    wbxml_end(call->out);
}

enum status cmd_folder_sync(struct eas_call *call)
{
    struct eas_hierarchy now, told;
    struct eas_key key;
    struct slice state;
    TRY(eas_key_read(call, wbxml_child_text(call->mem, call->body, FolderHierarchy_SyncKey), DEVICE_HIERARCHY, &key));
    if (key.kind == EAS_KEY_UNKNOWN)
        return eas_fail(call, FOLDER_SYNC_KEY_BAD, "key %u, newest is %u", key.number, key.known.key);
    TRY(eas_hierarchy_unpack(call->mem, key.base, &told));
    TRY(eas_hierarchy_read(call, &now));
    size_t changes = count_changes(&now, &told);
    bool is_new = changes > 0 || key.kind != EAS_KEY_CURRENT;
    if (is_new) {
        TRY(eas_hierarchy_pack(call->mem, &now, &state));
        TRY(eas_key_save(call, &key, state, slice_of(NULL, 0), slice_of(NULL, 0)));
    }
    wbxml_start(call->out, FolderHierarchy_FolderSync);
    wbxml_element_int(call->out, FolderHierarchy_Status, FOLDER_SYNC_OK);
    wbxml_element_int(call->out, FolderHierarchy_SyncKey, is_new ? eas_key_next(&key) : key.number);
    write_changes(call, &now, &told, changes);
    wbxml_end(call->out);
    return STATUS_OK;
}
