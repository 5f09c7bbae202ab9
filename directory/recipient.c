#include "bourse/base/text.h"
#include "filter.h"
#include "lookup.h"

const char *recipient_kind_name(enum recipient_kind kind)
{
    static const char *const names[] = { "user", "shared", "room", "equipment", "group", "contact" };
    return (size_t)kind < ARRAY_LENGTH(names) ? names[kind] : "unknown";
}

/* Moves what an item found to the caller. */
static enum status hand_over(TALLOC_CTX *mem, struct lookup_item *item, struct recipient_entry **out)
{
    *out = item->status == STATUS_OK ? talloc_steal(mem, item->entry) : NULL;
    if (item->status == STATUS_RECIPIENT_NOT_FOUND)
        return status_fail(item->status, "the directory has no %s", item->key);
    if (item->status == STATUS_DIRECTORY_UNAVAILABLE)
        return status_add(item->status, "%s is not known from before", item->key);
    return item->status;
}

static enum status find_one(TALLOC_CTX *mem, struct directory *directory, enum lookup_kind kind, const char *text,
                            const struct guid *guid, struct recipient_entry **out)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct lookup_item item;
    enum status status = STATUS_NO_MEMORY;
    if (scratch != NULL)
        status = guid != NULL ? lookup_item_guid(scratch, *guid, &item) : lookup_item_text(scratch, kind, text, &item);
    if (status == STATUS_OK)
        status = lookup_items(scratch, directory, settings, &item, 1, false);
    if (status == STATUS_OK)
        status = hand_over(mem, &item, out);
    settings_release(settings);
    talloc_free(scratch);
    return status;
}

/* user+tag@domain -> user@domain; NULL when there is no tag. */
static char *without_tag(TALLOC_CTX *mem, const char *address)
{
    const char *at = strrchr(address, '@'), *plus = strchr(address, '+');
    if (at == NULL || plus == NULL || plus > at || plus == address)
        return NULL;
    return talloc_asprintf(mem, "%.*s%s", (int)(plus - address), address, at);
}

/* Second round for the addresses with a tag that were not found (or cannot be asked for) as they stand. */
static enum status retry_without_tag(TALLOC_CTX *mem, struct directory *directory, struct settings *settings,
                                     const char *const *addresses, struct lookup_item *items, size_t count)
{
    struct lookup_item *again = talloc_array(mem, struct lookup_item, (unsigned)count + 1);
    size_t *places = talloc_array(mem, size_t, (unsigned)count + 1), wanted = 0;
    if (again == NULL || places == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        bool is_open = items[i].status == STATUS_RECIPIENT_NOT_FOUND || items[i].status == STATUS_DIRECTORY_UNAVAILABLE;
        char *plain = is_open ? without_tag(mem, addresses[i]) : NULL;
        if (plain == NULL)
            continue;
        places[wanted] = i;
        TRY(lookup_item_text(mem, LOOKUP_ADDRESS, plain, &again[wanted++]));
    }
    TRY(lookup_items(mem, directory, settings, again, wanted, false));
    for (size_t i = 0; i < wanted; i++) {
        /* in an outage the tagged address could be somebody's own: the untagged one may answer only if known, else it is unknown */
        if (items[places[i]].status == STATUS_RECIPIENT_NOT_FOUND || again[i].status == STATUS_OK)
            items[places[i]] = again[i];
    }
    return STATUS_OK;
}

static enum status find_addresses(TALLOC_CTX *scratch, struct directory *directory, struct settings *settings,
                                  const char *const *addresses, struct lookup_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TRY(lookup_item_text(scratch, LOOKUP_ADDRESS, addresses[i], &items[i]));
        if (strlen(addresses[i]) > FILTER_VALUE_MOST || !address_is_usable(addresses[i])) {
            items[i].is_done = true;
            items[i].status = STATUS_RECIPIENT_NOT_FOUND;
        }
    }
    TRY(lookup_items(scratch, directory, settings, items, count, false));
    return settings->plus_addressing ? retry_without_tag(scratch, directory, settings, addresses, items, count) : STATUS_OK;
}

/* Copies of one entry: two addresses of the batch may have found the same one. */
static enum status copy_entry(TALLOC_CTX *mem, const struct recipient_entry *from, struct recipient_entry **out)
{
    struct buffer *packed = buffer_new(mem, 4 * 1024 * 1024);
    if (packed == NULL)
        return STATUS_NO_MEMORY;
    entry_pack(packed, from);
    enum status status = buffer_status(packed);
    if (status == STATUS_OK)
        status = entry_unpack(mem, buffer_slice(packed), out);
    talloc_free(packed);
    return status;
}

