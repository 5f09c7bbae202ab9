#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bourse/base/slice.h"

#define TEXT(literal) slice_of_text(literal)

static void compares(void **state)
{
    (void)state;
    assert_true(slice_equal(TEXT("ab"), TEXT("ab")));
    assert_false(slice_equal(TEXT("ab"), TEXT("abc")));
    assert_true(slice_equal(slice_of(NULL, 0), TEXT("")));
    assert_true(slice_equal_ascii_nocase(TEXT("MAIL From"), TEXT("mail fROM")));
    assert_false(slice_equal_ascii_nocase(TEXT("\xC3\x84"), TEXT("\xC3\xA4")));
    assert_false(slice_equal_ascii_nocase(TEXT("@"), TEXT("`")));
    assert_int_equal(slice_compare(TEXT("a"), TEXT("b")), -1);
    assert_int_equal(slice_compare(TEXT("b"), TEXT("a")), 1);
    assert_int_equal(slice_compare(TEXT("a"), TEXT("ab")), -1);
    assert_int_equal(slice_compare(TEXT("\xFF"), TEXT("a")), 1);
    assert_int_equal(slice_compare(TEXT(""), slice_of(NULL, 0)), 0);
}

static void cuts(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_part(TEXT("abcdef"), 2, 3), TEXT("cde")));
    assert_true(slice_equal(slice_part(TEXT("abc"), 2, SIZE_MAX), TEXT("c")));
    assert_int_equal(slice_part(TEXT("abc"), 4, 1).length, 0);
    assert_int_equal(slice_part(slice_of(NULL, 0), 1, 1).length, 0);
    assert_true(slice_equal(slice_trim(TEXT(" \t a b\r\n")), TEXT("a b")));
    assert_int_equal(slice_trim(TEXT(" \r\n\t ")).length, 0);
}

static void finds_and_splits(void **state)
{
    (void)state;
    struct slice head, rest;
    assert_int_equal(slice_find_byte(TEXT("a=b=c"), '='), 1);
    assert_int_equal(slice_find_byte(TEXT("abc"), '='), -1);
    assert_int_equal(slice_find_byte(slice_of(NULL, 0), '='), -1);
    assert_true(slice_split(TEXT("a=b=c"), '=', &head, &rest));
    assert_true(slice_equal(head, TEXT("a")));
    assert_true(slice_equal(rest, TEXT("b=c")));
    assert_false(slice_split(TEXT("abc"), '=', &head, &rest));
    assert_true(slice_equal(head, TEXT("abc")));
    assert_int_equal(rest.length, 0);
    assert_true(slice_split(TEXT("abc="), '=', &head, &rest));
    assert_int_equal(rest.length, 0);
}

static void copies(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice copy = slice_copy(mem, slice_of("a\0b", 3));
    assert_true(slice_equal(copy, slice_of("a\0b", 3)));
    assert_int_equal(copy.data[3], 0);
    assert_non_null(slice_copy(mem, slice_of(NULL, 0)).data);
    assert_string_equal(slice_text(mem, TEXT("text")), "text");
    assert_string_equal(slice_text(mem, slice_of(NULL, 0)), "");
    assert_null(slice_text(mem, slice_of("a\0b", 3)));
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),
        cmocka_unit_test(cuts),
        cmocka_unit_test(finds_and_splits),
        cmocka_unit_test(copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
