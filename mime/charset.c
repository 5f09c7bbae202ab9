/* Charsets: any bytes -> UTF-8, with what mail in the wild needs: missing, unknown and wrong declarations. */
#include "bourse/mime/body.h"

#include "bourse/base/text.h"
#include "parse.h"

#include <errno.h>
#include <iconv.h>
#include <strings.h>

static const struct charset_row {
    const char *name;
    int32_t codepage;
    const char *iconv; /* superset that decodes what is really sent under this name */
} charsets[] = {
#define CHARSET(name, codepage, iconv) { name, codepage, iconv },
#include "charsets.def"
#undef CHARSET
};

static const struct charset_row *charset_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < ARRAY_LENGTH(charsets); i++)
        if (strcasecmp(charsets[i].name, name) == 0)
            return &charsets[i];
    return NULL;
}

int32_t mime_codepage_of_charset(const char *charset)
{
    const struct charset_row *row = charset_find(charset);
    return row != NULL ? row->codepage : 0;
}

const char *mime_charset_of_codepage(int32_t codepage)
{
    for (size_t i = 0; i < ARRAY_LENGTH(charsets); i++)
        if (charsets[i].codepage == codepage)
            return charsets[i].name;
    return NULL;
}

static bool is_plain_ascii(struct slice bytes)
{
    size_t i = 0;
    for (; i + 8 <= bytes.length; i += 8) {
        uint64_t word;
        memcpy(&word, bytes.data + i, 8);
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            return false;
    }
    for (; i < bytes.length; i++)
        if (bytes.data[i] >= 128)
            return false;
    return true;
}

/* Copies valid text without NULs, cut at `cap`. */
static enum status take_utf8(TALLOC_CTX *mem, struct slice text, size_t cap, struct slice *out)
{
    text = utf8_prefix(text, cap);
    uint8_t *copy = bytes_new(mem, text.length + 1);
    TRY_MEMORY(copy);
    size_t length = text.length;
    memcpy(copy, text.data != NULL ? text.data : (const uint8_t *)"", length);
    if (length > 0 && memchr(copy, 0, length) != NULL) {
        size_t kept = 0;
        for (size_t i = 0; i < length; i++)
            if (copy[i] != 0)
                copy[kept++] = copy[i];
        length = kept;
    }
    copy[length] = 0;
    *out = slice_of(copy, length);
    return STATUS_OK;
}

/* windows-1252 0x80..0x9F; 0 stays as the C1 control [the web's definition of iso-8859-1]. */
static const uint16_t high_1252[32] = {
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
    0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
};

static void append_point(struct buffer *out, uint32_t point)
{
    if (point < 0x80) {
        buffer_append_byte(out, (uint8_t)point);
    } else if (point < 0x800) {
        buffer_append_byte(out, (uint8_t)(0xC0 | point >> 6));
        buffer_append_byte(out, (uint8_t)(0x80 | (point & 0x3F)));
    } else {
        buffer_append_byte(out, (uint8_t)(0xE0 | point >> 12));
        buffer_append_byte(out, (uint8_t)(0x80 | (point >> 6 & 0x3F)));
        buffer_append_byte(out, (uint8_t)(0x80 | (point & 0x3F)));
    }
}

static void append_1252(struct buffer *out, struct slice bytes)
{
    for (size_t i = 0; i < bytes.length;) {
        size_t run = i;
        while (run < bytes.length && bytes.data[run] < 0x80 && bytes.data[run] != 0)
            run++;
        buffer_append(out, bytes.data + i, run - i);
        if (run < bytes.length && bytes.data[run] != 0) {
            uint8_t byte = bytes.data[run];
            append_point(out, byte < 0xA0 && high_1252[byte - 0x80] != 0 ? high_1252[byte - 0x80] : byte);
        }
        i = run + 1;
    }
}

/* Through iconv; every byte that cannot be read becomes U+FFFD. False: the charset is unknown. */
static bool append_iconv(struct buffer *out, const char *charset, struct slice bytes, size_t cap)
{
    iconv_t converter = iconv_open("UTF-8", charset);
    if (converter == (iconv_t)-1)
        return false;
    char *input = (char *)(uintptr_t)bytes.data;
    size_t left = bytes.length;
    while (left > 0 && buffer_length(out) < cap) {
        char piece[4096], *to = piece;
        size_t room = sizeof piece;
        size_t result = iconv(converter, &input, &left, &to, &room);
        for (char *p = piece; p < to; p++)
            if (*p != '\0')
                buffer_append_byte(out, (uint8_t)*p);
        if (result == (size_t)-1 && errno != E2BIG && left > 0) {
            buffer_append_text(out, "\xEF\xBF\xBD");
            input++;
            left--;
        }
    }
    iconv_close(converter);
    return true;
}

