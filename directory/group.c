#include "bourse/base/wire.h"
#include "group_walk.h"
#include "guid_list.h"

static enum status find_group(TALLOC_CTX *mem, struct directory *directory, struct guid guid, struct recipient_entry **out)
{
    TRY(recipient_by_guid(mem, directory, guid, out));
    if ((*out)->kind != RECIPIENT_GROUP)
        return status_fail(STATUS_RECIPIENT_NOT_FOUND, "%s is not a group", (*out)->dn);
    return STATUS_OK;
}

static void remember(struct directory *directory, struct guid group, const struct group_members *members)
{
    struct guid *guids = talloc_array(NULL, struct guid, (unsigned)members->count + 1);
    char key[GUID_KEY_SIZE];
    for (size_t i = 0; guids != NULL && i < members->count; i++)
        guids[i] = members->entries[i]->guid;
    if (guids != NULL)
        guid_list_remember(directory, lookup_guid_key('g', group, key), guids, members->count);
    talloc_free(guids);
}

/* The members as they were `ticks` ago at most, if each of them is known still. Skipped ones are not remembered. */
static enum status from_memory(TALLOC_CTX *mem, struct directory *directory, struct guid group, int64_t ticks,
                               struct group_members **out)
{
    char key[GUID_KEY_SIZE];
    struct guid *guids = NULL;
    size_t count = 0;
    struct recipient_answer *answers = NULL;
    struct group_members *members = talloc_zero(mem, struct group_members);
    if (members == NULL)
        return STATUS_NO_MEMORY;
    if (!guid_list_recall(members, directory, lookup_guid_key('g', group, key), ticks, &guids, &count))
        return STATUS_RECIPIENT_NOT_FOUND;
    TRY(recipients_by_guid(members, directory, guids, count, &answers));
    members->entries = talloc_array(members, struct recipient_entry *, (unsigned)count + 1);
    if (members->entries == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (answers[i].status == STATUS_OK && answers[i].entry->address != NULL)
            members->entries[members->count++] = answers[i].entry;
        else if (answers[i].status != STATUS_OK && answers[i].status != STATUS_RECIPIENT_NOT_FOUND)
            return answers[i].status;
    }
    group_members_sort(members);
    *out = members;
    return STATUS_OK;
}

enum status group_expand(TALLOC_CTX *mem, struct directory *directory, struct guid group, struct group_members **out)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct recipient_entry *entry = NULL;
    enum status status = scratch != NULL ? find_group(scratch, directory, group, &entry) : STATUS_NO_MEMORY;
    if (status == STATUS_OK && from_memory(scratch, directory, group, settings->cache_ticks, out) != STATUS_OK) {
        status = group_walk(scratch, directory, settings, entry, true, out);
        if (status == STATUS_OK)
            remember(directory, group, *out);
        else if (status == STATUS_DIRECTORY_UNAVAILABLE && from_memory(scratch, directory, group, settings->stale_ticks, out) == STATUS_OK)
            status = STATUS_OK;
    }
    if (status == STATUS_OK)
        talloc_steal(mem, *out);
    settings_release(settings);
    talloc_free(scratch);
    return status;
}

enum status group_direct_members(TALLOC_CTX *mem, struct directory *directory, struct guid group, struct group_members **out)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct recipient_entry *entry = NULL;
    enum status status = scratch != NULL ? find_group(scratch, directory, group, &entry) : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = group_walk(mem, directory, settings, entry, false, out);
    settings_release(settings);
    talloc_free(scratch);
    return status;
}

enum status group_by_name(TALLOC_CTX *mem, struct directory *directory, const char *name, struct recipient_entry **out)
{
    struct recipient_entry *entry = NULL;
    if (strchr(name, '=') != NULL) {
        TRY(recipient_by_dn(mem, directory, name, &entry));
        if (entry->kind != RECIPIENT_GROUP) {
            talloc_free(entry);
            return status_fail(STATUS_RECIPIENT_NOT_FOUND, "%s is not a group", name);
        }
        *out = entry;
        return STATUS_OK;
    }
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct lookup_item item;
    enum status status = scratch != NULL ? lookup_item_text(scratch, LOOKUP_GROUP, name, &item) : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = lookup_items(scratch, directory, settings, &item, 1, false);
    if (status == STATUS_OK)
        status = item.status;
    if (status == STATUS_OK)
        *out = talloc_steal(mem, item.entry);
    if (status == STATUS_RECIPIENT_NOT_FOUND)
        status_fail(status, "the directory has no group %s", name);
    settings_release(settings);
    talloc_free(scratch);
    return status;
}
