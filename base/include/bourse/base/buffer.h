/* A growing byte buffer that is told its maximum when it is made.
 *
 * Errors stick: after the cap is hit or memory is out, every append does nothing and buffer_status() tells which. So a writer
 * appends freely and looks once, at the end. Memory belongs to the talloc context given to buffer_new. Not thread-safe. */
#ifndef BOURSE_BASE_BUFFER_H
#define BOURSE_BASE_BUFFER_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct buffer; /* opaque */

/* `cap`: most bytes it may ever hold (> 0). NULL when out of memory. */
struct buffer *buffer_new(TALLOC_CTX *mem, size_t cap);

void buffer_append(struct buffer *buffer, const void *data, size_t length);
void buffer_append_slice(struct buffer *buffer, struct slice data);
void buffer_append_text(struct buffer *buffer, const char *text); /* NULL appends nothing */
void buffer_append_byte(struct buffer *buffer, uint8_t byte);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* Little-endian integers, as MAPI structures have them [MS-OXCDATA]. */
void buffer_append_u16(struct buffer *buffer, uint16_t value);
void buffer_append_u32(struct buffer *buffer, uint32_t value);
void buffer_append_u64(struct buffer *buffer, uint64_t value);
/* Big-endian, as entry ids and network structures have them. */
void buffer_append_u16_be(struct buffer *buffer, uint16_t value);
void buffer_append_u32_be(struct buffer *buffer, uint32_t value);
void buffer_append_u64_be(struct buffer *buffer, uint64_t value);
/* LEB128, at most 10 bytes. */
void buffer_append_varint(struct buffer *buffer, uint64_t value);

/* Overwrites bytes already written (a length known only later). Out of range sets STATUS_INTERNAL. */
void buffer_patch_u32(struct buffer *buffer, size_t at, uint32_t value);
/* Room for `length` bytes to write directly (then buffer_commit what was used), or NULL when the cap does not allow it. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t length);
void buffer_commit(struct buffer *buffer, size_t used);
/* Drops the first `length` bytes (clamped) / all after `length`. Errors stay. */
void buffer_consume(struct buffer *buffer, size_t length);
void buffer_truncate(struct buffer *buffer, size_t length);
/* Empties and forgets the error; keeps the memory. */
void buffer_reset(struct buffer *buffer);

size_t buffer_length(const struct buffer *buffer);
/* Valid until the next append. */
struct slice buffer_slice(const struct buffer *buffer);
/* NUL-terminated view, valid until the next append; "" after an error. */
const char *buffer_text(struct buffer *buffer);
/* STATUS_OK, STATUS_LIMIT_EXCEEDED or STATUS_NO_MEMORY. */
enum status buffer_status(const struct buffer *buffer) MUST_CHECK;
/* Hands the bytes over to `mem` (NUL added behind the last byte, not counted) and leaves the buffer empty. */
enum status buffer_take(struct buffer *buffer, TALLOC_CTX *mem, struct slice *out) MUST_CHECK;

#endif
