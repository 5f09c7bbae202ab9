#include "restriction_values.h"

#include "bourse/base/text.h"
#include "value_shape.h"

static void pack_count(struct buffer *out, size_t count, bool wide)
{
    if (wide)
        buffer_append_u32(out, (uint32_t)count);
    else
        buffer_append_u16(out, (uint16_t)count);
}

static void pack_value(struct buffer *out, const struct value *value, bool wide)
{
    switch (value_shape(prop_type(value->tag))) {
    case SHAPE_TEXT:
        utf16_append(out, value->bytes);
        buffer_append_u16(out, 0);
        break;
    case SHAPE_BYTES: /* a server id always has a 16-bit count [MS-OXCDATA] 2.11.1.4 */
        pack_count(out, value->bytes.length, wide && prop_type(value->tag) != TYPE_SERVER_ID);
        buffer_append_slice(out, value->bytes);
        break;
    case SHAPE_MULTIPLE:
        buffer_append_u32(out, (uint32_t)value->multiple.count);
        for (size_t i = 0; i < value->multiple.count; i++)
            pack_value(out, &value->multiple.elements[i], wide);
        break;
    default:
        value_content_pack(out, value); /* numbers are the same in both encodings */
        break;
    }
}

void tagged_value_pack(struct buffer *out, const struct value *value, bool wide_counts)
{
    buffer_append_u32(out, value->tag);
    pack_value(out, value, wide_counts);
}

static struct slice unpack_utf16(TALLOC_CTX *mem, struct wire *in)
{
    struct slice wide_text = wire_utf16z(in);
    char *text = NULL;
    if (in->status == STATUS_OK) {
        enum status status = utf16_to_utf8(mem, wide_text, &text);
        if (status != STATUS_OK)
            wire_fail(in, status);
    }
    return slice_of_text(text);
}

/* 8-bit text says no code page here: UTF-8 when it is well-formed, else Latin-1. */
static struct slice unpack_string8(TALLOC_CTX *mem, struct wire *in)
{
    struct slice bytes = wire_asciiz(in);
    char *text = NULL;
    if (in->status != STATUS_OK)
        return slice_of(NULL, 0);
    if (utf8_is_valid(bytes)) {
        text = slice_text(mem, bytes);
    } else {
        uint8_t *at = talloc_size(mem, bytes.length * 2 + 1);
        text = (char *)at;
        for (size_t i = 0; at != NULL && i < bytes.length; i++) {
            if (bytes.data[i] >= 0x80)
                *at++ = (uint8_t)(0xC0 | bytes.data[i] >> 6);
            *at++ = (uint8_t)(bytes.data[i] >= 0x80 ? 0x80 | (bytes.data[i] & 0x3F) : bytes.data[i]);
        }
        if (at != NULL)
            *at = 0;
    }
    if (text == NULL)
        wire_fail(in, STATUS_NO_MEMORY);
    return slice_of_text(text);
}

static struct slice unpack_bytes(TALLOC_CTX *mem, struct wire *in, bool wide)
{
    size_t length = wide ? wire_u32(in) : wire_u16(in);
    struct slice bytes = wire_bytes(in, length);
    if (in->status != STATUS_OK || bytes.length == 0)
        return slice_of(NULL, 0);
    struct slice copy = slice_copy(mem, bytes);
    if (copy.data == NULL)
        wire_fail(in, STATUS_NO_MEMORY);
    return copy;
}

/* Least bytes that a value of the type takes in a list. */
static size_t least_size(uint16_t type)
{
    switch (value_shape(type)) {
    case SHAPE_INT64:
    case SHAPE_DOUBLE:
        return 8;
    case SHAPE_INT32:
    case SHAPE_FLOAT:
        return 4;
    case SHAPE_GUID:
        return 16;
    default:
        return type == TYPE_STRING8 ? 1 : 2;
    }
}

static void unpack_value(TALLOC_CTX *mem, struct wire *in, bool wide, uint16_t wire_type, struct value *out);

static void unpack_multiple(TALLOC_CTX *mem, struct wire *in, bool wide, uint16_t single, struct value *out)
{
    uint32_t count = wire_u32(in);
    out->multiple.count = 0;
    out->multiple.elements = NULL;
    if (!wire_check_count(in, count, least_size(single)) || count == 0)
        return;
    struct value *elements = talloc_zero_array(mem, struct value, count);
    if (elements == NULL) {
        wire_fail(in, STATUS_NO_MEMORY);
        return;
    }
    for (size_t i = 0; i < count && in->status == STATUS_OK; i++) {
        elements[i].tag = value_normal_tag(prop_make(prop_id(out->tag), single));
        unpack_value(elements, in, wide, single, &elements[i]);
    }
    out->multiple.count = count;
    out->multiple.elements = elements;
}

static void unpack_value(TALLOC_CTX *mem, struct wire *in, bool wide, uint16_t wire_type, struct value *out)
{
    switch (value_shape(prop_type(out->tag))) {
    case SHAPE_TEXT:
        out->bytes = wire_type == TYPE_STRING8 ? unpack_string8(mem, in) : unpack_utf16(mem, in);
        /* Text from UTF-16 may hold no NUL: the terminator ends it. */
        break;
    case SHAPE_BYTES:
        out->bytes = unpack_bytes(mem, in, wide && wire_type != TYPE_SERVER_ID);
        break;
    case SHAPE_MULTIPLE:
        unpack_multiple(mem, in, wide, value_single_type(wire_type), out);
        break;
    case SHAPE_BOOL:
        out->boolean = wire_u8(in) != 0;
        break;
    default:
        value_content_view(mem, in, out);
        break;
    }
}

void tagged_value_unpack(TALLOC_CTX *mem, struct wire *in, bool wide_counts, struct value *out)
{
    prop_tag wire_tag = wire_u32(in);
    uint16_t wire_type = (uint16_t)(prop_type(wire_tag) & ~0x2000);
    *out = (struct value){ .tag = value_normal_tag(wire_tag) };
    uint16_t type = prop_type(out->tag);
    bool is_plain =
        value_shape(type) != SHAPE_NONE && type != TYPE_OBJECT && type != TYPE_RESTRICTION && type != TYPE_RULE_ACTION;
    if (in->status == STATUS_OK && !is_plain)
        wire_fail(in, STATUS_INVALID_RESTRICTION);
    if (in->status == STATUS_OK)
        unpack_value(mem, in, wide_counts, wire_type, out);
}
