/* Search filters [RFC 4515]. Whatever comes from outside enters a filter through filter_equal and its kin, which escape; filters are never
 * put together from raw text. */
#ifndef BOURSE_DIRECTORY_FILTER_H
#define BOURSE_DIRECTORY_FILTER_H

#include "bourse/base/buffer.h"

#define FILTER_VALUE_MOST 256    /* bytes of a value that a client sent */
#define FILTER_SIZE_MOST 262144 /* bytes of a filter */

/* Appends `value` with every byte outside letters, digits and a few marks as \XX [RFC 4515] 3. */
void filter_escape(struct buffer *out, struct slice value);
/* (attribute=value), (attribute=prefix*), (attribute=*); nothing when `attribute` is NULL (the profile has none). */
void filter_equal(struct buffer *out, const char *attribute, struct slice value);
void filter_equal_tagged(struct buffer *out, const char *attribute, const char *tag, struct slice value); /* (attribute=tagvalue) */
void filter_prefix(struct buffer *out, const char *attribute, const char *tag, struct slice prefix);
/* One comparison of a filter: (attribute=value), also with ~=, >=, <=, :rule:= and wildcards. */
struct filter_item {
    struct slice attribute; /* without options, rule and sign; may be empty in an extensible match */
    struct slice value;     /* still escaped */
    bool is_under_not;
};
/* Reads one filter [RFC 4515] 3 and shows each comparison to `visit` (may be NULL). False when it is not well-formed or nested deeper than 32. */
bool filter_parse(struct slice filter, void (*visit)(const struct filter_item *item, void *data), void *data);
/* Value of a comparison without its escapes. STATUS_MALFORMED for a bad escape. */
enum status filter_unescape(TALLOC_CTX *mem, struct slice value, struct slice *out) MUST_CHECK;

#endif
