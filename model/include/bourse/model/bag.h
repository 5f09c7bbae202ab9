/* A property bag: values sorted by tag, at most one a property id. All content lives on the bag's own talloc context. */
#ifndef BOURSE_MODEL_BAG_H
#define BOURSE_MODEL_BAG_H

#include "bourse/model/value.h"

struct bag; /* opaque */

/* NULL when out of memory. */
struct bag *bag_new(TALLOC_CTX *mem);
/* The setters fail with STATUS_INVALID_PROPERTY for a tag of an unknown or another type, STATUS_INVALID_ARGUMENT for text that holds a
 * NUL, STATUS_NO_MEMORY; the bag is then as before. */
/* Copies the value in; replaces one of the same property id whatever its type. */
enum status bag_set(struct bag *bag, const struct value *value) MUST_CHECK;
enum status bag_set_string(struct bag *bag, prop_tag tag, const char *text) MUST_CHECK; /* NULL removes */
enum status bag_set_text(struct bag *bag, prop_tag tag, struct slice text) MUST_CHECK; /* string type; UTF-8 */
enum status bag_set_bytes(struct bag *bag, prop_tag tag, struct slice bytes) MUST_CHECK;
enum status bag_set_int32(struct bag *bag, prop_tag tag, int32_t number) MUST_CHECK;
enum status bag_set_int64(struct bag *bag, prop_tag tag, int64_t number) MUST_CHECK;
enum status bag_set_bool(struct bag *bag, prop_tag tag, bool boolean) MUST_CHECK;
enum status bag_set_time(struct bag *bag, prop_tag tag, instant when) MUST_CHECK;
enum status bag_set_guid(struct bag *bag, prop_tag tag, struct guid guid) MUST_CHECK;
/* PtypMultipleString from `count` texts. */
enum status bag_set_strings(struct bag *bag, prop_tag tag, const char *const *texts, size_t count) MUST_CHECK;
/* True if it was there. */
bool bag_remove(struct bag *bag, prop_tag tag);

/* NULL unless there is a value of that id and type (type TYPE_UNSPECIFIED: any). The pointer is valid until the bag's next change; the
 * content that it points at until that property is set or removed. */
const struct value *bag_get(const struct bag *bag, prop_tag tag);
bool bag_has(const struct bag *bag, prop_tag tag);
/* The value, or the given default when it is absent or only stored. */
const char *bag_string(const struct bag *bag, prop_tag tag, const char *absent);
int32_t bag_int32(const struct bag *bag, prop_tag tag, int32_t absent);
int64_t bag_int64(const struct bag *bag, prop_tag tag, int64_t absent);
bool bag_bool(const struct bag *bag, prop_tag tag, bool absent);
instant bag_time(const struct bag *bag, prop_tag tag, instant absent);
struct slice bag_text(const struct bag *bag, prop_tag tag); /* of a string value; empty when absent */
struct slice bag_bytes(const struct bag *bag, prop_tag tag); /* empty when absent */

size_t bag_count(const struct bag *bag);
const struct value *bag_at(const struct bag *bag, size_t index); /* in tag order; NULL past the end */
struct bag *bag_copy(TALLOC_CTX *mem, const struct bag *from);   /* NULL when out of memory */
/* Sets all of `from` in `bag`. */
enum status bag_merge(struct bag *bag, const struct bag *from) MUST_CHECK;
bool bag_equal(const struct bag *a, const struct bag *b);
/* Calls `changed(tag, data)` for each property that differs. */
void bag_diff(const struct bag *before, const struct bag *after, void (*changed)(prop_tag tag, void *data), void *data);

/* Versioned encoding of the store. Unpack takes any version ever written and refuses unsorted, repeated or cut values with
 * STATUS_CORRUPT; `packed` need not outlive it. */
enum status bag_pack(const struct bag *bag, struct buffer *out) MUST_CHECK;
enum status bag_unpack(TALLOC_CTX *mem, struct slice packed, struct bag **out) MUST_CHECK;

#endif
