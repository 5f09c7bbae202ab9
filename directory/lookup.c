#include "lookup.h"

#include <stdio.h>

#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "filter.h"
#include "schema.h"

#define CHUNK 50
#define ABSENT_TICKS (30 * INSTANT_PER_SECOND)
#define ENTRY_SIZE_MOST (4 * 1024 * 1024)

/* First letter of a key in the cache. */
static const char key_letters[] = {
    [LOOKUP_ADDRESS] = 'a', [LOOKUP_GUID] = 'i', [LOOKUP_LEGACY_DN] = 'x', [LOOKUP_ACCOUNT] = 'l', [LOOKUP_NAME] = 'n', [LOOKUP_GROUP] = 'c',
};

const char *lookup_guid_key(char prefix, struct guid guid, char out[GUID_KEY_SIZE])
{
    char text[GUID_TEXT_SIZE];
    snprintf(out, GUID_KEY_SIZE, "%c:%s", prefix, guid_format(guid, text));
    return out;
}

enum status lookup_item_text(TALLOC_CTX *mem, enum lookup_kind kind, const char *text, struct lookup_item *out)
{
    const char *folded = key_fold(mem, text);
    if (folded == NULL)
        return STATUS_NO_MEMORY;
    *out = (struct lookup_item){ .kind = kind, .text = folded, .key = talloc_asprintf(mem, "%c:%s", key_letters[kind], folded) };
    return out->key != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status lookup_item_guid(TALLOC_CTX *mem, struct guid guid, struct lookup_item *out)
{
    char key[GUID_KEY_SIZE];
    *out = (struct lookup_item){ .kind = LOOKUP_GUID, .guid = guid, .key = talloc_strdup(mem, lookup_guid_key('i', guid, key)) };
    return out->key != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

void mailbox_user_filter(struct buffer *out, const struct settings *settings)
{
    buffer_append_text(out, "(&");
    buffer_append_text(out, profile_user_filter(settings->profile));
    const char *filter = atomic_load(&settings->usable_filter);
    buffer_append_text(out, filter != NULL ? filter : settings->mailbox_filter);
    buffer_append_text(out, ")");
}

void recipient_filter(struct buffer *out, const struct settings *settings)
{
    buffer_append_text(out, "(|");
    mailbox_user_filter(out, settings);
    buffer_append_text(out, profile_group_filter(settings->profile));
    buffer_append_text(out, profile_contact_filter(settings->profile));
    buffer_append_text(out, ")");
}

const char *const *lookup_attributes(TALLOC_CTX *mem, const struct settings *settings)
{
    const char **names = talloc_array(mem, const char *, ATTRIBUTE_COUNT + 1);
    if (names != NULL)
        profile_entry_attributes(settings->profile, settings->ignores_exchange, names);
    return names;
}

/* Keys of an entry as they are collected. */
struct key_list {
    TALLOC_CTX *mem;
    const char **items;
    size_t count, most;
};

static void add_key(struct key_list *list, char letter, const char *text)
{
    const char *folded = text != NULL && list->count < list->most ? key_fold(list->mem, text) : NULL;
    const char *key = folded != NULL ? talloc_asprintf(list->mem, "%c:%s", letter, folded) : NULL;
    if (key != NULL)
        list->items[list->count++] = key;
}

/* Keys under which an earlier look-up found the entry (its UPN as an address, a name to sign in with) stay while they are still its own. */
static void keep_asked_keys(struct key_list *list, struct directory *directory, const struct recipient_entry *entry, const char *primary)
{
    size_t count = 0;
    const char **keys = cache_keys(list->mem, directory->entries, primary, &count);
    for (size_t i = 0; i < count; i++) {
        bool is_asked = keys[i][0] == 'a' || keys[i][0] == 'n';
        if (is_asked && list->count < list->most && entry_has_address(entry, keys[i] + 2, true))
            list->items[list->count++] = keys[i];
    }
}

void lookup_remember(struct directory *directory, const struct recipient_entry *entry, const char *asked, instant when)
{
    char primary[GUID_KEY_SIZE];
    TALLOC_CTX *scratch = talloc_new(NULL);
    struct buffer *packed = scratch != NULL ? buffer_new(scratch, ENTRY_SIZE_MOST) : NULL;
    struct key_list list = { .mem = scratch, .most = entry->address_count * 2 + entry->x500_count + 8 };
    list.items = scratch != NULL ? talloc_array(scratch, const char *, (unsigned)list.most) : NULL;
    if (packed != NULL && list.items != NULL) {
        lookup_guid_key('i', entry->guid, primary);
        for (size_t i = 0; i < entry->address_count; i++)
            add_key(&list, 'a', entry->addresses[i]);
        for (size_t i = 0; i < entry->x500_count; i++)
            add_key(&list, 'x', entry->x500[i]);
        add_key(&list, 'x', entry->legacy_dn);
        add_key(&list, 'd', entry->dn);
        if (entry->kind != RECIPIENT_GROUP)
            add_key(&list, 'l', entry->login);
        if (asked != NULL)
            list.items[list.count++] = asked;
        keep_asked_keys(&list, directory, entry, primary);
        entry_pack(packed, entry);
        if (buffer_status(packed) == STATUS_OK)
            cache_put(directory->entries, primary, list.items, list.count, buffer_slice(packed), when);
    }
    talloc_free(scratch);
}

bool lookup_cached(TALLOC_CTX *mem, struct directory *directory, const char *key, int64_t ticks, struct slice *out)
{
    struct cache_hit hit;
    if (!cache_get(mem, directory->entries, key, &hit))
        return false;
    *out = hit.data;
    return hit.when + ticks > clock_now();
}

/* Answers an item from memory when it is known and not older than `ticks`. */
static bool answer_from_memory(TALLOC_CTX *mem, struct directory *directory, struct lookup_item *item, int64_t ticks)
{
    struct slice packed;
    struct cache_hit hit;
    if (lookup_cached(mem, directory, item->key, ticks, &packed) && entry_unpack(mem, packed, &item->entry) == STATUS_OK) {
        item->is_done = true;
        item->status = STATUS_OK;
        metric_add(METRIC_DIRECTORY_CACHE_HITS, 1);
    } else if (cache_get(mem, directory->absent, item->key, &hit) && hit.when + ABSENT_TICKS > clock_now() && hit.when + ticks > clock_now()) {
        item->is_done = true;
        item->status = STATUS_RECIPIENT_NOT_FOUND;
        metric_add(METRIC_DIRECTORY_CACHE_HITS, 1);
    }
    return item->is_done;
}

static void append_item_filter(struct buffer *out, enum profile profile, const struct lookup_item *item)
{
    struct slice text = slice_of_text(item->text);
    switch (item->kind) {
    case LOOKUP_GUID:
        entry_guid_filter(out, profile, item->guid);
        break;
    case LOOKUP_LEGACY_DN:
        filter_equal(out, attribute_name(profile, ATTRIBUTE_LEGACY_DN), text);
        filter_equal_tagged(out, attribute_name(profile, ATTRIBUTE_PROXY_ADDRESSES), "x500:", text);
        break;
    case LOOKUP_ACCOUNT:
        filter_equal(out, attribute_name(profile, ATTRIBUTE_LOGIN), text);
        break;
    case LOOKUP_GROUP:
        filter_equal(out, attribute_name(profile, ATTRIBUTE_LOGIN), text);
        filter_equal(out, attribute_name(profile, ATTRIBUTE_COMMON_NAME), text);
        break;
    case LOOKUP_ADDRESS:
    case LOOKUP_NAME:
        filter_equal(out, attribute_name(profile, ATTRIBUTE_MAIL), text);
        filter_equal_tagged(out, attribute_name(profile, ATTRIBUTE_PROXY_ADDRESSES), "smtp:", text);
        filter_equal(out, attribute_name(profile, ATTRIBUTE_UPN), text);
        break;
    }
}

static void append_kind_filter(struct buffer *out, const struct settings *settings, enum lookup_kind kind)
{
    if (kind == LOOKUP_ACCOUNT || kind == LOOKUP_NAME)
        mailbox_user_filter(out, settings);
    else if (kind == LOOKUP_GROUP)
        buffer_append_text(out, profile_group_filter(settings->profile));
    else
        recipient_filter(out, settings);
}

static bool text_is(const char *value, const char *folded)
{
    char *own = value != NULL ? key_fold(NULL, value) : NULL;
    bool is = own != NULL && strcmp(own, folded) == 0;
    talloc_free(own);
    return is;
}

static bool has_legacy_dn(const struct recipient_entry *entry, const char *folded)
{
    bool has = text_is(entry->legacy_dn, folded);
    for (size_t i = 0; !has && i < entry->x500_count; i++)
        has = text_is(entry->x500[i], folded);
    return has;
}

/* How well an entry answers an item: 0 not at all (the server compares more loosely than we do), 2 better than 1. */
static int match(const struct lookup_item *item, const struct recipient_entry *entry)
{
    switch (item->kind) {
    case LOOKUP_ADDRESS: /* an address of one entry beats a UPN of another */
        if (entry->address == NULL)
            return 0;
        return entry_has_address(entry, item->text, false) ? 2 : entry_has_address(entry, item->text, true);
    case LOOKUP_NAME: /* the name to sign in with beats an address of another */
        return text_is(entry->upn, item->text) ? 2 : entry_has_address(entry, item->text, false);
    case LOOKUP_GUID:
        return guid_equal(entry->guid, item->guid);
    case LOOKUP_LEGACY_DN:
        return has_legacy_dn(entry, item->text);
    case LOOKUP_ACCOUNT:
        return text_is(entry->login, item->text);
    case LOOKUP_GROUP: /* the common name stands first in the distinguished name; the server has compared it */
        return text_is(entry->login, item->text) ? 2 : 1;
    }
    return 0;
}

/* Picks the entry that answers the item. */
static void settle(struct directory *directory, struct lookup_item *item, struct recipient_entry *const *entries, size_t count)
{
    int best = 0;
    size_t rivals = 0;
    for (size_t i = 0; i < count; i++) {
        int quality = match(item, entries[i]);
        if (quality > best) {
            best = quality;
            rivals = 0;
            item->entry = entries[i];
        }
        rivals += quality > 0 && quality == best ? 1 : 0;
    }
    item->is_done = true;
    item->status = STATUS_OK;
    if (rivals == 0) {
        item->status = STATUS_RECIPIENT_NOT_FOUND;
        cache_drop(directory->entries, item->key);
        cache_put(directory->absent, item->key, NULL, 0, slice_of(NULL, 0), clock_now());
    } else if (rivals > 1) {
        bool is_name = item->kind == LOOKUP_NAME || item->kind == LOOKUP_ACCOUNT || item->kind == LOOKUP_GROUP;
        item->status = status_fail(is_name ? STATUS_NAME_AMBIGUOUS : STATUS_CONFIGURATION, "%zu entries have %s", rivals, item->key);
        item->entry = NULL;
        cache_drop(directory->entries, item->key);
    } else {
        cache_drop(directory->absent, item->key);
        lookup_remember(directory, item->entry, item->key, clock_now());
    }
}

static enum status decode_all(TALLOC_CTX *mem, const struct settings *settings, const struct ldap_entries *from,
                              struct recipient_entry ***out, size_t *count)
{
    struct recipient_entry **entries = talloc_array(mem, struct recipient_entry *, (unsigned)from->count + 1);
    if (entries == NULL)
        return STATUS_NO_MEMORY;
    *count = 0;
    for (size_t i = 0; i < from->count; i++) {
        TRY(entry_decode(mem, settings, &from->entries[i], &entries[*count]));
        *count += entries[*count] != NULL ? 1 : 0;
    }
    *out = entries;
    return STATUS_OK;
}

/* Asks LDAP for up to CHUNK items that are not done. */
static enum status ask(TALLOC_CTX *mem, struct directory *directory, const struct settings *settings, struct lookup_item **items,
                       size_t count)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    struct buffer *filter = scratch != NULL ? buffer_new(scratch, FILTER_SIZE_MOST) : NULL;
    if (filter == NULL) {
        talloc_free(scratch);
        return STATUS_NO_MEMORY;
    }
    buffer_append_text(filter, "(&");
    append_kind_filter(filter, settings, items[0]->kind);
    buffer_append_text(filter, "(|");
    for (size_t i = 0; i < count; i++)
        append_item_filter(filter, settings->profile, items[i]);
    buffer_append_text(filter, "))");
    struct ldap_query query = { .filter = buffer_text(filter), .attributes = lookup_attributes(scratch, settings), .most = 20 * CHUNK };
    struct ldap_entries found;
    struct recipient_entry **entries = NULL;
    size_t entry_count = 0;
    enum status status = query.attributes != NULL ? buffer_status(filter) : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = ldap_search_entries(scratch, &directory->pool, settings, &query, &found);
    if (status == STATUS_OK)
        status = decode_all(mem, settings, &found, &entries, &entry_count);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < count; i++)
            settle(directory, items[i], entries, entry_count);
    }
    talloc_free(scratch);
    return status;
}

