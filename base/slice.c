#include "bourse/base/slice.h"

static uint8_t lower_ascii(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool slice_equal_ascii_nocase(struct slice a, struct slice b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++) {
        if (lower_ascii(a.data[i]) != lower_ascii(b.data[i]))
            return false;
    }
    return true;
}

int slice_compare(struct slice a, struct slice b)
{
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a.length > b.length) - (a.length < b.length);
}

struct slice slice_part(struct slice whole, size_t from, size_t length)
{
    if (from >= whole.length)
        return slice_of(whole.length > 0 ? whole.data + whole.length : whole.data, 0);
    size_t left = whole.length - from;
    return slice_of(whole.data + from, length < left ? length : left);
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice slice_trim(struct slice text)
{
    while (text.length > 0 && is_blank(text.data[text.length - 1]))
        text.length--;
    size_t from = 0;
    while (from < text.length && is_blank(text.data[from]))
        from++;
    return slice_part(text, from, text.length);
}

ptrdiff_t slice_find_byte(struct slice whole, uint8_t byte)
{
    if (whole.length == 0)
        return -1;
    const uint8_t *found = memchr(whole.data, byte, whole.length);
    return found != NULL ? found - whole.data : -1;
}

bool slice_split(struct slice whole, uint8_t byte, struct slice *head, struct slice *rest)
{
    ptrdiff_t at = slice_find_byte(whole, byte);
    if (at < 0) {
        *head = whole;
        *rest = slice_part(whole, whole.length, 0);
        return false;
    }
    *head = slice_part(whole, 0, (size_t)at);
    *rest = slice_part(whole, (size_t)at + 1, whole.length);
    return true;
}

struct slice slice_copy(TALLOC_CTX *mem, struct slice from)
{
    /* One byte more: a NUL behind it, and an empty slice is still told from "out of memory". */
    uint8_t *copy = from.length < SIZE_MAX ? talloc_size(mem, from.length + 1) : NULL;
    if (copy == NULL)
        return slice_of(NULL, 0);
    if (from.length > 0)
        memcpy(copy, from.data, from.length);
    copy[from.length] = '\0';
    return slice_of(copy, from.length);
}

char *slice_text(TALLOC_CTX *mem, struct slice from)
{
    if (slice_find_byte(from, '\0') >= 0)
        return NULL;
    return talloc_strndup(mem, from.length > 0 ? (const char *)from.data : "", from.length);
}
