#include "test_support.h"

#include <math.h>

#include "bourse/model/properties.h"

static void compares_by_type(void **state)
{
    (void)state;
    struct value one = value_int32(PROP_IMPORTANCE, -1), two = value_int32(PROP_IMPORTANCE, 2);
    assert_int_equal(value_compare(&one, &two), -1);
    assert_int_equal(value_compare(&two, &one), 1);
    assert_int_equal(value_compare(&two, &two), 0);
    struct value upper = value_string(PROP_SUBJECT, "\xC3\x84RGER"), lower = value_string(PROP_SUBJECT, "\xC3\xA4rger");
    assert_int_equal(value_compare(&upper, &lower), 0);
    assert_false(value_equal(&upper, &lower));
    struct value short_text = value_string(PROP_SUBJECT, "ab"), long_text = value_string(PROP_SUBJECT, "ABC");
    assert_int_equal(value_compare(&short_text, &long_text), -1);
    struct value bytes = value_bytes(PROP_ENTRY_ID, slice_of("\x01\xFF", 2)), more = value_bytes(PROP_ENTRY_ID, slice_of("\x02", 1));
    assert_int_equal(value_compare(&bytes, &more), -1);
    struct value not_number = { .tag = prop_make(0x6000, TYPE_DOUBLE), .float64 = (double)NAN };
    struct value number = { .tag = prop_make(0x6000, TYPE_DOUBLE), .float64 = -1e300 };
    assert_int_equal(value_compare(&not_number, &number), -1);
    assert_int_equal(value_compare(&not_number, &not_number), 0);
}

static void multiple_values_compare_element_by_element(void **state)
{
    (void)state;
    struct value ab[] = { value_string(0x1F, "a"), value_string(0x1F, "b") };
    struct value ac[] = { value_string(0x1F, "a"), value_string(0x1F, "C") };
    struct value first = { .tag = PROP_KEYWORDS, .multiple = { 2, ab } }, second = { .tag = PROP_KEYWORDS, .multiple = { 2, ac } };
    struct value shorter = { .tag = PROP_KEYWORDS, .multiple = { 1, ab } };
    assert_int_equal(value_compare(&first, &second), -1);
    assert_int_equal(value_compare(&shorter, &first), -1);
    assert_true(value_equal(&first, &first));
    assert_false(value_equal(&first, &shorter));
    assert_int_equal(value_size(&first), 2);
}

static void copies_deeply(void **state)
{
    struct value from = { .tag = PROP_SUBJECT, .bytes = slice_of("abcdef", 3) }, copy;
    assert_int_equal(value_copy(*state, &from, &copy), STATUS_OK);
    assert_string_equal(value_text(&copy), "abc");
    struct value nul = { .tag = PROP_SUBJECT, .bytes = slice_of("a\0b", 3) };
    assert_int_equal(value_copy(*state, &nul, &copy), STATUS_INVALID_ARGUMENT);
    struct value unknown = { .tag = prop_make(0x6000, 0x0099) };
    assert_int_equal(value_copy(*state, &unknown, &copy), STATUS_INVALID_PROPERTY);
    struct value mixed[] = { value_int32(prop_make(0x6000, TYPE_INT32), 1) };
    struct value list = { .tag = PROP_KEYWORDS, .multiple = { 1, mixed } };
    assert_int_equal(value_copy(*state, &list, &copy), STATUS_INVALID_PROPERTY);
    struct value string8 = value_string(prop_make(0x0037, TYPE_STRING8), "x");
    assert_int_equal(value_copy(*state, &string8, &copy), STATUS_OK);
    assert_int_equal(copy.tag, PROP_SUBJECT);
}

