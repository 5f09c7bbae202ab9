/* The XML of the category list [MS-OXOCFG] 2.2.5.2.2: one element "categories" with elements "category" in it, everything in attributes. A scanner of its own, so that a
 * mailbox's content never meets entities, documents types or name spaces. */
#include "bourse/groupware/categories.h"

#include <stdlib.h>

#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/base/wire.h"

enum { XML_CAP = 4 * 1024 * 1024, ATTRIBUTES = 32, VALUE_CAP = 8192 };

struct scanner {
    TALLOC_CTX *mem;
    struct slice in;
    size_t at;
};

struct attribute {
    struct slice name;
    const char *value;
};

struct element {
    struct slice name;
    struct attribute attributes[ATTRIBUTES];
    size_t count;
    bool is_end;   /* </name> */
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool looking_at(const struct scanner *scanner, const char *text)
{
    return slice_equal(slice_part(scanner->in, scanner->at, strlen(text)), slice_of_text(text));
}

static void skip_blanks(struct scanner *scanner)
{
    while (scanner->at < scanner->in.length && is_blank(scanner->in.data[scanner->at]))
        scanner->at++;
}

/* Moves behind `text`; false when it does not come any more. */
static bool skip_behind(struct scanner *scanner, const char *text)
{
    for (; scanner->at < scanner->in.length; scanner->at++)
        if (looking_at(scanner, text)) {
            scanner->at += strlen(text);
            return true;
        }
    return false;
}

static struct slice take_name(struct scanner *scanner)
{
    size_t start = scanner->at;
    while (scanner->at < scanner->in.length && !is_blank(scanner->in.data[scanner->at]) && strchr("=/>", scanner->in.data[scanner->at]) == NULL)
        scanner->at++;
    return slice_part(scanner->in, start, scanner->at - start);
}

static void append_code_point(struct buffer *out, unsigned long code)
{
    if (code < 0x80) {
        buffer_append_byte(out, (uint8_t)code);
        return;
    }
    if (code >= 0x10000)
        buffer_append_byte(out, (uint8_t)(0xF0 | code >> 18));
    if (code >= 0x10000)
        buffer_append_byte(out, (uint8_t)(0x80 | (code >> 12 & 0x3F)));
    else if (code >= 0x800)
        buffer_append_byte(out, (uint8_t)(0xE0 | code >> 12));
    buffer_append_byte(out, (uint8_t)(code >= 0x800 ? 0x80 | (code >> 6 & 0x3F) : 0xC0 | code >> 6));
    buffer_append_byte(out, (uint8_t)(0x80 | (code & 0x3F)));
}

/* The five names and numbers; nothing else is one. */
static bool append_entity(struct buffer *out, struct slice name)
{
    static const struct {
        const char *name;
        uint8_t byte;
    } named[] = { { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' } };
    for (size_t i = 0; i < ARRAY_LENGTH(named); i++)
        if (slice_equal(name, slice_of_text(named[i].name))) {
            buffer_append_byte(out, named[i].byte);
            return true;
        }
    char digits[12] = "";
    if (name.length < 2 || name.length >= sizeof digits || name.data[0] != '#')
        return false;
    bool is_hex = name.data[1] == 'x';
    memcpy(digits, name.data + (is_hex ? 2 : 1), name.length - (is_hex ? 2 : 1));
    if (digits[0] == '\0' || strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
        return false;
    unsigned long code = strtoul(digits, NULL, is_hex ? 16 : 10);
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return false;
    append_code_point(out, code);
    return true;
}

static enum status decode(TALLOC_CTX *mem, struct slice raw, const char **out)
{
    struct buffer *text = buffer_new(mem, VALUE_CAP);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "categories");
    for (size_t i = 0; i < raw.length; i++) {
        ptrdiff_t end = raw.data[i] == '&' ? slice_find_byte(slice_part(raw, i, 12), ';') : 0;
        if (raw.data[i] == '<' || raw.data[i] == '\0' || end < 0 || (end > 0 && !append_entity(text, slice_part(raw, i + 1, (size_t)end - 1))))
            return status_fail(STATUS_MALFORMED, "category list: attribute");
        if (end > 0)
            i += (size_t)end;
        else
            buffer_append_byte(text, raw.data[i]);
    }
    if (buffer_status(text) == STATUS_LIMIT_EXCEEDED || !utf8_is_valid(buffer_slice(text)))
        return status_fail(STATUS_MALFORMED, "category list: attribute");
    *out = talloc_strdup(mem, buffer_text(text));
    talloc_free(text);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "categories");
}

static enum status take_attribute(struct scanner *scanner, struct element *element)
{
    struct attribute *attribute = &element->attributes[element->count];
    if (element->count == ATTRIBUTES)
        return status_fail(STATUS_MALFORMED, "category list: too many attributes");
    attribute->name = take_name(scanner);
    skip_blanks(scanner);
    if (attribute->name.length == 0 || !looking_at(scanner, "="))
        return status_fail(STATUS_MALFORMED, "category list: attribute without a value");
    scanner->at++;
    skip_blanks(scanner);
    uint8_t quote = scanner->at < scanner->in.length ? scanner->in.data[scanner->at] : 0;
    struct slice rest = slice_part(scanner->in, scanner->at + 1, SIZE_MAX);
    ptrdiff_t end = quote == '"' || quote == '\'' ? slice_find_byte(rest, quote) : -1;
    if (end < 0)
        return status_fail(STATUS_MALFORMED, "category list: attribute without quotes");
    scanner->at += (size_t)end + 2;
    element->count++;
    return decode(scanner->mem, slice_part(rest, 0, (size_t)end), &attribute->value);
}

/* *found false at the end of the input. Texts between elements, comments and processing instructions are passed over. */
static enum status next_element(struct scanner *scanner, struct element *element, bool *found)
{
    *element = (struct element){ .count = 0 };
    *found = false;
    for (;;) {
        if (!skip_behind(scanner, "<"))
            return STATUS_OK;
        bool is_comment = looking_at(scanner, "!--"), is_instruction = looking_at(scanner, "?");
        if (!is_comment && !is_instruction)
            break;
        if (!skip_behind(scanner, is_comment ? "-->" : "?>"))
            return status_fail(STATUS_MALFORMED, "category list is cut");
    }
    if (looking_at(scanner, "!"))
        return status_fail(STATUS_MALFORMED, "category list with a declaration");
    element->is_end = looking_at(scanner, "/");
    scanner->at += element->is_end;
    element->name = take_name(scanner);
    for (skip_blanks(scanner); scanner->at < scanner->in.length && !looking_at(scanner, ">") && !looking_at(scanner, "/>"); skip_blanks(scanner))
        TRY(take_attribute(scanner, element));
    *found = skip_behind(scanner, ">");
    return *found ? STATUS_OK : status_fail(STATUS_MALFORMED, "category list is cut");
}

static const char *value_of(const struct element *element, const char *name)
{
    for (size_t i = 0; i < element->count; i++)
        if (slice_equal(element->attributes[i].name, slice_of_text(name)))
            return element->attributes[i].value;
    return NULL;
}

static int64_t number_of(const struct element *element, const char *name, int64_t absent, int64_t low, int64_t high)
{
    const char *text = value_of(element, name);
    char *end = NULL;
    long long number = text != NULL ? strtoll(text, &end, 10) : 0;
    return text != NULL && end != text && *end == '\0' && number >= low && number <= high ? number : absent;
}

static instant time_of(const struct element *element, const char *name)
{
    instant when = 0;
    const char *text = value_of(element, name);
    return text != NULL && instant_parse(text, &when) ? when : 0;
}

static enum status add_category(struct category_list *list, const struct element *element)
{
    const char *name = value_of(element, "name"), *guid = value_of(element, "guid");
    if (name == NULL || name[0] == '\0')
        return STATUS_OK; /* nobody could choose it */
    if (list->count == CATEGORIES)
        return status_fail(STATUS_MALFORMED, "more than %d categories", CATEGORIES);
    list->categories = array_resize(list, list->categories, struct category, list->count + 1);
    if (list->categories == NULL)
        return status_fail(STATUS_NO_MEMORY, "categories");
    struct category *category = &list->categories[list->count++];
    *category = (struct category){
        .name = name, .colour = (int32_t)number_of(element, "color", -1, -1, CATEGORY_COLOURS - 1),
        .shortcut = (int32_t)number_of(element, "keyboardShortcut", 0, 0, CATEGORY_SHORTCUTS - 1),
        .usage_count = (uint32_t)number_of(element, "usageCount", 0, 0, UINT32_MAX), .last_used = time_of(element, "lastTimeUsed"),
        .last_session = (uint32_t)number_of(element, "lastSessionUsed", 0, 0, UINT32_MAX),
        .rename_on_first_use = number_of(element, "renameOnFirstUse", 0, 0, 1) == 1,
    };
    if (guid != NULL && guid_parse(guid, &category->id) != STATUS_OK)
        category->id = (struct guid){ { 0 } };
    return STATUS_OK;
}

enum status categories_parse(TALLOC_CTX *mem, struct slice xml, struct category_list **out)
{
    struct element element;
    bool found = false;
    struct category_list *list = talloc_zero(mem, struct category_list);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "categories");
    struct scanner scanner = { .mem = list, .in = xml };
    list->categories = array_new(list, struct category, 0);
    if (xml.length > XML_CAP)
        return status_fail(STATUS_MALFORMED, "category list of %zu bytes", xml.length);
    TRY(next_element(&scanner, &element, &found));
    if (!found || !slice_equal(element.name, slice_of_text("categories")))
        return status_fail(STATUS_MALFORMED, "not a category list");
    list->default_name = value_of(&element, "default") != NULL ? value_of(&element, "default") : "";
    list->saved_session = (uint32_t)number_of(&element, "lastSavedSession", 0, 0, UINT32_MAX);
    list->saved = time_of(&element, "lastSavedTime");
    while (found) {
        TRY(next_element(&scanner, &element, &found));
        if (found && !element.is_end && slice_equal(element.name, slice_of_text("category")))
            TRY(add_category(list, &element));
    }
    status_chain_clear();
    *out = list;
    return STATUS_OK;
}

/* ---- writing ---- */

static void append_escaped(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *escaped = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '"' ? "&quot;" : NULL;
        if (escaped != NULL)
            buffer_append_text(out, escaped);
        else
            buffer_append_byte(out, (uint8_t)*text);
    }
}

