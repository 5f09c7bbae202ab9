#include "request_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bourse/base/clock.h"
#include "call.h"

enum namespace { NS_TYPES, NS_MESSAGES };
enum need { NEED_OPTIONAL, NEED_REQUIRED, NEED_ONE_OF };
enum simple_kind { KIND_ANY_TEXT, KIND_SOME_TEXT, KIND_BOOLEAN, KIND_INT, KIND_LONG, KIND_DOUBLE, KIND_DATE_TIME, KIND_DATE,
                   KIND_TIME, KIND_DURATION, KIND_NAME, KIND_NAMES };

/* Simple types come first, then complex ones; NO_TEXT says that a complex type has no text. */
#define SCHEMA_VALUE(text)
#define SCHEMA_CHILD(...)
#define SCHEMA_ATTRIBUTE(...)
#define SCHEMA_ROOT(...)
enum type_id {
#define SCHEMA_SIMPLE(name, kind, count) T_##name,
#define SCHEMA_TYPE(name, ...)
#include "request_schema.def"
#undef SCHEMA_SIMPLE
#undef SCHEMA_TYPE
    SIMPLE_COUNT,
    LAST_SIMPLE = SIMPLE_COUNT - 1,
#define SCHEMA_SIMPLE(...)
#define SCHEMA_TYPE(name, ...) T_##name,
#include "request_schema.def"
#undef SCHEMA_SIMPLE
#undef SCHEMA_TYPE
    TYPE_COUNT,
    T_NO_TEXT = -1,
};

static const struct {
    enum simple_kind kind;
    uint16_t value_count;
} simple_types[] = {
#define SCHEMA_SIMPLE(name, kind, count) { KIND_##kind, count },
#define SCHEMA_TYPE(...)
#include "request_schema.def"
#undef SCHEMA_SIMPLE
#undef SCHEMA_TYPE
};

static const struct {
    uint16_t child_count, attribute_count;
    int16_t text;
} complex_types[] = {
#define SCHEMA_SIMPLE(...)
#define SCHEMA_TYPE(name, children, attributes, text) { children, attributes, T_##text },
#include "request_schema.def"
#undef SCHEMA_TYPE
};
#undef SCHEMA_VALUE
#undef SCHEMA_CHILD
#undef SCHEMA_ATTRIBUTE
#undef SCHEMA_ROOT

#define SCHEMA_TYPE(...)
#define SCHEMA_ROOT(...)
#define SCHEMA_CHILD(...)
#define SCHEMA_ATTRIBUTE(...)
static const char *const simple_values[] = {
#define SCHEMA_VALUE(text) text,
#include "request_schema.def"
#undef SCHEMA_VALUE
};
#define SCHEMA_VALUE(text)
#undef SCHEMA_CHILD
static const struct child_row {
    uint16_t group;
    uint8_t namespace;
    uint8_t need;
    const char *name;
    int16_t type;
    uint8_t most;
} children[] = {
#define SCHEMA_CHILD(group, namespace, name, type, need, most) { group, NS_##namespace, NEED_##need, name, T_##type, most },
#include "request_schema.def"
#undef SCHEMA_CHILD
};
#define SCHEMA_CHILD(...)
#undef SCHEMA_ATTRIBUTE
static const struct attribute_row {
    const char *name;
    int16_t type;
    bool required;
} attributes[] = {
#define SCHEMA_ATTRIBUTE(name, type, required) { name, T_##type, required },
#include "request_schema.def"
#undef SCHEMA_ATTRIBUTE
};
#define SCHEMA_ATTRIBUTE(...)
#undef SCHEMA_ROOT
static const struct {
    const char *name;
    int16_t type;
} roots[] = {
#define SCHEMA_ROOT(name, type) { name, T_##type },
#include "request_schema.def"
#undef SCHEMA_ROOT
};

/* Where the rows of each type begin; the tables have counts only. */
static struct {
    uint16_t child, attribute, value;
} first_row[TYPE_COUNT];

__attribute__((constructor)) static void index_rows(void)
{
    uint16_t child = 0, attribute = 0, value = 0;
    for (int type = 0; type < SIMPLE_COUNT; type++) {
        first_row[type].value = value;
        value = (uint16_t)(value + simple_types[type].value_count);
    }
    for (int type = SIMPLE_COUNT; type < TYPE_COUNT; type++) {
        first_row[type].child = child;
        first_row[type].attribute = attribute;
        child = (uint16_t)(child + complex_types[type - SIMPLE_COUNT].child_count);
        attribute = (uint16_t)(attribute + complex_types[type - SIMPLE_COUNT].attribute_count);
    }
}

static enum status violate(struct request_violation *violation, const struct xml_node *node, const char *format, ...) PRINTF_LIKE(3, 4);

