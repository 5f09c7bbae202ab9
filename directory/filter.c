#include "filter.h"

#include <ctype.h>

/* Letters, digits and marks that no filter or DN syntax uses pass; all else, UTF-8 included, is escaped: longer, never wrong. */
static bool is_plain(uint8_t byte)
{
    return (byte < 0x80 && isalnum(byte)) || byte == '.' || byte == '-' || byte == '_' || byte == '@' || byte == ' ' || byte == ':';
}

void filter_escape(struct buffer *out, struct slice value)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < value.length; i++) {
        uint8_t byte = value.data[i];
        if (is_plain(byte)) {
            buffer_append_byte(out, byte);
        } else {
            const char escaped[3] = { '\\', digits[byte >> 4], digits[byte & 15] };
            buffer_append(out, escaped, sizeof escaped);
        }
    }
}

static void append_comparison(struct buffer *out, const char *attribute, const char *tag, struct slice value, const char *end)
{
    if (attribute == NULL)
        return;
    buffer_append_byte(out, '(');
    buffer_append_text(out, attribute);
    buffer_append_byte(out, '=');
    buffer_append_text(out, tag);
    filter_escape(out, value);
    buffer_append_text(out, end);
}

void filter_equal(struct buffer *out, const char *attribute, struct slice value)
{
    append_comparison(out, attribute, "", value, ")");
}

void filter_equal_tagged(struct buffer *out, const char *attribute, const char *tag, struct slice value)
{
    append_comparison(out, attribute, tag, value, ")");
}

void filter_prefix(struct buffer *out, const char *attribute, const char *tag, struct slice prefix)
{
    append_comparison(out, attribute, tag, prefix, "*)");
}

#define DEPTH_MOST 32

struct filter_reader {
    struct slice text;
    size_t at;
    void (*visit)(const struct filter_item *item, void *data);
    void *data;
};

static int peek(const struct filter_reader *reader)
{
    return reader->at < reader->text.length ? reader->text.data[reader->at] : -1;
}

static bool take(struct filter_reader *reader, char wanted)
{
    if (peek(reader) != wanted)
        return false;
    reader->at++;
    return true;
}

static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (uint8_t)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* At a backslash: two hex digits must follow. */
static bool is_escape(struct slice text, size_t at)
{
    return text.length - at >= 3 && hex_value(text.data[at + 1]) >= 0 && hex_value(text.data[at + 2]) >= 0;
}

static bool read_value(struct filter_reader *reader, struct slice *out)
{
    size_t start = reader->at;
    for (int byte; (byte = peek(reader)) >= 0 && byte != ')'; reader->at++) {
        if (byte == '(' || byte == 0 || (byte == '\\' && !is_escape(reader->text, reader->at)))
            return false;
    }
    *out = slice_part(reader->text, start, reader->at - start);
    return true;
}

/* The description before the sign: letters, digits, '-', '.', then options after ';' and a rule after ':'. */
static bool read_attribute(struct filter_reader *reader, struct slice *out)
{
    size_t start = reader->at;
    while (peek(reader) >= 0 && peek(reader) < 0x80 && (isalnum(peek(reader)) || peek(reader) == '-' || peek(reader) == '.'))
        reader->at++;
    *out = slice_part(reader->text, start, reader->at - start);
    bool has_rule = false;
    for (int byte; (byte = peek(reader)) >= 0; reader->at++) {
        has_rule = has_rule || byte == ':';
        if (byte == '=' || byte == '~' || byte == '<' || byte == '>')
            break;
        if (byte >= 0x80 || (!isalnum(byte) && byte != ';' && byte != ':' && byte != '-' && byte != '.'))
            return false;
    }
    return out->length > 0 || has_rule;
}

static bool read_item(struct filter_reader *reader, bool is_under_not)
{
    struct filter_item item = { .is_under_not = is_under_not };
    if (!read_attribute(reader, &item.attribute))
        return false;
    if (peek(reader) != '=')
        reader->at++; /* ~= <= >= */
    if (!take(reader, '=') || !read_value(reader, &item.value))
        return false;
    if (reader->visit != NULL)
        reader->visit(&item, reader->data);
    return true;
}

static bool read_filter(struct filter_reader *reader, bool is_under_not, int depth)
{
    if (depth > DEPTH_MOST || !take(reader, '('))
        return false;
    if (take(reader, '!')) {
        if (!read_filter(reader, true, depth + 1))
            return false;
    } else if (take(reader, '&') || take(reader, '|')) {
        do {
            if (!read_filter(reader, is_under_not, depth + 1))
                return false;
        } while (peek(reader) == '(');
    } else if (!read_item(reader, is_under_not)) {
        return false;
    }
    return take(reader, ')');
}

bool filter_parse(struct slice filter, void (*visit)(const struct filter_item *item, void *data), void *data)
{
    struct filter_reader reader = { .text = filter, .visit = visit, .data = data };
    return filter.length <= FILTER_SIZE_MOST && read_filter(&reader, false, 0) && reader.at == filter.length;
}

enum status filter_unescape(TALLOC_CTX *mem, struct slice value, struct slice *out)
{
    uint8_t *bytes = talloc_array(mem, uint8_t, (unsigned)value.length + 1);
    if (bytes == NULL)
        return STATUS_NO_MEMORY;
    size_t length = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] != '\\') {
            bytes[length++] = value.data[i];
            continue;
        }
        if (!is_escape(value, i))
            return status_fail(STATUS_MALFORMED, "bad escape in a filter value");
        bytes[length++] = (uint8_t)(hex_value(value.data[i + 1]) << 4 | hex_value(value.data[i + 2]));
        i += 2;
    }
    *out = slice_of(bytes, length);
    return STATUS_OK;
}
