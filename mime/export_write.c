/* Bytes of the output: fields, parameters, transfer encodings. */
#include "export_state.h"

#include "bourse/base/guid.h"
#include "bourse/base/text.h"
#include "bourse/mime/body.h"
#include "parse.h"

#include <stdarg.h>
#include <stdio.h>

enum status export_put(struct export *ex, struct slice bytes)
{
    if (bytes.length == 0)
        return STATUS_OK;
    ex->ends_line = bytes.data[bytes.length - 1] == '\n';
    return ex->sink->write(bytes, ex->sink->data);
}

enum status export_text(struct export *ex, const char *text)
{
    return export_put(ex, slice_of_text(text));
}

enum status export_format(struct export *ex, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = talloc_vasprintf(ex->mem, format, arguments);
    va_end(arguments);
    TRY_MEMORY(text);
    enum status status = export_text(ex, text);
    talloc_free(text);
    return status;
}

enum status export_field(struct export *ex, const char *name, const char *value)
{
    struct buffer *field = buffer_new(ex->mem, strlen(name) + strlen(value) * 2 + 64);
    TRY_MEMORY(field);
    mime_field_append(field, name, value);
    enum status status = buffer_status(field);
    if (status == STATUS_OK)
        status = export_put(ex, buffer_slice(field));
    talloc_free(field);
    return status;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((uint8_t)*text >= 128 || (uint8_t)*text < 32 || *text == 127)
            return false;
    return true;
}

static void put_quoted(struct buffer *out, const char *parameter, const char *text)
{
    buffer_printf(out, ";\r\n %s=\"", parameter);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_append_byte(out, '\\');
        if ((uint8_t)*text >= 32 && *text != 127)
            buffer_append_byte(out, (uint8_t)*text);
    }
    buffer_append_byte(out, '"');
}

/* Sections of at most 60 encoded bytes [RFC 2231] 4.1. */
static void put_extended(struct buffer *out, const char *parameter, const char *text)
{
    size_t length = strlen(text);
    bool single = length * 3 <= 54;
    unsigned section = 0;
    for (size_t at = 0; at < length; section++) {
        buffer_printf(out, single ? ";\r\n %s*=" : ";\r\n %s*%u*=", parameter, section);
        if (section == 0)
            buffer_append_text(out, "utf-8''");
        for (size_t used = 0; at < length && used < 54; at++) {
            uint8_t c = (uint8_t)text[at];
            bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z' && c < 128) || (c != 0 && c < 128 && strchr("-._~", c) != NULL);
            if (plain)
                buffer_append_byte(out, c);
            else
                buffer_printf(out, "%%%02X", c);
            used += plain ? 1 : 3;
        }
    }
}

enum status export_parameter_field(struct export *ex, const char *name, const char *value, const char *parameter, const char *text)
{
    struct buffer *field = buffer_new(ex->mem, 1u << 20);
    TRY_MEMORY(field);
    buffer_printf(field, "%s: %s", name, value);
    if (text != NULL && text[0] != '\0') {
        if (strlen(text) < 200 && (is_ascii(text) || export_has(ex, MIME_EXPORT_UTF8)))
            put_quoted(field, parameter, text);
        else
            put_extended(field, parameter, text);
    }
    buffer_append_text(field, "\r\n");
    enum status status = buffer_status(field);
    if (status == STATUS_OK)
        status = export_put(ex, buffer_slice(field));
    talloc_free(field);
    return status;
}

void export_boundary(char out[BOUNDARY_SIZE])
{
    char guid[GUID_TEXT_SIZE];
    snprintf(out, BOUNDARY_SIZE, "=_%s", guid_format(guid_new(), guid));
}

enum status content_read(struct export *ex, struct content *content, void *out, size_t size, size_t *got)
{
    if (content->reader != NULL)
        return mime_reader_read(content->reader, out, size, got);
    if (content->blob != 0) {
        if (ex->options->read_blob == NULL)
            return status_fail(STATUS_INVALID_ARGUMENT, "export: no reader for blob %lld", (long long)content->blob);
        TRY(ex->options->read_blob(content->blob, content->offset, out, size, got, ex->options->read_data));
        content->offset += *got;
        return STATUS_OK;
    }
    struct slice piece = slice_part(content->bytes, (size_t)content->offset, size);
    if (piece.length > 0)
        memcpy(out, piece.data, piece.length);
    content->offset += piece.length;
    *got = piece.length;
    return STATUS_OK;
}

/* Fills the whole piece unless the content ends. */
static enum status read_full(struct export *ex, struct content *content, uint8_t *out, size_t size, size_t *got)
{
    size_t once = 1;
    for (*got = 0; *got < size && once > 0; *got += once)
        TRY(content_read(ex, content, out + *got, size - *got, &once));
    return STATUS_OK;
}

#define LINE_BYTES 57 /* 76 characters */
#define LINES 128