static enum status answers_of(TALLOC_CTX *mem, const struct lookup_item *items, size_t count, struct recipient_answer **out)
{
    struct recipient_answer *answers = talloc_zero_array(mem, struct recipient_answer, (unsigned)count + 1);
    if (answers == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        answers[i].status = items[i].status;
        if (items[i].status == STATUS_OK)
            TRY(copy_entry(answers, items[i].entry, &answers[i].entry));
    }
    *out = answers;
    return STATUS_OK;
}

enum status recipients_by_address(TALLOC_CTX *mem, struct directory *directory, const char *const *addresses, size_t count,
                                  struct recipient_answer **out)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    struct lookup_item *items = scratch != NULL ? talloc_zero_array(scratch, struct lookup_item, (unsigned)count + 1) : NULL;
    struct settings *settings = directory_settings(directory);
    enum status status = items != NULL ? find_addresses(scratch, directory, settings, addresses, items, count) : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = answers_of(mem, items, count, out);
    settings_release(settings);
    talloc_free(scratch);
    return status;
}

enum status recipients_by_guid(TALLOC_CTX *mem, struct directory *directory, const struct guid *guids, size_t count,
                               struct recipient_answer **out)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    struct lookup_item *items = scratch != NULL ? talloc_zero_array(scratch, struct lookup_item, (unsigned)count + 1) : NULL;
    struct settings *settings = directory_settings(directory);
    enum status status = items != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = lookup_item_guid(scratch, guids[i], &items[i]);
    if (status == STATUS_OK)
        status = lookup_items(scratch, directory, settings, items, count, false);
    if (status == STATUS_OK)
        status = answers_of(mem, items, count, out);
    settings_release(settings);
    talloc_free(scratch);
    return status;
}

enum status recipient_by_address(TALLOC_CTX *mem, struct directory *directory, const char *address, struct recipient_entry **out)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct lookup_item item = { .status = STATUS_NO_MEMORY };
    enum status status = scratch != NULL ? find_addresses(scratch, directory, settings, &address, &item, 1) : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = hand_over(mem, &item, out);
    settings_release(settings);
    talloc_free(scratch);
    return status;
}

enum status recipient_by_guid(TALLOC_CTX *mem, struct directory *directory, struct guid guid, struct recipient_entry **out)
{
    return find_one(mem, directory, LOOKUP_GUID, NULL, &guid, out);
}

enum status recipient_by_legacy_dn(TALLOC_CTX *mem, struct directory *directory, const char *legacy_dn, struct recipient_entry **out)
{
    if (legacy_dn[0] == '\0' || strlen(legacy_dn) > 4 * FILTER_VALUE_MOST)
        return status_fail(STATUS_RECIPIENT_NOT_FOUND, "not a legacy DN");
    return find_one(mem, directory, LOOKUP_LEGACY_DN, legacy_dn, NULL, out);
}

enum status recipient_by_dn(TALLOC_CTX *mem, struct directory *directory, const char *dn, struct recipient_entry **out)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct recipient_entry *entry = NULL;
    enum status status = STATUS_NO_MEMORY;
    if (dn[0] == '\0')
        status = STATUS_RECIPIENT_NOT_FOUND; /* the root entry */
    else if (scratch != NULL)
        status = lookup_by_dn(scratch, directory, settings, &dn, 1, &entry);
    if (status == STATUS_OK && entry == NULL)
        status = status_fail(STATUS_RECIPIENT_NOT_FOUND, "no recipient %s", dn);
    if (status == STATUS_OK)
        *out = talloc_steal(mem, entry);
    settings_release(settings);
    talloc_free(scratch);
    return status;
}

enum status recipient_photo(TALLOC_CTX *mem, struct directory *directory, struct guid guid, struct slice *out)
{
    static const size_t photo_most = 1024 * 1024;
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct buffer *filter = scratch != NULL ? buffer_new(scratch, FILTER_SIZE_MOST) : NULL;
    const char *name = attribute_name(settings->profile, ATTRIBUTE_PHOTO), *names[] = { name, NULL };
    struct ldap_query query = { .attributes = names, .most = 1 };
    struct ldap_entries found = { 0 };
    enum status status = STATUS_NO_MEMORY;
    if (filter != NULL) {
        entry_guid_filter(filter, settings->profile, guid);
        query.filter = buffer_text(filter);
        status = ldap_search_entries(scratch, &directory->pool, settings, &query, &found);
    }
    const struct ldap_values *photo = status == STATUS_OK && found.count > 0 ? ldap_entry_values(&found.entries[0], name) : NULL;
    if (status == STATUS_OK && (photo == NULL || photo->values[0].length == 0 || photo->values[0].length > photo_most))
        status = status_fail(STATUS_NOT_FOUND, "no photo");
    if (status == STATUS_OK) {
        *out = slice_copy(mem, photo->values[0]);
        status = out->data != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    }
    settings_release(settings);
    talloc_free(scratch);
    return status;
}
