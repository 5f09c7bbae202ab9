#include "xtext.h"

#include "bourse/base/text.h"

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One character at *at; -1 when it is not xtext. */
static int decode_one(struct slice text, size_t *at)
{
    uint8_t c = text.data[*at];
    if (c != '+') {
        *at += 1;
        return c > ' ' && c != 0x7F && c != '=' ? c : -1;
    }
    if (text.length - *at < 3)
        return -1;
    int high = hex_digit(text.data[*at + 1]), low = hex_digit(text.data[*at + 2]);
    *at += 3;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

enum status xtext_decode(TALLOC_CTX *mem, struct slice text, char **out)
{
    char *decoded = talloc_size(mem, text.length + 1);
    size_t length = 0;
    if (decoded == NULL)
        return status_fail(STATUS_NO_MEMORY, "xtext");
    for (size_t at = 0; at < text.length;) {
        int c = decode_one(text, &at);
        if (c < ' ' || c == 0x7F)
            return status_fail(STATUS_MALFORMED, "not xtext at byte %zu", at);
        decoded[length++] = (char)c;
    }
    decoded[length] = '\0';
    if (!utf8_is_valid(slice_of(decoded, length)))
        return status_fail(STATUS_MALFORMED, "xtext of bytes that are no UTF-8");
    *out = decoded;
    return STATUS_OK;
}

void xtext_append(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        uint8_t c = (uint8_t)*text;
        if (c <= ' ' || c == '+' || c == '=' || c >= 0x7F)
            buffer_printf(out, "+%02X", c);
        else
            buffer_append_byte(out, c);
    }
}
