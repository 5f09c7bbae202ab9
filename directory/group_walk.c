#include "group_walk.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "ldap_read.h"

#define SKIPPED_MOST 1000

/* A set of keys (folded names, GUIDs). */
struct seen {
    UT_hash_handle hh;
    size_t length;
    uint8_t key[];
};

struct walk {
    TALLOC_CTX *mem; /* scratch of the whole walk */
    struct directory *directory;
    struct settings *settings;
    struct seen *seen_names, *seen_entries;
    struct group_members *members;
    bool is_deep;
    struct recipient_entry **next; /* groups of the next level */
    size_t next_count, group_count;
};

/* True when the key is new. False also when memory is out: the caller then misses a member, so it is told by *failed. */
static bool add_seen(struct walk *walk, struct seen **set, const void *key, size_t length, enum status *status)
{
    struct seen *found = NULL;
    HASH_FIND(hh, *set, key, length, found);
    if (found != NULL)
        return false;
    struct seen *entry = talloc_zero_size(walk->mem, sizeof *entry + length);
    if (entry == NULL) {
        *status = STATUS_NO_MEMORY;
        return false;
    }
    entry->length = length;
    memcpy(entry->key, key, length);
    HASH_ADD_KEYPTR(hh, *set, entry->key, length, entry);
    return true;
}

static enum status skip(struct walk *walk, const char *name, enum member_skip reason)
{
    struct group_members *members = walk->members;
    if (members->skipped_count >= SKIPPED_MOST)
        return STATUS_OK;
    members->skipped = talloc_realloc(members, members->skipped, struct skipped_member, (unsigned)members->skipped_count + 1);
    const char *copy = talloc_strdup(members, name);
    if (members->skipped == NULL || copy == NULL)
        return STATUS_NO_MEMORY;
    members->skipped[members->skipped_count++] = (struct skipped_member){ copy, reason };
    return STATUS_OK;
}

static enum status push(struct recipient_entry ***list, size_t *count, TALLOC_CTX *mem, struct recipient_entry *entry)
{
    if ((*count & (*count + 1)) == 0 || *list == NULL) { /* grows at 0, 1, 3, 7 ... */
        struct recipient_entry **grown = talloc_realloc(mem, *list, struct recipient_entry *, (unsigned)(*count + 1) * 2);
        if (grown == NULL)
            return STATUS_NO_MEMORY;
        *list = grown;
    }
    (*list)[(*count)++] = entry;
    return STATUS_OK;
}

/* A member that is an entry: opened later if it is a group, else one of the result. */
static enum status take_member(struct walk *walk, struct recipient_entry *entry)
{
    enum status status = STATUS_OK;
    if (!add_seen(walk, &walk->seen_entries, entry->guid.bytes, sizeof entry->guid.bytes, &status))
        return status;
    if (walk->is_deep && entry->kind == RECIPIENT_GROUP)
        return push(&walk->next, &walk->next_count, walk->mem, entry);
    if (entry->address == NULL)
        return skip(walk, entry->dn, MEMBER_NO_ADDRESS);
    if (walk->members->count >= walk->settings->group_members)
        return status_fail(STATUS_TOO_MANY_RECIPIENTS, "the group has more than %zu recipients", walk->settings->group_members);
    return push(&walk->members->entries, &walk->members->count, walk->members, talloc_steal(walk->members, entry));
}

/* Why a name gave no recipient. */
static enum status explain(struct walk *walk, const char *const *dns, size_t count)
{
    TALLOC_CTX *scratch = talloc_new(walk->mem);
    const char *const *attributes = scratch != NULL ? lookup_attributes(scratch, walk->settings) : NULL;
    const struct ldap_entry **found = scratch != NULL ? talloc_zero_array(scratch, const struct ldap_entry *, (unsigned)count + 1) : NULL;
    enum status status = STATUS_NO_MEMORY;
    if (attributes != NULL && found != NULL)
        status = ldap_read_entries(scratch, &walk->directory->pool, walk->settings, dns, count, "(objectClass=*)", attributes, found);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct recipient_entry *entry = NULL;
        if (found[i] != NULL)
            status = entry_decode(scratch, walk->settings, found[i], &entry);
        if (status == STATUS_OK)
            status = skip(walk, dns[i], entry == NULL ? MEMBER_NOT_FOUND : entry->address == NULL ? MEMBER_NO_ADDRESS : MEMBER_NO_MAILBOX);
    }
    talloc_free(scratch);
    return status;
}

static enum status take_dns(struct walk *walk, const char **dns, size_t count)
{
    struct recipient_entry **entries = talloc_zero_array(walk->mem, struct recipient_entry *, (unsigned)count + 1);
    size_t unknown = 0;
    if (entries == NULL)
        return STATUS_NO_MEMORY;
    TRY(lookup_by_dn(walk->mem, walk->directory, walk->settings, dns, count, entries));
    for (size_t i = 0; i < count; i++) {
        if (entries[i] != NULL)
            TRY(take_member(walk, entries[i]));
        else
            dns[unknown++] = dns[i];
    }
    return unknown > 0 ? explain(walk, dns, unknown) : STATUS_OK;
}

