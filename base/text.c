#include "bourse/base/text.h"

#include "code_point.h"

#define REPLACEMENT 0xFFFD

/* Smallest code point and number of continuation bytes that a lead byte announces. Count 0: not a lead byte. */
struct lead {
    uint8_t count;
    uint8_t second_least; /* bounds of the second byte: they rule out overlong forms, surrogates and > U+10FFFF */
    uint8_t second_most;
};

/* Unicode 15.0 table 3-7. */
static struct lead lead_of(uint8_t byte)
{
    if (byte >= 0xC2 && byte <= 0xDF)
        return (struct lead){ 1, 0x80, 0xBF };
    if (byte >= 0xE0 && byte <= 0xEF)
        return (struct lead){ 2, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF };
    if (byte >= 0xF0 && byte <= 0xF4)
        return (struct lead){ 3, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF };
    return (struct lead){ 0, 0, 0 };
}

bool code_point_next(struct slice text, size_t *step, uint32_t *code_point)
{
    uint8_t first = text.data[0];
    *step = 1;
    *code_point = REPLACEMENT;
    if (first < 0x80) {
        *code_point = first;
        return true;
    }
    struct lead lead = lead_of(first);
    if (lead.count == 0)
        return false;
    uint32_t value = first & (0x3Fu >> lead.count);
    for (size_t i = 1; i <= lead.count; i++) {
        uint8_t least = i == 1 ? lead.second_least : 0x80;
        uint8_t most = i == 1 ? lead.second_most : 0xBF;
        if (i >= text.length || text.data[i] < least || text.data[i] > most)
            return false;
        value = value << 6 | (text.data[i] & 0x3Fu);
        *step = i + 1;
    }
    *code_point = value;
    return true;
}

void code_point_append(struct buffer *out, uint32_t code_point)
{
    uint8_t bytes[4];
    size_t count = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    if (count == 1) {
        buffer_append_byte(out, (uint8_t)code_point);
        return;
    }
    for (size_t i = count; i-- > 1; code_point >>= 6)
        bytes[i] = (uint8_t)(0x80 | (code_point & 0x3F));
    bytes[0] = (uint8_t)((0xF00u >> count) | code_point);
    buffer_append(out, bytes, count);
}

char *code_points_to_text(TALLOC_CTX *mem, struct buffer *out)
{
    struct slice taken;
    enum status status = buffer_take(out, mem, &taken);
    talloc_free(out);
    return status == STATUS_OK ? (char *)(uintptr_t)taken.data : NULL;
}

bool utf8_step(struct slice text, size_t *step)
{
    uint32_t code_point;
    return code_point_next(text, step, &code_point);
}

