#include "bourse/base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static EVP_MD *sha256;

/* A server that cannot hash or has no randomness must not go on: it would store wrong digests or weak keys. */
static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "bourse: %s failed\n", what);
    abort();
}

/* Fetched once: an implicit fetch at each use costs more than hashing a short text. */
static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (sha256 == NULL)
        give_up("EVP_MD_fetch(SHA256)");
}

static const EVP_MD *digest(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch_sha256);
    return sha256;
}

struct hash256 hash_sha256(struct slice data)
{
    return hash_sha256_pieces(&data, 1);
}

struct hash256 hash_sha256_pieces(const struct slice *pieces, size_t count)
{
    struct hash256 hash;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestInit_ex2(context, digest(), NULL) != 1)
        give_up("EVP_DigestInit");
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].length > 0 && EVP_DigestUpdate(context, pieces[i].data, pieces[i].length) != 1)
            give_up("EVP_DigestUpdate");
    }
    if (EVP_DigestFinal_ex(context, hash.bytes, NULL) != 1)
        give_up("EVP_DigestFinal");
    EVP_MD_CTX_free(context);
    return hash;
}

struct hash256 hash_hmac_sha256(struct slice key, struct slice data)
{
    struct hash256 hash;
    /* HMAC takes NULL for "the key of the last call": an empty key needs an address. */
    const void *key_bytes = key.length > 0 ? (const void *)key.data : "";
    const uint8_t *bytes = data.length > 0 ? data.data : (const uint8_t *)"";
    if (key.length > INT32_MAX ||
        HMAC(digest(), key_bytes, (int)key.length, bytes, data.length, hash.bytes, NULL) == NULL)
        give_up("HMAC");
    return hash;
}

bool hash_equal(struct hash256 a, struct hash256 b)
{
    return CRYPTO_memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

int64_t hash_short(struct hash256 hash)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | hash.bytes[i];
    return (int64_t)value;
}

void random_bytes(void *out, size_t length)
{
    uint8_t *at = out;
    while (length > 0) {
        int part = length < 1 << 20 ? (int)length : 1 << 20;
        if (RAND_bytes(at, part) != 1)
            give_up("RAND_bytes");
        at += part;
        length -= (size_t)part;
    }
}

uint64_t random_u64(void)
{
    uint64_t value;
    random_bytes(&value, sizeof value);
    return value;
}
