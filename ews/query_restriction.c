#include <stdlib.h>

#include "input.h"
#include "query.h"

/* One restriction being read. */
struct reading {
    struct ews_call *call;
    unsigned sections;
    const struct object_id *folder;
};

static enum status unsupported(struct reading *r, const struct ews_path *path)
{
    enum status status = ews_fail(r->call, EWS_CODE_PATH_FOR_QUERY, "%s", path->uri != NULL ? path->uri : "extended property");
    path_detail(r->call, path);
    return status;
}

static enum status read_path(struct reading *r, const struct xml_node *node, struct ews_path *out)
{
    TRY(path_parse(r->call, node, r->sections, out));
    TRY(paths_bind(r->call, out, 1, r->folder, false));
    if (out->kind == PATH_FIELD && !(out->field->flags & FIELD_SEARCH))
        return unsupported(r, out);
    if (out->kind == PATH_INDEXED && out->indexed == NULL)
        return unsupported(r, out);
    if (out->kind == PATH_EXTENDED && out->tag == 0) /* a name that no item of the mailbox has: a property that is never there */
        out->tag = prop_make(0xFFFE, out->type);
    return STATUS_OK;
}

static prop_tag tag_of(const struct ews_path *path)
{
    return path->kind == PATH_EXTENDED ? path->tag : path->kind == PATH_INDEXED ? path->indexed->tag : path->field->tag;
}

static enum status new_node(struct reading *r, enum restriction_kind kind, struct restriction **out)
{
    *out = restriction_new(r->call->mem, kind);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "restriction");
}

/* The constant as a value of the field; words of enums become numbers. */
static enum status constant_value(struct reading *r, const struct ews_path *path, const char *text, struct value *out)
{
    enum field_query query = path->kind == PATH_FIELD ? field_query(path->field->kind) : QUERY_PROPERTY;
    prop_tag tag = tag_of(path);
    int32_t number;
    if (query == QUERY_ENUM && enum_number(path->field->kind, text, &number)) {
        *out = value_int32(tag, number);
        return STATUS_OK;
    }
    if (query == QUERY_PERCENT) {
        *out = (struct value){ .tag = tag, .float64 = strtod(text, NULL) / 100 };
        return STATUS_OK;
    }
    prop_tag single = prop_make(prop_id(tag), prop_type(tag) & (uint16_t)~TYPE_MULTIPLE);
    return extended_parse(r->call, single, text, out);
}

static enum status property_node(struct reading *r, prop_tag tag, enum relation relation, const struct value *value, struct restriction **out)
{
    TRY(new_node(r, RESTRICT_PROPERTY, out));
    (*out)->tag = tag;
    (*out)->relation = relation;
    (*out)->value = *value;
    return STATUS_OK;
}

static enum status content_node(struct reading *r, prop_tag tag, uint32_t fuzzy, const char *text, struct restriction **out)
{
    TRY(new_node(r, RESTRICT_CONTENT, out));
    (*out)->tag = tag;
    (*out)->fuzzy = fuzzy;
    (*out)->value = value_string(prop_make(prop_id(tag), TYPE_STRING), text);
    return STATUS_OK;
}

static enum status either(struct reading *r, struct restriction *a, struct restriction *b, struct restriction **out)
{
    TRY(new_node(r, RESTRICT_OR, out));
    TRY(restriction_add_child(*out, a));
    return restriction_add_child(*out, b);
}

