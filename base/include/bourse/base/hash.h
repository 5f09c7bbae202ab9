/* Hashes and random bytes (OpenSSL). */
#ifndef BOURSE_BASE_HASH_H
#define BOURSE_BASE_HASH_H

#include "bourse/base/slice.h"

struct hash256 {
    uint8_t bytes[32];
};

struct hash256 hash_sha256(struct slice data);
/* Of several pieces as if joined. */
struct hash256 hash_sha256_pieces(const struct slice *pieces, size_t count);
struct hash256 hash_hmac_sha256(struct slice key, struct slice data);
/* Constant time. */
bool hash_equal(struct hash256 a, struct hash256 b);
/* First 8 bytes as a signed number, for index columns. */
int64_t hash_short(struct hash256 hash);
/* Aborts if the system has no randomness. */
void random_bytes(void *out, size_t length);
uint64_t random_u64(void);

#endif