/* [MS-OXOCFG] 2.2.5.2.2: times without zone are UTC. */
static void append_time(struct buffer *out, const char *name, instant when)
{
    char text[INSTANT_TEXT_SIZE];
    instant_format(when != 0 ? when : INSTANT_UNIX_EPOCH, text);
    text[19] = '\0';
    buffer_printf(out, " %s=\"%s.000\"", name, text);
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((uint8_t)*text < ' ')
            return true;
    return false;
}

static enum status check(const struct category_list *list)
{
    if (list->count > CATEGORIES)
        return status_fail(STATUS_INVALID_ARGUMENT, "%zu categories", list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct category *category = &list->categories[i];
        size_t length = utf8_length(slice_of_text(category->name));
        if (length == 0 || length > CATEGORY_NAME || strpbrk(category->name, ",;") != NULL || has_control(category->name))
            return status_fail(STATUS_INVALID_ARGUMENT, "name of category %zu", i + 1);
        if (category->colour < -1 || category->colour >= CATEGORY_COLOURS || category->shortcut < 0 || category->shortcut >= CATEGORY_SHORTCUTS)
            return status_fail(STATUS_INVALID_ARGUMENT, "colour or shortcut of %s", category->name);
        for (size_t j = 0; j < i; j++)
            if (strcasecmp(list->categories[j].name, category->name) == 0)
                return status_fail(STATUS_INVALID_ARGUMENT, "category %s twice", category->name);
    }
    return STATUS_OK;
}

