/* Packed bag, version 1:
 *   version   1 byte
 *   count     varint
 *   each value, ordered by id:
 *     varint  id minus the previous id (the first: id plus one), so never 0
 *     varint  type << 1 | form
 *     content value_content_pack
 * A value takes at least three bytes. */
#include "bag_private.h"
#include "value_shape.h"

#define BAG_VERSION 1
#define VALUE_LEAST 3
/* Room for the columns of a listed item, which are added to what was unpacked. */
#define SPARE_VALUES 24
#define SPARE_CONTENT 768
#define SPARE_CHUNKS 16

enum status bag_pack(const struct bag *bag, struct buffer *out)
{
    buffer_append_byte(out, BAG_VERSION);
    buffer_append_varint(out, bag->count);
    int previous = -1;
    for (size_t i = 0; i < bag->count; i++) {
        const struct value *value = &bag->entries[i].value;
        int id = prop_id(value->tag);
        buffer_append_varint(out, (uint64_t)(id - previous));
        buffer_append_varint(out, (uint64_t)prop_type(value->tag) << 1 | (uint64_t)value->form);
        value_content_pack(out, value);
        previous = id;
    }
    return buffer_status(out);
}

/* Reads one value; the cursor fails on anything that bag_pack does not write. */
static void unpack_entry(struct bag *bag, struct wire *in, int *previous)
{
    struct bag_entry *entry = &bag->entries[bag->count];
    uint64_t step = wire_varint(in);
    uint64_t type_and_form = wire_varint(in);
    uint64_t type = type_and_form >> 1;
    if (step == 0 || step > UINT16_MAX + 1u || *previous + (int)step > UINT16_MAX || type > UINT16_MAX) {
        wire_fail(in, STATUS_CORRUPT);
        return;
    }
    *previous += (int)step;
    prop_tag tag = prop_make((uint16_t)*previous, (uint16_t)type);
    if (tag != value_normal_tag(tag) || value_shape(prop_type(tag)) == SHAPE_NONE) {
        wire_fail(in, STATUS_CORRUPT);
        return;
    }
    *entry =
        (struct bag_entry){ .value = { .tag = tag, .form = (type_and_form & 1) != 0 ? VALUE_STORED : VALUE_INLINE } };
    value_content_view(bag, in, &entry->value);
    if (value_shape(prop_type(tag)) == SHAPE_MULTIPLE && entry->value.form == VALUE_INLINE)
        entry->owned = entry->value.multiple.elements;
    bag->count++;
}

static enum status unpack_entries(struct bag *bag, struct wire *in, size_t count)
{
    int previous = -1;
    for (size_t i = 0; i < count && in->status == STATUS_OK; i++)
        unpack_entry(bag, in, &previous);
    enum status status = wire_finish(in);
    return status == STATUS_OK ? STATUS_OK
                               : status_fail(status == STATUS_NO_MEMORY ? STATUS_NO_MEMORY : STATUS_CORRUPT,
                                             "packed bag: value %zu of %zu, byte %zu of %zu", bag->count, count,
                                             in->offset, in->length);
}

enum status bag_unpack(TALLOC_CTX *mem, struct slice packed, struct bag **out)
{
    struct wire peek = wire_over(packed);
    uint8_t version = wire_u8(&peek);
    uint64_t count = wire_varint(&peek);
    if (version != BAG_VERSION || count > UINT16_MAX + 1u || !wire_check_count(&peek, count, VALUE_LEAST))
        return status_fail(STATUS_CORRUPT, "packed bag of version %u, %zu bytes", version, packed.length);
    /* with room for the columns of a listed item, which are added next */
    struct bag *bag = bag_new_sized(mem, (size_t)count + SPARE_VALUES, packed.length + SPARE_CONTENT, 1 + SPARE_CHUNKS);
    struct slice copy = bag != NULL ? slice_copy(bag, packed) : slice_of(NULL, 0);
    if (copy.data == NULL) {
        talloc_free(bag);
        return status_fail(STATUS_NO_MEMORY, "packed bag of %zu bytes", packed.length);
    }
    struct wire in = wire_over(copy);
    wire_skip(&in, peek.offset);
    enum status status = unpack_entries(bag, &in, (size_t)count);
    if (status != STATUS_OK) {
        talloc_free(bag);
        return status;
    }
    *out = bag;
    return STATUS_OK;
}