static enum status take_converted(TALLOC_CTX *mem, struct buffer *buffer, size_t cap, struct slice *out)
{
    if (buffer_length(buffer) > cap)
        buffer_truncate(buffer, utf8_prefix(buffer_slice(buffer), cap).length);
    enum status status = buffer_take(buffer, mem, out);
    talloc_free(buffer);
    return status;
}

/* Byte order marks [Unicode] 23.8. */
static const char *charset_of_mark(struct slice *bytes)
{
    if (bytes->length >= 3 && memcmp(bytes->data, "\xEF\xBB\xBF", 3) == 0) {
        *bytes = slice_part(*bytes, 3, bytes->length);
        return "utf-8";
    }
    if (bytes->length >= 2 && memcmp(bytes->data, "\xFF\xFE", 2) == 0)
        return "utf-16";
    if (bytes->length >= 2 && memcmp(bytes->data, "\xFE\xFF", 2) == 0)
        return "utf-16";
    return NULL;
}

/* A prefix of a longer text may end within a character; Latin text that ends with an accent looks like that, too. */
static bool is_utf8_or_cut(struct slice bytes, bool declared, size_t *tail)
{
    for (size_t cut = 0; cut < 4 && cut <= bytes.length; cut++) {
        *tail = cut;
        struct slice kept = slice_part(bytes, 0, bytes.length - cut);
        bool lead = cut == 0 || (bytes.data[kept.length] >= 0xC2 && bytes.data[kept.length] <= 0xF4);
        if (utf8_is_valid(kept))
            return lead && (cut == 0 || declared || !is_plain_ascii(kept));
        if (cut < bytes.length && bytes.data[bytes.length - 1 - cut] < 0x80)
            return false;
    }
    return false;
}

/* ISO-2022 escapes, UTF-7 and UTF-16 are made of bytes below 128: such a charset must be converted although it looks like ASCII. */
static bool is_seven_bit_charset(const char *name)
{
    return text_starts(name, "iso-2022") || text_starts(name, "utf-7") || text_starts(name, "utf-16") || text_starts(name, "utf-32") ||
           text_starts(name, "hz-gb") || text_starts(name, "unicode") || text_starts(name, "ibm037") || text_starts(name, "ucs");
}

enum status mime_text_to_utf8(TALLOC_CTX *mem, struct slice bytes, const char *charset, size_t cap, struct slice *out)
{
    const char *marked = charset_of_mark(&bytes);
    const char *name = marked != NULL ? marked : charset != NULL ? charset : "";
    /* No encoding of the catalogue needs more than 8 bytes of input for a byte of output: the rest cannot be reached. */
    if (bytes.length / 8 > cap)
        bytes.length = cap * 8;
    size_t tail = 0;
    bool ascii = is_plain_ascii(bytes);
    const struct charset_row *declared = ascii ? NULL : charset_find(name);
    bool says_utf8 = declared != NULL && declared->codepage == 65001;
    if (!is_seven_bit_charset(name) && (ascii || is_utf8_or_cut(bytes, says_utf8, &tail))) {
        bytes.length -= tail;
        if (ascii || declared == NULL || declared->codepage == 65001 || declared->codepage == 20127 ||
            declared->codepage == 1252 || declared->codepage == 28591) /* UTF-8 under a Latin name is UTF-8 */
            return take_utf8(mem, bytes, cap, out);
        bytes.length += tail;
    }
    struct buffer *buffer = buffer_new(mem, cap + 8192);
    TRY_MEMORY(buffer);
    const struct charset_row *row = charset_find(name);
    const char *iconv_name = row != NULL ? row->iconv : name;
    bool latin = iconv_name[0] == '\0' || strcmp(iconv_name, "WINDOWS-1252") == 0 || strchr(iconv_name, '/') != NULL;
    size_t most = bytes.length < cap ? bytes.length : cap;
    if (latin || !append_iconv(buffer, iconv_name, bytes, cap)) {
        buffer_reset(buffer);
        append_1252(buffer, slice_part(bytes, 0, most));
    }
    if (buffer_status(buffer) == STATUS_LIMIT_EXCEEDED) { /* windows-1252 may triple in size */
        buffer_reset(buffer);
        append_1252(buffer, slice_part(bytes, 0, cap / 3));
    }
    return take_converted(mem, buffer, cap, out);
}

enum status text_any_to_utf8(TALLOC_CTX *mem, struct slice bytes, char **out)
{
    struct slice text;
    TRY(mime_text_to_utf8(mem, bytes, NULL, bytes.length * 3 + 4, &text));
    *out = (char *)(uintptr_t)text.data;
    return STATUS_OK;
}