static enum status violate(struct request_violation *violation, const struct xml_node *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(violation->text, sizeof violation->text, format, arguments);
    va_end(arguments);
    violation->node = node;
    return status_fail(STATUS_MALFORMED, "schema: %s", violation->text);
}

bool request_parse_bool(const char *text, bool *out)
{
    struct slice value = slice_trim(slice_of_text(text));
    *out = slice_equal(value, slice_of_text("true")) || slice_equal(value, slice_of_text("1"));
    return *out || slice_equal(value, slice_of_text("false")) || slice_equal(value, slice_of_text("0"));
}

bool request_parse_int(const char *text, int64_t *out)
{
    struct slice value = slice_trim(slice_of_text(text));
    if (value.length == 0 || value.length > 20 || !(value.data[0] == '-' || value.data[0] == '+' || (value.data[0] >= '0' && value.data[0] <= '9')))
        return false;
    char *end;
    errno = 0;
    *out = strtoll((const char *)value.data, &end, 10);
    return errno == 0 && (const uint8_t *)end == value.data + value.length;
}

static bool is_name(int type, struct slice word)
{
    for (size_t i = 0; i < simple_types[type].value_count; i++)
        if (slice_equal(word, slice_of_text(simple_values[first_row[type].value + i])))
            return true;
    return false;
}

static bool are_names(int type, struct slice words)
{
    struct slice word;
    while (words.length > 0) {
        slice_split(words, ' ', &word, &words);
        if (word.length > 0 && !is_name(type, word))
            return false;
        if (word.data + word.length == words.data + words.length)
            break;
    }
    return true;
}

static bool is_number(struct slice value, int64_t least, int64_t most)
{
    int64_t number;
    return request_parse_int((const char *)value.data, &number) && number >= least && number <= most;
}

static bool is_duration(struct slice value)
{
    size_t at = value.length > 0 && value.data[0] == '-' ? 1 : 0;
    return value.length > at + 1 && value.data[at] == 'P';
}

static bool is_double(struct slice value)
{
    char *end;
    if (value.length == 0)
        return false;
    strtod((const char *)value.data, &end);
    return (const uint8_t *)end == value.data + value.length;
}

/* `text` is NUL-terminated behind its last byte. */
static bool is_simple(int type, struct slice text)
{
    struct slice value = slice_trim(text);
    bool truth;
    instant when;
    switch (simple_types[type].kind) {
    case KIND_ANY_TEXT: return true;
    case KIND_SOME_TEXT: return text.length > 0;
    case KIND_BOOLEAN: return request_parse_bool((const char *)text.data, &truth);
    case KIND_INT: return is_number(value, INT32_MIN, INT32_MAX);
    case KIND_LONG: return is_number(value, INT64_MIN, INT64_MAX);
    case KIND_DOUBLE: return is_double(value);
    case KIND_DATE_TIME: return instant_parse((const char *)value.data, &when) || value.length >= 19;
    case KIND_DATE: return value.length >= 10;
    case KIND_TIME: return value.length >= 8;
    case KIND_DURATION: return is_duration(value);
    case KIND_NAME: return is_name(type, value);
    case KIND_NAMES: return are_names(type, value);
    }
    return false;
}

static enum status check_attributes(const struct xml_node *node, int type, struct request_violation *violation)
{
    const struct attribute_row *rows = attributes + first_row[type].attribute;
    size_t count = complex_types[type - SIMPLE_COUNT].attribute_count;
    for (size_t i = 0; i < node->attribute_count; i++) {
        const struct xml_attribute *attribute = &node->attributes[i];
        if (attribute->uri[0] != '\0')
            continue;
        size_t row = 0;
        while (row < count && strcmp(rows[row].name, attribute->name) != 0)
            row++;
        if (row == count)
            return violate(violation, node, "The '%.100s' attribute is not declared.", attribute->name);
        if (!is_simple(rows[row].type, slice_of_text(attribute->value)))
            return violate(violation, node, "The '%s' attribute is invalid - The value '%.100s' is invalid according to its datatype.",
                           attribute->name, attribute->value);
    }
    for (size_t row = 0; row < count; row++)
        if (rows[row].required && xml_attribute_of(node, rows[row].name) == NULL)
            return violate(violation, node, "The required attribute '%s' is missing.", rows[row].name);
    return STATUS_OK;
}

static const struct child_row *find_child(int type, const struct xml_node *node)
{
    for (size_t i = 0; i < complex_types[type - SIMPLE_COUNT].child_count; i++) {
        const struct child_row *row = &children[first_row[type].child + i];
        if (strcmp(row->name, node->name) == 0 && strcmp(node->uri, row->namespace == NS_TYPES ? EWS_NS_TYPES : EWS_NS_MESSAGES) == 0)
            return row;
    }
    return NULL;
}

