#include <stdio.h>
#include <stdlib.h>

#include "filter.h"
#include "lookup.h"
#include "schema.h"

#define RESOLVE_MOST 1000
#define BROWSE_MOST 100000
#define LIST_TICKS_LEAST INSTANT_PER_MINUTE

/* Entries with the key they are ordered by. */
struct ranked {
    const char *key; /* folded display name, NUL, folded address */
    struct recipient_entry *entry;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *first = a, *second = b;
    int order = strcmp(first->key, second->key);
    return order != 0 ? order : guid_compare(first->entry->guid, second->entry->guid);
}

static enum status rank(TALLOC_CTX *mem, struct recipient_entry *entry, struct ranked *out)
{
    const char *name = key_fold(mem, entry->display_name), *address = key_fold(mem, entry->address);
    if (name == NULL || address == NULL)
        return STATUS_NO_MEMORY;
    *out = (struct ranked){ talloc_asprintf(mem, "%s\x01%s", name, address), entry };
    return out->key != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Decodes what was found, leaves out hidden entries and those without an address, orders the rest. */
static enum status rank_all(TALLOC_CTX *mem, const struct settings *settings, const struct ldap_entries *found, bool with_hidden,
                            struct ranked **out, size_t *count)
{
    struct ranked *ranked = talloc_array(mem, struct ranked, (unsigned)found->count + 1);
    if (ranked == NULL)
        return STATUS_NO_MEMORY;
    *count = 0;
    for (size_t i = 0; i < found->count; i++) {
        struct recipient_entry *entry = NULL;
        TRY(entry_decode(mem, settings, &found->entries[i], &entry));
        if (entry != NULL && entry->address != NULL && (with_hidden || !entry->is_hidden))
            TRY(rank(mem, entry, &ranked[(*count)++]));
    }
    if (*count > 1)
        qsort(ranked, *count, sizeof *ranked, compare_ranked);
    *out = ranked;
    return STATUS_OK;
}

static enum status page_of(TALLOC_CTX *mem, const struct ranked *ranked, size_t count, size_t from, size_t most,
                           struct address_list_page **out)
{
    struct address_list_page *page = talloc_zero(mem, struct address_list_page);
    if (page == NULL)
        return STATUS_NO_MEMORY;
    page->total = count;
    size_t left = from < count ? count - from : 0;
    if (left > most)
        left = most;
    page->entries = talloc_array(page, struct recipient_entry *, (unsigned)left + 1);
    if (page->entries == NULL) {
        talloc_free(page);
        return STATUS_NO_MEMORY;
    }
    for (; page->count < left; page->count++)
        page->entries[page->count] = talloc_steal(page, ranked[from + page->count].entry);
    *out = page;
    return STATUS_OK;
}

/* Ambiguous name resolution. */

static void append_prefixes(struct buffer *filter, enum profile profile, struct slice text)
{
    static const enum attribute names[] = { ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_COMMON_NAME, ATTRIBUTE_detail_given_name,
                                            ATTRIBUTE_detail_surname, ATTRIBUTE_LOGIN, ATTRIBUTE_ALIAS, ATTRIBUTE_MAIL };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        filter_prefix(filter, attribute_name(profile, names[i]), "", text);
    filter_prefix(filter, attribute_name(profile, ATTRIBUTE_PROXY_ADDRESSES), "smtp:", text);
}

static void append_exact(struct buffer *filter, enum profile profile, struct slice text)
{
    static const enum attribute names[] = { ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_COMMON_NAME, ATTRIBUTE_LOGIN, ATTRIBUTE_ALIAS,
                                            ATTRIBUTE_MAIL };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        filter_equal(filter, attribute_name(profile, names[i]), text);
    filter_equal_tagged(filter, attribute_name(profile, ATTRIBUTE_PROXY_ADDRESSES), "smtp:", text);
}

static void append_first_and_last(struct buffer *filter, enum profile profile, struct slice first, struct slice last)
{
    buffer_append_text(filter, "(&");
    filter_prefix(filter, attribute_name(profile, ATTRIBUTE_detail_given_name), "", first);
    filter_prefix(filter, attribute_name(profile, ATTRIBUTE_detail_surname), "", last);
    buffer_append_text(filter, ")");
}

static void append_resolution(struct buffer *filter, const struct settings *settings, struct slice text)
{
    struct slice first, last;
    buffer_append_text(filter, "(&");
    recipient_filter(filter, settings);
    buffer_append_text(filter, "(|");
    if (text.length > 1 && text.data[0] == '=') {
        append_exact(filter, settings->profile, slice_part(text, 1, text.length));
    } else if (address_is_usable((const char *)text.data)) {
        append_exact(filter, settings->profile, text);
    } else {
        append_prefixes(filter, settings->profile, text);
        /* "Alice Adams" and "Adams, Alice" */
        if (slice_split(text, ' ', &first, &last)) {
            if (first.length > 1 && first.data[first.length - 1] == ',')
                first.length--;
            last = slice_trim(last);
            append_first_and_last(filter, settings->profile, first, last);
            append_first_and_last(filter, settings->profile, last, first);
        }
    }
    buffer_append_text(filter, "))");
}

static enum status resolve(TALLOC_CTX *mem, TALLOC_CTX *scratch, struct directory *directory, struct settings *settings,
                           struct slice text, size_t most, struct address_list_page **out)
{
    struct buffer *filter = buffer_new(scratch, FILTER_SIZE_MOST);
    const char *const *attributes = lookup_attributes(scratch, settings);
    struct ldap_entries found;
    struct ranked *ranked = NULL;
    size_t count = 0;
    if (filter == NULL || attributes == NULL)
        return STATUS_NO_MEMORY;
    TRY(schema_prepare(directory, settings));
    append_resolution(filter, settings, text);
    struct ldap_query query = { .filter = buffer_text(filter), .attributes = attributes, .most = RESOLVE_MOST, .truncates = true };
    TRY(buffer_status(filter));
    TRY(ldap_search_entries(scratch, &directory->pool, settings, &query, &found));
    TRY(rank_all(scratch, settings, &found, false, &ranked, &count));
    for (size_t i = 0; i < count; i++)
        lookup_remember(directory, ranked[i].entry, NULL, clock_now());
    TRY(page_of(mem, ranked, count, 0, most, out));
    (*out)->is_truncated = found.is_truncated;
    return STATUS_OK;
}

enum status address_list_resolve(TALLOC_CTX *mem, struct directory *directory, const char *text, size_t most,
                                 struct address_list_page **out)
{
    struct slice wanted = slice_trim(slice_of_text(text));
    if (wanted.length == 0 || wanted.length > FILTER_VALUE_MOST || most == 0 || most > RESOLVE_MOST ||
        (wanted.length == 1 && wanted.data[0] == '='))
        return status_fail(STATUS_INVALID_ARGUMENT, "a name to resolve has 1 to %d bytes", FILTER_VALUE_MOST);
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    const char *copy = scratch != NULL ? slice_text(scratch, wanted) : NULL;
    enum status status = copy != NULL ? resolve(mem, scratch, directory, settings, slice_of_text(copy), most, out) : STATUS_NO_MEMORY;
    settings_release(settings);
    talloc_free(scratch);
    return status;
}

/* The whole list: GUIDs in order, kept so that pages fit together. */
struct browse_list {
    atomic_int references;
    struct hash256 identity;
    instant read_at;
    size_t count;
    bool is_truncated;
    struct guid guids[];
};

static void browse_list_release(struct browse_list *list)
{
    if (list != NULL && atomic_fetch_sub(&list->references, 1) == 1)
        free(list);
}

void browse_list_free(struct browse_list *list)
{
    browse_list_release(list);
}

static struct browse_list *current_list(struct directory *directory)
{
    lock_take(&directory->lock);
    struct browse_list *list = directory->list;
    if (list != NULL)
        atomic_fetch_add(&list->references, 1);
    lock_release(&directory->lock);
    return list;
}

static void publish_list(struct directory *directory, struct browse_list *list)
{
    atomic_fetch_add(&list->references, 1);
    lock_take(&directory->lock);
    struct browse_list *old = directory->list;
    directory->list = list;
    lock_release(&directory->lock);
    browse_list_release(old);
}

static enum status search_all(TALLOC_CTX *scratch, struct directory *directory, struct settings *settings, bool only_mailboxes,
                              struct ranked **out, size_t *count, bool *is_truncated)
{
    struct buffer *filter = buffer_new(scratch, FILTER_SIZE_MOST);
    const char *const *attributes = lookup_attributes(scratch, settings);
    struct ldap_entries found;
    if (filter == NULL || attributes == NULL)
        return STATUS_NO_MEMORY;
    TRY(schema_prepare(directory, settings));
    if (only_mailboxes)
        mailbox_user_filter(filter, settings);
    else
        recipient_filter(filter, settings);
    struct ldap_query query = { .filter = buffer_text(filter), .attributes = attributes, .most = BROWSE_MOST, .truncates = !only_mailboxes };
    TRY(buffer_status(filter));
    TRY(ldap_search_entries(scratch, &directory->pool, settings, &query, &found));
    *is_truncated = found.is_truncated;
    return rank_all(scratch, settings, &found, only_mailboxes, out, count);
}

static enum status read_list(struct directory *directory, struct settings *settings, struct browse_list **out)
{
    TALLOC_CTX *scratch = talloc_new(NULL);
    struct ranked *ranked = NULL;
    size_t count = 0;
    bool is_truncated = false;
    enum status status = STATUS_NO_MEMORY;
    if (scratch != NULL)
        status = search_all(scratch, directory, settings, false, &ranked, &count, &is_truncated);
    struct browse_list *list = status == STATUS_OK ? calloc(1, sizeof *list + count * sizeof list->guids[0]) : NULL;
    if (list != NULL) {
        atomic_init(&list->references, 1);
        list->identity = settings->identity;
        list->read_at = clock_now();
        list->count = count;
        list->is_truncated = is_truncated;
        for (size_t i = 0; i < count; i++) {
            list->guids[i] = ranked[i].entry->guid;
            lookup_remember(directory, ranked[i].entry, NULL, list->read_at);
        }
        publish_list(directory, list);
        *out = list;
    } else if (status == STATUS_OK) {
        status = STATUS_NO_MEMORY;
    }
    talloc_free(scratch);
    return status;
}

/* A list young enough, else a new one, else (while LDAP is down) the old one. */
static enum status take_list(struct directory *directory, struct settings *settings, struct browse_list **out)
{
    struct browse_list *old = current_list(directory);
    int64_t ticks = settings->cache_ticks > LIST_TICKS_LEAST ? settings->cache_ticks : LIST_TICKS_LEAST;
    instant now = clock_now();
    bool is_ours = old != NULL && hash_equal(old->identity, settings->identity);
    *out = old;
    if (is_ours && old->read_at + ticks > now)
        return STATUS_OK;
    enum status status = read_list(directory, settings, out);
    if (status == STATUS_DIRECTORY_UNAVAILABLE && is_ours && old->read_at + settings->stale_ticks > now) {
        *out = old;
        return STATUS_OK;
    }
    browse_list_release(old);
    return status;
}

enum status address_list_browse(TALLOC_CTX *mem, struct directory *directory, size_t from, size_t most,
                                struct address_list_page **out)
{
    struct settings *settings = directory_settings(directory);
    struct browse_list *list = NULL;
    struct recipient_answer *answers = NULL;
    struct address_list_page *page = talloc_zero(mem, struct address_list_page);
    enum status status = page != NULL ? take_list(directory, settings, &list) : STATUS_NO_MEMORY;
    settings_release(settings);
    if (status == STATUS_OK) {
        size_t left = from < list->count ? list->count - from : 0, wanted = left < most ? left : most;
        page->total = list->count;
        page->is_truncated = list->is_truncated;
        status = recipients_by_guid(page, directory, &list->guids[from < list->count ? from : 0], wanted, &answers);
        page->entries = talloc_array(page, struct recipient_entry *, (unsigned)wanted + 1);
        if (page->entries == NULL)
            status = STATUS_NO_MEMORY;
        for (size_t i = 0; status == STATUS_OK && i < wanted; i++) {
            if (answers[i].status == STATUS_OK) /* an entry deleted since then is left out */
                page->entries[page->count++] = answers[i].entry;
            else if (answers[i].status != STATUS_RECIPIENT_NOT_FOUND)
                status = answers[i].status;
        }
        browse_list_release(list);
    }
    if (status != STATUS_OK)
        talloc_free(page);
    else
        *out = page;
    return status;
}

enum status mailbox_owners(TALLOC_CTX *mem, struct directory *directory, struct recipient_entry ***out, size_t *count)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct ranked *ranked = NULL;
    bool is_truncated = false;
    size_t found = 0;
    enum status status = STATUS_NO_MEMORY;
    if (scratch != NULL)
        status = search_all(scratch, directory, settings, true, &ranked, &found, &is_truncated);
    if (status == STATUS_OK && is_truncated)
        status = status_fail(STATUS_LIMIT_EXCEEDED, "more than %d mailboxes", BROWSE_MOST);
    struct recipient_entry **entries = status == STATUS_OK ? talloc_array(mem, struct recipient_entry *, (unsigned)found + 1) : NULL;
    if (entries != NULL) {
        *count = 0;
        for (size_t i = 0; i < found; i++) {
            if (ranked[i].entry->has_mailbox)
                entries[(*count)++] = talloc_steal(entries, ranked[i].entry);
        }
        *out = entries;
    } else if (status == STATUS_OK) {
        status = STATUS_NO_MEMORY;
    }
    settings_release(settings);
    talloc_free(scratch);
    return status;
}