/* A recipient of the kind's type whose name or address has the text. */
static enum status recipient_node(struct reading *r, enum field_kind kind, uint32_t fuzzy, const char *text, struct restriction **out)
{
    static const int32_t types[KIND_COUNT] = { [KIND_RECIPIENTS_TO] = RECIPIENT_TO, [KIND_RECIPIENTS_CC] = RECIPIENT_CC,
                                               [KIND_RECIPIENTS_BCC] = RECIPIENT_BCC, [KIND_ATTENDEES_REQUIRED] = RECIPIENT_TO,
                                               [KIND_ATTENDEES_OPTIONAL] = RECIPIENT_CC, [KIND_ATTENDEES_RESOURCES] = RECIPIENT_BCC };
    struct restriction *type, *name, *address, *any, *both;
    struct value number = value_int32(PROP_RECIPIENT_TYPE, types[kind]);
    TRY(property_node(r, PROP_RECIPIENT_TYPE, REL_EQUAL, &number, &type));
    TRY(content_node(r, PROP_DISPLAY_NAME, fuzzy, text, &name));
    TRY(content_node(r, PROP_SMTP_ADDRESS, fuzzy, text, &address));
    TRY(either(r, name, address, &any));
    TRY(new_node(r, RESTRICT_AND, &both));
    TRY(restriction_add_child(both, type));
    TRY(restriction_add_child(both, any));
    TRY(new_node(r, RESTRICT_SUBOBJECT, out));
    (*out)->tag = PROP_MESSAGE_RECIPIENTS;
    return restriction_add_child(*out, both);
}

static enum status person_node(struct reading *r, const struct field *field, uint32_t fuzzy, const char *text, struct restriction **out)
{
    struct restriction *name, *address;
    prop_tag other = field->kind == KIND_SENDER ? PROP_SENDER_SMTP_ADDRESS
                     : field->kind == KIND_FROM ? PROP_SENT_REPRESENTING_EMAIL_ADDRESS
                                                : PROP_RECEIVED_BY_SMTP_ADDRESS;
    TRY(content_node(r, field->tag, fuzzy, text, &name));
    TRY(content_node(r, other, fuzzy, text, &address));
    return either(r, name, address, out);
}

/* Fields whose text is searched, not compared as one property. False when the field is not of this kind. */
static enum status text_node(struct reading *r, const struct ews_path *path, uint32_t fuzzy, const char *text, struct restriction **out, bool *is_text)
{
    enum field_query query = path->kind == PATH_FIELD ? field_query(path->field->kind) : QUERY_PROPERTY;
    *is_text = true;
    if (query == QUERY_RECIPIENTS)
        return recipient_node(r, path->field->kind, fuzzy, text, out);
    if (query == QUERY_PERSON)
        return person_node(r, path->field, fuzzy, text, out);
    if (query == QUERY_BODY)
        return content_node(r, PROP_BODY, fuzzy, text, out);
    *is_text = false;
    return STATUS_OK;
}

/* [MS-OXWSSRCH] ContainmentMode, ContainmentComparison -> [MS-OXCDATA] 2.12.3 FuzzyLevel */
static uint32_t fuzzy_of(const struct xml_node *node)
{
    const char *mode = xml_attribute_of(node, "ContainmentMode"), *comparison = xml_attribute_of(node, "ContainmentComparison");
    uint32_t fuzzy = FUZZY_FULL;
    if (mode != NULL && (strcmp(mode, "Substring") == 0 || strcmp(mode, "ExactPhrase") == 0))
        fuzzy = FUZZY_SUBSTRING;
    else if (mode != NULL && strncmp(mode, "Prefix", 6) == 0)
        fuzzy = FUZZY_PREFIX;
    if (comparison != NULL && strstr(comparison, "IgnoreCase") != NULL)
        fuzzy |= FUZZY_IGNORE_CASE;
    if (comparison != NULL && strstr(comparison, "NonSpac") != NULL)
        fuzzy |= FUZZY_IGNORE_NONSPACE;
    if (comparison != NULL && strstr(comparison, "Loose") != NULL)
        fuzzy |= FUZZY_LOOSE;
    return fuzzy;
}

