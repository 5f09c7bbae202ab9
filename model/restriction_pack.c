/* Restrictions on the wire [MS-OXCDATA] 2.12. */
#include "bourse/model/restriction.h"

#include "array_count.h"
#include "restriction_values.h"
#include "value_shape.h"

/* The shortest restriction, ExistRestriction with a tag, takes five bytes; an empty AndRestriction three. */
#define RESTRICTION_LEAST 3

static void pack_node(struct buffer *out, const struct restriction *node, bool wide);

static void pack_children(struct buffer *out, const struct restriction *node, bool wide)
{
    for (size_t i = 0; i < node->child_count; i++)
        pack_node(out, node->children[i], wide);
}

static void pack_list(struct buffer *out, const struct restriction *node, bool wide)
{
    if (wide)
        buffer_append_u32(out, (uint32_t)node->child_count);
    else
        buffer_append_u16(out, (uint16_t)node->child_count);
    pack_children(out, node, wide);
}

static void pack_content(struct buffer *out, const struct restriction *node, bool wide)
{
    buffer_append_u16(out, (uint16_t)node->fuzzy);
    buffer_append_u16(out, (uint16_t)(node->fuzzy >> 16));
    buffer_append_u32(out, node->tag);
    tagged_value_pack(out, &node->value, wide);
}

static void pack_comment(struct buffer *out, const struct restriction *node, bool wide)
{
    buffer_append_byte(out, (uint8_t)node->comment_count);
    for (size_t i = 0; i < node->comment_count; i++)
        tagged_value_pack(out, &node->comments[i], wide);
    buffer_append_byte(out, node->child_count > 0);
    pack_children(out, node, wide);
}

/* Both halves of SubObjectRestriction's and CountRestriction's header are one 32-bit number. */
static void pack_node(struct buffer *out, const struct restriction *node, bool wide)
{
    buffer_append_byte(out, (uint8_t)node->kind);
    switch (node->kind) {
    case RESTRICT_AND:
    case RESTRICT_OR:
        pack_list(out, node, wide);
        break;
    case RESTRICT_NOT:
        pack_children(out, node, wide);
        break;
    case RESTRICT_CONTENT:
        pack_content(out, node, wide);
        break;
    case RESTRICT_PROPERTY:
        buffer_append_byte(out, (uint8_t)node->relation);
        buffer_append_u32(out, node->tag);
        tagged_value_pack(out, &node->value, wide);
        break;
    case RESTRICT_COMPARE:
        buffer_append_byte(out, (uint8_t)node->relation);
        buffer_append_u32(out, node->tag);
        buffer_append_u32(out, node->other_tag);
        break;
    case RESTRICT_BITMASK:
        buffer_append_byte(out, node->mask_is_zero ? 0 : 1);
        buffer_append_u32(out, node->tag);
        buffer_append_u32(out, node->number);
        break;
    case RESTRICT_SIZE:
        buffer_append_byte(out, (uint8_t)node->relation);
        buffer_append_u32(out, node->tag);
        buffer_append_u32(out, node->number);
        break;
    case RESTRICT_EXIST:
        buffer_append_u32(out, node->tag);
        break;
    case RESTRICT_SUBOBJECT:
        buffer_append_u32(out, node->tag);
        pack_children(out, node, wide);
        break;
    case RESTRICT_COMMENT:
        pack_comment(out, node, wide);
        break;
    case RESTRICT_COUNT:
        buffer_append_u32(out, node->number);
        pack_children(out, node, wide);
        break;
    }
}

/* What only the wire limits: narrow counts, a byte for comments, a child where the wire has no way to say "none". */
static enum status check_packable(const struct restriction *node, bool wide)
{
    bool too_long = !wide && node->value.tag != 0 && value_shape(prop_type(node->value.tag)) == SHAPE_BYTES &&
                    node->value.bytes.length > UINT16_MAX;
    if (too_long || node->comment_count > UINT8_MAX)
        return status_fail(STATUS_TOO_COMPLEX, "restriction does not fit its encoding");
    if (node->kind == RESTRICT_SUBOBJECT && node->child_count != 1)
        return status_fail(STATUS_INVALID_RESTRICTION, "subobject without a restriction");
    for (size_t i = 0; i < node->child_count; i++)
        TRY(check_packable(node->children[i], wide));
    return STATUS_OK;
}

enum status restriction_pack(const struct restriction *restriction, bool wide_counts, struct buffer *out)
{
    if (restriction == NULL)
        return status_fail(STATUS_INVALID_RESTRICTION, "no restriction to pack");
    TRY(restriction_check(restriction));
    TRY(check_packable(restriction, wide_counts));
    pack_node(out, restriction, wide_counts);
    return buffer_status(out);
}

/* State of one unpack: the cursor carries the error. */
struct reader {
    struct wire *in;
    bool wide;
    size_t nodes;
};

static struct restriction *read_node(TALLOC_CTX *mem, struct reader *reader, size_t depth);

