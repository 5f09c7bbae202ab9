/* Advanced Query Syntax. Grammar: or := and ("OR" and)*; and := not (("AND")? not)*; not := ("NOT" | "-") not | "(" or ")" | key ":" value | word | "phrase". */
#include <stdlib.h>

#include "bourse/base/text.h"
#include "query.h"

#define DEPTH_MOST 16
#define TERMS_MOST 200

struct parser {
    TALLOC_CTX *mem;
    struct slice rest;
    struct slice token;      /* current; empty at the end */
    bool is_quoted, is_glued; /* token stood in quotes; token follows the one before without a blank */
    bool is_plain;           /* only words and conditions joined by AND so far */
    char *words;             /* plain words, one blank between */
    size_t terms;
};

static bool is_special(uint8_t c)
{
    return c == '(' || c == ')' || c == ':' || c == '"' || c == '=' || c == '<' || c == '>';
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void next(struct parser *p)
{
    struct slice *rest = &p->rest;
    size_t skip = 0, length = 0;
    while (skip < rest->length && is_blank(rest->data[skip]))
        skip++;
    p->is_glued = skip == 0;
    *rest = slice_part(*rest, skip, rest->length - skip);
    p->is_quoted = rest->length > 0 && rest->data[0] == '"';
    if (p->is_quoted) {
        struct slice after;
        *rest = slice_part(*rest, 1, rest->length - 1);
        bool closed = slice_split(*rest, '"', &p->token, &after);
        *rest = closed ? after : (struct slice){ 0 };
        return;
    }
    if (rest->length > 0 && is_special(rest->data[0]))
        length = rest->length > 1 && rest->data[1] == '=' && (rest->data[0] == '<' || rest->data[0] == '>') ? 2 : 1;
    else
        while (length < rest->length && !is_blank(rest->data[length]) && !is_special(rest->data[length]))
            length++;
    p->token = slice_part(*rest, 0, length);
    *rest = slice_part(*rest, length, rest->length - length);
}

static bool is_end(const struct parser *p)
{
    return p->token.length == 0 && !p->is_quoted;
}

static bool is_token(const struct parser *p, const char *text)
{
    return !p->is_quoted && slice_equal(p->token, slice_of_text(text));
}

static struct restriction *node_of(struct parser *p, enum restriction_kind kind, prop_tag tag)
{
    struct restriction *node = restriction_new(p->mem, kind);
    if (node != NULL)
        node->tag = tag;
    return node;
}

static enum status join(struct parser *p, enum restriction_kind kind, struct restriction *a, struct restriction *b, struct restriction **out)
{
    if (a == NULL || b == NULL) {
        *out = a != NULL ? a : b;
        return STATUS_OK;
    }
    if ((*out = node_of(p, kind, 0)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "query");
    TRY(restriction_add_child(*out, a));
    return restriction_add_child(*out, b);
}

static enum status contains(struct parser *p, prop_tag tag, struct slice text, struct restriction **out)
{
    char *copy = slice_text(p->mem, text);
    if (copy == NULL || (*out = node_of(p, RESTRICT_CONTENT, tag)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "query");
    (*out)->fuzzy = FUZZY_SUBSTRING | FUZZY_IGNORE_CASE | FUZZY_LOOSE;
    (*out)->value = value_string(prop_make(prop_id(tag), TYPE_STRING), copy);
    return STATUS_OK;
}

static enum status compare(struct parser *p, prop_tag tag, enum relation relation, struct value value, struct restriction **out)
{
    if ((*out = node_of(p, RESTRICT_PROPERTY, tag)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "query");
    (*out)->relation = relation;
    (*out)->value = value;
    (*out)->value.tag = tag;
    return STATUS_OK;
}

static enum status any_of(struct parser *p, const prop_tag *tags, size_t count, struct slice text, struct restriction **out)
{
    *out = NULL;
    for (size_t i = 0; i < count; i++) {
        struct restriction *one;
        TRY(contains(p, tags[i], text, &one));
        TRY(join(p, RESTRICT_OR, *out, one, out));
    }
    return STATUS_OK;
}

/* ---- conditions: key, operator, value ---- */

enum condition { TEXTS, RECIPIENTS, ATTACHMENT_NAMES, CLASS, LEVEL, TRUTH, READ_STATE, FLAGGED, BYTES, DATE };

static const struct key {
    const char *name;
    enum condition condition;
    prop_tag tags[3];
} keys[] = {
    { "subject", TEXTS, { PROP_SUBJECT } },
    { "body", TEXTS, { PROP_BODY } },
    { "content", TEXTS, { PROP_BODY } },
    { "from", TEXTS, { PROP_SENT_REPRESENTING_NAME, PROP_SENT_REPRESENTING_EMAIL_ADDRESS } },
    { "to", TEXTS, { PROP_DISPLAY_TO } },
    { "cc", TEXTS, { PROP_DISPLAY_CC } },
    { "participants", TEXTS, { PROP_SENT_REPRESENTING_NAME, PROP_DISPLAY_TO, PROP_DISPLAY_CC } },
    { "category", TEXTS, { PROP_KEYWORDS } },
    { "attachment", ATTACHMENT_NAMES, { PROP_ATTACH_LONG_FILENAME } },
    { "attachments", ATTACHMENT_NAMES, { PROP_ATTACH_LONG_FILENAME } },
    { "kind", CLASS, { PROP_MESSAGE_CLASS } },
    { "importance", LEVEL, { PROP_IMPORTANCE } },
    { "hasattachment", TRUTH, { PROP_HAS_ATTACHMENTS } },
    { "hasattachments", TRUTH, { PROP_HAS_ATTACHMENTS } },
    { "isread", READ_STATE, { PROP_READ } },
    { "read", READ_STATE, { PROP_READ } },
    { "isflagged", FLAGGED, { PROP_FLAG_STATUS } },
    { "size", BYTES, { PROP_MESSAGE_SIZE } },
    { "received", DATE, { PROP_MESSAGE_DELIVERY_TIME } },
    { "sent", DATE, { PROP_CLIENT_SUBMIT_TIME } },
};

static const struct key *find_key(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        if (slice_equal_ascii_nocase(name, slice_of_text(keys[i].name)))
            return &keys[i];
    return NULL;
}

static bool is_yes(struct slice text)
{
    return slice_equal_ascii_nocase(text, slice_of_text("yes")) || slice_equal_ascii_nocase(text, slice_of_text("true")) ||
           slice_equal(text, slice_of_text("1"));
}

static enum status read_class(struct parser *p, struct slice text, struct restriction **out)
{
    static const struct {
        const char *word, *prefix;
    } kinds[] = { { "email", "IPM.Note" }, { "meetings", "IPM.Schedule.Meeting" }, { "calendar", "IPM.Appointment" }, { "contacts", "IPM.Contact" },
                  { "tasks", "IPM.Task" }, { "notes", "IPM.StickyNote" }, { "journals", "IPM.Activity" }, { "posts", "IPM.Post" } };
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (slice_equal_ascii_nocase(text, slice_of_text(kinds[i].word))) {
            TRY(contains(p, PROP_MESSAGE_CLASS, slice_of_text(kinds[i].prefix), out));
            (*out)->fuzzy = FUZZY_PREFIX | FUZZY_IGNORE_CASE;
            return STATUS_OK;
        }
    return contains(p, PROP_MESSAGE_CLASS, text, out);
}

static int64_t bytes_of(struct slice text)
{
    char *end, *copy = talloc_strndup(NULL, (const char *)text.data, text.length < 40 ? text.length : 40);
    if (copy == NULL)
        return 0;
    double number = strtod(copy, &end);
    double unit = (*end | 0x20) == 'k' ? 1024 : (*end | 0x20) == 'm' ? 1048576 : (*end | 0x20) == 'g' ? 1073741824.0 : 1;
    talloc_free(copy);
    double bytes = number * unit;
    return bytes > 0 && bytes < INT32_MAX ? (int64_t)bytes : bytes > 0 ? INT32_MAX : 0;
}

/* Begin and end (exclusive) of a day word or of one day; false when it is no date. */
static bool date_span(struct slice text, instant *begin, instant *end)
{
    instant now = clock_now(), today = now - now % INSTANT_PER_DAY;
    int64_t weekday = (today / INSTANT_PER_DAY + 1) % 7; /* 1601-01-01 was a Monday; 0: Sunday */
    const struct {
        const char *word;
        instant begin;
        int64_t days;
    } words[] = {
        { "today", today, 1 }, { "yesterday", today - INSTANT_PER_DAY, 1 }, { "this week", today - weekday * INSTANT_PER_DAY, 7 },
        { "last week", today - (weekday + 7) * INSTANT_PER_DAY, 7 }, { "this month", today - 30 * INSTANT_PER_DAY, 31 },
        { "last month", today - 60 * INSTANT_PER_DAY, 30 }, { "this year", today - 365 * INSTANT_PER_DAY, 366 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (slice_equal_ascii_nocase(text, slice_of_text(words[i].word))) {
            *begin = words[i].begin;
            *end = words[i].begin + words[i].days * INSTANT_PER_DAY;
            return true;
        }
    int year, month, day;
    char copy[64];
    if (text.length >= 40)
        return false;
    snprintf(copy, sizeof copy, "%.*s", (int)text.length, (const char *)text.data);
    if (sscanf(copy, "%4d-%2d-%2d", &year, &month, &day) != 3 && sscanf(copy, "%2d/%2d/%4d", &month, &day, &year) != 3)
        return false;
    snprintf(copy, sizeof copy, "%04d-%02d-%02dT00:00:00Z", year, month, day);
    *end = 0;
    bool good = instant_parse(copy, begin);
    *end = good ? *begin + INSTANT_PER_DAY : 0;
    return good;
}

static enum status between(struct parser *p, prop_tag tag, instant begin, instant end, struct restriction **out)
{
    struct restriction *from, *to;
    TRY(compare(p, tag, REL_GREATER_EQUAL, value_time(tag, begin), &from));
    TRY(compare(p, tag, REL_LESS, value_time(tag, end), &to));
    return join(p, RESTRICT_AND, from, to, out);
}

static enum status read_date(struct parser *p, prop_tag tag, enum relation relation, struct slice text, struct restriction **out)
{
    instant begin, end, begin2, end2;
    const uint8_t *dots = memmem(text.data, text.length, "..", 2);
    *out = NULL;
    if (dots != NULL) {
        size_t at = (size_t)(dots - text.data);
        if (!date_span(slice_part(text, 0, at), &begin, &end) || !date_span(slice_part(text, at + 2, text.length - at - 2), &begin2, &end2))
            return STATUS_OK;
        return between(p, tag, begin, end2, out);
    }
    if (!date_span(text, &begin, &end))
        return STATUS_OK;
    switch (relation) {
    case REL_LESS: return compare(p, tag, REL_LESS, value_time(tag, begin), out);
    case REL_LESS_EQUAL: return compare(p, tag, REL_LESS, value_time(tag, end), out);
    case REL_GREATER: return compare(p, tag, REL_GREATER_EQUAL, value_time(tag, end), out);
    case REL_GREATER_EQUAL: return compare(p, tag, REL_GREATER_EQUAL, value_time(tag, begin), out);
    default: return between(p, tag, begin, end, out);
    }
}

static enum status read_attachment_name(struct parser *p, prop_tag tag, struct slice text, struct restriction **out)
{
    struct restriction *name;
    TRY(contains(p, tag, text, &name));
    if ((*out = node_of(p, RESTRICT_SUBOBJECT, PROP_MESSAGE_ATTACHMENTS)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "query");
    return restriction_add_child(*out, name);
}

static enum status read_condition(struct parser *p, const struct key *key, enum relation relation, struct slice text, struct restriction **out)
{
    size_t tags = 0;
    while (tags < ARRAY_LENGTH(key->tags) && key->tags[tags] != 0)
        tags++;
    switch (key->condition) {
    case TEXTS: case RECIPIENTS: return any_of(p, key->tags, tags, text, out);
    case ATTACHMENT_NAMES: return read_attachment_name(p, key->tags[0], text, out);
    case CLASS: return read_class(p, text, out);
    case LEVEL: {
        int32_t level = slice_equal_ascii_nocase(text, slice_of_text("high")) ? 2 : slice_equal_ascii_nocase(text, slice_of_text("low")) ? 0 : 1;
        return compare(p, key->tags[0], REL_EQUAL, value_int32(key->tags[0], level), out);
    }
    case TRUTH: case READ_STATE: return compare(p, key->tags[0], REL_EQUAL, value_bool(key->tags[0], is_yes(text)), out);
    case FLAGGED: return compare(p, key->tags[0], is_yes(text) ? REL_EQUAL : REL_NOT_EQUAL, value_int32(key->tags[0], 2), out);
    case BYTES: return compare(p, key->tags[0], relation, value_int32(key->tags[0], (int32_t)bytes_of(text)), out);
    case DATE: return read_date(p, key->tags[0], relation, text, out);
    }
    return STATUS_OK;
}

static enum relation take_relation(struct parser *p)
{
    static const struct {
        const char *text;
        enum relation relation;
    } relations[] = { { "=", REL_EQUAL }, { "<", REL_LESS }, { ">", REL_GREATER }, { "<=", REL_LESS_EQUAL }, { ">=", REL_GREATER_EQUAL } };
    for (size_t i = 0; i < ARRAY_LENGTH(relations); i++)
        if (is_token(p, relations[i].text)) {
            next(p);
            return relations[i].relation;
        }
    return REL_EQUAL;
}

/* ---- grammar ---- */

static enum status word(struct parser *p, struct slice text, struct restriction **out)
{
    static const prop_tag tags[] = { PROP_SUBJECT, PROP_BODY, PROP_SENT_REPRESENTING_NAME, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, PROP_DISPLAY_TO,
                                     PROP_DISPLAY_CC };
    *out = NULL;
    if (text.length == 0)
        return STATUS_OK;
    if (p->is_plain) {
        p->words = talloc_asprintf_append(p->words, "%s%.*s", p->words[0] != '\0' ? " " : "", (int)text.length, (const char *)text.data);
        return p->words != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "query");
    }
    return any_of(p, tags, ARRAY_LENGTH(tags), text, out);
}

static enum status parse_or(struct parser *p, size_t depth, struct restriction **out);

static enum status parse_term(struct parser *p, struct restriction **out)
{
    struct slice name = p->token;
    bool quoted = p->is_quoted;
    *out = NULL;
    next(p);
    if (quoted || !is_token(p, ":") || !p->is_glued)
        return is_special(name.length > 0 ? name.data[0] : 'a') && !quoted ? STATUS_OK : word(p, name, out);
    next(p);
    const struct key *key = find_key(name);
    enum relation relation = take_relation(p);
    struct slice text = p->token;
    if (is_end(p) || is_token(p, ")"))
        return word(p, name, out);
    next(p);
    return key != NULL ? read_condition(p, key, relation, text, out) : word(p, text, out);
}

static enum status parse_not(struct parser *p, size_t depth, struct restriction **out)
{
    *out = NULL;
    if (++p->terms > TERMS_MOST || depth > DEPTH_MOST)
        return status_fail(STATUS_TOO_COMPLEX, "query of more than %d terms or %d levels", TERMS_MOST, DEPTH_MOST);
    bool dash = !p->is_quoted && p->token.length > 1 && p->token.data[0] == '-';
    if (is_token(p, "NOT") || is_token(p, "-") || dash) {
        struct restriction *inner;
        if (dash)
            p->token = slice_part(p->token, 1, p->token.length - 1);
        else
            next(p);
        TRY(parse_not(p, depth + 1, &inner));
        if (inner == NULL)
            return STATUS_OK;
        if ((*out = node_of(p, RESTRICT_NOT, 0)) == NULL)
            return status_fail(STATUS_NO_MEMORY, "query");
        return restriction_add_child(*out, inner);
    }
    if (!is_token(p, "("))
        return parse_term(p, out);
    next(p);
    TRY(parse_or(p, depth + 1, out));
    if (is_token(p, ")"))
        next(p);
    return STATUS_OK;
}

static enum status parse_and(struct parser *p, size_t depth, struct restriction **out)
{
    *out = NULL;
    while (!is_end(p) && !is_token(p, ")") && !is_token(p, "OR")) {
        struct restriction *one;
        if (is_token(p, "AND")) {
            next(p);
            continue;
        }
        TRY(parse_not(p, depth, &one));
        TRY(join(p, RESTRICT_AND, *out, one, out));
    }
    return STATUS_OK;
}

static enum status parse_or(struct parser *p, size_t depth, struct restriction **out)
{
    TRY(parse_and(p, depth, out));
    while (is_token(p, "OR")) {
        struct restriction *other;
        next(p);
        TRY(parse_and(p, depth, &other));
        TRY(join(p, RESTRICT_OR, *out, other, out));
    }
    return STATUS_OK;
}

/* Words joined by anything but AND cannot be given to the full-text index as they are. */
static bool is_conjunction(const char *text)
{
    return strstr(text, " OR ") == NULL && strstr(text, "NOT ") == NULL && strchr(text, '(') == NULL && text[0] != '-' && strstr(text, " -") == NULL;
}

enum status query_string(TALLOC_CTX *mem, const char *text, struct restriction **restriction, const char **words)
{
    struct parser parser = { .mem = mem, .rest = slice_of_text(text), .is_plain = is_conjunction(text), .words = talloc_strdup(mem, "") };
    *restriction = NULL;
    *words = NULL;
    if (parser.words == NULL)
        return status_fail(STATUS_NO_MEMORY, "query");
    next(&parser);
    while (!is_end(&parser)) {
        struct restriction *part;
        TRY(parse_or(&parser, 0, &part));
        TRY(join(&parser, RESTRICT_AND, *restriction, part, restriction));
        if (is_token(&parser, ")"))
            next(&parser);
    }
    if (parser.words[0] != '\0')
        *words = parser.words;
    return STATUS_OK;
}
