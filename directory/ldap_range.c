#include <inttypes.h>
#include <stdlib.h>

#include "ldap_search.h"

#define ROUNDS_MOST 10000

bool ldap_range_parse(const char *name, const char *attribute, struct ldap_range *out)
{
    static const char mark[] = ";range=";
    size_t length = strlen(attribute);
    if (strncasecmp(name, attribute, length) != 0 || strncasecmp(name + length, mark, sizeof mark - 1) != 0)
        return false;
    const char *text = name + length + sizeof mark - 1;
    char *end = NULL;
    if (*text < '0' || *text > '9')
        return false;
    out->first = strtoull(text, &end, 10);
    if (*end != '-')
        return false;
    text = end + 1;
    out->is_final = strcmp(text, "*") == 0;
    out->last = 0;
    if (out->is_final)
        return true;
    if (*text < '0' || *text > '9')
        return false;
    out->last = strtoull(text, &end, 10);
    return *end == '\0' && out->last >= out->first && out->last < UINT32_MAX;
}

/* The attribute in an answer: whole, or a range of it. NULL when it has no value there. */
static const struct ldap_values *find_values(const struct ldap_entry *entry, const char *attribute, struct ldap_range *range)
{
    const struct ldap_values *whole = ldap_entry_values(entry, attribute);
    for (size_t i = 0; i < entry->attribute_count; i++) {
        /* a server that hands out ranges also sends the plain name, empty */
        if (ldap_range_parse(entry->attributes[i].name, attribute, range))
            return &entry->attributes[i];
    }
    *range = (struct ldap_range){ .is_final = true };
    return whole;
}

static enum status append_values(TALLOC_CTX *mem, struct ldap_values *all, const struct ldap_values *more)
{
    struct slice *grown = talloc_realloc(mem, all->values, struct slice, (unsigned)(all->count + more->count + 1));
    if (grown == NULL)
        return STATUS_NO_MEMORY;
    all->values = grown;
    for (size_t i = 0; i < more->count; i++) {
        grown[all->count] = slice_copy(grown, more->values[i]);
        if (grown[all->count].data == NULL && more->values[i].length > 0)
            return STATUS_NO_MEMORY;
        all->count++;
    }
    return STATUS_OK;
}

static const char *range_name(TALLOC_CTX *mem, const char *attribute, uint64_t from, size_t step)
{
    if (step > 0)
        return talloc_asprintf(mem, "%s;range=%" PRIu64 "-%" PRIu64, attribute, from, from + step - 1);
    return from == 0 ? attribute : talloc_asprintf(mem, "%s;range=%" PRIu64 "-*", attribute, from);
}

/* One round from value `from` on; `*done` after the last values. */
static enum status read_round(TALLOC_CTX *mem, TALLOC_CTX *scratch, struct ldap_pool *pool, const struct settings *settings, const char *dn,
                              const char *attribute, uint64_t from, struct ldap_values *all, bool *done)
{
    const char *names[] = { range_name(scratch, attribute, from, settings->range_step), NULL };
    struct ldap_query query = { .scope = LDAP_ONE_ENTRY, .dn = dn, .filter = "(objectClass=*)", .attributes = names, .most = 1 };
    struct ldap_entries answer;
    struct ldap_range range;
    if (names[0] == NULL)
        return STATUS_NO_MEMORY;
    TRY(ldap_search_entries(scratch, pool, settings, &query, &answer));
    const struct ldap_values *values = answer.count > 0 ? find_values(&answer.entries[0], attribute, &range) : NULL;
    *done = values == NULL || values->count == 0 || range.is_final;
    if (values == NULL)
        return STATUS_OK;
    if (!range.is_final && range.first != from)
        return status_fail(STATUS_DIRECTORY_UNAVAILABLE, "range of %s of %s begins at %" PRIu64, attribute, dn, range.first);
    return append_values(mem, all, values);
}

enum status ldap_read_all_values(TALLOC_CTX *mem, struct ldap_pool *pool, const struct settings *settings, const char *dn,
                                 const char *attribute, size_t most, struct ldap_values *out)
{
    bool done = false;
    *out = (struct ldap_values){ .name = attribute, .values = talloc_array(mem, struct slice, 1) };
    if (out->values == NULL)
        return STATUS_NO_MEMORY;
    for (int round = 0; !done && round < ROUNDS_MOST; round++) {
        TALLOC_CTX *scratch = talloc_new(mem);
        if (scratch == NULL)
            return STATUS_NO_MEMORY;
        enum status status = read_round(mem, scratch, pool, settings, dn, attribute, out->count, out, &done);
        talloc_free(scratch);
        TRY(status);
        if (out->count > most)
            return status_fail(STATUS_TOO_MANY_RECIPIENTS, "%s has more than %zu values of %s", dn, most, attribute);
    }
    return STATUS_OK;
}
