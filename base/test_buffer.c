#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bourse/base/buffer.h"

static void writes_integers_in_order(void **state)
{
    (void)state;
    static const uint8_t expected[] = { 0x02, 0x01, 0x04, 0x03, 0x02, 0x01, 8, 7, 6, 5, 4, 3, 2, 1, 0x01, 0x02, 1, 2, 3, 4,
                                        1,    2,    3,    4,    5,    6,    7, 8, 0x2A, 0xAC, 0x02, 'x', 'y', '7' };
    struct buffer *buffer = buffer_new(NULL, 100);
    buffer_append_u16(buffer, 0x0102);
    buffer_append_u32(buffer, 0x01020304);
    buffer_append_u64(buffer, UINT64_C(0x0102030405060708));
    buffer_append_u16_be(buffer, 0x0102);
    buffer_append_u32_be(buffer, 0x01020304);
    buffer_append_u64_be(buffer, UINT64_C(0x0102030405060708));
    buffer_append_byte(buffer, 0x2A);
    buffer_append_varint(buffer, 300);
    buffer_append_text(buffer, "xy");
    buffer_append_text(buffer, NULL);
    buffer_printf(buffer, "%d", 7);
    assert_int_equal(buffer_status(buffer), STATUS_OK);
    assert_true(slice_equal(buffer_slice(buffer), slice_of(expected, sizeof expected)));
    talloc_free(buffer);
}

static void varint_reaches_ten_bytes(void **state)
{
    (void)state;
    struct buffer *buffer = buffer_new(NULL, 100);
    buffer_append_varint(buffer, UINT64_MAX);
    assert_int_equal(buffer_length(buffer), 10);
    assert_int_equal(buffer_slice(buffer).data[9], 1);
    talloc_free(buffer);
}

static void cap_is_exact_and_error_sticks(void **state)
{
    (void)state;
    struct buffer *buffer = buffer_new(NULL, 10);
    buffer_append(buffer, "0123456789", 10);
    assert_int_equal(buffer_status(buffer), STATUS_OK);
    assert_string_equal(buffer_text(buffer), "0123456789");
    buffer_append_byte(buffer, 'x');
    assert_int_equal(buffer_status(buffer), STATUS_LIMIT_EXCEEDED);
    assert_string_equal(buffer_text(buffer), "");
    buffer_truncate(buffer, 0);
    buffer_append_byte(buffer, 'y');
    assert_int_equal(buffer_length(buffer), 0);
    struct slice taken;
    assert_int_equal(buffer_take(buffer, NULL, &taken), STATUS_LIMIT_EXCEEDED);
    assert_null(taken.data);
    buffer_reset(buffer);
    buffer_printf(buffer, "%s", "fresh");
    assert_string_equal(buffer_text(buffer), "fresh");
    buffer_printf(buffer, "%s", "too long now");
    assert_int_equal(buffer_status(buffer), STATUS_LIMIT_EXCEEDED);
    talloc_free(buffer);
}

static void patches_only_what_is_there(void **state)
{
    (void)state;
    struct buffer *buffer = buffer_new(NULL, 100);
    buffer_append(buffer, "abcdefgh", 8);
    buffer_patch_u32(buffer, 4, 0x64636261);
    assert_string_equal(buffer_text(buffer), "abcdabcd");
    buffer_consume(buffer, 4);
    buffer_patch_u32(buffer, 0, 0x34333231);
    assert_string_equal(buffer_text(buffer), "1234");
    buffer_patch_u32(buffer, 1, 0);
    assert_int_equal(buffer_status(buffer), STATUS_INTERNAL);
    talloc_free(buffer);
}

static void reserve_and_commit(void **state)
{
    (void)state;
    struct buffer *buffer = buffer_new(NULL, 8);
    uint8_t *room = buffer_reserve(buffer, 8);
    assert_non_null(room);
    memcpy(room, "direct", 6);
    buffer_commit(buffer, 6);
    assert_string_equal(buffer_text(buffer), "direct");
    buffer_commit(buffer, 3);
    assert_int_equal(buffer_status(buffer), STATUS_INTERNAL);
    buffer_reset(buffer);
    assert_null(buffer_reserve(buffer, 9));
    assert_int_equal(buffer_status(buffer), STATUS_LIMIT_EXCEEDED);
    talloc_free(buffer);
}

/* A stream through a small buffer: what comes out is what went in, whatever the sizes are. */
static void stream_keeps_its_bytes(void **state)
{
    (void)state;
    struct buffer *buffer = buffer_new(NULL, 997);
    uint8_t in = 0, out = 0;
    for (size_t round = 0; round < 5000; round++) {
        for (size_t i = 0; i < round * 7 % 400 && buffer_length(buffer) < 997; i++)
            buffer_append_byte(buffer, in++);
        struct slice held = buffer_slice(buffer);
        size_t used = round * 13 % 420;
        for (size_t i = 0; i < used && i < held.length; i++)
            assert_int_equal(held.data[i], out++);
        buffer_consume(buffer, used);
    }
    assert_int_equal(buffer_status(buffer), STATUS_OK);
    assert_int_equal((uint8_t)(in - out), (uint8_t)buffer_length(buffer));
    talloc_free(buffer);
}

static void take_moves_the_bytes(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *buffer = buffer_new(NULL, 100);
    struct slice taken;
    buffer_append_text(buffer, "drop-keep");
    buffer_consume(buffer, 5);
    assert_int_equal(buffer_take(buffer, mem, &taken), STATUS_OK);
    assert_string_equal((const char *)taken.data, "keep");
    assert_int_equal(buffer_length(buffer), 0);
    buffer_append_text(buffer, "again");
    assert_string_equal(buffer_text(buffer), "again");
    buffer_reset(buffer);
    assert_int_equal(buffer_take(buffer, mem, &taken), STATUS_OK);
    assert_int_equal(taken.length, 0);
    assert_non_null(taken.data);
    talloc_free(buffer);
    assert_int_equal(talloc_total_blocks(mem), 3);
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_integers_in_order),
        cmocka_unit_test(varint_reaches_ten_bytes),
        cmocka_unit_test(cap_is_exact_and_error_sticks),
        cmocka_unit_test(patches_only_what_is_there),
        cmocka_unit_test(reserve_and_commit),
        cmocka_unit_test(stream_keeps_its_bytes),
        cmocka_unit_test(take_moves_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
