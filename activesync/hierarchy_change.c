/* FolderCreate, FolderDelete, FolderUpdate share: the key that they come with, and the state after the device's own change, which is not told back to it. */
#include "hierarchy_change.h"

#include "keys.h"

enum { STATUS_DONE = 1, STATUS_KEY_BAD = 9 };

enum status eas_hierarchy_begin(struct eas_call *call, struct eas_key *key, struct eas_hierarchy *told)
{
    TRY(eas_key_read(call, wbxml_child_text(call->mem, call->body, FolderHierarchy_SyncKey), DEVICE_HIERARCHY, key));
    if (key->kind != EAS_KEY_CURRENT && key->kind != EAS_KEY_REPEATED)
        return eas_fail(call, STATUS_KEY_BAD, "key %u, newest is %u", key->number, key->known.key);
    return eas_hierarchy_unpack(call->mem, key->base, told);
}

/* What the device was told before, and how the changed folder is now. */
static enum status state_after(struct eas_call *call, const struct eas_hierarchy *told, int64_t changed, struct eas_hierarchy *out)
{
    struct eas_hierarchy now;
    TRY(eas_hierarchy_read(call, &now));
    const struct eas_folder *folder = eas_hierarchy_find(&now, changed);
    *out = (struct eas_hierarchy){ .folders = talloc_zero_array(call->mem, struct eas_folder, (unsigned)told->count + 1) };
    if (out->folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "folders");
    for (size_t i = 0; i < told->count; i++) {
        if (folder != NULL && told->folders[i].id > changed && (i == 0 || told->folders[i - 1].id < changed))
            out->folders[out->count++] = *folder;
        if (told->folders[i].id != changed)
            out->folders[out->count++] = told->folders[i];
        else if (folder != NULL)
            out->folders[out->count++] = *folder;
    }
    if (folder != NULL && (told->count == 0 || told->folders[told->count - 1].id < changed))
        out->folders[out->count++] = *folder;
    return STATUS_OK;
}

static enum status save_and_answer(struct eas_call *call, const struct eas_key *key, const struct eas_hierarchy *after, int64_t new_folder)
{
    struct slice state;
    TRY(eas_hierarchy_pack(call->mem, after, &state));
    TRY(eas_key_save(call, key, state, slice_of(NULL, 0), slice_of(NULL, 0)));
    wbxml_start(call->out, call->command->root);
    wbxml_element_int(call->out, FolderHierarchy_Status, STATUS_DONE);
    wbxml_element_int(call->out, FolderHierarchy_SyncKey, eas_key_next(key));
    if (new_folder != 0)
        wbxml_element_int(call->out, FolderHierarchy_ServerId, new_folder);
    wbxml_end(call->out);
    return STATUS_OK;
}

enum status eas_hierarchy_finish(struct eas_call *call, const struct eas_key *key, const struct eas_hierarchy *told, int64_t changed, int64_t new_folder)
{
    struct eas_hierarchy after;
    TRY(state_after(call, told, changed, &after));
    return save_and_answer(call, key, &after, new_folder);
}

static bool is_below(const struct eas_hierarchy *tree, const struct eas_folder *folder, int64_t top)
{
    for (size_t steps = 0; folder != NULL && steps <= tree->count; steps++) {
        if (folder->id == top)
            return true;
        folder = eas_hierarchy_find(tree, folder->parent);
    }
    return false;
}

/* The device has dropped the folder with all below it; what lies in Deleted Items now is news to it. */
enum status eas_hierarchy_finish_deleted(struct eas_call *call, const struct eas_key *key, const struct eas_hierarchy *told, int64_t deleted)
{
    struct eas_hierarchy after = { .folders = talloc_zero_array(call->mem, struct eas_folder, (unsigned)told->count + 1) };
    if (after.folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "folders");
    for (size_t i = 0; i < told->count; i++)
        if (!is_below(told, &told->folders[i], deleted))
            after.folders[after.count++] = told->folders[i];
    return save_and_answer(call, key, &after, 0);
}
