#include "value_shape.h"

#include "array_count.h"

/* Strings are packed with the NUL that follows them in memory, so that a bag can point into its packed copy. */

static void pack_sized(struct buffer *out, struct slice bytes, bool with_nul)
{
    buffer_append_varint(out, bytes.length);
    buffer_append_slice(out, bytes);
    if (with_nul)
        buffer_append_byte(out, 0);
}

static void pack_double(struct buffer *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    buffer_append_u64(out, bits);
}

static void pack_float(struct buffer *out, float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    buffer_append_u32(out, bits);
}

static void pack_multiple(struct buffer *out, const struct value *value)
{
    buffer_append_varint(out, value->multiple.count);
    for (size_t i = 0; i < value->multiple.count; i++)
        value_content_pack(out, &value->multiple.elements[i]);
}

void value_content_pack(struct buffer *out, const struct value *value)
{
    if (value->form == VALUE_STORED) {
        buffer_append_u64(out, (uint64_t)value->stored.blob);
        buffer_append_varint(out, value->stored.size);
        return;
    }
    switch (value_shape(prop_type(value->tag))) {
    case SHAPE_BOOL:
        buffer_append_byte(out, value->boolean);
        break;
    case SHAPE_INT16:
        buffer_append_u16(out, (uint16_t)value->int16);
        break;
    case SHAPE_INT32:
        buffer_append_u32(out, (uint32_t)value->int32);
        break;
    case SHAPE_INT64:
        buffer_append_u64(out, (uint64_t)value->int64);
        break;
    case SHAPE_FLOAT:
        pack_float(out, value->float32);
        break;
    case SHAPE_DOUBLE:
        pack_double(out, value->float64);
        break;
    case SHAPE_GUID:
        buffer_append(out, value->guid.bytes, sizeof value->guid.bytes);
        break;
    case SHAPE_BYTES:
        pack_sized(out, value->bytes, false);
        break;
    case SHAPE_TEXT:
        pack_sized(out, value->bytes, true);
        break;
    case SHAPE_MULTIPLE:
        pack_multiple(out, value);
        break;
    case SHAPE_NONE:
        break;
    }
}

static struct slice view_bytes(struct wire *in)
{
    uint64_t length = wire_varint(in);
    if (length > wire_left(in)) {
        wire_fail(in, STATUS_CORRUPT);
        return slice_of(NULL, 0);
    }
    return wire_bytes(in, (size_t)length);
}

static struct slice view_text(struct wire *in)
{
    struct slice text = view_bytes(in);
    if (wire_u8(in) != 0 || (text.length > 0 && memchr(text.data, 0, text.length) != NULL))
        wire_fail(in, STATUS_CORRUPT);
    return text;
}

static double view_double(struct wire *in)
{
    uint64_t bits = wire_u64(in);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static float view_float(struct wire *in)
{
    uint32_t bits = wire_u32(in);
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static bool view_bool(struct wire *in)
{
    uint8_t byte = wire_u8(in);
    if (byte > 1)
        wire_fail(in, STATUS_CORRUPT);
    return byte == 1;
}

static void view_multiple(TALLOC_CTX *mem, struct wire *in, struct value *value)
{
    value->multiple.elements = NULL;
    value->multiple.count = 0;
    uint64_t count = wire_varint(in);
    if (!wire_check_count(in, count, 1) || count == 0)
        return;
    struct value *elements = talloc_zero_array(mem, struct value, array_count((size_t)count));
    if (elements == NULL) {
        wire_fail(in, STATUS_NO_MEMORY);
        return;
    }
    prop_tag single = prop_make(prop_id(value->tag), value_single_type(prop_type(value->tag)));
    for (size_t i = 0; i < count && in->status == STATUS_OK; i++) {
        elements[i].tag = single;
        value_content_view(elements, in, &elements[i]);
    }
    value->multiple.elements = elements;
    value->multiple.count = (size_t)count;
}

void value_content_view(TALLOC_CTX *mem, struct wire *in, struct value *value)
{
    if (value->form == VALUE_STORED) {
        value->stored.blob = (int64_t)wire_u64(in);
        value->stored.size = wire_varint(in);
        return;
    }
    switch (value_shape(prop_type(value->tag))) {
    case SHAPE_BOOL:
        value->boolean = view_bool(in);
        break;
    case SHAPE_INT16:
        value->int16 = (int16_t)wire_u16(in);
        break;
    case SHAPE_INT32:
        value->int32 = (int32_t)wire_u32(in);
        break;
    case SHAPE_INT64:
        value->int64 = (int64_t)wire_u64(in);
        break;
    case SHAPE_FLOAT:
        value->float32 = view_float(in);
        break;
    case SHAPE_DOUBLE:
        value->float64 = view_double(in);
        break;
    case SHAPE_GUID:
        value->guid = wire_guid(in);
        break;
    case SHAPE_BYTES:
        value->bytes = view_bytes(in);
        break;
    case SHAPE_TEXT:
        value->bytes = view_text(in);
        break;
    case SHAPE_MULTIPLE:
        view_multiple(mem, in, value);
        break;
    case SHAPE_NONE:
        wire_fail(in, STATUS_CORRUPT);
        break;
    }
}

void value_pack(struct buffer *out, const struct value *value)
{
    buffer_append_u32(out, value->tag);
    buffer_append_byte(out, (uint8_t)value->form);
    value_content_pack(out, value);
}

enum status value_unpack(TALLOC_CTX *mem, struct wire *in, struct value *out)
{
    struct value view = { .tag = wire_u32(in) };
    uint8_t form = wire_u8(in);
    view.form = form == VALUE_STORED ? VALUE_STORED : VALUE_INLINE;
    if (form > VALUE_STORED || view.tag != value_normal_tag(view.tag) || value_shape(prop_type(view.tag)) == SHAPE_NONE)
        wire_fail(in, STATUS_CORRUPT);
    if (in->status != STATUS_OK)
        return status_fail(in->status, "packed value");
    TALLOC_CTX *scratch = talloc_new(mem);
    if (scratch == NULL)
        return status_fail(STATUS_NO_MEMORY, "packed value");
    value_content_view(scratch, in, &view);
    enum status status = in->status;
    if (status == STATUS_OK)
        status = value_copy(mem, &view, out);
    talloc_free(scratch);
    return status == STATUS_OK ? STATUS_OK : status_add(status, "packed value of 0x%08X", view.tag);
}