static enum status read_contains(struct reading *r, const struct xml_node *node, struct restriction **out)
{
    struct ews_path path;
    bool is_text;
    const char *text = xml_attribute_of(xml_child(node, EWS_NS_TYPES, "Constant"), "Value");
    if (path_child(node) == NULL || text == NULL)
        return status_fail(STATUS_INVALID_RESTRICTION, "Contains without property or constant");
    TRY(read_path(r, path_child(node), &path));
    TRY(text_node(r, &path, fuzzy_of(node), text, out, &is_text));
    if (is_text)
        return STATUS_OK;
    uint16_t type = prop_type(tag_of(&path)) & (uint16_t)~TYPE_MULTIPLE;
    if (type != TYPE_STRING && !(type == TYPE_BINARY && path.kind == PATH_EXTENDED))
        return ews_fail(r->call, EWS_CODE_CONTAINS_TYPE, "%s", path.uri != NULL ? path.uri : "extended property");
    if (type == TYPE_STRING)
        return content_node(r, tag_of(&path), fuzzy_of(node), text, out);
    TRY(new_node(r, RESTRICT_CONTENT, out));
    (*out)->tag = tag_of(&path);
    (*out)->fuzzy = fuzzy_of(node) & 3u;
    return extended_parse(r->call, prop_make(prop_id(tag_of(&path)), TYPE_BINARY), text, &(*out)->value);
}

static enum status read_excludes(struct reading *r, const struct xml_node *node, struct restriction **out)
{
    struct ews_path path;
    const char *mask = xml_attribute_of(xml_child(node, EWS_NS_TYPES, "Bitmask"), "Value");
    char *end = NULL;
    TRY(read_path(r, path_child(node), &path));
    unsigned long bits = mask != NULL ? strtoul(mask, &end, 0) : 0;
    if (mask == NULL || mask[0] == '\0' || *end != '\0' || bits > UINT32_MAX || prop_type(tag_of(&path)) != TYPE_INT32)
        return ews_fail(r->call, EWS_CODE_EXCLUDES_TYPE, "%.30s", mask != NULL ? mask : "");
    TRY(new_node(r, RESTRICT_BITMASK, out));
    (*out)->tag = tag_of(&path);
    (*out)->number = (uint32_t)bits;
    (*out)->mask_is_zero = true;
    return STATUS_OK;
}

static enum status read_exists(struct reading *r, const struct xml_node *node, struct restriction **out)
{
    struct ews_path path;
    TRY(read_path(r, path_child(node), &path));
    if (tag_of(&path) == 0)
        return unsupported(r, &path);
    TRY(new_node(r, RESTRICT_EXIST, out));
    (*out)->tag = tag_of(&path);
    return STATUS_OK;
}

static enum status negate(struct reading *r, struct restriction *inner, struct restriction **out)
{
    TRY(new_node(r, RESTRICT_NOT, out));
    return restriction_add_child(*out, inner);
}

static enum status compare_paths(struct reading *r, const struct ews_path *left, const struct xml_node *right, enum relation relation, struct restriction **out)
{
    struct ews_path other;
    TRY(read_path(r, right, &other));
    if (tag_of(left) == 0 || tag_of(&other) == 0)
        return unsupported(r, left);
    TRY(new_node(r, RESTRICT_COMPARE, out));
    (*out)->tag = tag_of(left);
    (*out)->other_tag = tag_of(&other);
    (*out)->relation = relation;
    return STATUS_OK;
}

static enum status read_comparison(struct reading *r, const struct xml_node *node, enum relation relation, struct restriction **out)
{
    struct ews_path path;
    struct value value;
    bool is_text;
    const struct xml_node *right = xml_child(node, EWS_NS_TYPES, "FieldURIOrConstant");
    const struct xml_node *constant = xml_child(right, EWS_NS_TYPES, "Constant");
    if (path_child(node) == NULL || right == NULL || right->child == NULL)
        return status_fail(STATUS_INVALID_RESTRICTION, "comparison without two sides");
    TRY(read_path(r, path_child(node), &path));
    if (constant == NULL)
        return compare_paths(r, &path, right->child, relation, out);
    const char *text = xml_attribute_of(constant, "Value");
    TRY(text_node(r, &path, FUZZY_FULL | FUZZY_IGNORE_CASE, text != NULL ? text : "", out, &is_text));
    if (is_text)
        return relation == REL_EQUAL ? STATUS_OK : relation == REL_NOT_EQUAL ? negate(r, *out, out) : unsupported(r, &path);
    if (tag_of(&path) == 0)
        return unsupported(r, &path);
    TRY(constant_value(r, &path, text != NULL ? text : "", &value));
    return property_node(r, tag_of(&path), relation, &value, out);
}

