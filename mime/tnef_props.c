/* MAPI property lists in TNEF [MS-OXTNEF] 2.1.3.4. */
#include "tnef.h"

#include "bourse/base/text.h"
#include "bourse/mime/body.h"
#include "bourse/model/properties.h"
#include "parse.h"

#define MULTIPLE_MAX 10000

struct reader {
    TALLOC_CTX *mem;
    struct wire *in;
    const char *charset;
    size_t value_cap;
    struct tnef_data *data;
};

static void skip_padding(struct wire *in, size_t length)
{
    if (length % 4 != 0)
        wire_skip(in, 4 - length % 4 < wire_left(in) ? 4 - length % 4 : wire_left(in));
}

static struct slice padded_bytes(struct wire *in, size_t length)
{
    struct slice bytes = wire_bytes(in, length);
    skip_padding(in, length);
    return bytes;
}

/* Tag of a named property in this catalogue, 0 when it is not well known. */
static prop_tag read_name(struct reader *r)
{
    struct property_name name = { .set = wire_guid(r->in) };
    name.is_string = wire_u32(r->in) == 1;
    if (!name.is_string) {
        name.lid = wire_u32(r->in);
        return property_tag_of_name(&name);
    }
    struct slice wide = padded_bytes(r->in, wire_u32(r->in));
    char *text = NULL;
    if (wide.length >= 2 && wide.data[wide.length - 1] == 0 && wide.data[wide.length - 2] == 0)
        wide.length -= 2;
    if (wide.length > 512 || utf16_to_utf8(r->mem, wide, &text) != STATUS_OK)
        return 0;
    name.name = text;
    return property_tag_of_name(&name);
}

static enum status read_string(struct reader *r, struct slice bytes, bool wide, struct value *out)
{
    char *text = NULL;
    struct slice utf8;
    if (!wide) {
        TRY(mime_text_to_utf8(r->mem, bytes, r->charset, r->value_cap, &utf8));
    } else {
        bytes.length &= ~(size_t)1;
        if (utf16_to_utf8(r->mem, bytes, &text) != STATUS_OK)
            return STATUS_MALFORMED;
        utf8 = slice_of_text(text);
    }
    const uint8_t *end = utf8.length > 0 ? memchr(utf8.data, 0, utf8.length) : NULL;
    if (end != NULL)
        utf8.length = (size_t)(end - utf8.data);
    out->bytes = utf8;
    return STATUS_OK;
}

/* One value of a fixed-size type; false when the type is none. Everything takes a multiple of four bytes. */
static bool read_fixed(struct reader *r, uint16_t type, struct value *out)
{
    switch (type) {
    case TYPE_INT16: out->int16 = (int16_t)wire_u32(r->in); return true;
    case TYPE_BOOL: out->boolean = (wire_u32(r->in) & 0xFFFF) != 0; return true;
    case TYPE_INT32:
    case TYPE_ERROR: out->int32 = (int32_t)wire_u32(r->in); return true;
    case TYPE_FLOAT: {
        uint32_t bits = wire_u32(r->in);
        memcpy(&out->float32, &bits, 4);
        return true;
    }
    case TYPE_DOUBLE:
    case TYPE_APPLICATION_TIME: {
        uint64_t bits = wire_u64(r->in);
        memcpy(&out->float64, &bits, 8);
        return true;
    }
    case TYPE_CURRENCY:
    case TYPE_INT64:
    case TYPE_TIME: out->int64 = (int64_t)wire_u64(r->in); return true;
    case TYPE_GUID: out->guid = wire_guid(r->in); return true;
    default: return false;
    }
}

static enum status read_variable(struct reader *r, uint16_t type, struct value *out)
{
    size_t length = wire_u32(r->in);
    struct slice bytes = padded_bytes(r->in, length);
    if (wire_status(r->in) != STATUS_OK || bytes.length > r->value_cap)
        return STATUS_MALFORMED;
    if (type == TYPE_STRING8 || type == TYPE_STRING)
        return read_string(r, bytes, type == TYPE_STRING, out);
    out->bytes = bytes;
    return STATUS_OK;
}