/* Values not seen before, as texts. */
static enum status new_names(struct walk *walk, const struct ldap_values *values, const char **names, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < values->count; i++) {
        enum status status = STATUS_OK;
        const char *name = slice_text(walk->mem, values->values[i]);
        const char *folded = name != NULL ? key_fold(walk->mem, name) : NULL;
        if (folded == NULL || folded[0] == '\0')
            continue; /* a value with a NUL byte names nothing */
        if (add_seen(walk, &walk->seen_names, folded, strlen(folded), &status))
            names[(*count)++] = name;
        TRY(status);
    }
    return STATUS_OK;
}

static enum status read_dn_members(struct walk *walk, const char *group_dn, enum attribute attribute)
{
    struct ldap_values values;
    const char *name = attribute_name(walk->settings->profile, attribute);
    size_t count = 0;
    if (name == NULL)
        return STATUS_OK;
    /* each value may be a person without mail, so the raw limit is wider than that of recipients */
    TRY(ldap_read_all_values(walk->mem, &walk->directory->pool, walk->settings, group_dn, name, walk->settings->group_members * 4,
                             &values));
    const char **dns = talloc_array(walk->mem, const char *, (unsigned)values.count + 1);
    if (dns == NULL)
        return STATUS_NO_MEMORY;
    TRY(new_names(walk, &values, dns, &count));
    return count > 0 ? take_dns(walk, dns, count) : STATUS_OK;
}

/* Members by account name (POSIX groups [RFC 2307]). */
static enum status read_login_members(struct walk *walk, const char *group_dn)
{
    struct ldap_values values;
    const char *name = attribute_name(walk->settings->profile, ATTRIBUTE_MEMBER_LOGIN);
    if (name == NULL)
        return STATUS_OK;
    TRY(ldap_read_all_values(walk->mem, &walk->directory->pool, walk->settings, group_dn, name, walk->settings->group_members * 4,
                             &values));
    struct lookup_item *items = talloc_zero_array(walk->mem, struct lookup_item, (unsigned)values.count + 1);
    if (items == NULL)
        return STATUS_NO_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < values.count; i++) {
        const char *login = slice_text(walk->mem, values.values[i]);
        if (login != NULL)
            TRY(lookup_item_text(walk->mem, LOOKUP_ACCOUNT, login, &items[count++]));
    }
    TRY(lookup_items(walk->mem, walk->directory, walk->settings, items, count, false));
    for (size_t i = 0; i < count; i++) {
        if (items[i].status == STATUS_OK)
            TRY(take_member(walk, items[i].entry));
        else if (items[i].status == STATUS_RECIPIENT_NOT_FOUND)
            TRY(skip(walk, items[i].text, MEMBER_NOT_FOUND));
        else
            return items[i].status == STATUS_NAME_AMBIGUOUS ? STATUS_CONFIGURATION : items[i].status;
    }
    return STATUS_OK;
}

static enum status open_group(struct walk *walk, const struct recipient_entry *group)
{
    if (++walk->group_count > walk->settings->group_members)
        return status_fail(STATUS_TOO_COMPLEX, "more than %zu groups inside each other", walk->settings->group_members);
    TRY(read_dn_members(walk, group->dn, ATTRIBUTE_MEMBER));
    TRY(read_dn_members(walk, group->dn, ATTRIBUTE_UNIQUE_MEMBER));
    return read_login_members(walk, group->dn);
}

static enum status walk_levels(struct walk *walk, const struct recipient_entry *group)
{
    enum status status = STATUS_OK;
    add_seen(walk, &walk->seen_entries, group->guid.bytes, sizeof group->guid.bytes, &status);
    TRY(status);
    TRY(open_group(walk, group));
    for (size_t depth = 1; walk->next_count > 0; depth++) {
        struct recipient_entry **level = walk->next;
        size_t count = walk->next_count;
        if (depth > walk->settings->group_depth)
            return status_fail(STATUS_TOO_COMPLEX, "groups are nested deeper than %zu", walk->settings->group_depth);
        walk->next = NULL;
        walk->next_count = 0;
        for (size_t i = 0; i < count; i++)
            TRY(open_group(walk, level[i]));
    }
    return STATUS_OK;
}

static int compare_addresses(const void *a, const void *b)
{
    const struct recipient_entry *const *first = a, *const *second = b;
    int order = strcasecmp((*first)->address, (*second)->address);
    return order != 0 ? order : guid_compare((*first)->guid, (*second)->guid);
}

void group_members_sort(struct group_members *members)
{
    if (members->count > 1)
        qsort(members->entries, members->count, sizeof *members->entries, compare_addresses);
}

enum status group_walk(TALLOC_CTX *mem, struct directory *directory, struct settings *settings,
                       const struct recipient_entry *group, bool is_deep, struct group_members **out)
{
    struct walk walk = { .mem = talloc_new(mem), .directory = directory, .settings = settings, .is_deep = is_deep };
    walk.members = talloc_zero(mem, struct group_members);
    enum status status = walk.mem != NULL && walk.members != NULL ? walk_levels(&walk, group) : STATUS_NO_MEMORY;
    HASH_CLEAR(hh, walk.seen_names);
    HASH_CLEAR(hh, walk.seen_entries);
    talloc_free(walk.mem);
    if (status != STATUS_OK) {
        talloc_free(walk.members);
        return status;
    }
    group_members_sort(walk.members);
    *out = walk.members;
    return STATUS_OK;
}
