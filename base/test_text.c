#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bourse/base/text.h"

#define STATIC_TEXT(literal) { (const uint8_t *)(literal), sizeof(literal) - 1 }
#define TEXT(literal) slice_of(literal, sizeof(literal) - 1)

/* Well-formed and not, Unicode 15.0 table 3-7, and what repair makes of it (3.9, table 3-8). */
static const struct {
    struct slice text;
    bool is_valid;
    const char *repaired;
} samples[] = {
    { STATIC_TEXT("plain"), true, "plain" },
    { STATIC_TEXT("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"), true, "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80" },
    { STATIC_TEXT("\xF4\x8F\xBF\xBF"), true, "\xF4\x8F\xBF\xBF" },
    { STATIC_TEXT("\xC0\x80"), false, "\xEF\xBF\xBD\xEF\xBF\xBD" },
    { STATIC_TEXT("\xED\xA0\x80"), false, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
    { STATIC_TEXT("\xF4\x90\x80\x80"), false, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
    { STATIC_TEXT("\xE0\x80\x80"), false, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
    { STATIC_TEXT("a\xF1\x80\x80\xE1\x80\xC2" "b\x80"), false, "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" "b\xEF\xBF\xBD" },
    { STATIC_TEXT("cut \xE2\x82"), false, "cut \xEF\xBF\xBD" },
    { STATIC_TEXT("\xFF"), false, "\xEF\xBF\xBD" },
};

static void validates_and_repairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
        assert_int_equal(utf8_is_valid(samples[i].text), samples[i].is_valid);
        char *repaired = utf8_repair(NULL, samples[i].text);
        assert_string_equal(repaired, samples[i].repaired);
        talloc_free(repaired);
    }
    assert_true(utf8_is_valid(slice_of("a\0b", 3)));
}

static void prefix_keeps_characters_whole(void **state)
{
    (void)state;
    struct slice text = TEXT("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z");
    static const size_t expected[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11 };
    for (size_t max = 0; max < ARRAY_LENGTH(expected); max++)
        assert_int_equal(utf8_prefix(text, max).length, expected[max]);
    assert_int_equal(utf8_prefix(TEXT("\x80\x80\x80\x80\x80\x80"), 4).length, 4);
    assert_int_equal(utf8_length(text), 5);
}

static void utf16_both_ways(void **state)
{
    (void)state;
    struct buffer *buffer = buffer_new(NULL, 100);
    char *back;
    utf16_append(buffer, TEXT("a\xE2\x82\xAC\xF0\x9F\x98\x80\xFF"));
    assert_true(slice_equal(buffer_slice(buffer), TEXT("a\0\xAC\x20\x3D\xD8\x00\xDE\xFD\xFF")));
    assert_int_equal(utf16_to_utf8(buffer, buffer_slice(buffer), &back), STATUS_OK);
    assert_string_equal(back, "a\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBD");
    assert_int_equal(utf16_to_utf8(buffer, TEXT("\x3D\xD8" "a\0\x00\xDE\x3D\xD8"), &back), STATUS_OK);
    assert_string_equal(back, "\xEF\xBF\xBD" "a\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_int_equal(utf16_to_utf8(buffer, TEXT("abc"), &back), STATUS_MALFORMED);
    assert_null(back);
    assert_int_equal(utf16_to_utf8(buffer, slice_of(NULL, 0), &back), STATUS_OK);
    assert_string_equal(back, "");
    talloc_free(buffer);
}

static void xml_loses_what_it_cannot_hold(void **state)
{
    (void)state;
    char *clean = xml_clean(NULL, TEXT("a\x01\x1F\t\n\xEF\xBF\xBE\xEF\xBF\xBF\0\xFF" "b"));
    assert_string_equal(clean, "a\t\n\xEF\xBF\xBD" "b");
    talloc_free(clean);
}

static void ascii_case(void **state)
{
    (void)state;
    char text[] = "MiXeD \xC3\x84@[";
    ascii_lower(text);
    assert_string_equal(text, "mixed \xC3\x84@[");
    assert_true(ascii_equal_nocase("Example.COM", "eXAMPLE.com"));
    assert_false(ascii_equal_nocase("a", "ab"));
    assert_false(ascii_equal_nocase("ab", "a"));
    assert_true(ascii_equal_nocase("", ""));
}

static void folds_many_scripts(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "STRA\xC3\x9F" "E", "stra\xC3\x9F" "e" },
        { "\xC3\x84\xC3\x96\xC3\x9C", "\xC3\xA4\xC3\xB6\xC3\xBC" },
        { "\xCE\xA3\xCF\x82", "\xCF\x83\xCF\x83" },             /* sigmas */
        { "\xD0\x96", "\xD0\xB6" },                             /* Cyrillic */
        { "\xD4\xB1", "\xD5\xA1" },                             /* Armenian */
        { "\xF0\x90\x90\x80", "\xF0\x90\x90\xA8" },             /* Deseret */
        { "\xE4\xB8\xAD", "\xE4\xB8\xAD" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
        char *folded = text_fold(NULL, slice_of_text(pairs[i][0]));
        assert_string_equal(folded, pairs[i][1]);
        talloc_free(folded);
    }
}

/* [RFC 4648] 10. */
static const char *const base64_vectors[][2] = {
    { "", "" },         { "f", "Zg==" },         { "fo", "Zm8=" },         { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xFB\xEF\xFF", "++//" },
};

static void base64_both_ways(void **state)
{
    (void)state;
    struct buffer *buffer = buffer_new(NULL, 10000);
    struct slice back;
    for (size_t i = 0; i < ARRAY_LENGTH(base64_vectors); i++) {
        buffer_reset(buffer);
        base64_append(buffer, slice_of_text(base64_vectors[i][0]));
        assert_string_equal(buffer_text(buffer), base64_vectors[i][1]);
        assert_int_equal(base64_decode(buffer, buffer_slice(buffer), &back), STATUS_OK);
        assert_true(slice_equal(back, slice_of_text(base64_vectors[i][0])));
    }
    uint8_t bytes[4001];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 >> 3);
    buffer_reset(buffer);
    base64_append(buffer, slice_of(bytes, sizeof bytes));
    assert_int_equal(buffer_length(buffer), (sizeof bytes + 2) / 3 * 4);
    assert_int_equal(base64_decode(buffer, buffer_slice(buffer), &back), STATUS_OK);
    assert_true(slice_equal(back, slice_of(bytes, sizeof bytes)));
    talloc_free(buffer);
}

static void base64_refuses_anything_else(void **state)
{
    (void)state;
    static const char *const bad[] = { "Zg", "Zg=", "Zg===", "Z===", "=", "====", "Zg==Zg==", "Zm9v!", "Zm8=v", "Zm9vY", "-_8=" };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice out;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        assert_int_equal(base64_decode(mem, slice_of_text(bad[i]), &out), STATUS_MALFORMED);
        assert_null(out.data);
    }
    assert_int_equal(base64_decode(mem, slice_of_text(" Z m\r\n9v\tZg = =\n"), &out), STATUS_OK);
    assert_true(slice_equal(out, slice_of_text("foof")));
    talloc_free(mem);
}

static void hex_both_ways(void **state)
{
    (void)state;
    struct buffer *buffer = buffer_new(NULL, 100);
    struct slice out;
    hex_append(buffer, slice_of("\x00\x9A\xFF", 3));
    assert_string_equal(buffer_text(buffer), "009aff");
    assert_int_equal(hex_decode(buffer, slice_of_text("009AfF"), &out), STATUS_OK);
    assert_true(slice_equal(out, slice_of("\x00\x9A\xFF", 3)));
    assert_int_equal(hex_decode(buffer, slice_of_text("009"), &out), STATUS_MALFORMED);
    assert_int_equal(hex_decode(buffer, slice_of_text("0g"), &out), STATUS_MALFORMED);
    talloc_free(buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validates_and_repairs),
        cmocka_unit_test(prefix_keeps_characters_whole),
        cmocka_unit_test(utf16_both_ways),
        cmocka_unit_test(xml_loses_what_it_cannot_hold),
        cmocka_unit_test(ascii_case),
        cmocka_unit_test(folds_many_scripts),
        cmocka_unit_test(base64_both_ways),
        cmocka_unit_test(base64_refuses_anything_else),
        cmocka_unit_test(hex_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
