/* A bounds-checked cursor over input bytes that remembers its first error.
 *
 * Read on after an error: every read gives zero or an empty slice. Look once, at the end, with wire_status(). No pointer
 * arithmetic on input happens anywhere else. The cursor lives on the stack and owns nothing. */
#ifndef BOURSE_BASE_WIRE_H
#define BOURSE_BASE_WIRE_H

#include "bourse/base/guid.h"
#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct wire {
    const uint8_t *data;
    size_t length;
    size_t offset;      /* next byte; never above length */
    enum status status; /* STATUS_OK until the first error */
};

struct wire wire_over(struct slice input);

uint8_t wire_u8(struct wire *wire);
uint16_t wire_u16(struct wire *wire); /* little-endian */
uint32_t wire_u32(struct wire *wire);
uint64_t wire_u64(struct wire *wire);
uint16_t wire_u16_be(struct wire *wire);
uint32_t wire_u32_be(struct wire *wire);
uint64_t wire_u64_be(struct wire *wire);
uint64_t wire_varint(struct wire *wire); /* LEB128; more than 10 bytes is an error */
struct guid wire_guid(struct wire *wire); /* 16 bytes, mixed-endian as [MS-DTYP] 2.3.4.2 */
/* The next `length` bytes, without copying. */
struct slice wire_bytes(struct wire *wire, size_t length);
/* Bytes up to a NUL (consumed, not part of the result); no NUL is an error. */
struct slice wire_asciiz(struct wire *wire);
/* UTF-16LE bytes up to a zero code unit (consumed, not part of the result). */
struct slice wire_utf16z(struct wire *wire);
/* The rest of the input. */
struct slice wire_rest(struct wire *wire);
void wire_skip(struct wire *wire, size_t length);
/* A cursor over the next `length` bytes; this one moves past them. An error there does not reach this one. */
struct wire wire_sub(struct wire *wire, size_t length);

size_t wire_left(const struct wire *wire);
/* For counts read from input: fails with STATUS_MALFORMED unless `count` elements of at least `each` bytes can follow. */
bool wire_check_count(struct wire *wire, uint64_t count, size_t each);
/* Marks the input as bad (first error wins). */
void wire_fail(struct wire *wire, enum status status);
enum status wire_status(const struct wire *wire) MUST_CHECK;
/* STATUS_OK only if no error and nothing is left. */
enum status wire_finish(const struct wire *wire) MUST_CHECK;

#endif