enum status content_base64(struct export *ex, struct content *content)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t in[LINE_BYTES * LINES];
    uint8_t out[78 * LINES];
    for (size_t got = sizeof in; got == sizeof in;) {
        TRY(read_full(ex, content, in, sizeof in, &got));
        size_t length = 0;
        for (size_t i = 0; i < got; i += 3) {
            size_t left = got - i;
            uint32_t bits = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0u);
            out[length++] = (uint8_t)digits[bits >> 18];
            out[length++] = (uint8_t)digits[bits >> 12 & 63];
            out[length++] = (uint8_t)(left > 1 ? digits[bits >> 6 & 63] : '=');
            out[length++] = (uint8_t)(left > 2 ? digits[bits & 63] : '=');
            if ((i + 3) % LINE_BYTES == 0 || left <= 3) {
                out[length++] = '\r';
                out[length++] = '\n';
            }
        }
        TRY(export_put(ex, slice_of(out, length)));
    }
    return STATUS_OK;
}

enum status content_raw(struct export *ex, struct content *content)
{
    uint8_t piece[8192];
    for (size_t got = 1; got > 0;) {
        TRY(content_read(ex, content, piece, sizeof piece, &got));
        TRY(export_put(ex, slice_of(piece, got)));
    }
    return STATUS_OK;
}

struct text_facts {
    size_t high, longest;
    bool bare, nul;
};

static struct text_facts look_at(struct slice text)
{
    struct text_facts facts = { 0 };
    size_t line = 0;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = text.data[i];
        facts.high += c >= 128;
        facts.nul = facts.nul || c == 0 || (c == '\r' && (i + 1 == text.length || text.data[i + 1] != '\n'));
        line = c == '\n' ? 0 : line + 1;
        if (line > facts.longest)
            facts.longest = line;
    }
    return facts;
}

/* Line by line with CR LF; bare LF too. */
static enum status put_lines(struct export *ex, struct slice text)
{
    for (size_t at = 0; at < text.length;) {
        size_t end = line_end(text, at), stop = end;
        if (stop > at && text.data[stop - 1] == '\n')
            stop--;
        if (stop > at && stop < end && text.data[stop - 1] == '\r')
            stop--;
        bool broken = stop < end;
        TRY(export_put(ex, slice_part(text, at, stop - at)));
        if (broken)
            TRY(export_text(ex, "\r\n"));
        at = end;
    }
    return STATUS_OK;
}

/* [RFC 2045] 6.7: lines of at most 76, no blank at a line's end, no "From " and lone dot at a line's begin. */
static void quote_line(struct buffer *out, struct slice line)
{
    size_t column = 0;
    for (size_t i = 0; i < line.length; i++) {
        uint8_t c = line.data[i];
        bool last = i + 1 == line.length;
        bool plain = (c >= 33 && c <= 126 && c != '=') || ((c == ' ' || c == '\t') && !last);
        if (i == 0 && (c == '.' || (c == 'F' && line.length > 4 && memcmp(line.data, "From ", 5) == 0)))
            plain = false;
        if (column + (plain ? 1u : 3u) > (last ? 76u : 75u)) {
            buffer_append_text(out, "=\r\n");
            column = 0;
        }
        if (plain)
            buffer_append_byte(out, c);
        else
            buffer_printf(out, "=%02X", c);
        column += plain ? 1 : 3;
    }
}

static enum status put_quoted_printable(struct export *ex, struct slice text)
{
    struct buffer *out = buffer_new(ex->mem, text.length * 4 + 1024);
    TRY_MEMORY(out);
    for (size_t at = 0; at < text.length;) {
        size_t end = line_end(text, at), stop = end;
        if (stop > at && text.data[stop - 1] == '\n')
            stop--;
        if (stop > at && stop < end && text.data[stop - 1] == '\r')
            stop--;
        bool broken = stop < end;
        quote_line(out, slice_part(text, at, stop - at));
        if (broken)
            buffer_append_text(out, "\r\n");
        at = end;
    }
    TRY(buffer_status(out));
    enum status status = export_put(ex, buffer_slice(out));
    talloc_free(out);
    return status;
}

enum status export_text_body(struct export *ex, struct slice text)
{
    struct text_facts facts = look_at(text);
    if (!facts.nul && facts.longest <= 990 && (facts.high == 0 || export_has(ex, MIME_EXPORT_8BIT))) {
        TRY(export_format(ex, "Content-Transfer-Encoding: %s\r\n\r\n", facts.high == 0 ? "7bit" : "8bit"));
        return put_lines(ex, text);
    }
    if (facts.nul || facts.high > text.length / 3) {
        struct content content = { .bytes = text };
        TRY(export_text(ex, "Content-Transfer-Encoding: base64\r\n\r\n"));
        return content_base64(ex, &content);
    }
    TRY(export_text(ex, "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
    return put_quoted_printable(ex, text);
}