static void describes(void **state)
{
    (void)state;
    char out[200], tiny[10];
    struct value subject = value_string(PROP_SUBJECT, "two\nlines");
    assert_string_equal(value_describe(&subject, out, sizeof out), "0x0037001F PidTagSubject = \"two lines\"");
    assert_string_equal(value_describe(&subject, tiny, sizeof tiny), "0x0037001");
    struct value when = value_time(PROP_CREATION_TIME, INSTANT_UNIX_EPOCH);
    assert_string_equal(value_describe(&when, out, sizeof out), "0x30070040 PidTagCreationTime = 1970-01-01T00:00:00Z");
    struct value stored = { .tag = PROP_HTML, .form = VALUE_STORED, .stored = { 7, 90000 } };
    assert_string_equal(value_describe(&stored, out, sizeof out), "0x10130102 PidTagHtml = blob 7 of 90000 bytes");
    struct value custom = value_bytes(prop_make(0x9001, TYPE_BINARY), slice_of("\x01\xAB", 2));
    assert_string_equal(value_describe(&custom, out, sizeof out), "0x90010102 (custom) = 2 bytes 01ab");
    assert_int_equal(value_size(&stored), 90000);
}

static void round_trip(TALLOC_CTX *mem, const struct value *value, const char *hex)
{
    struct buffer *out = buffer_new(mem, 1000);
    value_pack(out, value);
    assert_hex(buffer_slice(out), hex);
    struct wire in = wire_over(buffer_slice(out));
    struct value back;
    assert_int_equal(value_unpack(mem, &in, &back), STATUS_OK);
    assert_int_equal(wire_finish(&in), STATUS_OK);
    assert_int_equal(back.tag, value->tag);
    assert_true(value_equal(value, &back));
}

/* The bytes are what stores hold: they must not change. */
static void packs_each_type(void **state)
{
    struct value values[] = {
        value_bool(PROP_READ, true),
        value_int16(prop_make(0x6001, TYPE_INT16), -2),
        value_int32(PROP_IMPORTANCE, 2),
        value_int64(PROP_MESSAGE_SIZE_EXTENDED, 0x0102030405060708),
        { .tag = prop_make(0x6002, TYPE_FLOAT), .float32 = 1.5f },
        { .tag = prop_make(0x6003, TYPE_DOUBLE), .float64 = -2.0 },
        value_string(PROP_SUBJECT, "h\xC3\xA9"),
        value_bytes(PROP_ENTRY_ID, slice_of("\0\xFF", 2)),
        { .tag = PROP_HTML, .form = VALUE_STORED, .stored = { 5, 300 } },
    };
    const char *packed[] = {
        "0b00690e0001",         "0200016000feff",           "030017000002000000",
        "1400080e000807060504030201", "04000260000000c03f", "050003600000000000000000c0",
        "1f003700000368c3a900", "0201ff0f000200ff",         "02011310010500000000000000ac02",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++)
        round_trip(*state, &values[i], packed[i]);
    struct value words[] = { value_string(0x1F, "a"), value_string(0x1F, "") };
    struct value list = { .tag = PROP_KEYWORDS, .multiple = { 2, words } };
    struct buffer *out = buffer_new(*state, 100);
    value_pack(out, &list);
    assert_hex(slice_part(buffer_slice(out), 4, 100), "00020161000000");
}

static void refuses_broken_values(void **state)
{
    const char *broken[] = {
        "1f003700000368c3a9",   /* cut */
        "1f003700000368c3a901", /* no NUL */
        "1f0037000003680061" "00", /* NUL inside */
        "0b00690e0002",         /* boolean 2 */
        "9900690e0000",         /* unknown type */
        "1e0037000000" "00",    /* String8 is never stored */
        "0b00690e0201",         /* unknown form */
        "02011310" "00ffffffff7f", /* longer than the input */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
        struct wire in = wire_over(unhex(*state, broken[i]));
        struct value value;
        assert_int_not_equal(value_unpack(*state, &in, &value), STATUS_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_by_type), cmocka_unit_test(multiple_values_compare_element_by_element),
        WITH_MEM(copies_deeply),            cmocka_unit_test(describes),
        WITH_MEM(packs_each_type),          WITH_MEM(refuses_broken_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
