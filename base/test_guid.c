#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bourse/base/guid.h"

/* PS_PUBLIC_STRINGS as [MS-OXPROPS] 1.3.2 has it and as it is on the wire. */
static const char text[] = "00020329-0000-0000-c000-000000000046";
static const uint8_t wire[16] = { 0x29, 0x03, 0x02, 0x00, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46 };

static void text_and_wire_forms(void **state)
{
    (void)state;
    char out[GUID_TEXT_SIZE];
    struct guid guid;
    assert_int_equal(guid_parse(text, &guid), STATUS_OK);
    assert_memory_equal(guid.bytes, wire, 16);
    assert_string_equal(guid_format(guid, out), text);
    assert_int_equal(guid_parse("{00020329-0000-0000-C000-000000000046}", &guid), STATUS_OK);
    assert_memory_equal(guid.bytes, wire, 16);
}

static void refuses_other_text(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "00020329",
                                       "{00020329-0000-0000-c000-000000000046",
                                       "00020329-0000-0000-c000-00000000004g",
                                       "00020329-0000-0000-c000-0000000000466",
                                       "0002032900-00-0000-c000-000000000046",
                                       "{00020329-0000-0000-c000-000000000046)",
                                       "00020329-0000-0000-c000_000000000046" };
    struct guid guid;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_int_equal(guid_parse(bad[i], &guid), STATUS_INVALID_ARGUMENT);
    assert_int_equal(guid_parse(NULL, &guid), STATUS_INVALID_ARGUMENT);
}

static void rfc4122_order(void **state)
{
    (void)state;
    uint8_t plain[16], back[16];
    for (uint8_t i = 0; i < 16; i++)
        plain[i] = i;
    struct guid guid = guid_from_rfc4122(plain);
    char out[GUID_TEXT_SIZE];
    assert_string_equal(guid_format(guid, out), "00010203-0405-0607-0809-0a0b0c0d0e0f");
    guid_to_rfc4122(guid, back);
    assert_memory_equal(plain, back, 16);
}

static void new_ones_are_version_4_and_differ(void **state)
{
    (void)state;
    char out[GUID_TEXT_SIZE];
    struct guid a = guid_new(), b = guid_new();
    assert_false(guid_equal(a, b));
    assert_int_equal(guid_compare(a, b), -guid_compare(b, a));
    assert_false(guid_is_zero(a));
    assert_int_equal(guid_format(a, out)[14], '4');
    assert_true(strchr("89ab", out[19]) != NULL);
    assert_true(guid_is_zero((struct guid){ { 0 } }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_wire_forms),
        cmocka_unit_test(refuses_other_text),
        cmocka_unit_test(rfc4122_order),
        cmocka_unit_test(new_ones_are_version_4_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