size_t ascii_run(struct slice text, size_t from)
{
    size_t at = from;
    for (uint64_t eight; text.length - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, text.data + at, sizeof eight);
        if ((eight & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    while (at < text.length && text.data[at] < 0x80)
        at++;
    return at - from;
}

bool utf8_is_valid(struct slice text)
{
    for (size_t at = ascii_run(text, 0); at < text.length; at += ascii_run(text, at)) {
        size_t step;
        if (!utf8_step(slice_part(text, at, text.length), &step))
            return false;
        at += step;
    }
    return true;
}

/* A copy of the characters that `keep` lets pass, each ill-formed sequence as U+FFFD. */
static char *copy_characters(TALLOC_CTX *mem, struct slice text, bool (*keep)(uint32_t code_point))
{
    struct buffer *out = buffer_new(mem, SIZE_MAX / 4);
    if (out == NULL)
        return NULL;
    for (size_t at = 0; at < text.length;) {
        size_t run = 0;
        while (at + run < text.length && text.data[at + run] < 0x80 && keep(text.data[at + run]))
            run++;
        buffer_append_slice(out, slice_part(text, at, run));
        at += run;
        if (at == text.length)
            break;
        size_t step;
        uint32_t code_point;
        code_point_next(slice_part(text, at, text.length), &step, &code_point);
        if (keep(code_point))
            code_point_append(out, code_point);
        at += step;
    }
    return code_points_to_text(mem, out);
}

static bool is_any_character(uint32_t code_point)
{
    (void)code_point;
    return true;
}

char *utf8_repair(TALLOC_CTX *mem, struct slice text)
{
    return copy_characters(mem, text, is_any_character);
}

/* Char production, XML 1.0 (fifth edition) 2.2. */
static bool is_xml_character(uint32_t code_point)
{
    return code_point == 0x9 || code_point == 0xA || code_point == 0xD || (code_point >= 0x20 && code_point <= 0xD7FF) ||
           (code_point >= 0xE000 && code_point <= 0xFFFD) || code_point >= 0x10000;
}

char *xml_clean(TALLOC_CTX *mem, struct slice text)
{
    return copy_characters(mem, text, is_xml_character);
}

struct slice utf8_prefix(struct slice text, size_t max)
{
    if (text.length <= max)
        return text;
    /* The cut is inside a character if that starts at most 3 bytes before and ends behind the cut. */
    for (size_t back = 1; back <= 3 && back <= max; back++) {
        size_t start = max - back;
        if ((text.data[start] & 0xC0) == 0x80)
            continue;
        size_t step;
        if (utf8_step(slice_part(text, start, text.length), &step) && start + step > max)
            return slice_part(text, 0, start);
        break;
    }
    return slice_part(text, 0, max);
}

size_t utf8_length(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += (text.data[i] & 0xC0) != 0x80;
    return count;
}

static void append_ascii_as_utf16(struct buffer *out, struct slice ascii)
{
    uint8_t *room = ascii.length > 0 ? buffer_reserve(out, ascii.length * 2) : NULL;
    if (room == NULL)
        return;
    for (size_t i = 0; i < ascii.length; i++) {
        room[i * 2] = ascii.data[i];
        room[i * 2 + 1] = 0;
    }
    buffer_commit(out, ascii.length * 2);
}

void utf16_append(struct buffer *out, struct slice utf8)
{
    for (size_t at = 0; at < utf8.length;) {
        size_t run = ascii_run(utf8, at);
        append_ascii_as_utf16(out, slice_part(utf8, at, run));
        at += run;
        if (at == utf8.length)
            break;
        size_t step;
        uint32_t code_point;
        code_point_next(slice_part(utf8, at, utf8.length), &step, &code_point);
        at += step;
        if (code_point >= 0x10000) {
            buffer_append_u16(out, (uint16_t)(0xD800 + ((code_point - 0x10000) >> 10)));
            buffer_append_u16(out, (uint16_t)(0xDC00 + (code_point & 0x3FF)));
        } else {
            buffer_append_u16(out, (uint16_t)code_point);
        }
    }
}

static uint32_t unit_at(struct slice utf16, size_t at)
{
    return (uint32_t)(utf16.data[at] | utf16.data[at + 1] << 8);
}

enum status utf16_to_utf8(TALLOC_CTX *mem, struct slice utf16, char **out)
{
    *out = NULL;
    if (utf16.length % 2 != 0)
        return status_fail(STATUS_MALFORMED, "UTF-16 text of %zu bytes", utf16.length);
    struct buffer *text = buffer_new(mem, SIZE_MAX / 4);
    if (text == NULL)
        return STATUS_NO_MEMORY;
    for (size_t at = 0; at < utf16.length; at += 2) {
        uint32_t unit = unit_at(utf16, at);
        uint32_t next = utf16.length - at >= 4 ? unit_at(utf16, at + 2) : 0;
        if (unit >= 0xD800 && unit <= 0xDBFF && next >= 0xDC00 && next <= 0xDFFF) {
            unit = 0x10000 + ((unit & 0x3FF) << 10) + (next & 0x3FF);
            at += 2;
        } else if (unit >= 0xD800 && unit <= 0xDFFF) {
            unit = REPLACEMENT;
        }
        code_point_append(text, unit);
    }
    *out = code_points_to_text(mem, text);
    return *out != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool ascii_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

void ascii_lower(char *text)
{
    for (; *text != '\0'; text++)
        *text = lower(*text);
}
