#include "schema.h"

#include <ldap_schema.h>
#include <stdlib.h>

#include "filter.h"
#include "ldap_search.h"

#define FALSE_FILTER "(!(objectClass=*))" /* every entry has a class */

/* Attribute names of the server's schema. */
struct schema {
    TALLOC_CTX *mem;
    const char **names;
    size_t count;
};

static enum status add_names(struct schema *schema, struct slice definition)
{
    int code = 0;
    const char *where = NULL;
    LDAPAttributeType *type = ldap_str2attributetype((const char *)definition.data, &code, &where, LDAP_SCHEMA_ALLOW_ALL);
    enum status status = STATUS_OK; /* a definition that cannot be read names nothing */
    for (char **name = type != NULL ? type->at_names : NULL; status == STATUS_OK && name != NULL && *name != NULL; name++) {
        if ((schema->count & (schema->count + 1)) == 0)
            schema->names = talloc_realloc(schema->mem, schema->names, const char *, (unsigned)(schema->count + 1) * 2);
        const char *copy = talloc_strdup(schema->mem, *name);
        if (schema->names == NULL || copy == NULL)
            status = STATUS_NO_MEMORY;
        else
            schema->names[schema->count++] = copy;
    }
    ldap_attributetype_free(type);
    return status;
}

static enum status read_one(struct schema *schema, struct directory *directory, const struct settings *settings, const char *dn,
                            const char *filter, const char *attribute, const struct ldap_values **out)
{
    const char *const names[] = { attribute, NULL };
    struct ldap_query query = { .scope = LDAP_ONE_ENTRY, .dn = dn, .filter = filter, .attributes = names, .most = 1 };
    struct ldap_entries found;
    TRY(ldap_search_entries(schema->mem, &directory->pool, settings, &query, &found));
    *out = found.count > 0 ? ldap_entry_values(&found.entries[0], attribute) : NULL;
    return *out != NULL ? STATUS_OK : status_fail(STATUS_DIRECTORY_UNAVAILABLE, "the server does not show its schema (%s)", attribute);
}

/* [RFC 4512] 4.4: the root entry names the entry that holds the definitions. */
static enum status read_schema(struct schema *schema, struct directory *directory, const struct settings *settings)
{
    const struct ldap_values *where = NULL, *definitions = NULL;
    TRY(read_one(schema, directory, settings, "", "(objectClass=*)", "subschemaSubentry", &where));
    const char *dn = (const char *)where->values[0].data;
    TRY(read_one(schema, directory, settings, dn, "(objectClass=subschema)", "attributeTypes", &definitions));
    for (size_t i = 0; i < definitions->count; i++)
        TRY(add_names(schema, definitions->values[i]));
    return STATUS_OK;
}

static bool is_in_schema(struct slice attribute, void *data)
{
    const struct schema *schema = data;
    for (size_t i = 0; i < schema->count; i++) {
        if (slice_equal_ascii_nocase(attribute, slice_of_text(schema->names[i])))
            return true;
    }
    return false;
}

/* A rewriting under way: what of the filter has been copied. */
struct rewriting {
    const char *filter;
    size_t copied;
    struct buffer *out;
    bool (*is_known)(struct slice attribute, void *data);
    void *data;
};

static void rewrite_item(const struct filter_item *item, void *data)
{
    struct rewriting *rewriting = data;
    if (item->attribute.length == 0 || (item->attribute.data[0] >= '0' && item->attribute.data[0] <= '9') ||
        rewriting->is_known(item->attribute, rewriting->data))
        return; /* attributes given by number stay: the schema read has names */
    const char *end = (const char *)item->value.data + item->value.length + 1;
    size_t start = (size_t)((const char *)item->attribute.data - rewriting->filter) - 1;
    buffer_append(rewriting->out, rewriting->filter + rewriting->copied, start - rewriting->copied);
    buffer_append_text(rewriting->out, FALSE_FILTER);
    rewriting->copied = (size_t)(end - rewriting->filter);
}

char *schema_rewrite(TALLOC_CTX *mem, const char *filter, bool (*is_known)(struct slice attribute, void *data), void *data)
{
    struct rewriting rewriting = { .filter = filter, .out = buffer_new(mem, FILTER_SIZE_MOST), .is_known = is_known, .data = data };
    if (rewriting.out == NULL || !filter_parse(slice_of_text(filter), rewrite_item, &rewriting))
        return NULL;
    buffer_append_text(rewriting.out, filter + rewriting.copied);
    char *result = buffer_status(rewriting.out) == STATUS_OK ? talloc_strdup(mem, buffer_text(rewriting.out)) : NULL;
    talloc_free(rewriting.out);
    return result;
}

/* Several threads may have asked at the same time; the first one's result stays. */
static enum status publish(struct settings *settings, const char *filter)
{
    char *copy = strdup(filter), *expected = NULL;
    if (copy == NULL)
        return STATUS_NO_MEMORY;
    if (!atomic_compare_exchange_strong(&settings->usable_filter, &expected, copy))
        free(copy);
    return STATUS_OK;
}

enum status schema_prepare(struct directory *directory, struct settings *settings)
{
    if (atomic_load(&settings->usable_filter) != NULL)
        return STATUS_OK;
    if (!settings->filter_has_not)
        return publish(settings, settings->mailbox_filter);
    struct schema schema = { .mem = talloc_new(NULL) };
    enum status status = schema.mem != NULL ? read_schema(&schema, directory, settings) : STATUS_NO_MEMORY;
    const char *filter = status == STATUS_OK ? schema_rewrite(schema.mem, settings->mailbox_filter, is_in_schema, &schema) : NULL;
    if (status == STATUS_OK)
        status = filter != NULL ? publish(settings, filter) : STATUS_NO_MEMORY;
    talloc_free(schema.mem);
    return status;
}