/* Is something missing among the groups after `after` and before `before`? */
static enum status check_missing(const struct xml_node *node, int type, unsigned after, unsigned before, struct request_violation *violation)
{
    for (size_t i = 0; i < complex_types[type - SIMPLE_COUNT].child_count; i++) {
        const struct child_row *row = &children[first_row[type].child + i];
        if (row->group > after && row->group < before && row->need != NEED_OPTIONAL)
            return violate(violation, node, "The element '%s' has incomplete content. List of possible elements expected: '%s'.", node->name, row->name);
    }
    return STATUS_OK;
}

static enum status check_element(const struct xml_node *node, int type, struct request_violation *violation);

static enum status check_children(const struct xml_node *node, int type, struct request_violation *violation)
{
    unsigned group = 0, in_group = 0;
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        const struct child_row *row = find_child(type, child);
        if (row == NULL || row->group < group || (row->group == group && row->most == 1 && in_group == 1))
            return violate(violation, child, "The element '%.100s' has invalid child element '%.100s'.", node->name, child->name);
        if (row->group > group) {
            TRY(check_missing(node, type, group, row->group, violation));
            group = row->group;
            in_group = 0;
        }
        in_group = 1;
        TRY(check_element(child, row->type, violation));
    }
    return check_missing(node, type, group, UINT16_MAX, violation);
}

static bool is_blank(struct slice text)
{
    return slice_trim(text).length == 0;
}

/* Recursion is bounded by the depth limit of the reader. */
static enum status check_element(const struct xml_node *node, int type, struct request_violation *violation)
{
    int text = type < SIMPLE_COUNT ? type : complex_types[type - SIMPLE_COUNT].text;
    if (text == T_NO_TEXT ? !is_blank(node->text) : !is_simple(text, node->text))
        return violate(violation, node, "The '%s' element is invalid - The value '%.100s' is invalid according to its datatype.", node->name,
                       (const char *)node->text.data);
    if (type < SIMPLE_COUNT) {
        if (node->child != NULL)
            return violate(violation, node->child, "The element '%s' cannot contain child element '%.100s'.", node->name, node->child->name);
        return STATUS_OK;
    }
    TRY(check_attributes(node, type, violation));
    return check_children(node, type, violation);
}

enum status request_check(const struct xml_node *operation, struct request_violation *violation)
{
    *violation = (struct request_violation){ .node = operation };
    for (size_t i = 0; i < ARRAY_LENGTH(roots); i++)
        if (strcmp(roots[i].name, operation->name) == 0)
            return check_element(operation, roots[i].type, violation);
    return violate(violation, operation, "The '%.100s' element is not declared.", operation->name);
}

/* Number of the element among all start tags, in document order. */
static size_t ordinal_of(const struct xml_node *node)
{
    const struct xml_node *root = node;
    while (root->parent != NULL)
        root = root->parent;
    size_t ordinal = 0;
    for (const struct xml_node *at = root; at != NULL && at != node; ordinal++) {
        if (at->child != NULL) {
            at = at->child;
            continue;
        }
        while (at != NULL && at->next == NULL)
            at = at->parent;
        at = at != NULL ? at->next : NULL;
    }
    return ordinal;
}

/* Length of markup at `at` that is no start tag (comment, CDATA, instruction, end tag), 0 when it is a start tag or text. */
static size_t skip_markup(struct slice document, size_t at)
{
    static const struct {
        const char *begin, *end;
    } kinds[] = { { "<!--", "-->" }, { "<![CDATA[", "]]>" }, { "<?", "?>" }, { "</", ">" } };
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        size_t length = strlen(kinds[i].begin);
        if (document.length - at < length || memcmp(document.data + at, kinds[i].begin, length) != 0)
            continue;
        const uint8_t *end = memmem(document.data + at, document.length - at, kinds[i].end, strlen(kinds[i].end));
        return end != NULL ? (size_t)(end - document.data) - at + strlen(kinds[i].end) : document.length - at;
    }
    return 0;
}

void request_position(struct slice document, const struct xml_node *node, size_t *line, size_t *column)
{
    size_t left = ordinal_of(node), at = 0;
    while (at < document.length) {
        size_t skip = skip_markup(document, at);
        if (skip == 0 && document.data[at] == '<' && left-- == 0)
            break;
        at += skip > 0 ? skip : 1;
    }
    *line = 1;
    size_t begin = 0;
    for (size_t i = 0; i < at && i < document.length; i++)
        if (document.data[i] == '\n') {
            (*line)++;
            begin = i + 1;
        }
    *column = at - begin + 2;
}