enum status categories_write(const struct category_list *list, struct buffer *out)
{
    TRY(check(list));
    buffer_append_text(out, "<?xml version=\"1.0\"?>\r\n<categories default=\"");
    append_escaped(out, list->default_name);
    buffer_printf(out, "\" lastSavedSession=\"%u\"", (unsigned)list->saved_session);
    append_time(out, "lastSavedTime", list->saved);
    buffer_append_text(out, " xmlns=\"CategoryList.xsd\">\r\n");
    for (size_t i = 0; i < list->count; i++) {
        const struct category *category = &list->categories[i];
        char guid[GUID_TEXT_SIZE];
        buffer_append_text(out, "<category name=\"");
        append_escaped(out, category->name);
        buffer_printf(out, "\" color=\"%d\" keyboardShortcut=\"%d\" usageCount=\"%u\"", (int)category->colour, (int)category->shortcut, (unsigned)category->usage_count);
        append_time(out, "lastTimeUsed", category->last_used);
        buffer_printf(out, " lastSessionUsed=\"%u\" guid=\"{%s}\"%s/>\r\n", (unsigned)category->last_session, guid_format(category->id, guid),
                      category->rename_on_first_use ? " renameOnFirstUse=\"1\"" : "");
    }
    buffer_append_text(out, "</categories>\r\n");
    return buffer_status(out);
}
