#include "value_shape.h"

#include <math.h>
#include <stdio.h>

#include "bourse/model/properties.h"
#include "array_count.h"
#include "text_match.h"

/* Asked several times for each value that is read, hence a table and no search. */
static const uint8_t single_shapes[] = {
#define VALUE_TYPE(type, shape) [type] = (shape),
#include "value_types.def"
#undef VALUE_TYPE
};

static enum value_shape single_shape(uint16_t type)
{
    return type < sizeof single_shapes ? (enum value_shape)single_shapes[type] : SHAPE_NONE;
}

enum value_shape value_shape(uint16_t type)
{
    if ((type & TYPE_MULTIPLE) == 0)
        return single_shape(type);
    enum value_shape single = single_shape(value_single_type(type));
    /* There are no multiple booleans, objects or rules [MS-OXCDATA] 2.11.1. */
    bool exists = single != SHAPE_NONE && single != SHAPE_BOOL &&
                  (single != SHAPE_BYTES || value_single_type(type) == TYPE_BINARY);
    return exists ? SHAPE_MULTIPLE : SHAPE_NONE;
}

prop_tag value_normal_tag(prop_tag tag)
{
    uint16_t type = prop_type(tag);
    const uint16_t instance = 0x2000;
    if ((type & (instance | TYPE_MULTIPLE)) == (instance | TYPE_MULTIPLE))
        type = (uint16_t)(type & ~instance);
    if (value_single_type(type) == TYPE_STRING8)
        type = (uint16_t)(type | TYPE_STRING);
    return prop_make(prop_id(tag), type);
}

static int compare_int64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* NaN sorts below every number, so that the order stays total. */
static int compare_double(double a, double b)
{
    if (isnan(a) || isnan(b))
        return !isnan(a) - !isnan(b);
    return (a > b) - (a < b);
}

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static int compare_multiple(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < a->multiple.count && i < b->multiple.count; i++) {
        int order = value_compare(&a->multiple.elements[i], &b->multiple.elements[i]);
        if (order != 0)
            return order;
    }
    return (a->multiple.count > b->multiple.count) - (a->multiple.count < b->multiple.count);
}

static int compare_content(enum value_shape shape, const struct value *a, const struct value *b)
{
    switch (shape) {
    case SHAPE_BOOL:
        return (int)a->boolean - (int)b->boolean;
    case SHAPE_INT16:
        return compare_int64(a->int16, b->int16);
    case SHAPE_INT32:
        return compare_int64(a->int32, b->int32);
    case SHAPE_INT64:
        return compare_int64(a->int64, b->int64);
    case SHAPE_FLOAT:
        return compare_double((double)a->float32, (double)b->float32);
    case SHAPE_DOUBLE:
        return compare_double(a->float64, b->float64);
    case SHAPE_GUID:
        return sign(guid_compare(a->guid, b->guid));
    case SHAPE_BYTES:
        return slice_compare(a->bytes, b->bytes);
    case SHAPE_TEXT:
        return text_match_compare(a->bytes, b->bytes);
    case SHAPE_MULTIPLE:
        return compare_multiple(a, b);
    case SHAPE_NONE:
        break;
    }
    return 0;
}

int value_compare(const struct value *a, const struct value *b)
{
    if (prop_type(a->tag) != prop_type(b->tag))
        return prop_type(a->tag) < prop_type(b->tag) ? -1 : 1;
    if (a->form != b->form)
        return a->form < b->form ? -1 : 1;
    if (a->form == VALUE_STORED)
        return compare_int64(a->stored.blob, b->stored.blob);
    return compare_content(value_shape(prop_type(a->tag)), a, b);
}

static bool equal_multiple(const struct value *a, const struct value *b)
{
    if (a->multiple.count != b->multiple.count)
        return false;
    for (size_t i = 0; i < a->multiple.count; i++) {
        if (!value_equal(&a->multiple.elements[i], &b->multiple.elements[i]))
            return false;
    }
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (prop_type(a->tag) != prop_type(b->tag) || a->form != b->form)
        return false;
    if (a->form == VALUE_STORED)
        return a->stored.blob == b->stored.blob && a->stored.size == b->stored.size;
    enum value_shape shape = value_shape(prop_type(a->tag));
    if (shape == SHAPE_TEXT)
        return slice_equal(a->bytes, b->bytes);
    if (shape == SHAPE_MULTIPLE)
        return equal_multiple(a, b);
    return shape != SHAPE_NONE && compare_content(shape, a, b) == 0;
}

