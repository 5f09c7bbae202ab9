#include "bourse/model/restriction.h"

#include "array_count.h"
#include "value_shape.h"

struct restriction *restriction_new(TALLOC_CTX *mem, enum restriction_kind kind)
{
    struct restriction *restriction = talloc_zero(mem, struct restriction);
    if (restriction != NULL)
        restriction->kind = kind;
    return restriction;
}

enum status restriction_add_child(struct restriction *parent, struct restriction *child)
{
    size_t count = parent->child_count;
    size_t capacity = talloc_array_length(parent->children);
    if (count >= capacity) {
        size_t wanted = count < 2 ? 2 : count * 2;
        struct restriction **children =
            talloc_realloc(parent, parent->children, struct restriction *, array_count(wanted));
        if (children == NULL)
            return status_fail(STATUS_NO_MEMORY, "restriction of %zu parts", wanted);
        parent->children = children;
    }
    parent->children[count] = talloc_steal(parent, child);
    parent->child_count++;
    return STATUS_OK;
}

static bool is_relation(enum relation relation)
{
    return relation <= REL_NOT_EQUAL || relation == REL_MEMBER_OF_LIST;
}

/* Integers of any size compare with each other. */
static bool is_integer(uint16_t type)
{
    enum value_shape shape = value_shape(type);
    return shape == SHAPE_INT16 || shape == SHAPE_INT32 || (shape == SHAPE_INT64 && type != TYPE_TIME);
}

static bool can_compare(prop_tag tag, prop_tag other)
{
    uint16_t left = prop_type(value_normal_tag(tag)), right = prop_type(value_normal_tag(other));
    if (left == right || left == TYPE_UNSPECIFIED || right == TYPE_UNSPECIFIED)
        return true;
    return value_single_type(left) == right || (is_integer(value_single_type(left)) && is_integer(right));
}

static enum status check_value(const struct restriction *node)
{
    uint16_t type = prop_type(node->value.tag); /* String8 is none that occurs inside */
    enum value_shape shape = value_shape(type);
    bool is_plain = shape != SHAPE_NONE && type != TYPE_OBJECT && type != TYPE_RESTRICTION && type != TYPE_RULE_ACTION;
    if (!is_plain || node->value.form != VALUE_INLINE)
        return status_fail(STATUS_INVALID_RESTRICTION, "value 0x%08X cannot be compared", node->value.tag);
    if (value_size(&node->value) > RESTRICTION_VALUE_MAX)
        return status_fail(STATUS_TOO_COMPLEX, "value of 0x%08X is too long", node->value.tag);
    if (!can_compare(node->tag, node->value.tag))
        return status_fail(STATUS_INVALID_RESTRICTION, "0x%08X and 0x%08X cannot be compared", node->tag,
                           node->value.tag);
    return STATUS_OK;
}

static enum status check_content(const struct restriction *node)
{
    TRY(check_value(node));
    enum value_shape shape = value_shape(prop_type(value_normal_tag(node->value.tag)));
    uint32_t level = node->fuzzy & 0xFFFF;
    if (shape != SHAPE_TEXT && shape != SHAPE_BYTES)
        return status_fail(STATUS_INVALID_RESTRICTION, "content of 0x%08X cannot be searched", node->tag);
    if (level > FUZZY_PREFIX)
        return status_fail(STATUS_INVALID_RESTRICTION, "fuzzy level 0x%08X", node->fuzzy);
    return STATUS_OK;
}

static enum status check_relation(const struct restriction *node)
{
    return is_relation(node->relation)
               ? STATUS_OK
               : status_fail(STATUS_INVALID_RESTRICTION, "relation 0x%X", (unsigned)node->relation);
}

static enum status check_compare(const struct restriction *node)
{
    TRY(check_relation(node));
    return can_compare(node->tag, node->other_tag)
               ? STATUS_OK
               : status_fail(STATUS_INVALID_RESTRICTION, "0x%08X and 0x%08X cannot be compared", node->tag,
                             node->other_tag);
}

static enum status check_bitmask(const struct restriction *node)
{
    uint16_t type = value_single_type(prop_type(node->tag));
    return is_integer(type) || type == TYPE_UNSPECIFIED
               ? STATUS_OK
               : status_fail(STATUS_INVALID_RESTRICTION, "0x%08X has no bits", node->tag);
}

static enum status check_children(const struct restriction *node)
{
    size_t least = node->kind == RESTRICT_NOT || node->kind == RESTRICT_COUNT ? 1 : 0;
    size_t most = 0;
    if (node->kind == RESTRICT_AND || node->kind == RESTRICT_OR)
        most = RESTRICTION_NODES_MAX;
    else if (node->kind == RESTRICT_NOT || node->kind == RESTRICT_COUNT || node->kind == RESTRICT_COMMENT ||
             node->kind == RESTRICT_SUBOBJECT)
        most = 1;
    if (node->child_count < least || node->child_count > most)
        return status_fail(STATUS_INVALID_RESTRICTION, "restriction %d with %zu parts", (int)node->kind,
                           node->child_count);
    return STATUS_OK;
}

static enum status check_node(const struct restriction *node)
{
    switch (node->kind) {
    case RESTRICT_CONTENT:
        return check_content(node);
    case RESTRICT_PROPERTY:
        TRY(check_relation(node));
        return check_value(node);
    case RESTRICT_COMPARE:
        return check_compare(node);
    case RESTRICT_BITMASK:
        return check_bitmask(node);
    case RESTRICT_SIZE:
        return check_relation(node);
    case RESTRICT_AND:
    case RESTRICT_OR:
    case RESTRICT_NOT:
    case RESTRICT_EXIST:
    case RESTRICT_SUBOBJECT:
    case RESTRICT_COMMENT:
    case RESTRICT_COUNT:
        return STATUS_OK;
    }
    return status_fail(STATUS_INVALID_RESTRICTION, "restriction of kind %d", (int)node->kind);
}

static enum status check_tree(const struct restriction *node, size_t depth, size_t *nodes)
{
    if (depth > RESTRICTION_DEPTH_MAX || ++*nodes > RESTRICTION_NODES_MAX)
        return status_fail(STATUS_TOO_COMPLEX, "restriction of more than %d levels or %d parts", RESTRICTION_DEPTH_MAX,
                           RESTRICTION_NODES_MAX);
    TRY(check_node(node));
    TRY(check_children(node));
    for (size_t i = 0; i < node->child_count; i++)
        TRY(check_tree(node->children[i], depth + 1, nodes));
    return STATUS_OK;
}

enum status restriction_check(const struct restriction *restriction)
{
    size_t nodes = 0;
    return restriction != NULL ? check_tree(restriction, 1, &nodes) : STATUS_OK;
}
