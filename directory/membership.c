#include <stdlib.h>

#include "filter.h"
#include "guid_list.h"
#include "lookup.h"

#define CHUNK 50
#define GROUPS_MOST 10000

/* Groups found on the way up. */
struct climb {
    TALLOC_CTX *mem;
    struct directory *directory;
    const struct settings *settings;
    struct guid *guids;
    size_t count;
    const char **next; /* distinguished names of the level whose groups are asked for */
    size_t next_count;
};

static bool is_known(const struct climb *climb, struct guid guid)
{
    for (size_t i = 0; i < climb->count; i++) {
        if (guid_equal(climb->guids[i], guid))
            return true;
    }
    return false;
}

static enum status add_group(struct climb *climb, const struct ldap_entry *entry)
{
    struct guid guid;
    if (!entry_guid(climb->settings, entry, &guid) || is_known(climb, guid))
        return STATUS_OK;
    if (climb->count >= GROUPS_MOST)
        return status_fail(STATUS_TOO_COMPLEX, "member of more than %d groups", GROUPS_MOST);
    climb->guids = talloc_realloc(climb->mem, climb->guids, struct guid, (unsigned)climb->count + 1);
    climb->next = talloc_realloc(climb->mem, climb->next, const char *, (unsigned)climb->next_count + 1);
    if (climb->guids == NULL || climb->next == NULL)
        return STATUS_NO_MEMORY;
    climb->guids[climb->count++] = guid;
    climb->next[climb->next_count++] = entry->dn;
    return STATUS_OK;
}

/* Groups that match `filter`; with their distinguished names for the next level. */
static enum status ask_groups(struct climb *climb, struct buffer *filter)
{
    const char *names[] = { attribute_name(climb->settings->profile, ATTRIBUTE_ID), NULL };
    struct ldap_query query = { .filter = buffer_text(filter), .attributes = names };
    struct ldap_entries found;
    TRY(buffer_status(filter));
    TRY(ldap_search_entries(climb->mem, &climb->directory->pool, climb->settings, &query, &found));
    for (size_t i = 0; i < found.count; i++)
        TRY(add_group(climb, &found.entries[i]));
    return STATUS_OK;
}

static enum status ask_level(struct climb *climb, const char *const *dns, size_t count, const char *login)
{
    enum profile profile = climb->settings->profile;
    struct buffer *filter = buffer_new(climb->mem, FILTER_SIZE_MOST);
    if (filter == NULL)
        return STATUS_NO_MEMORY;
    buffer_append_text(filter, "(&");
    buffer_append_text(filter, profile_group_filter(profile));
    buffer_append_text(filter, "(|");
    for (size_t i = 0; i < count; i++) {
        filter_equal(filter, attribute_name(profile, ATTRIBUTE_MEMBER), slice_of_text(dns[i]));
        filter_equal(filter, attribute_name(profile, ATTRIBUTE_UNIQUE_MEMBER), slice_of_text(dns[i]));
    }
    if (login != NULL)
        filter_equal(filter, attribute_name(profile, ATTRIBUTE_MEMBER_LOGIN), slice_of_text(login));
    buffer_append_text(filter, "))");
    return ask_groups(climb, filter);
}

