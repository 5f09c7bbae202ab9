#include "html_token.h"

#include "parse.h"

#include <stdlib.h>
#include <strings.h>

static bool is_letter(uint8_t c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_name(uint8_t c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == ':' || c == '-' || c == '_';
}

/* End of a tag that begins at `at`: behind its '>'. Quoted attribute values hide '>' unless a quote never ends. */
static size_t tag_end(struct html_reader *reader, size_t at)
{
    struct slice in = reader->input;
    uint8_t quote = 0, last = 0;
    for (size_t i = at + 1; i < in.length; i++) {
        uint8_t c = in.data[i];
        if (quote != 0) {
            if (c == quote)
                quote = 0;
        } else if (c == '>') {
            return i + 1;
        } else if ((c == '"' || c == '\'') && !reader->quotes_broken && last == '=') {
            quote = c;
        }
        if (c > ' ')
            last = c;
    }
    if (quote != 0) {
        reader->quotes_broken = true;
        return tag_end(reader, at);
    }
    return in.length;
}

static size_t find_text(struct slice in, size_t at, const char *text)
{
    size_t length = strlen(text);
    const void *found = at < in.length ? memmem(in.data + at, in.length - at, text, length) : NULL;
    return found == NULL ? in.length : (size_t)((const uint8_t *)found - in.data) + length;
}

static size_t other_end(struct slice in, size_t at)
{
    if (slice_equal(slice_part(in, at, 4), slice_of_text("<!--")))
        return find_text(in, at + 4, "-->");
    return find_text(in, at + 1, ">");
}

struct html_token html_next(struct html_reader *reader)
{
    struct slice in = reader->input;
    size_t start = reader->at;
    struct html_token token = { .kind = HTML_END };
    if (start >= in.length)
        return token;
    uint8_t next = start + 1 < in.length ? in.data[start + 1] : 0;
    bool closes = next == '/' && start + 2 < in.length && is_letter(in.data[start + 2]);
    if (in.data[start] == '<' && (is_letter(next) || closes)) {
        reader->at = tag_end(reader, start);
        size_t name = start + (closes ? 2 : 1), end = name;
        while (end < reader->at && is_name(in.data[end]))
            end++;
        token.kind = closes ? HTML_CLOSE : HTML_OPEN;
        token.name = slice_part(in, name, end - name);
        size_t tail = in.data[reader->at - 1] == '>' ? reader->at - 1 : reader->at;
        token.attributes = slice_part(in, end, tail > end ? tail - end : 0);
    } else if (in.data[start] == '<' && (next == '!' || next == '?')) {
        reader->at = other_end(in, start);
        token.kind = HTML_OTHER;
    } else {
        const uint8_t *open = start + 1 < in.length ? memchr(in.data + start + 1, '<', in.length - start - 1) : NULL;
        reader->at = open == NULL ? in.length : (size_t)(open - in.data);
        token.kind = HTML_TEXT;
    }
    token.whole = slice_part(in, start, reader->at - start);
    return token;
}

void html_skip_content(struct html_reader *reader, struct slice name)
{
    struct slice in = reader->input;
    for (size_t at = reader->at; at < in.length; at++) {
        const uint8_t *open = memchr(in.data + at, '<', in.length - at);
        if (open == NULL)
            break;
        at = (size_t)(open - in.data);
        if (at + 1 < in.length && open[1] == '/' && slice_equal_ascii_nocase(slice_part(in, at + 2, name.length), name)) {
            reader->at = at;
            return;
        }
    }
    reader->at = in.length;
}

bool html_attribute(struct slice text, const char *name, struct slice *value)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < text.length;) {
        while (i < text.length && (text.data[i] <= ' ' || text.data[i] == '/'))
            i++;
        size_t begin = i;
        while (i < text.length && text.data[i] > ' ' && text.data[i] != '=')
            i++;
        bool found = i - begin == length && slice_equal_ascii_nocase(slice_part(text, begin, length), slice_of(name, length));
        while (i < text.length && text.data[i] <= ' ')
            i++;
        *value = (struct slice){ 0 };
        if (i < text.length && text.data[i] == '=') {
            i++;
            while (i < text.length && text.data[i] <= ' ')
                i++;
            uint8_t quote = i < text.length && (text.data[i] == '"' || text.data[i] == '\'') ? text.data[i++] : 0;
            begin = i;
            while (i < text.length && (quote != 0 ? text.data[i] != quote : text.data[i] > ' '))
                i++;
            *value = slice_part(text, begin, i - begin);
            i += quote != 0;
        } else if (begin == i) {
            i++;
        }
        if (found)
            return true;
    }
    return false;
}

static const struct entity {
    const char *name;
    uint32_t point;
} entities[] = {
#define ENTITY(name, point) { name, point },
#include "entities.def"
#undef ENTITY
};

static int compare_entity(const void *key, const void *row)
{
    return strcmp(key, ((const struct entity *)row)->name);
}

/* Numbers 128..159 mean windows-1252 characters, as browsers read them [HTML] 13.2.5.80. */
static uint32_t fix_point(uint32_t point)
{
    static const uint16_t high[32] = { 0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                       0x2039, 0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                       0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178 };
    if (point >= 128 && point < 160)
        return high[point - 128];
    return point == 0 || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000) ? 0xFFFD : point;
}

static uint32_t numeric_entity(struct slice text, size_t *length)
{
    bool hex = text.length > 2 && (text.data[2] | 32) == 'x';
    size_t i = hex ? 3 : 2, first = i;
    uint32_t point = 0;
    for (; i < text.length && i < first + 10; i++) {
        uint8_t c = text.data[i];
        uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : hex && is_letter(c) ? (uint32_t)((c | 32) - 'a' + 10) : 99;
        if (digit >= (hex ? 16u : 10u))
            break;
        point = point > 0x10FFFF ? point : point * (hex ? 16 : 10) + digit;
    }
    if (i == first)
        return 0;
    *length = i < text.length && text.data[i] == ';' ? i + 1 : i;
    return fix_point(point);
}

uint32_t html_entity(struct slice text, size_t *length)
{
    if (text.length > 2 && text.data[1] == '#')
        return numeric_entity(text, length);
    char name[10];
    size_t size = 0;
    if (text.length < 2 || !is_letter(text.data[1]))
        return 0;
    while (size + 1 < text.length && size < sizeof name - 1 && is_name(text.data[size + 1]) && text.data[size + 1] < 'z' + 1) {
        name[size] = (char)text.data[size + 1];
        size++;
    }
    name[size] = '\0';
    const struct entity *row = bsearch(name, entities, ARRAY_LENGTH(entities), sizeof entities[0], compare_entity);
    if (row == NULL)
        return 0;
    *length = size + 1 + (size + 1 < text.length && text.data[size + 1] == ';');
    return row->point;
}

size_t utf8_put(uint8_t out[4], uint32_t point)
{
    if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
        point = 0xFFFD;
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length; i-- > 1; point >>= 6)
        out[i] = (uint8_t)(0x80 | (point & 0x3F));
    out[0] = (uint8_t)((0xF00 >> length) | point);
    return length;
}

void utf8_append(struct buffer *out, uint32_t point)
{
    uint8_t bytes[4];
    buffer_append(out, bytes, utf8_put(bytes, point));
}
