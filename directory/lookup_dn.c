#include "filter.h"
#include "ldap_read.h"
#include "lookup.h"
#include "schema.h"

static enum status dn_key(TALLOC_CTX *mem, const char *dn, const char **out)
{
    const char *folded = key_fold(mem, dn);
    *out = folded != NULL ? talloc_asprintf(mem, "d:%s", folded) : NULL;
    return *out != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static bool from_memory(TALLOC_CTX *mem, struct directory *directory, const char *dn, int64_t ticks, struct recipient_entry **out)
{
    struct slice packed;
    const char *key = NULL;
    return dn_key(mem, dn, &key) == STATUS_OK && lookup_cached(mem, directory, key, ticks, &packed) &&
           entry_unpack(mem, packed, out) == STATUS_OK;
}

/* What LDAP gave for the names that were not in memory. */
static enum status take_entries(TALLOC_CTX *mem, struct directory *directory, const struct settings *settings, const char *const *dns,
                                const size_t *places, size_t count, const struct ldap_entry *const *found, struct recipient_entry **out)
{
    for (size_t i = 0; i < count; i++) {
        struct recipient_entry **entry = &out[places[i]];
        const char *key = NULL;
        TRY(dn_key(mem, dns[i], &key));
        if (found[i] != NULL)
            TRY(entry_decode(mem, settings, found[i], entry));
        if (*entry != NULL)
            lookup_remember(directory, *entry, key, clock_now());
        else
            cache_drop(directory->entries, key);
    }
    return STATUS_OK;
}

/* `dns` of the `count` missing ones; places[i] is where in `out` the i-th belongs. */
static enum status read_missing(TALLOC_CTX *mem, TALLOC_CTX *scratch, struct directory *directory, struct settings *settings,
                                const char *const *dns, const size_t *places, size_t count, struct recipient_entry **out)
{
    struct buffer *filter = buffer_new(scratch, FILTER_SIZE_MOST);
    const char *const *attributes = lookup_attributes(scratch, settings);
    const struct ldap_entry **found = talloc_zero_array(scratch, const struct ldap_entry *, (unsigned)count + 1);
    if (filter == NULL || attributes == NULL || found == NULL)
        return STATUS_NO_MEMORY;
    enum status status = schema_prepare(directory, settings);
    recipient_filter(filter, settings);
    if (status == STATUS_OK)
        status = ldap_read_entries(scratch, &directory->pool, settings, dns, count, buffer_text(filter), attributes, found);
    if (status == STATUS_OK)
        return take_entries(mem, directory, settings, dns, places, count, found, out);
    if (status != STATUS_DIRECTORY_UNAVAILABLE)
        return status;
    for (size_t i = 0; i < count; i++) {
        if (!from_memory(mem, directory, dns[i], settings->stale_ticks, &out[places[i]]))
            return status;
    }
    return STATUS_OK;
}

enum status lookup_by_dn(TALLOC_CTX *mem, struct directory *directory, struct settings *settings, const char *const *dns,
                         size_t count, struct recipient_entry **out)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    const char **missing = scratch != NULL ? talloc_array(scratch, const char *, (unsigned)count + 1) : NULL;
    size_t *places = scratch != NULL ? talloc_array(scratch, size_t, (unsigned)count + 1) : NULL;
    size_t missing_count = 0;
    enum status status = missing != NULL && places != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        out[i] = NULL;
        if (from_memory(mem, directory, dns[i], settings->cache_ticks, &out[i]))
            continue;
        missing[missing_count] = dns[i];
        places[missing_count++] = i;
    }
    if (status == STATUS_OK && missing_count > 0)
        status = read_missing(mem, scratch, directory, settings, missing, places, missing_count, out);
    talloc_free(scratch);
    return status;
}