/* The group that Active Directory keeps as a number on the member itself: same security id, other relative id [MS-ADTS] 3.1.1.3.1.3.3. */
static enum status ask_primary_group(struct climb *climb, const char *dn)
{
    enum profile profile = climb->settings->profile;
    const char *sid_name = attribute_name(profile, ATTRIBUTE_SID), *group_name = attribute_name(profile, ATTRIBUTE_PRIMARY_GROUP);
    const char *names[] = { sid_name, group_name, NULL };
    struct ldap_query query = { .scope = LDAP_ONE_ENTRY, .dn = dn, .filter = "(objectClass=*)", .attributes = names, .most = 1 };
    struct ldap_entries found;
    if (sid_name == NULL || group_name == NULL)
        return STATUS_OK;
    TRY(ldap_search_entries(climb->mem, &climb->directory->pool, climb->settings, &query, &found));
    const struct ldap_values *sid = found.count > 0 ? ldap_entry_values(&found.entries[0], sid_name) : NULL;
    const char *relative = found.count > 0 ? ldap_entry_text(&found.entries[0], group_name) : NULL;
    if (sid == NULL || relative == NULL || sid->values[0].length < 12 || sid->values[0].length > 68)
        return STATUS_OK;
    uint8_t bytes[68];
    unsigned long id = strtoul(relative, NULL, 10);
    size_t length = sid->values[0].length;
    memcpy(bytes, sid->values[0].data, length);
    for (size_t i = 0; i < 4; i++) /* the relative id is the last number, little-endian [MS-DTYP] 2.4.2.2 */
        bytes[length - 4 + i] = (uint8_t)(id >> (8 * i));
    struct buffer *filter = buffer_new(climb->mem, FILTER_SIZE_MOST);
    if (filter == NULL)
        return STATUS_NO_MEMORY;
    filter_equal(filter, sid_name, slice_of(bytes, length));
    return ask_groups(climb, filter);
}

static enum status climb_up(struct climb *climb, const struct recipient_entry *member)
{
    TRY(ask_level(climb, &member->dn, 1, member->kind != RECIPIENT_GROUP ? member->login : NULL));
    if (member->kind != RECIPIENT_GROUP)
        TRY(ask_primary_group(climb, member->dn));
    for (size_t depth = 1; climb->next_count > 0; depth++) {
        const char **level = climb->next;
        size_t count = climb->next_count;
        if (depth > climb->settings->group_depth)
            return status_fail(STATUS_TOO_COMPLEX, "groups are nested deeper than %zu", climb->settings->group_depth);
        climb->next = NULL;
        climb->next_count = 0;
        for (size_t from = 0; from < count; from += CHUNK)
            TRY(ask_level(climb, level + from, count - from < CHUNK ? count - from : CHUNK, NULL));
    }
    return STATUS_OK;
}

static enum status ask_all(TALLOC_CTX *mem, struct directory *directory, const struct settings *settings, struct guid member,
                           struct guid **out, size_t *count)
{
    struct climb climb = { .mem = mem, .directory = directory, .settings = settings };
    struct recipient_entry *entry = NULL;
    TRY(recipient_by_guid(mem, directory, member, &entry));
    TRY(climb_up(&climb, entry));
    *out = climb.guids;
    *count = climb.count;
    return STATUS_OK;
}

enum status groups_of(TALLOC_CTX *mem, struct directory *directory, struct guid member, struct guid **out, size_t *count)
{
    char key[GUID_KEY_SIZE];
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct guid *found = NULL;
    enum status status = scratch != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    *count = 0;
    lookup_guid_key('m', member, key);
    if (status == STATUS_OK && !guid_list_recall(scratch, directory, key, settings->cache_ticks, &found, count)) {
        status = ask_all(scratch, directory, settings, member, &found, count);
        if (status == STATUS_OK)
            guid_list_remember(directory, key, found, *count);
        else if (status == STATUS_DIRECTORY_UNAVAILABLE &&
                 guid_list_recall(scratch, directory, key, settings->stale_ticks, &found, count))
            status = STATUS_OK;
    }
    if (status == STATUS_OK) {
        *out = talloc_array(mem, struct guid, (unsigned)*count + 1);
        status = *out != NULL ? STATUS_OK : STATUS_NO_MEMORY;
        if (*out != NULL && *count > 0)
            memcpy(*out, found, *count * sizeof **out);
    }
    settings_release(settings);
    talloc_free(scratch);
    return status;
}

enum status group_contains(struct directory *directory, struct guid group, struct guid member, bool *out)
{
    struct guid *groups = NULL;
    size_t count = 0;
    *out = false;
    TRY(groups_of(NULL, directory, member, &groups, &count));
    for (size_t i = 0; i < count; i++)
        *out = *out || guid_equal(groups[i], group);
    talloc_free(groups);
    return STATUS_OK;
}
