#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bourse/base/buffer.h"
#include "bourse/base/text.h"
#include "query.h"

/* The example of [MS-ASHTTP] 2.2.1.1.1.1: version 14.0 ... of its text, taken apart by hand. */
static void example_of_the_specification(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct eas_query query;
    (void)state;
    assert_int_equal(eas_query_parse_base64(mem, slice_of_text("jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l"), &query), STATUS_OK);
    assert_int_equal(query.version_number, 140);
    assert_int_equal(query.command_code, 0);
    assert_int_equal(query.locale, 0x0409);
    assert_string_equal(query.device_id, "v140Device");
    assert_false(query.has_policy_key);
    assert_string_equal(query.device_type, "SmartPhone");
    talloc_free(mem);
}

/* 161, Ping, locale, a binary device id, policy key 0x01020304, "X", options SaveInSent + multipart, collection "7". */
static void all_fields(void **state)
{
    static const uint8_t bytes[] = { 161, 18, 9, 4, 3, 0x00, 0xAB, 0xFF, 4, 4, 3, 2, 1, 1, 'X', 7, 1, 3, 1, 1, '7', 200, 2, 'a', 'b' };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct eas_query query;
    struct buffer *text = buffer_new(mem, 200);
    (void)state;
    base64_append(text, slice_of(bytes, sizeof bytes));
    assert_int_equal(eas_query_parse_base64(mem, buffer_slice(text), &query), STATUS_OK);
    assert_true(query.version_number == 161 && query.command_code == 18 && query.locale == 0x0409);
    assert_string_equal(query.device_id, "00abff");
    assert_true(query.has_policy_key && query.policy_key == 0x01020304);
    assert_true(query.save_in_sent && query.accept_multipart);
    assert_string_equal(query.collection_id, "7");
    assert_null(query.item_id);
    for (size_t length = 0; length < sizeof bytes - 4; length++) { /* cut anywhere before the unknown parameter */
        bool is_end = length == 15 || length == 18 || length == 21;
        buffer_reset(text);
        base64_append(text, slice_of(bytes, length));
        assert_int_equal(eas_query_parse_base64(mem, buffer_slice(text), &query), is_end ? STATUS_OK : STATUS_MALFORMED);
    }
    talloc_free(mem);
}

static const char *from_pairs(const void *data, const char *name)
{
    for (const char *const *pair = data; *pair != NULL; pair += 2)
        if (strcmp(*pair, name) == 0)
            return pair[1];
    return NULL;
}

static void plain_form(void **state)
{
    static const char *const pairs[] = { "Cmd", "Sync", "DeviceId", "abc", "DeviceType", "iPhone", "SaveInSent", "T", "User", "eve", NULL };
    static const char *const none[] = { "DeviceId", "abc", NULL };
    struct eas_query query;
    (void)state;
    assert_int_equal(eas_query_parse_plain(from_pairs, pairs, &query), STATUS_OK);
    assert_string_equal(query.command, "Sync");
    assert_string_equal(query.device_type, "iPhone");
    assert_true(query.save_in_sent);
    assert_int_equal(eas_query_parse_plain(from_pairs, none, &query), STATUS_MALFORMED);
    assert_true(eas_query_is_plain("Cmd=Ping"));
    assert_true(eas_query_is_plain("User=a&Cmd=Ping"));
    assert_false(eas_query_is_plain("jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l"));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(example_of_the_specification), cmocka_unit_test(all_fields), cmocka_unit_test(plain_form) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