static void read_child(struct reader *reader, struct restriction *parent, size_t depth)
{
    struct restriction *child = read_node(parent, reader, depth + 1);
    if (child != NULL && restriction_add_child(parent, child) != STATUS_OK)
        wire_fail(reader->in, STATUS_NO_MEMORY);
}

static void read_list(struct reader *reader, struct restriction *node, size_t depth)
{
    uint32_t count = reader->wide ? wire_u32(reader->in) : wire_u16(reader->in);
    if (!wire_check_count(reader->in, count, RESTRICTION_LEAST))
        return;
    for (uint32_t i = 0; i < count && reader->in->status == STATUS_OK; i++)
        read_child(reader, node, depth);
}

static void read_content(struct reader *reader, struct restriction *node)
{
    uint32_t low = wire_u16(reader->in);
    uint32_t high = wire_u16(reader->in);
    node->fuzzy = high << 16 | low;
    node->tag = value_normal_tag(wire_u32(reader->in));
    tagged_value_unpack(node, reader->in, reader->wide, &node->value);
}

static void read_bitmask(struct reader *reader, struct restriction *node)
{
    uint8_t relation = wire_u8(reader->in);
    if (relation > 1)
        wire_fail(reader->in, STATUS_INVALID_RESTRICTION);
    node->mask_is_zero = relation == 0; /* [MS-OXCDATA] 2.12.7.1: 0 BMR_EQZ, 1 BMR_NEZ */
    node->tag = value_normal_tag(wire_u32(reader->in));
    node->number = wire_u32(reader->in);
}

static void read_comment(struct reader *reader, struct restriction *node, size_t depth)
{
    size_t count = wire_u8(reader->in);
    if (!wire_check_count(reader->in, count, sizeof(uint32_t) + 1))
        return;
    if (count > 0)
        node->comments = talloc_zero_array(node, struct value, array_count(count));
    if (count > 0 && node->comments == NULL)
        wire_fail(reader->in, STATUS_NO_MEMORY);
    for (; node->comment_count < count && reader->in->status == STATUS_OK; node->comment_count++)
        tagged_value_unpack(node->comments, reader->in, reader->wide, &node->comments[node->comment_count]);
    if (wire_u8(reader->in) != 0)
        read_child(reader, node, depth);
}

static void read_relation(struct reader *reader, struct restriction *node)
{
    node->relation = (enum relation)wire_u8(reader->in);
    node->tag = value_normal_tag(wire_u32(reader->in));
}

static void read_body(struct reader *reader, struct restriction *node, size_t depth)
{
    struct wire *in = reader->in;
    switch (node->kind) {
    case RESTRICT_AND:
    case RESTRICT_OR:
        read_list(reader, node, depth);
        break;
    case RESTRICT_NOT:
        read_child(reader, node, depth);
        break;
    case RESTRICT_CONTENT:
        read_content(reader, node);
        break;
    case RESTRICT_PROPERTY:
        read_relation(reader, node);
        tagged_value_unpack(node, in, reader->wide, &node->value);
        break;
    case RESTRICT_COMPARE:
        read_relation(reader, node);
        node->other_tag = value_normal_tag(wire_u32(in));
        break;
    case RESTRICT_BITMASK:
        read_bitmask(reader, node);
        break;
    case RESTRICT_SIZE:
        read_relation(reader, node);
        node->number = wire_u32(in);
        break;
    case RESTRICT_EXIST:
        node->tag = value_normal_tag(wire_u32(in));
        break;
    case RESTRICT_SUBOBJECT:
        node->tag = wire_u32(in);
        read_child(reader, node, depth);
        break;
    case RESTRICT_COMMENT:
        read_comment(reader, node, depth);
        break;
    case RESTRICT_COUNT:
        node->number = wire_u32(in);
        read_child(reader, node, depth);
        break;
    }
}

static struct restriction *read_node(TALLOC_CTX *mem, struct reader *reader, size_t depth)
{
    uint8_t kind = wire_u8(reader->in);
    if (kind > RESTRICT_COUNT)
        wire_fail(reader->in, STATUS_INVALID_RESTRICTION);
    if (depth > RESTRICTION_DEPTH_MAX || ++reader->nodes > RESTRICTION_NODES_MAX)
        wire_fail(reader->in, STATUS_TOO_COMPLEX);
    if (reader->in->status != STATUS_OK)
        return NULL;
    struct restriction *node = restriction_new(mem, (enum restriction_kind)kind);
    if (node == NULL)
        wire_fail(reader->in, STATUS_NO_MEMORY);
    else
        read_body(reader, node, depth);
    return node;
}

enum status restriction_unpack(TALLOC_CTX *mem, struct wire *in, bool wide_counts, struct restriction **out)
{
    struct reader reader = { .in = in, .wide = wide_counts };
    struct restriction *root = read_node(mem, &reader, 1);
    enum status status = in->status == STATUS_OK
                             ? restriction_check(root)
                             : status_fail(in->status, "restriction: byte %zu of %zu", in->offset, in->length);
    if (status != STATUS_OK) {
        talloc_free(root);
        return status;
    }
    *out = root;
    return STATUS_OK;
}
