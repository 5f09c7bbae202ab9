#include "bourse/model/restriction.h"

#include "text_match.h"
#include "value_shape.h"

static bool matches(const struct restriction *node, const struct restriction_subject *subject);

static const struct value *get(const struct restriction_subject *subject, prop_tag tag)
{
    return subject->get != NULL ? subject->get(value_normal_tag(tag), subject->data) : NULL;
}

static bool integer_of(const struct value *value, int64_t *out)
{
    switch (value_shape(prop_type(value->tag))) {
    case SHAPE_INT16:
        *out = value->int16;
        return true;
    case SHAPE_INT32:
        *out = value->int32;
        return true;
    case SHAPE_INT64:
        *out = value->int64;
        return true;
    default:
        return false;
    }
}

/* False when the two cannot be compared. */
static bool order_of(const struct value *a, const struct value *b, int *order)
{
    int64_t left, right;
    if (a->form != VALUE_INLINE || b->form != VALUE_INLINE)
        return false;
    if (prop_type(a->tag) == prop_type(b->tag)) {
        *order = value_compare(a, b);
        return true;
    }
    if (!integer_of(a, &left) || !integer_of(b, &right))
        return false;
    *order = (left > right) - (left < right);
    return true;
}

static bool relation_holds(enum relation relation, int order)
{
    switch (relation) {
    case REL_LESS:
        return order < 0;
    case REL_LESS_EQUAL:
        return order <= 0;
    case REL_GREATER:
        return order > 0;
    case REL_GREATER_EQUAL:
        return order >= 0;
    case REL_EQUAL:
    case REL_MEMBER_OF_LIST:
        return order == 0;
    case REL_NOT_EQUAL:
        return order != 0;
    case REL_MATCHES: /* regular expressions are not part of the protocol's servers [MS-OXCDATA] 2.12.5 */
        break;
    }
    return false;
}

static bool property_holds(const struct restriction *node, const struct value *value)
{
    int order;
    return order_of(value, &node->value, &order) && relation_holds(node->relation, order);
}

static bool content_holds(const struct restriction *node, const struct value *value)
{
    enum value_shape shape = value_shape(prop_type(value->tag));
    if (value->form != VALUE_INLINE || prop_type(value->tag) != prop_type(value_normal_tag(node->value.tag)))
        return false;
    /* Bytes have neither case nor marks. */
    uint32_t fuzzy = shape == SHAPE_TEXT ? node->fuzzy : node->fuzzy & (FUZZY_SUBSTRING | FUZZY_PREFIX);
    return (shape == SHAPE_TEXT || shape == SHAPE_BYTES) && text_match(value->bytes, node->value.bytes, fuzzy);
}

/* Tests the value, or each element of a multiple value that is compared with a single one. */
static bool any_value(const struct restriction *node, const struct restriction_subject *subject,
                      bool (*holds)(const struct restriction *node, const struct value *value))
{
    const struct value *value = get(subject, node->tag);
    if (value == NULL)
        return false;
    bool is_each = value->form == VALUE_INLINE && value_shape(prop_type(value->tag)) == SHAPE_MULTIPLE &&
                   value_shape(prop_type(node->value.tag)) != SHAPE_MULTIPLE;
    if (!is_each)
        return holds(node, value);
    for (size_t i = 0; i < value->multiple.count; i++) {
        if (holds(node, &value->multiple.elements[i]))
            return true;
    }
    return false;
}

static bool compare_matches(const struct restriction *node, const struct restriction_subject *subject)
{
    const struct value *left = get(subject, node->tag);
    const struct value *right = get(subject, node->other_tag);
    int order;
    return left != NULL && right != NULL && order_of(left, right, &order) && relation_holds(node->relation, order);
}

static bool bitmask_matches(const struct restriction *node, const struct restriction_subject *subject)
{
    const struct value *value = get(subject, node->tag);
    int64_t number;
    if (value == NULL || value->form != VALUE_INLINE || !integer_of(value, &number))
        return false;
    bool is_zero = ((uint64_t)number & node->number) == 0;
    return is_zero == node->mask_is_zero;
}

static bool size_matches(const struct restriction *node, const struct restriction_subject *subject)
{
    const struct value *value = get(subject, node->tag);
    if (value == NULL)
        return false;
    uint64_t size = value_size(value);
    return relation_holds(node->relation, (size > node->number) - (size < node->number));
}

static bool subobject_matches(const struct restriction *node, const struct restriction_subject *subject)
{
    if (subject->sub_count == NULL || subject->sub_at == NULL)
        return false;
    size_t count = subject->sub_count(node->tag, subject->data);
    for (size_t i = 0; i < count; i++) {
        struct restriction_subject part = subject->sub_at(node->tag, i, subject->data);
        if (node->child_count == 0 || matches(node->children[0], &part))
            return true;
    }
    return false;
}

static bool all_match(const struct restriction *node, const struct restriction_subject *subject)
{
    for (size_t i = 0; i < node->child_count; i++) {
        if (!matches(node->children[i], subject))
            return false;
    }
    return true;
}

static bool any_matches(const struct restriction *node, const struct restriction_subject *subject)
{
    for (size_t i = 0; i < node->child_count; i++) {
        if (matches(node->children[i], subject))
            return true;
    }
    return false;
}

static bool matches(const struct restriction *node, const struct restriction_subject *subject)
{
    switch (node->kind) {
    case RESTRICT_AND:
    case RESTRICT_COMMENT:
    case RESTRICT_COUNT:
        return all_match(node, subject);
    case RESTRICT_OR:
        return any_matches(node, subject);
    case RESTRICT_NOT:
        return !any_matches(node, subject);
    case RESTRICT_CONTENT:
        return any_value(node, subject, content_holds);
    case RESTRICT_PROPERTY:
        return any_value(node, subject, property_holds);
    case RESTRICT_COMPARE:
        return compare_matches(node, subject);
    case RESTRICT_BITMASK:
        return bitmask_matches(node, subject);
    case RESTRICT_SIZE:
        return size_matches(node, subject);
    case RESTRICT_EXIST:
        return get(subject, node->tag) != NULL;
    case RESTRICT_SUBOBJECT:
        return subobject_matches(node, subject);
    }
    return false;
}

bool restriction_matches(const struct restriction *restriction, const struct restriction_subject *subject)
{
    return restriction == NULL || matches(restriction, subject);
}
