#include "search_leaf.h"

#include "bourse/base/text.h"
#include "bourse/model/properties.h"
#include "columns.h"

/* How the evaluator sees a column: columns.c puts no empty text, no zero time and no empty bytes into a bag. */
enum field_kind { FIELD_NONE, FIELD_NUMBER, FIELD_TIME, FIELD_BOOLEAN, FIELD_BINARY, FIELD_TEXT, FIELD_TEXTS, FIELD_BODY };

struct field {
    enum field_kind kind;
    const char *sql;
    bool is_always_set;
};

static const struct {
    prop_tag tag;
    struct field field;
} special_fields[] = {
    { (prop_tag)PROP_MESSAGE_SIZE, { FIELD_NUMBER, "least(m.size, 2147483647)", true } },
    { (prop_tag)PROP_MESSAGE_FLAGS, { FIELD_NUMBER, "((m.flags & ~81) | m.is_read::int | (m.has_attachments::int << 4) | (m.fai::int << 6))", true } },
    { (prop_tag)PROP_SUBJECT, { FIELD_TEXT, "m.subject", true } },
    { (prop_tag)PROP_KEYWORDS, { FIELD_TEXTS, "m.categories", false } },
    { (prop_tag)PROP_BODY, { FIELD_BODY, "b.body_text", false } },
};

static struct field field_of(prop_tag tag)
{
    enum column_kind kind;
    for (size_t i = 0; i < ARRAY_LENGTH(special_fields); i++)
        if (special_fields[i].tag == tag)
            return special_fields[i].field;
    const char *sql = column_of_property(tag, &kind);
    if (sql == NULL)
        return (struct field){ .kind = FIELD_NONE };
    if (kind == COLUMN_STRING)
        return (struct field){ FIELD_TEXT, sql, false };
    if (kind == COLUMN_BINARY)
        return (struct field){ FIELD_BINARY, sql, false };
    if (kind == COLUMN_BOOLEAN)
        return (struct field){ FIELD_BOOLEAN, sql, true };
    return prop_type(tag) == TYPE_TIME ? (struct field){ FIELD_TIME, sql, false } : (struct field){ FIELD_NUMBER, sql, true };
}

/* NULL for a relation that never holds. */
static const char *operator_of(enum relation relation)
{
    switch (relation) {
    case REL_LESS:
        return " < ";
    case REL_LESS_EQUAL:
        return " <= ";
    case REL_GREATER:
        return " > ";
    case REL_GREATER_EQUAL:
        return " >= ";
    case REL_EQUAL:
    case REL_MEMBER_OF_LIST:
        return " = ";
    case REL_NOT_EQUAL:
        return " <> ";
    case REL_MATCHES:
        break;
    }
    return NULL;
}

/* ---- numbers, times, booleans, bytes: SQL says exactly what the evaluator says ---- */

static bool number_of(const struct value *value, int64_t *out)
{
    switch (prop_type(value->tag)) {
    case TYPE_INT16:
        *out = value->int16;
        return true;
    case TYPE_INT32:
        *out = value->int32;
        return true;
    case TYPE_INT64:
    case TYPE_TIME:
        *out = value->int64;
        return true;
    case TYPE_BOOL:
        *out = value->boolean;
        return true;
    default:
        return false;
    }
}

static bool types_fit(const struct field *field, const struct value *value)
{
    uint16_t type = prop_type(value->tag);
    if (field->kind == FIELD_BINARY)
        return type == TYPE_BINARY;
    if (field->kind == FIELD_TIME)
        return type == TYPE_TIME;
    if (field->kind == FIELD_BOOLEAN)
        return type == TYPE_BOOL;
    return type == TYPE_INT16 || type == TYPE_INT32 || type == TYPE_INT64;
}

static void add_present(struct search_statement *statement, const struct field *field)
{
    if (field->is_always_set) {
        search_add(statement, "true");
        return;
    }
    const char *before = field->kind == FIELD_BINARY ? "coalesce(octet_length(" : "";
    const char *after = field->kind == FIELD_BINARY ? "), 0) > 0" : field->kind == FIELD_TIME ? " <> 0"
                        : field->kind == FIELD_TEXTS                                         ? " <> '{}'"
                                                                                             : " <> ''";
    search_add(statement, before);
    search_add(statement, field->sql);
    search_add(statement, after);
}

