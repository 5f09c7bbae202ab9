#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bourse/base/buffer.h"
#include "bourse/base/wire.h"

static void reads_back_what_a_buffer_wrote(void **state)
{
    (void)state;
    struct buffer *buffer = buffer_new(NULL, 1000);
    static const uint64_t varints[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX };
    buffer_append_byte(buffer, 0xFE);
    buffer_append_u16(buffer, 0x8001);
    buffer_append_u32(buffer, 0x80000001);
    buffer_append_u64(buffer, UINT64_C(0x8000000000000001));
    buffer_append_u16_be(buffer, 0x8002);
    buffer_append_u32_be(buffer, 0x80000002);
    buffer_append_u64_be(buffer, UINT64_C(0x8000000000000002));
    for (size_t i = 0; i < ARRAY_LENGTH(varints); i++)
        buffer_append_varint(buffer, varints[i]);
    struct wire wire = wire_over(buffer_slice(buffer));
    assert_int_equal(wire_u8(&wire), 0xFE);
    assert_int_equal(wire_u16(&wire), 0x8001);
    assert_int_equal(wire_u32(&wire), 0x80000001);
    assert_true(wire_u64(&wire) == UINT64_C(0x8000000000000001));
    assert_int_equal(wire_u16_be(&wire), 0x8002);
    assert_int_equal(wire_u32_be(&wire), 0x80000002);
    assert_true(wire_u64_be(&wire) == UINT64_C(0x8000000000000002));
    for (size_t i = 0; i < ARRAY_LENGTH(varints); i++)
        assert_true(wire_varint(&wire) == varints[i]);
    assert_int_equal(wire_finish(&wire), STATUS_OK);
    talloc_free(buffer);
}

static void first_error_sticks(void **state)
{
    (void)state;
    struct wire wire = wire_over(slice_of("abc", 3));
    assert_int_equal(wire_u32(&wire), 0);
    assert_int_equal(wire_status(&wire), STATUS_MALFORMED);
    /* Bytes that are there are not given either. */
    assert_int_equal(wire_u8(&wire), 0);
    assert_int_equal(wire_left(&wire), 0);
    assert_int_equal(wire_rest(&wire).length, 0);
    wire_fail(&wire, STATUS_LIMIT_EXCEEDED);
    assert_int_equal(wire_finish(&wire), STATUS_MALFORMED);
}

static void bad_varints_fail(void **state)
{
    (void)state;
    struct wire eleven = wire_over(slice_of("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11));
    assert_true(wire_varint(&eleven) == 0);
    assert_int_equal(wire_status(&eleven), STATUS_MALFORMED);
    struct wire overflow = wire_over(slice_of("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10));
    (void)wire_varint(&overflow);
    assert_int_equal(wire_status(&overflow), STATUS_MALFORMED);
    struct wire cut = wire_over(slice_of("\x80", 1));
    (void)wire_varint(&cut);
    assert_int_equal(wire_status(&cut), STATUS_MALFORMED);
}

static void reads_terminated_text(void **state)
{
    (void)state;
    struct wire wire = wire_over(slice_of("ab\0\0x\0y\0\0\0z", 11));
    assert_true(slice_equal(wire_asciiz(&wire), slice_of_text("ab")));
    assert_int_equal(wire_asciiz(&wire).length, 0);
    assert_true(slice_equal(wire_utf16z(&wire), slice_of("x\0y", 4)));
    assert_int_equal(wire_left(&wire), 1);
    assert_int_equal(wire_asciiz(&wire).length, 0);
    assert_int_equal(wire_status(&wire), STATUS_MALFORMED);
    /* The zero unit must be aligned. */
    struct wire odd = wire_over(slice_of("x\0\0y", 4));
    (void)wire_utf16z(&odd);
    assert_int_equal(wire_status(&odd), STATUS_MALFORMED);
    struct wire empty = wire_over(slice_of(NULL, 0));
    (void)wire_utf16z(&empty);
    assert_int_equal(wire_status(&empty), STATUS_MALFORMED);
}

static void sub_cursor_is_bounded(void **state)
{
    (void)state;
    struct wire wire = wire_over(slice_of("abcd", 4));
    struct wire sub = wire_sub(&wire, 2);
    assert_int_equal(wire_u32(&sub), 0);
    assert_int_equal(wire_status(&sub), STATUS_MALFORMED);
    assert_int_equal(wire_status(&wire), STATUS_OK);
    assert_int_equal(wire_u8(&wire), 'c');
    struct wire beyond = wire_sub(&wire, 2);
    assert_int_equal(wire_status(&beyond), STATUS_MALFORMED);
    assert_int_equal(wire_status(&wire), STATUS_MALFORMED);
}

static void counts_are_checked_before_use(void **state)
{
    (void)state;
    struct wire wire = wire_over(slice_of("abcdefgh", 8));
    assert_true(wire_check_count(&wire, 2, 4));
    assert_true(wire_check_count(&wire, 1000000, 0));
    assert_false(wire_check_count(&wire, UINT64_MAX, 4));
    assert_int_equal(wire_status(&wire), STATUS_MALFORMED);
    struct wire three = wire_over(slice_of("abcdefgh", 8));
    assert_false(wire_check_count(&three, 3, 3));
}

static void lengths_cannot_wrap(void **state)
{
    (void)state;
    struct wire wire = wire_over(slice_of("abcdefgh", 8));
    wire_skip(&wire, 4);
    assert_int_equal(wire_bytes(&wire, SIZE_MAX - 2).length, 0);
    assert_int_equal(wire_status(&wire), STATUS_MALFORMED);
    struct wire rest = wire_over(slice_of("abcdefgh", 8));
    wire_skip(&rest, 6);
    assert_int_equal(wire_finish(&rest), STATUS_MALFORMED);
    assert_true(slice_equal(wire_rest(&rest), slice_of_text("gh")));
    assert_int_equal(wire_finish(&rest), STATUS_OK);
    struct guid guid = wire_guid(&rest);
    assert_true(guid_is_zero(guid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_a_buffer_wrote),
        cmocka_unit_test(first_error_sticks),
        cmocka_unit_test(bad_varints_fail),
        cmocka_unit_test(reads_terminated_text),
        cmocka_unit_test(sub_cursor_is_bounded),
        cmocka_unit_test(counts_are_checked_before_use),
        cmocka_unit_test(lengths_cannot_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