static bool is_variable(uint16_t type)
{
    return type == TYPE_STRING8 || type == TYPE_STRING || type == TYPE_BINARY || type == TYPE_OBJECT;
}

static enum status read_multiple(struct reader *r, uint16_t single, struct value *out)
{
    uint32_t count = wire_u32(r->in);
    if (!wire_check_count(r->in, count, 4) || count > MULTIPLE_MAX)
        return STATUS_MALFORMED;
    out->multiple.elements = talloc_zero_array(r->mem, struct value, count > 0 ? count : 1);
    TRY_MEMORY(out->multiple.elements);
    out->multiple.count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct value *element = &out->multiple.elements[i];
        element->tag = prop_make(prop_id(out->tag), single == TYPE_STRING8 ? TYPE_STRING : single);
        if (is_variable(single))
            TRY(read_variable(r, single, element));
        else if (!read_fixed(r, single, element))
            return STATUS_MALFORMED;
    }
    return wire_status(r->in);
}

/* Strings and binaries carry a count of values, which is one [MS-OXTNEF] 2.1.3.4 PropertyValue. */
static enum status read_value(struct reader *r, uint16_t type, struct value *out)
{
    if ((type & TYPE_MULTIPLE) != 0)
        return read_multiple(r, (uint16_t)(type & ~TYPE_MULTIPLE), out);
    if (read_fixed(r, type, out))
        return wire_status(r->in);
    if (!is_variable(type))
        return STATUS_MALFORMED;
    uint32_t count = wire_u32(r->in);
    if (count == 0 || !wire_check_count(r->in, count, 4))
        return STATUS_MALFORMED;
    TRY(read_variable(r, type, out));
    for (uint32_t i = 1; i < count && i < MULTIPLE_MAX; i++) {
        struct value ignored = { 0 };
        TRY(read_variable(r, type, &ignored));
    }
    return STATUS_OK;
}

static bool type_fits(const struct value *value)
{
    uint16_t type = prop_type(value->tag);
    return (type & TYPE_MULTIPLE) != 0 ? (type & ~TYPE_MULTIPLE) != TYPE_OBJECT : type != TYPE_OBJECT && type != TYPE_ERROR;
}

static enum status keep(struct reader *r, struct value *value, struct bag *bag)
{
    if (prop_id(value->tag) == prop_id(PROP_ATTACH_DATA_BINARY)) {
        bool object = prop_type(value->tag) == TYPE_OBJECT;
        struct slice bytes = slice_part(value->bytes, object ? 16 : 0, value->bytes.length); /* an interface id comes first */
        r->data->offset = (uint64_t)(bytes.data - r->data->stream);
        r->data->length = bytes.length;
        return STATUS_OK;
    }
    return type_fits(value) ? bag_set(bag, value) : STATUS_OK;
}

static enum status read_property(struct reader *r, struct bag *bag)
{
    uint16_t type = wire_u16(r->in), id = wire_u16(r->in);
    struct value value = { .tag = prop_make(id, type == TYPE_STRING8 ? TYPE_STRING : type) };
    if (type == (TYPE_STRING8 | TYPE_MULTIPLE))
        value.tag = prop_make(id, TYPE_STRING | TYPE_MULTIPLE);
    bool known = true;
    if (id >= 0x8000) {
        prop_tag named = read_name(r);
        known = named != 0 && prop_type(named) == prop_type(value.tag);
        value.tag = known ? named : value.tag;
    }
    TRY(read_value(r, type, &value));
    return known && id != 0 ? keep(r, &value, bag) : STATUS_OK;
}

enum status tnef_read_properties(TALLOC_CTX *mem, struct wire *in, const char *charset, const struct mime_limits *limits, struct bag *bag,
                                 struct tnef_data *data)
{
    struct reader reader = { .mem = mem, .in = in, .charset = charset, .value_cap = limits->body_bytes, .data = data };
    uint32_t count = wire_u32(in);
    if (!wire_check_count(in, count, 8))
        return STATUS_MALFORMED;
    for (uint32_t i = 0; i < count; i++)
        TRY(read_property(&reader, bag));
    return wire_status(in);
}
