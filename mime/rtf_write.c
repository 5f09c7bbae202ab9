/* Text and HTML -> RTF that encapsulates them [MS-OXRTFEX] 2.1. */
#include "bourse/mime/body.h"

#include "bourse/base/text.h"
#include "html_token.h"
#include "parse.h"

/* Code point at text[*at]; moves past it. Input is valid UTF-8, else U+FFFD byte by byte. */
static uint32_t next_point(struct slice text, size_t *at)
{
    uint8_t c = text.data[(*at)++];
    if (c < 0x80)
        return c;
    unsigned more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    uint32_t point = c & (0x3Fu >> more);
    if (more == 0 || *at + more > text.length)
        return 0xFFFD;
    for (unsigned i = 0; i < more; i++)
        point = point << 6 | (text.data[*at + i] & 0x3Fu);
    *at += more;
    return point;
}

static void put_point(struct buffer *out, uint32_t point)
{
    if (point == '\\' || point == '{' || point == '}')
        buffer_printf(out, "\\%c", (int)point);
    else if (point == '\t')
        buffer_append_text(out, "\\tab ");
    else if (point < 32)
        return;
    else if (point < 128)
        buffer_append_byte(out, (uint8_t)point);
    else if (point < 0x10000)
        buffer_printf(out, "\\u%d?", (int)(int16_t)point);
    else
        buffer_printf(out, "\\u%d?\\u%d?", (int)(int16_t)(0xD800 + ((point - 0x10000) >> 10)), (int)(int16_t)(0xDC00 + ((point - 0x10000) & 0x3FF)));
}

/* Line breaks as `\par`: within tags they are white space of the HTML. */
static void put_text(struct buffer *out, struct slice text, const char *line)
{
    for (size_t at = 0; at < text.length;) {
        uint32_t point = next_point(text, &at);
        if (point == '\n')
            buffer_append_text(out, line);
        else if (point != '\r')
            put_point(out, point);
    }
}

static enum status finish(TALLOC_CTX *mem, struct buffer *buffer, size_t cap, struct slice *out)
{
    enum status status = buffer_status(buffer);
    if (status == STATUS_OK && buffer_length(buffer) > cap)
        status = status_fail(STATUS_LIMIT_EXCEEDED, "RTF of more than %zu bytes", cap);
    if (status == STATUS_OK)
        status = buffer_take(buffer, mem, out);
    talloc_free(buffer);
    return status;
}

enum status mime_rtf_from_text(TALLOC_CTX *mem, struct slice text, size_t cap, struct slice *out)
{
    struct buffer *buffer = buffer_new(mem, cap + 65536);
    TRY_MEMORY(buffer);
    buffer_append_text(buffer, "{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0{\\fonttbl\r\n{\\f0\\fswiss Arial;}}\r\n\\uc1\\pard\\plain\\f0\\fs20 ");
    put_text(buffer, text, "\\par\r\n");
    buffer_append_text(buffer, "}\r\n");
    return finish(mem, buffer, cap, out);
}

/* Text between tags shows in the RTF too; a character reference is HTML's, its character RTF's. */
static void put_html_text(struct buffer *out, struct slice text)
{
    for (size_t at = 0; at < text.length;) {
        size_t length = 0;
        uint32_t point = text.data[at] == '&' ? html_entity(slice_part(text, at, 40), &length) : 0;
        if (point != 0) {
            buffer_append_text(out, "{\\*\\htmltag84 ");
            put_text(out, slice_part(text, at, length), "\\par ");
            buffer_append_text(out, "}\\htmlrtf ");
            put_point(out, point);
            buffer_append_text(out, "\\htmlrtf0 ");
            at += length;
            continue;
        }
        point = next_point(text, &at);
        if (point == '\n')
            buffer_append_text(out, "{\\*\\htmltag4 \\par }\\htmlrtf  \\htmlrtf0 ");
        else if (point != '\r')
            put_point(out, point);
    }
}

enum status mime_rtf_from_html(TALLOC_CTX *mem, struct slice html, size_t cap, struct slice *out)
{
    struct buffer *buffer = buffer_new(mem, cap + 65536);
    TRY_MEMORY(buffer);
    struct html_reader reader = { .input = html };
    buffer_append_text(buffer, "{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl\r\n{\\f0\\fswiss Arial;}}\r\n\\uc1\\pard\\plain\\f0\\fs24 ");
    for (struct html_token token = html_next(&reader); token.kind != HTML_END && buffer_length(buffer) <= cap; token = html_next(&reader)) {
        if (token.kind == HTML_TEXT) {
            put_html_text(buffer, token.whole);
            continue;
        }
        buffer_append_text(buffer, "{\\*\\htmltag64 ");
        put_text(buffer, token.whole, "\\par ");
        buffer_append_text(buffer, "}");
        if (token.kind == HTML_OPEN && (name_is(token.name, "br") || name_is(token.name, "p") || name_is(token.name, "div") || name_is(token.name, "tr")))
            buffer_append_text(buffer, "\\htmlrtf \\par \\htmlrtf0 ");
        if (token.kind == HTML_OPEN && (name_is(token.name, "style") || name_is(token.name, "script"))) {
            size_t start = reader.at;
            html_skip_content(&reader, token.name);
            buffer_append_text(buffer, "{\\*\\htmltag241 ");
            put_text(buffer, slice_part(html, start, reader.at - start), "\\par ");
            buffer_append_text(buffer, "}");
        }
    }
    buffer_append_text(buffer, "}\r\n");
    return finish(mem, buffer, cap, out);
}
