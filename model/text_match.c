#include "text_match.h"

#include "bourse/base/text.h"
#include "bourse/model/restriction.h"

/* Letters without their marks, for FUZZY_IGNORE_NONSPACE [MS-OXCDATA] 2.12.4. One character of `plain` for each code
 * point from `first`; a blank leaves the letter as it is. From the decompositions of the Unicode character database. */
struct mark_range {
    uint32_t first;
    const char *plain;
};

static const struct mark_range mark_ranges[] = {
    { 0x00C0, "AAAAAA CEEEEIIII NOOOOO  UUUUY  aaaaaa ceeeeiiii nooooo  uuuuy y" },
    { 0x0100, "AaAaAaCcCcCcCcDd  EeEeEeEeEeGgGgGgGgHh  IiIiIiIiI   JjKk LlLlLl    NnNnNn   OoOoOo  RrRrRrSsSsSsSsTtTt  "
              "UuUuUuUuUuUuWwYyYZzZzZz" },
    { 0x01A0, "Oo" },
    { 0x01AF, "Uu" },
    { 0x01CD, "AaIiOoUuUuUuUuUu" },
    { 0x01F8, "Nn" },
    { 0x0200, "AaAaEeEeIiIiOoOoRrRrUuUuSsTt" },
    { 0x1EA0, "AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy" },
};

static bool is_ascii(struct slice text)
{
    uint8_t all = 0;
    for (size_t i = 0; i < text.length; i++)
        all = (uint8_t)(all | text.data[i]);
    return all < 0x80;
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

static int compare_ascii(struct slice a, struct slice b)
{
    for (size_t i = 0; i < a.length && i < b.length; i++) {
        uint8_t left = lower(a.data[i]), right = lower(b.data[i]);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return (a.length > b.length) - (a.length < b.length);
}

int text_match_compare(struct slice a, struct slice b)
{
    if (is_ascii(a) && is_ascii(b))
        return compare_ascii(a, b);
    TALLOC_CTX *scratch = talloc_new(NULL);
    char *left = text_fold(scratch, a);
    char *right = text_fold(scratch, b);
    int order =
        left != NULL && right != NULL ? slice_compare(slice_of_text(left), slice_of_text(right)) : slice_compare(a, b);
    talloc_free(scratch);
    return order;
}

static uint32_t without_mark(uint32_t letter)
{
    for (size_t i = 0; i < ARRAY_LENGTH(mark_ranges); i++) {
        const struct mark_range *range = &mark_ranges[i];
        if (letter >= range->first && letter < range->first + strlen(range->plain)) {
            char plain = range->plain[letter - range->first];
            return plain != ' ' ? (uint32_t)plain : letter;
        }
    }
    return letter;
}

/* The code point of valid UTF-8 at `at`, 0 for a byte that begins none. */
static uint32_t decode(struct slice text, size_t at, size_t *length)
{
    uint8_t first = text.data[at];
    size_t wanted = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
    *length = 1;
    if (wanted == 1)
        return first;
    if (wanted == 0 || text.length - at < wanted)
        return 0;
    uint32_t point = first & (0xFFu >> (wanted + 1));
    for (size_t i = 1; i < wanted; i++)
        point = point << 6 | (text.data[at + i] & 0x3Fu);
    *length = wanted;
    return point;
}

static bool is_combining(uint32_t point)
{
    return (point >= 0x0300 && point <= 0x036F) || (point >= 0x1AB0 && point <= 0x1AFF) ||
           (point >= 0x20D0 && point <= 0x20FF);
}

/* The result is never longer than the input. */
static struct slice strip_marks(TALLOC_CTX *mem, struct slice text)
{
    uint8_t *out = talloc_size(mem, text.length + 1);
    size_t used = 0;
    for (size_t at = 0, length; out != NULL && at < text.length; at += length) {
        uint32_t point = decode(text, at, &length);
        uint32_t plain = without_mark(point);
        if (is_combining(point))
            continue;
        if (plain != point)
            out[used++] = (uint8_t)plain;
        else {
            memcpy(out + used, text.data + at, length);
            used += length;
        }
    }
    return slice_of(out, used);
}

static bool find_exact(struct slice text, struct slice wanted, uint32_t fuzzy)
{
    if (wanted.length > text.length)
        return false;
    if (wanted.length == 0)
        return (fuzzy & (FUZZY_SUBSTRING | FUZZY_PREFIX)) != 0 || text.length == 0;
    if ((fuzzy & FUZZY_SUBSTRING) != 0)
        return memmem(text.data, text.length, wanted.data, wanted.length) != NULL;
    bool fits = (fuzzy & FUZZY_PREFIX) != 0 || text.length == wanted.length;
    return fits && memcmp(text.data, wanted.data, wanted.length) == 0;
}

static bool find_ascii_nocase(struct slice text, struct slice wanted, uint32_t fuzzy)
{
    if (wanted.length > text.length)
        return false;
    if ((fuzzy & FUZZY_SUBSTRING) == 0) {
        bool fits = (fuzzy & FUZZY_PREFIX) != 0 || text.length == wanted.length;
        return fits && compare_ascii(slice_part(text, 0, wanted.length), wanted) == 0;
    }
    if (wanted.length == 0)
        return true;
    uint8_t first = lower(wanted.data[0]);
    for (size_t at = 0; at + wanted.length <= text.length; at++) {
        if (lower(text.data[at]) == first && compare_ascii(slice_of(text.data + at, wanted.length), wanted) == 0)
            return true;
    }
    return false;
}

static struct slice simplify(TALLOC_CTX *mem, struct slice text, bool ignore_case, bool ignore_marks)
{
    if (ignore_marks)
        text = strip_marks(mem, text);
    if (ignore_case && text.data != NULL)
        text = slice_of_text(text_fold(mem, text));
    return text;
}

bool text_match(struct slice text, struct slice wanted, uint32_t fuzzy)
{
    bool ignore_case = (fuzzy & (FUZZY_IGNORE_CASE | FUZZY_LOOSE)) != 0;
    bool ignore_marks = (fuzzy & (FUZZY_IGNORE_NONSPACE | FUZZY_LOOSE)) != 0;
    if (!ignore_case && !ignore_marks)
        return find_exact(text, wanted, fuzzy);
    if (is_ascii(text) && is_ascii(wanted))
        return ignore_case ? find_ascii_nocase(text, wanted, fuzzy) : find_exact(text, wanted, fuzzy);
    TALLOC_CTX *scratch = talloc_new(NULL);
    struct slice simple_text = simplify(scratch, text, ignore_case, ignore_marks);
    struct slice simple_wanted = simplify(scratch, wanted, ignore_case, ignore_marks);
    bool have_memory = simple_text.data != NULL && simple_wanted.data != NULL;
    bool found = have_memory && find_exact(simple_text, simple_wanted, fuzzy);
    talloc_free(scratch);
    return found;
}