static enum status copy_text(TALLOC_CTX *mem, struct slice from, struct slice *out)
{
    if (from.length > 0 && memchr(from.data, 0, from.length) != NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "a text value holds a NUL character");
    uint8_t *text = talloc_size(mem, from.length + 1);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "text value of %zu bytes", from.length);
    if (from.length > 0)
        memcpy(text, from.data, from.length);
    text[from.length] = 0;
    *out = slice_of(text, from.length);
    return STATUS_OK;
}

static enum status copy_bytes(TALLOC_CTX *mem, struct slice from, struct slice *out)
{
    *out = slice_of(NULL, 0);
    if (from.length == 0)
        return STATUS_OK;
    uint8_t *bytes = talloc_memdup(mem, from.data, from.length);
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "value of %zu bytes", from.length);
    *out = slice_of(bytes, from.length);
    return STATUS_OK;
}

/* The elements' content hangs on the array, so that freeing the array frees all. */
static enum status copy_multiple(TALLOC_CTX *mem, const struct value *from, struct value *out)
{
    uint16_t single = value_single_type(prop_type(out->tag));
    size_t count = from->multiple.count;
    out->multiple.elements = NULL;
    out->multiple.count = 0;
    if (count == 0)
        return STATUS_OK;
    struct value *elements = talloc_zero_array(mem, struct value, array_count(count));
    if (elements == NULL)
        return status_fail(STATUS_NO_MEMORY, "%zu values", count);
    for (size_t i = 0; i < count; i++) {
        const struct value *element = &from->multiple.elements[i];
        enum status status =
            prop_type(value_normal_tag(element->tag)) == single && element->form == VALUE_INLINE
                ? value_copy(elements, element, &elements[i])
                : status_fail(STATUS_INVALID_PROPERTY, "element %zu of 0x%08X is of another type", i, from->tag);
        if (status != STATUS_OK) {
            talloc_free(elements);
            return status;
        }
    }
    out->multiple.elements = elements;
    out->multiple.count = count;
    return STATUS_OK;
}

enum status value_copy(TALLOC_CTX *mem, const struct value *from, struct value *out)
{
    struct value copy = *from;
    copy.tag = value_normal_tag(from->tag);
    enum value_shape shape = value_shape(prop_type(copy.tag));
    if (shape == SHAPE_NONE)
        return status_fail(STATUS_INVALID_PROPERTY, "property 0x%08X has no known type", from->tag);
    if (copy.form == VALUE_INLINE) {
        if (shape == SHAPE_TEXT)
            TRY(copy_text(mem, from->bytes, &copy.bytes));
        else if (shape == SHAPE_BYTES)
            TRY(copy_bytes(mem, from->bytes, &copy.bytes));
        else if (shape == SHAPE_MULTIPLE)
            TRY(copy_multiple(mem, from, &copy));
    }
    *out = copy;
    return STATUS_OK;
}

const char *value_text(const struct value *value)
{
    bool is_text = value != NULL && value->form == VALUE_INLINE && prop_type(value->tag) == TYPE_STRING &&
                   value->bytes.data != NULL;
    return is_text ? (const char *)value->bytes.data : "";
}

static uint64_t content_size(enum value_shape shape, const struct value *value)
{
    switch (shape) {
    case SHAPE_BOOL:
        return 1;
    case SHAPE_INT16:
        return 2;
    case SHAPE_INT32:
    case SHAPE_FLOAT:
        return 4;
    case SHAPE_INT64:
    case SHAPE_DOUBLE:
        return 8;
    case SHAPE_GUID:
        return 16;
    case SHAPE_BYTES:
    case SHAPE_TEXT:
        return value->bytes.length;
    case SHAPE_MULTIPLE: {
        uint64_t sum = 0;
        for (size_t i = 0; i < value->multiple.count; i++)
            sum += value_size(&value->multiple.elements[i]);
        return sum;
    }
    case SHAPE_NONE:
        break;
    }
    return 0;
}

uint64_t value_size(const struct value *value)
{
    if (value->form == VALUE_STORED)
        return value->stored.size;
    return content_size(value_shape(prop_type(value->tag)), value);
}