static enum search_reach property_leaf(struct search_statement *statement, const struct field *field, const struct restriction *node, bool wanted)
{
    const char *comparison = operator_of(node->relation);
    int64_t number = 0;
    if (comparison == NULL || !types_fit(field, &node->value) || (field->kind != FIELD_BINARY && !number_of(&node->value, &number)))
        return REACH_UNKNOWN;
    search_add(statement, wanted ? "(" : "NOT (");
    add_present(statement, field);
    search_add(statement, field->kind == FIELD_BINARY ? " AND coalesce(" : " AND ");
    search_add(statement, field->sql);
    search_add(statement, field->kind == FIELD_BINARY ? ", '')" : field->kind == FIELD_BOOLEAN ? "::int" : "");
    search_add(statement, comparison);
    if (field->kind == FIELD_BINARY)
        search_add_bytes(statement, node->value.bytes);
    else
        search_add_number(statement, number);
    search_add(statement, ")");
    return REACH_EXACT;
}

static enum search_reach bitmask_leaf(struct search_statement *statement, const struct field *field, const struct restriction *node, bool wanted)
{
    if (field->kind != FIELD_NUMBER)
        return REACH_UNKNOWN;
    search_add(statement, "(");
    search_add(statement, field->sql);
    search_add(statement, "::int8 & ");
    search_add_number(statement, node->number);
    search_add(statement, node->mask_is_zero == wanted ? ") = 0" : ") <> 0");
    return REACH_EXACT;
}

static enum search_reach exist_leaf(struct search_statement *statement, const struct field *field, bool wanted)
{
    if (field->kind == FIELD_BODY)
        return REACH_UNKNOWN;
    search_add(statement, wanted ? "(" : "NOT (");
    add_present(statement, field);
    search_add(statement, ")");
    return REACH_EXACT;
}

/* ---- texts: SQL folds ASCII only, other texts are let through ---- */

/* What is to be found in a text. */
struct needle {
    const char *text;     /* folded when case does not count */
    bool folds;
    const char *compare;  /* PROPERTY: operator; CONTENT: NULL */
    uint32_t level;       /* CONTENT: FUZZY_FULL, _SUBSTRING, _PREFIX */
    bool is_bytewise;     /* CONTENT with case and marks: SQL says it exactly */
    bool never_in_ascii;  /* CONTENT: the needle has characters that no ASCII text has */
};

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static bool read_needle(struct search_statement *statement, const struct restriction *node, struct needle *out)
{
    bool ignores_marks = (node->fuzzy & (FUZZY_IGNORE_NONSPACE | FUZZY_LOOSE)) != 0;
    if (prop_type(node->value.tag) != TYPE_STRING || !utf8_is_valid(node->value.bytes))
        return false;
    *out = (struct needle){ .folds = true };
    if (node->kind == RESTRICT_PROPERTY) {
        out->compare = operator_of(node->relation);
        if (out->compare == NULL)
            return false;
    } else {
        out->folds = (node->fuzzy & (FUZZY_IGNORE_CASE | FUZZY_LOOSE)) != 0;
        out->is_bytewise = !out->folds && !ignores_marks;
        out->level = node->fuzzy & 0xFFFF;
    }
    out->text = out->folds ? text_fold(statement, node->value.bytes) : slice_text(statement, node->value.bytes);
    if (out->text == NULL)
        return false;
    out->never_in_ascii = node->kind == RESTRICT_CONTENT && !is_ascii(out->text);
    return !(out->never_in_ascii && ignores_marks); /* letters may lose their marks and be ASCII then */
}

/* A text that `sql` holds, when it is ASCII (or always, for is_bytewise). */
static void add_core(struct search_statement *statement, const char *sql, const struct needle *needle)
{
    if (needle->never_in_ascii && !needle->is_bytewise) {
        search_add(statement, "false");
        return;
    }
    bool is_prefix = needle->compare == NULL && needle->level == FUZZY_PREFIX;
    bool is_part = needle->compare == NULL && needle->level == FUZZY_SUBSTRING;
    search_add(statement, is_prefix ? "starts_with(" : is_part ? "strpos(" : "");
    search_add(statement, needle->folds ? "lower(" : "(");
    search_add(statement, sql);
    search_add(statement, " COLLATE \"C\")");
    search_add(statement, is_prefix || is_part ? ", " : needle->compare != NULL ? needle->compare : " = ");
    search_add_text(statement, needle->text);
    search_add(statement, is_prefix ? ")" : is_part ? ") > 0" : " COLLATE \"C\"");
}

