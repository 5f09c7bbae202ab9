#include "bourse/http/xml_prescan.h"

const struct xml_limits xml_limits_default = { .depth = 64, .attributes = 64, .nodes = 1000000 };

struct scan {
    const uint8_t *data;
    size_t length;
    size_t at;
    size_t depth;
    size_t nodes;
    bool is_root_seen;
    const struct xml_limits *limits;
};

static enum status malformed(const struct scan *scan, const char *what)
{
    status_set_client_text("The XML is not valid: %s (byte %zu)", what, scan->at);
    return status_fail(STATUS_MALFORMED, "%s at byte %zu", what, scan->at);
}

static enum status too_complex(const struct scan *scan, const char *what)
{
    status_set_client_text("The XML has too many %s", what);
    return status_fail(STATUS_TOO_COMPLEX, "too many %s at byte %zu", what, scan->at);
}

static bool starts_with(const struct scan *scan, const char *word)
{
    size_t length = strlen(word);
    return scan->length - scan->at >= length && memcmp(scan->data + scan->at, word, length) == 0;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Moves behind the next `word`, or fails. */
static enum status skip_past(struct scan *scan, const char *word, const char *what)
{
    const uint8_t *found = memmem(scan->data + scan->at, scan->length - scan->at, word, strlen(word));
    if (found == NULL)
        return malformed(scan, what);
    scan->at = (size_t)(found - scan->data) + strlen(word);
    return STATUS_OK;
}

static enum status count_node(struct scan *scan)
{
    if (++scan->nodes > scan->limits->nodes)
        return too_complex(scan, "nodes");
    return STATUS_OK;
}

/* At '&': one of the five entities or a character reference [XML] 4.1, 4.6. */
static enum status reference(struct scan *scan)
{
    static const char *const words[] = { "&lt;", "&gt;", "&amp;", "&quot;", "&apos;" };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (starts_with(scan, words[i])) {
            scan->at += strlen(words[i]);
            return STATUS_OK;
        }
    }
    if (!starts_with(scan, "&#"))
        return malformed(scan, "entity reference");
    size_t last = scan->length - scan->at > 12 ? scan->at + 12 : scan->length;
    for (size_t i = scan->at + 2; i < last; i++) {
        if (scan->data[i] == ';') {
            scan->at = i + 1;
            return STATUS_OK;
        }
    }
    return malformed(scan, "character reference");
}

/* Behind the opening quote. */
static enum status attribute_value(struct scan *scan, uint8_t quote)
{
    while (scan->at < scan->length) {
        uint8_t byte = scan->data[scan->at];
        if (byte == quote) {
            scan->at++;
            return STATUS_OK;
        }
        if (byte == '<')
            return malformed(scan, "'<' in an attribute");
        if (byte == '&')
            TRY(reference(scan));
        else
            scan->at++;
    }
    return malformed(scan, "attribute without end");
}

/* Behind '<' of a start tag. */
static enum status start_tag(struct scan *scan)
{
    size_t attributes = 0;
    uint8_t before = 0;
    TRY(count_node(scan));
    while (scan->at < scan->length) {
        uint8_t byte = scan->data[scan->at++];
        if (byte == '>') {
            scan->is_root_seen = true;
            if (before != '/' && ++scan->depth > scan->limits->depth)
                return too_complex(scan, "levels");
            return STATUS_OK;
        }
        if (byte == '<')
            return malformed(scan, "'<' in a tag");
        if (byte == '"' || byte == '\'') {
            if (++attributes > scan->limits->attributes)
                return too_complex(scan, "attributes");
            TRY(attribute_value(scan, byte));
        }
        before = byte;
    }
    return malformed(scan, "tag without end");
}

static enum status end_tag(struct scan *scan)
{
    if (scan->depth == 0)
        return malformed(scan, "end tag without start");
    scan->depth--;
    return skip_past(scan, ">", "tag without end");
}

/* At '<'. */
static enum status markup(struct scan *scan)
{
    if (starts_with(scan, "<!--")) {
        scan->at += 4;
        TRY(count_node(scan));
        return skip_past(scan, "-->", "comment without end");
    }
    if (starts_with(scan, "<![CDATA[")) {
        if (scan->depth == 0)
            return malformed(scan, "CDATA outside the root element");
        scan->at += 9;
        return skip_past(scan, "]]>", "CDATA without end");
    }
    if (starts_with(scan, "<!"))
        return malformed(scan, "document type or declaration");
    if (starts_with(scan, "<?")) {
        scan->at += 2;
        TRY(count_node(scan));
        return skip_past(scan, "?>", "instruction without end");
    }
    scan->at++;
    if (scan->at < scan->length && scan->data[scan->at] == '/')
        return end_tag(scan);
    return start_tag(scan);
}

static enum status text_run(struct scan *scan)
{
    bool is_counted = false;
    while (scan->at < scan->length && scan->data[scan->at] != '<') {
        uint8_t byte = scan->data[scan->at];
        if (byte == 0)
            return malformed(scan, "NUL byte");
        if (!is_blank(byte) && !is_counted) {
            if (scan->depth == 0)
                return malformed(scan, "text outside the root element");
            TRY(count_node(scan));
            is_counted = true;
        }
        if (byte == '&')
            TRY(reference(scan));
        else
            scan->at++;
    }
    return STATUS_OK;
}

/* Name of the declared encoding in the XML declaration [XML] 4.3.3, empty when there is none. */
static struct slice declared_encoding(struct slice declaration)
{
    const uint8_t *found = memmem(declaration.data, declaration.length, "encoding", 8);
    if (found == NULL)
        return slice_of(NULL, 0);
    struct slice rest = slice_part(declaration, (size_t)(found - declaration.data) + 8, declaration.length);
    size_t from = 0;
    while (from < rest.length && rest.data[from] != '"' && rest.data[from] != '\'')
        from++;
    if (from == rest.length)
        return slice_of_text("?");
    struct slice quoted = slice_part(rest, from + 1, rest.length);
    ptrdiff_t end = slice_find_byte(quoted, rest.data[from]);
    return end < 0 ? slice_of_text("?") : slice_part(quoted, 0, (size_t)end);
}

/* Encodings in which every byte below 0x80 is that ASCII character, so that this scan sees what the parser sees. */
static enum status encoding(struct scan *scan)
{
    static const char *const known[] = { "utf-8", "us-ascii", "ascii", "iso-8859-1" };
    if (starts_with(scan, "\xEF\xBB\xBF"))
        scan->at += 3;
    if (!starts_with(scan, "<?xml"))
        return STATUS_OK;
    const uint8_t *end = memmem(scan->data + scan->at, scan->length - scan->at, "?>", 2);
    if (end == NULL)
        return malformed(scan, "declaration without end");
    struct slice name = declared_encoding(slice_of(scan->data + scan->at, (size_t)(end - scan->data) - scan->at));
    if (name.length == 0)
        return STATUS_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
        if (slice_equal_ascii_nocase(name, slice_of_text(known[i])))
            return STATUS_OK;
    return malformed(scan, "encoding that is not UTF-8");
}

enum status xml_prescan(struct slice document, const struct xml_limits *limits)
{
    struct scan scan = { .data = document.data, .length = document.length, .limits = limits };
    TRY(encoding(&scan));
    while (scan.at < scan.length) {
        if (scan.data[scan.at] == '<')
            TRY(markup(&scan));
        else
            TRY(text_run(&scan));
    }
    if (scan.depth != 0)
        return malformed(&scan, "element without end");
    if (!scan.is_root_seen)
        return malformed(&scan, "no element");
    return STATUS_OK;
}
