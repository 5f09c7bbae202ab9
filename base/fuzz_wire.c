/* The input is a program: each byte picks a read from the rest. Nothing is read outside of it, and an error sticks. */
#include <stdlib.h>

#include "bourse/base/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void step(struct wire *wire, uint8_t choice)
{
    struct wire sub;
    switch (choice % 16) {
    case 0: (void)wire_u16(wire); break;
    case 1: (void)wire_u32(wire); break;
    case 2: (void)wire_u64(wire); break;
    case 3: (void)wire_u16_be(wire); break;
    case 4: (void)wire_u32_be(wire); break;
    case 5: (void)wire_u64_be(wire); break;
    case 6: (void)wire_varint(wire); break;
    case 7: (void)wire_guid(wire); break;
    case 8: (void)wire_asciiz(wire); break;
    case 9: (void)wire_utf16z(wire); break;
    case 10: (void)wire_bytes(wire, wire_u32(wire)); break;
    case 11: wire_skip(wire, wire_varint(wire)); break;
    case 12:
        sub = wire_sub(wire, wire_u8(wire));
        while (wire_left(&sub) > 0)
            (void)wire_u8(&sub);
        break;
    case 13: (void)wire_check_count(wire, wire_varint(wire), wire_u8(wire)); break;
    case 14: (void)wire_rest(wire); break;
    default: (void)wire_u8(wire); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire wire = wire_over(slice_of(data, size));
    while (wire_left(&wire) > 0) {
        step(&wire, wire_u8(&wire));
        if (wire.offset > wire.length)
            abort();
    }
    if (wire_finish(&wire) != STATUS_OK && wire_u64(&wire) != 0 && wire_status(&wire) == STATUS_OK)
        abort();
    return 0;
}
