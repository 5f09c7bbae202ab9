/* What the server's schema knows. A comparison with an attribute that it does not know is undefined, and so is NOT over it: the server then
 * leaves out entries that the filter was meant to let in [RFC 4511] 4.5.1.7. So unknown attributes in the configured mailbox filter are replaced
 * by "false", which is what an attribute that no entry has means. */
#ifndef BOURSE_DIRECTORY_SCHEMA_H
#define BOURSE_DIRECTORY_SCHEMA_H

#include "directory_private.h"

/* Makes settings->usable_filter: at once when the mailbox filter has no NOT, else after one look at the server's schema. Called before a filter is
 * put together. STATUS_DIRECTORY_UNAVAILABLE when the schema cannot be read. */
enum status schema_prepare(struct directory *directory, struct settings *settings) MUST_CHECK;

/* `filter` with the comparisons replaced whose attribute `is_known` denies. */
char *schema_rewrite(TALLOC_CTX *mem, const char *filter, bool (*is_known)(struct slice attribute, void *data), void *data);

#endif
