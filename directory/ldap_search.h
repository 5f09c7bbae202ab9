/* Searches whose answers are plain memory: no LDAP handle leaves this module. A search that breaks off is tried again on another connection
 * or server; what did arrive before is dropped. */
#ifndef BOURSE_DIRECTORY_LDAP_SEARCH_H
#define BOURSE_DIRECTORY_LDAP_SEARCH_H

#include "ldap_pool.h"

struct ldap_values {
    const char *name; /* as the server wrote it, options included: "member;range=0-1499" */
    struct slice *values; /* each with a NUL behind, not counted */
    size_t count;
};

struct ldap_entry {
    const char *dn;
    struct ldap_values *attributes;
    size_t attribute_count;
};

struct ldap_entries {
    struct ldap_entry *entries;
    size_t count;
    bool is_truncated; /* a limit (ours or the server's) cut the answer */
};

enum ldap_scope { LDAP_WHOLE_BASE, LDAP_ONE_ENTRY };

struct ldap_query {
    enum ldap_scope scope;
    const char *dn; /* of LDAP_ONE_ENTRY */
    const char *filter;
    const char *const *attributes; /* NULL-terminated */
    size_t most;                   /* entries wanted, 0: all (at most 200,000) */
    bool truncates;                /* a limit is an answer (address lists), not a failure (exact look-ups) */
};

/* STATUS_OK (also with no entries; a LDAP_ONE_ENTRY that does not exist gives none) or STATUS_DIRECTORY_UNAVAILABLE: anything that is not a complete,
 * trustworthy answer. */
enum status ldap_search_entries(TALLOC_CTX *mem, struct ldap_pool *pool, const struct settings *settings,
                                const struct ldap_query *query, struct ldap_entries *out) MUST_CHECK;

/* NULL when the entry has no value for it. Names compare without case. */
const struct ldap_values *ldap_entry_values(const struct ldap_entry *entry, const char *name);
/* The first value, NULL when there is none or it holds a NUL byte. */
const char *ldap_entry_text(const struct ldap_entry *entry, const char *name);

/* All values of a many-valued attribute of one entry, fetched in ranges where the server hands them out so [MS-ADTS] 3.1.1.3.1.3.3.
 * More than `most` is STATUS_TOO_MANY_RECIPIENTS. An entry that does not exist or has none gives count 0. */
enum status ldap_read_all_values(TALLOC_CTX *mem, struct ldap_pool *pool, const struct settings *settings, const char *dn,
                                 const char *attribute, size_t most, struct ldap_values *out) MUST_CHECK;

/* The range in an attribute's name: "member;range=0-1499" or "member;range=1500-*". False when it is another attribute or has none. */
struct ldap_range {
    uint64_t first, last;
    bool is_final; /* "-*": these are the last values */
};
bool ldap_range_parse(const char *name, const char *attribute, struct ldap_range *out);

#endif
