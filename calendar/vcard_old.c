#include "vcard_old.h"

#include <errno.h>
#include <iconv.h>

#include "bourse/base/text.h"

static bool is_word(struct slice text, const char *word)
{
    return slice_equal_ascii_nocase(text, slice_of_text(word));
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static struct slice unquote(TALLOC_CTX *mem, struct slice text)
{
    uint8_t *bytes = talloc_size(mem, text.length + 1);
    size_t used = 0;
    for (size_t i = 0; bytes != NULL && i < text.length; i++) {
        int high = text.data[i] == '=' && i + 2 < text.length + 0 ? hex_digit(text.data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.data[i + 2]) : -1;
        if (low >= 0) {
            bytes[used++] = (uint8_t)(high << 4 | low);
            i += 2;
        } else {
            bytes[used++] = text.data[i];
        }
    }
    return slice_of(bytes, used);
}

/* Any charset to UTF-8; what it cannot say becomes "?". An unknown charset leaves the bytes. */
static struct slice to_utf8(TALLOC_CTX *mem, struct slice text, const char *charset)
{
    iconv_t converter = charset != NULL && charset[0] != '\0' && strlen(charset) < 40 ? iconv_open("UTF-8", charset) : (iconv_t)-1;
    if (converter == (iconv_t)-1)
        return text;
    size_t room = 4 * text.length + 16, left = text.length, free_bytes = room;
    char *out = talloc_size(mem, room), *to = out, *from = (char *)(uintptr_t)text.data;
    while (out != NULL && left > 0 && iconv(converter, &from, &left, &to, &free_bytes) == (size_t)-1 && errno != E2BIG && free_bytes > 0) {
        *to++ = '?';
        free_bytes--;
        from++;
        left--;
    }
    iconv_close(converter);
    return slice_of(out, room - free_bytes);
}

/* Line breaks of the decoded text as \n; other characters mean the same in all versions. */
static void append_value(struct buffer *out, struct slice value)
{
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] == '\n')
            buffer_append_text(out, "\\n");
        else if (value.data[i] != '\r' && value.data[i] != '\0')
            buffer_append_byte(out, value.data[i]);
    }
}

struct old_params {
    bool quoted, base64;
    char *charset;
    struct buffer *types, *others;
};

static void read_param(TALLOC_CTX *mem, struct old_params *params, struct slice name, struct slice value)
{
    bool bare = name.length == 0;
    if ((bare || is_word(name, "ENCODING")) && is_word(value, "QUOTED-PRINTABLE")) {
        params->quoted = true;
    } else if ((bare || is_word(name, "ENCODING")) && is_word(value, "BASE64")) {
        params->base64 = true;
    } else if (is_word(name, "CHARSET")) {
        params->charset = slice_text(mem, value);
    } else if (bare && value.length > 0) {
        buffer_append_text(params->types, buffer_length(params->types) > 0 ? "," : "");
        buffer_append_slice(params->types, value);
    } else if (!bare) {
        buffer_append_byte(params->others, ';');
        buffer_append_slice(params->others, name);
        buffer_append_byte(params->others, '=');
        buffer_append_slice(params->others, value);
    }
}

char *vcard_modern_line(TALLOC_CTX *mem, const struct text_line *line)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    size_t cap = 8 * line->whole.length + 256;
    struct buffer *out = buffer_new(scratch, cap);
    struct old_params params = { .types = buffer_new(scratch, cap), .others = buffer_new(scratch, cap) };
    if (out == NULL || params.types == NULL || params.others == NULL)
        return NULL;
    struct slice rest = line->params, name, value, text = line->value;
    while (param_next(&rest, &name, &value))
        read_param(scratch, &params, name, value);
    if (line->group.length > 0) {
        buffer_append_slice(out, line->group);
        buffer_append_byte(out, '.');
    }
    buffer_append_slice(out, line->name);
    if (buffer_length(params.types) > 0)
        buffer_printf(out, ";TYPE=%s", buffer_text(params.types));
    buffer_append_slice(out, buffer_slice(params.others));
    buffer_append_text(out, params.base64 ? ";ENCODING=b:" : ":");
    if (params.quoted)
        text = unquote(scratch, text);
    append_value(out, params.base64 ? text : to_utf8(scratch, text, params.charset));
    char *modern = buffer_status(out) == STATUS_OK ? utf8_repair(mem, buffer_slice(out)) : NULL;
    talloc_free(scratch);
    return modern;
}
