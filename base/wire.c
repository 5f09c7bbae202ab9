#include "bourse/base/wire.h"

struct wire wire_over(struct slice input)
{
    return (struct wire){ .data = input.data, .length = input.length, .offset = 0, .status = STATUS_OK };
}

/* Moves past `length` bytes and gives their address; NULL (and the error) when they are not there or an error came before. */
static const uint8_t *take(struct wire *wire, size_t length)
{
    if (wire->status != STATUS_OK)
        return NULL;
    if (length > wire->length - wire->offset) {
        wire->status = STATUS_MALFORMED;
        return NULL;
    }
    const uint8_t *at = wire->data != NULL ? wire->data + wire->offset : NULL;
    wire->offset += length;
    return at;
}

static uint64_t take_little(struct wire *wire, size_t size)
{
    const uint8_t *bytes = take(wire, size);
    uint64_t value = 0;
    for (size_t i = 0; bytes != NULL && i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static uint64_t take_big(struct wire *wire, size_t size)
{
    const uint8_t *bytes = take(wire, size);
    uint64_t value = 0;
    for (size_t i = 0; bytes != NULL && i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint8_t wire_u8(struct wire *wire)
{
    return (uint8_t)take_little(wire, 1);
}

uint16_t wire_u16(struct wire *wire)
{
    return (uint16_t)take_little(wire, 2);
}

uint32_t wire_u32(struct wire *wire)
{
    return (uint32_t)take_little(wire, 4);
}

uint64_t wire_u64(struct wire *wire)
{
    return take_little(wire, 8);
}

uint16_t wire_u16_be(struct wire *wire)
{
    return (uint16_t)take_big(wire, 2);
}

uint32_t wire_u32_be(struct wire *wire)
{
    return (uint32_t)take_big(wire, 4);
}

uint64_t wire_u64_be(struct wire *wire)
{
    return take_big(wire, 8);
}

uint64_t wire_varint(struct wire *wire)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift <= 63; shift += 7) {
        uint8_t byte = wire_u8(wire);
        if (wire->status != STATUS_OK)
            return 0;
        /* Only one bit of the tenth byte fits. */
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
    wire_fail(wire, STATUS_MALFORMED);
    return 0;
}

struct guid wire_guid(struct wire *wire)
{
    struct guid guid = { { 0 } };
    const uint8_t *bytes = take(wire, sizeof guid.bytes);
    if (bytes != NULL)
        memcpy(guid.bytes, bytes, sizeof guid.bytes);
    return guid;
}

struct slice wire_bytes(struct wire *wire, size_t length)
{
    const uint8_t *bytes = take(wire, length);
    return slice_of(bytes, bytes != NULL ? length : 0);
}

struct slice wire_asciiz(struct wire *wire)
{
    size_t left = wire_left(wire);
    const uint8_t *from = left > 0 ? wire->data + wire->offset : NULL;
    const uint8_t *end = left > 0 ? memchr(from, '\0', left) : NULL;
    if (end == NULL) {
        wire_fail(wire, STATUS_MALFORMED);
        return slice_of(NULL, 0);
    }
    size_t length = (size_t)(end - from);
    wire->offset += length + 1;
    return slice_of(from, length);
}

struct slice wire_utf16z(struct wire *wire)
{
    size_t left = wire_left(wire);
    const uint8_t *from = left > 0 ? wire->data + wire->offset : NULL;
    for (size_t i = 0; left - i >= 2; i += 2) {
        if (from[i] == 0 && from[i + 1] == 0) {
            wire->offset += i + 2;
            return slice_of(from, i);
        }
    }
    wire_fail(wire, STATUS_MALFORMED);
    return slice_of(NULL, 0);
}

struct slice wire_rest(struct wire *wire)
{
    return wire_bytes(wire, wire_left(wire));
}

void wire_skip(struct wire *wire, size_t length)
{
    (void)take(wire, length);
}

struct wire wire_sub(struct wire *wire, size_t length)
{
    struct wire sub = wire_over(wire_bytes(wire, length));
    sub.status = wire->status;
    return sub;
}

size_t wire_left(const struct wire *wire)
{
    return wire->status == STATUS_OK ? wire->length - wire->offset : 0;
}

bool wire_check_count(struct wire *wire, uint64_t count, size_t each)
{
    if (wire->status != STATUS_OK)
        return false;
    if (each > 0 && count > wire_left(wire) / each) {
        wire_fail(wire, STATUS_MALFORMED);
        return false;
    }
    return true;
}

void wire_fail(struct wire *wire, enum status status)
{
    if (wire->status == STATUS_OK)
        wire->status = status;
}

enum status wire_status(const struct wire *wire)
{
    return wire->status;
}

enum status wire_finish(const struct wire *wire)
{
    if (wire->status != STATUS_OK)
        return wire->status;
    return wire->offset == wire->length ? STATUS_OK : STATUS_MALFORMED;
}
