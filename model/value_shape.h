/* Private: how the content of each property type is kept, and the packed form of content (without tag) that bags
 * share. */
#ifndef MODEL_VALUE_SHAPE_H
#define MODEL_VALUE_SHAPE_H

#include "bourse/model/value.h"

enum value_shape {
    SHAPE_NONE, /* no such type */
    SHAPE_BOOL,
    SHAPE_INT16,
    SHAPE_INT32,
    SHAPE_INT64,
    SHAPE_FLOAT,
    SHAPE_DOUBLE,
    SHAPE_GUID,
    SHAPE_BYTES,
    SHAPE_TEXT,
    SHAPE_MULTIPLE,
};

/* Of the whole type, so SHAPE_MULTIPLE for a known multiple type. */
enum value_shape value_shape(uint16_t type);
/* The tag as it is kept inside: String8 becomes String and the column instance flag goes [MS-OXCDATA] 2.11.1. */
prop_tag value_normal_tag(prop_tag tag);
/* Property type without the flag of multiple values. */
static inline uint16_t value_single_type(uint16_t type)
{
    return (uint16_t)(type & ~TYPE_MULTIPLE);
}

/* Content of a value, whatever its form; the value must have a known type. */
void value_content_pack(struct buffer *out, const struct value *value);
/* Reads what value_content_pack wrote for value->tag and value->form. Bytes and text point into the input; only the
 * elements of multiple values are allocated, on `mem`. Fails the cursor with STATUS_CORRUPT. */
void value_content_view(TALLOC_CTX *mem, struct wire *in, struct value *value);

#endif
