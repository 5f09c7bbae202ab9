#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bourse/base/buffer.h"
#include "bourse/base/hash.h"
#include "bourse/base/secret.h"
#include "bourse/base/text.h"

static void assert_hash(struct hash256 hash, const char *hex)
{
    struct buffer *buffer = buffer_new(NULL, 100);
    hex_append(buffer, slice_of(hash.bytes, sizeof hash.bytes));
    assert_string_equal(buffer_text(buffer), hex);
    talloc_free(buffer);
}

/* FIPS 180-4 examples. */
static void sha256_vectors(void **state)
{
    (void)state;
    assert_hash(hash_sha256(slice_of(NULL, 0)), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_hash(hash_sha256(slice_of_text("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct slice pieces[] = { slice_of_text("a"), slice_of(NULL, 0), slice_of_text("bc") };
    assert_true(hash_equal(hash_sha256_pieces(pieces, 3), hash_sha256(slice_of_text("abc"))));
    assert_false(hash_equal(hash_sha256_pieces(pieces, 1), hash_sha256(slice_of_text("abc"))));
    assert_true(hash_short(hash_sha256(slice_of_text("abc"))) == (int64_t)UINT64_C(0xba7816bf8f01cfea));
}

/* [RFC 4231] 4.3, and empty arguments. */
static void hmac_vectors(void **state)
{
    (void)state;
    assert_hash(hash_hmac_sha256(slice_of_text("Jefe"), slice_of_text("what do ya want for nothing?")),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_hash(hash_hmac_sha256(slice_of(NULL, 0), slice_of(NULL, 0)),
                "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void randomness_differs(void **state)
{
    (void)state;
    uint8_t bytes[64] = { 0 }, zero[64] = { 0 };
    random_bytes(bytes, sizeof bytes);
    assert_memory_not_equal(bytes, zero, sizeof bytes);
    assert_true(random_u64() != random_u64());
}

static void secret_reveals_only_when_asked(void **state)
{
    (void)state;
    struct secret *secret = secret_new(NULL, slice_of("pa\0ss", 5));
    assert_true(slice_equal(secret_reveal(secret), slice_of("pa\0ss", 5)));
    assert_int_equal(secret_reveal(secret).data[5], 0);
    assert_false(secret_is_empty(secret));
    assert_true(secret_is_empty(NULL));
    talloc_free(secret);
    char text[] = "wipe me";
    secret_wipe(text, sizeof text);
    for (size_t i = 0; i < sizeof text; i++)
        assert_int_equal(text[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_vectors),
        cmocka_unit_test(hmac_vectors),
        cmocka_unit_test(randomness_differs),
        cmocka_unit_test(secret_reveals_only_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
