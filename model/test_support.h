/* Private to the tests: hex in and out. */
#ifndef MODEL_TEST_SUPPORT_H
#define MODEL_TEST_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bourse/base/text.h"

static inline struct slice unhex(TALLOC_CTX *mem, const char *hex)
{
    struct slice bytes = slice_of(NULL, 0);
    assert_int_equal(hex_decode(mem, slice_of_text(hex), &bytes), STATUS_OK);
    return bytes;
}

static inline void assert_hex(struct slice bytes, const char *hex)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *out = buffer_new(mem, 1 << 20);
    hex_append(out, bytes);
    assert_string_equal(buffer_text(out), hex);
    talloc_free(mem);
}

static inline int make_mem(void **state)
{
    *state = talloc_new(NULL);
    return *state == NULL;
}

static inline int free_mem(void **state)
{
    return talloc_free(*state);
}

#define WITH_MEM(test) cmocka_unit_test_setup_teardown(test, make_mem, free_mem)

#endif