/* LDAP is down: what was known stays valid for a long time, what was not is unknown, never absent. */
static void answer_in_outage(TALLOC_CTX *mem, struct directory *directory, const struct settings *settings, struct lookup_item *item,
                             bool is_fresh)
{
    if (!is_fresh && answer_from_memory(mem, directory, item, settings->stale_ticks) && item->status == STATUS_OK)
        return;
    item->is_done = true;
    item->status = STATUS_DIRECTORY_UNAVAILABLE;
}

enum status lookup_items(TALLOC_CTX *mem, struct directory *directory, struct settings *settings, struct lookup_item *items,
                         size_t count, bool is_fresh)
{
    struct lookup_item *chunk[CHUNK];
    enum status status = STATUS_OK;
    for (size_t at = 0; at < count;) {
        size_t wanted = 0;
        for (; at < count && wanted < CHUNK; at++) {
            bool is_known = items[at].is_done || (!is_fresh && answer_from_memory(mem, directory, &items[at], settings->cache_ticks));
            if (!is_known)
                chunk[wanted++] = &items[at];
        }
        if (wanted > 0 && status == STATUS_OK)
            status = schema_prepare(directory, settings);
        if (wanted > 0 && status == STATUS_OK)
            status = ask(mem, directory, settings, chunk, wanted);
        if (status == STATUS_NO_MEMORY)
            return status;
        for (size_t i = 0; status != STATUS_OK && i < wanted; i++)
            answer_in_outage(mem, directory, settings, chunk[i], is_fresh);
    }
    return STATUS_OK;
}
