/* Content lines as text: folding, quoting, escaping. */
#include "ical_lines.h"

#include "bourse/base/text.h"

enum { FOLD_AT = 75 }; /* octets a line, without the line break [RFC 5545] 3.1 */

void line_append_folded(struct buffer *out, struct slice line)
{
    size_t room = FOLD_AT;
    while (line.length > room) {
        struct slice piece = utf8_prefix(line, room);
        if (piece.length == 0)
            piece = slice_part(line, 0, room);
        buffer_append_slice(out, piece);
        buffer_append_text(out, "\r\n ");
        line = slice_part(line, piece.length, SIZE_MAX);
        room = FOLD_AT - 1;
    }
    buffer_append_slice(out, line);
    buffer_append_text(out, "\r\n");
}

void param_append(struct buffer *out, const char *name, const char *value)
{
    bool quote = strpbrk(value, ":;,") != NULL || value[0] == ' ';
    buffer_printf(out, ";%s=%s", name, quote ? "\"" : "");
    for (const char *at = value; *at != '\0'; at++) {
        const char *escape = *at == '"' ? "^'" : *at == '\n' ? "^n" : *at == '^' ? "^^" : NULL;
        if (escape != NULL)
            buffer_append_text(out, escape);
        else if ((unsigned char)*at >= ' ' || *at == '\t')
            buffer_append_byte(out, (uint8_t)*at);
    }
    buffer_append_text(out, quote ? "\"" : "");
}

void text_append_escaped(struct buffer *out, struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = (char)text.data[i];
        if (c == '\n') {
            buffer_append_text(out, "\\n");
        } else if (c != '\r' && c != '\0') {
            if (c == '\\' || c == ';' || c == ',')
                buffer_append_byte(out, '\\');
            buffer_append_byte(out, (uint8_t)c);
        }
    }
}

char *text_unescaped(TALLOC_CTX *mem, struct slice value, const char *newline)
{
    struct buffer *out = buffer_new(mem, 2 * value.length + 8);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < value.length; i++) {
        char c = (char)value.data[i];
        if (c == '\\' && i + 1 < value.length) {
            c = (char)value.data[++i];
            if (c == 'n' || c == 'N') {
                buffer_append_text(out, newline);
                continue;
            }
        }
        if (c != '\0')
            buffer_append_byte(out, (uint8_t)c);
    }
    char *repaired = buffer_status(out) == STATUS_OK ? utf8_repair(mem, buffer_slice(out)) : NULL;
    talloc_free(out);
    return repaired;
}
