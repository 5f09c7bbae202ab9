#include "bourse/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

#define SMALLEST_ROOM 64

struct buffer {
    uint8_t *room;      /* talloc child; NULL until the first append */
    size_t room_size;   /* always at least start + length + 1 once there is room: buffer_text needs a NUL */
    size_t start;       /* bytes consumed at the front of room */
    size_t length;      /* bytes held */
    size_t cap;         /* most bytes ever held */
    enum status status; /* sticks */
};

struct buffer *buffer_new(TALLOC_CTX *mem, size_t cap)
{
    struct buffer *buffer = talloc_zero(mem, struct buffer);
    if (buffer == NULL)
        return NULL;
    buffer->cap = cap < SIZE_MAX / 4 ? cap : SIZE_MAX / 4;
    buffer->status = STATUS_OK;
    return buffer;
}

static void move_to_front(struct buffer *buffer)
{
    if (buffer->start > 0 && buffer->length > 0)
        memmove(buffer->room, buffer->room + buffer->start, buffer->length);
    buffer->start = 0;
}

/* Makes room for `extra` more bytes and a NUL. False sets the sticking status. */
static bool make_room(struct buffer *buffer, size_t extra)
{
    if (buffer->status != STATUS_OK)
        return false;
    if (extra > buffer->cap - buffer->length) {
        buffer->status = STATUS_LIMIT_EXCEEDED;
        return false;
    }
    if (buffer->room != NULL && buffer->start + buffer->length + extra < buffer->room_size)
        return true;
    /* Moving is worth it only when at least half of the room is consumed; else appends after small consumes cost n*n. */
    bool mostly_consumed = buffer->start >= buffer->room_size / 2;
    move_to_front(buffer);
    size_t needed = buffer->length + extra + 1;
    if (mostly_consumed && needed <= buffer->room_size)
        return true;
    size_t wanted = buffer->room_size * 2;
    wanted = wanted < SMALLEST_ROOM ? SMALLEST_ROOM : wanted;
    wanted = wanted > buffer->cap + 1 ? buffer->cap + 1 : wanted;
    wanted = wanted < needed ? needed : wanted;
    uint8_t *room = talloc_realloc_size(buffer, buffer->room, wanted);
    if (room == NULL) {
        buffer->status = STATUS_NO_MEMORY;
        return false;
    }
    buffer->room = room;
    buffer->room_size = wanted;
    return true;
}

static uint8_t *end_of(struct buffer *buffer)
{
    return buffer->room + buffer->start + buffer->length;
}

void buffer_append(struct buffer *buffer, const void *data, size_t length)
{
    if (length == 0 || !make_room(buffer, length))
        return;
    memcpy(end_of(buffer), data, length);
    buffer->length += length;
}

void buffer_append_slice(struct buffer *buffer, struct slice data)
{
    buffer_append(buffer, data.data, data.length);
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    if (text != NULL)
        buffer_append(buffer, text, strlen(text));
}

void buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
    buffer_append(buffer, &byte, 1);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !make_room(buffer, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf((char *)end_of(buffer), (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}

/* The low `size` bytes of value, least significant first. */
static void append_little(struct buffer *buffer, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    buffer_append(buffer, bytes, size);
}

static void append_big(struct buffer *buffer, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[size - 1 - i] = (uint8_t)(value >> (8 * i));
    buffer_append(buffer, bytes, size);
}

void buffer_append_u16(struct buffer *buffer, uint16_t value)
{
    append_little(buffer, value, 2);
}

void buffer_append_u32(struct buffer *buffer, uint32_t value)
{
    append_little(buffer, value, 4);
}

void buffer_append_u64(struct buffer *buffer, uint64_t value)
{
    append_little(buffer, value, 8);
}

void buffer_append_u16_be(struct buffer *buffer, uint16_t value)
{
    append_big(buffer, value, 2);
}

void buffer_append_u32_be(struct buffer *buffer, uint32_t value)
{
    append_big(buffer, value, 4);
}

void buffer_append_u64_be(struct buffer *buffer, uint64_t value)
{
    append_big(buffer, value, 8);
}

void buffer_append_varint(struct buffer *buffer, uint64_t value)
{
    uint8_t bytes[10];
    size_t count = 0;
    while (value >= 0x80) {
        bytes[count++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[count++] = (uint8_t)value;
    buffer_append(buffer, bytes, count);
}

void buffer_patch_u32(struct buffer *buffer, size_t at, uint32_t value)
{
    if (buffer->status != STATUS_OK)
        return;
    if (buffer->length < 4 || at > buffer->length - 4) {
        buffer->status = STATUS_INTERNAL;
        return;
    }
    for (size_t i = 0; i < 4; i++)
        buffer->room[buffer->start + at + i] = (uint8_t)(value >> (8 * i));
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t length)
{
    return make_room(buffer, length) ? end_of(buffer) : NULL;
}

void buffer_commit(struct buffer *buffer, size_t used)
{
    if (buffer->status != STATUS_OK || used == 0)
        return;
    /* One byte stays free for the NUL; more than was reserved is a defect of the caller. */
    if (buffer->room == NULL || used >= buffer->room_size - buffer->start - buffer->length ||
        used > buffer->cap - buffer->length) {
        buffer->status = STATUS_INTERNAL;
        return;
    }
    buffer->length += used;
}

void buffer_consume(struct buffer *buffer, size_t length)
{
    if (length >= buffer->length) {
        buffer->start = 0;
        buffer->length = 0;
        return;
    }
    buffer->start += length;
    buffer->length -= length;
}

void buffer_truncate(struct buffer *buffer, size_t length)
{
    if (length < buffer->length)
        buffer->length = length;
}

void buffer_reset(struct buffer *buffer)
{
    buffer->start = 0;
    buffer->length = 0;
    buffer->status = STATUS_OK;
}

size_t buffer_length(const struct buffer *buffer)
{
    return buffer->length;
}

struct slice buffer_slice(const struct buffer *buffer)
{
    return buffer->room != NULL ? slice_of(buffer->room + buffer->start, buffer->length) : slice_of(NULL, 0);
}

const char *buffer_text(struct buffer *buffer)
{
    if (buffer->room == NULL || buffer->status != STATUS_OK)
        return "";
    *end_of(buffer) = '\0';
    return (const char *)buffer->room + buffer->start;
}

enum status buffer_status(const struct buffer *buffer)
{
    return buffer->status;
}

enum status buffer_take(struct buffer *buffer, TALLOC_CTX *mem, struct slice *out)
{
    *out = slice_of(NULL, 0);
    if (buffer->status != STATUS_OK)
        return buffer->status;
    if (buffer->room == NULL && !make_room(buffer, 0))
        return buffer->status;
    move_to_front(buffer);
    buffer->room[buffer->length] = '\0';
    uint8_t *taken = talloc_realloc_size(buffer, buffer->room, buffer->length + 1);
    if (taken == NULL)
        return STATUS_NO_MEMORY;
    *out = slice_of(talloc_steal(mem, taken), buffer->length);
    buffer->room = NULL;
    buffer->room_size = 0;
    buffer->length = 0;
    return STATUS_OK;
}