static enum status read_expression(struct reading *r, const struct xml_node *node, size_t depth, struct restriction **out);

static enum status read_group(struct reading *r, const struct xml_node *node, enum restriction_kind kind, size_t depth, struct restriction **out)
{
    TRY(new_node(r, kind, out));
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        struct restriction *inner;
        TRY(read_expression(r, child, depth + 1, &inner));
        TRY(restriction_add_child(*out, inner));
    }
    return STATUS_OK;
}

static enum status read_expression(struct reading *r, const struct xml_node *node, size_t depth, struct restriction **out)
{
    static const struct {
        const char *name;
        enum relation relation;
    } comparisons[] = { { "IsEqualTo", REL_EQUAL }, { "IsNotEqualTo", REL_NOT_EQUAL }, { "IsGreaterThan", REL_GREATER },
                        { "IsGreaterThanOrEqualTo", REL_GREATER_EQUAL }, { "IsLessThan", REL_LESS }, { "IsLessThanOrEqualTo", REL_LESS_EQUAL } };
    if (depth >= RESTRICTION_DEPTH_MAX)
        return status_fail(STATUS_TOO_COMPLEX, "restriction deeper than %d", RESTRICTION_DEPTH_MAX);
    for (size_t i = 0; i < ARRAY_LENGTH(comparisons); i++)
        if (strcmp(node->name, comparisons[i].name) == 0)
            return read_comparison(r, node, comparisons[i].relation, out);
    if (strcmp(node->name, "And") == 0)
        return read_group(r, node, RESTRICT_AND, depth, out);
    if (strcmp(node->name, "Or") == 0)
        return read_group(r, node, RESTRICT_OR, depth, out);
    if (strcmp(node->name, "Not") == 0)
        return read_group(r, node, RESTRICT_NOT, depth, out);
    if (strcmp(node->name, "Contains") == 0)
        return read_contains(r, node, out);
    if (strcmp(node->name, "Excludes") == 0 && path_child(node) != NULL)
        return read_excludes(r, node, out);
    if (strcmp(node->name, "Exists") == 0 && path_child(node) != NULL)
        return read_exists(r, node, out);
    return status_fail(STATUS_INVALID_RESTRICTION, "expression %.60s", node->name);
}

enum status query_restriction(struct ews_call *call, const struct xml_node *node, unsigned sections, const struct object_id *folder,
                              struct restriction **out)
{
    struct reading reading = { call, sections, folder };
    *out = NULL;
    if (node == NULL || node->child == NULL)
        return STATUS_OK;
    TRY(read_expression(&reading, node->child, 0, out));
    return restriction_check(*out);
}

enum status query_sort(struct ews_call *call, const struct xml_node *node, const struct object_id *folder, struct sort_key **out, size_t *count)
{
    *count = 0;
    *out = talloc_zero_array(call->mem, struct sort_key, ROOM(xml_child_count(node)));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "sort order");
    for (const struct xml_node *order = node->child; order != NULL; order = order->next) {
        struct ews_path path;
        const char *direction = xml_attribute_of(order, "Order");
        TRY(path_parse(call, path_child(order), ~(unsigned)SECTIONS_OF_FOLDERS, &path));
        TRY(paths_bind(call, &path, 1, folder, false));
        bool fits = path.kind == PATH_EXTENDED ? true : path.kind == PATH_FIELD ? (path.field->flags & FIELD_SORT) != 0 : path.indexed != NULL;
        if (!fits) {
            enum status status = ews_fail(call, EWS_CODE_PATH_FOR_SORT, "%s", path.uri);
            path_detail(call, &path);
            return status;
        }
        if (tag_of(&path) == 0)
            continue; /* nobody has the property, so it orders nothing */
        /* Article numbers are given in the order of creation (out_extended.c). */
        prop_tag tag = tag_of(&path) == PROP_INTERNET_ARTICLE_NUMBER ? PROP_CREATION_TIME : tag_of(&path);
        (*out)[(*count)++] = (struct sort_key){ tag, direction != NULL && strcmp(direction, "Descending") == 0 };
    }
    return STATUS_OK;
}