static void add_not_ascii(struct search_statement *statement, const char *sql)
{
    search_add(statement, "octet_length(");
    search_add(statement, sql);
    search_add(statement, ") <> length(");
    search_add(statement, sql);
    search_add(statement, ")");
}

static void add_text(struct search_statement *statement, const struct field *field, const struct needle *needle, bool wanted)
{
    search_add(statement, wanted ? "((" : "(NOT (");
    add_present(statement, field);
    search_add(statement, " AND ");
    add_core(statement, field->sql, needle);
    search_add(statement, ")");
    if (!needle->is_bytewise) {
        search_add(statement, " OR ");
        add_not_ascii(statement, field->sql);
    }
    search_add(statement, ")");
}

/* Any element matches. */
static void add_texts(struct search_statement *statement, const struct field *field, const struct needle *needle, bool wanted)
{
    search_add(statement, wanted ? "(EXISTS (SELECT 1 FROM unnest(" : "(NOT EXISTS (SELECT 1 FROM unnest(");
    search_add(statement, field->sql);
    search_add(statement, ") AS c (t) WHERE ");
    add_core(statement, "c.t", needle);
    search_add(statement, ")");
    if (!needle->is_bytewise) {
        search_add(statement, " OR EXISTS (SELECT 1 FROM unnest(");
        search_add(statement, field->sql);
        search_add(statement, ") AS c (t) WHERE ");
        add_not_ascii(statement, "c.t");
        search_add(statement, ")");
    }
    search_add(statement, ")");
}

/* The beginning of the body is in a column. Where it is cut or not there, the stored body has to be looked at. */
static void add_body(struct search_statement *statement, const struct needle *needle)
{
    search_add(statement, "EXISTS (SELECT 1 FROM message_body b WHERE b.mailbox_id = m.mailbox_id AND b.message_id = m.message_id"
                          " AND (b.body_cut OR b.body_text = '' OR ");
    add_core(statement, "b.body_text", needle);
    search_add(statement, " OR ");
    add_not_ascii(statement, "b.body_text");
    search_add(statement, "))");
}

static enum search_reach text_leaf(struct search_statement *statement, const struct field *field, const struct restriction *node, bool wanted)
{
    struct needle needle;
    if (!read_needle(statement, node, &needle))
        return REACH_UNKNOWN;
    if (field->kind == FIELD_BODY) {
        if (!wanted || node->kind != RESTRICT_CONTENT)
            return REACH_UNKNOWN;
        add_body(statement, &needle);
        return REACH_NECESSARY;
    }
    if (field->kind == FIELD_TEXTS)
        add_texts(statement, field, &needle, wanted);
    else
        add_text(statement, field, &needle, wanted);
    return needle.is_bytewise ? REACH_EXACT : REACH_NECESSARY;
}

enum search_reach search_leaf(struct search_statement *statement, const struct restriction *node, bool wanted)
{
    struct field field = field_of(node->tag);
    bool is_text = field.kind == FIELD_TEXT || field.kind == FIELD_TEXTS || field.kind == FIELD_BODY;
    if (field.kind == FIELD_NONE)
        return REACH_UNKNOWN;
    switch (node->kind) {
    case RESTRICT_EXIST:
        return exist_leaf(statement, &field, wanted);
    case RESTRICT_BITMASK:
        return bitmask_leaf(statement, &field, node, wanted);
    case RESTRICT_CONTENT:
        return is_text ? text_leaf(statement, &field, node, wanted) : REACH_UNKNOWN;
    case RESTRICT_PROPERTY:
        return is_text ? text_leaf(statement, &field, node, wanted) : property_leaf(statement, &field, node, wanted);
    default:
        return REACH_UNKNOWN;
    }
}
