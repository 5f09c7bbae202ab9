#include "bourse/base/guid.h"

#include <stdio.h>

#include "bourse/base/hash.h"

/* Position in the wire form of each byte of the RFC 4122 form: the first three fields are little-endian on the wire,
 * [MS-DTYP] 2.3.4.2. The mapping is its own inverse. */
static const uint8_t wire_position[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

struct guid guid_from_rfc4122(const uint8_t bytes[16])
{
    struct guid guid;
    for (size_t i = 0; i < 16; i++)
        guid.bytes[wire_position[i]] = bytes[i];
    return guid;
}

void guid_to_rfc4122(struct guid guid, uint8_t bytes[16])
{
    for (size_t i = 0; i < 16; i++)
        bytes[i] = guid.bytes[wire_position[i]];
}

struct guid guid_new(void)
{
    uint8_t bytes[16];
    random_bytes(bytes, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40); /* version 4 [RFC 4122] 4.4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    return guid_from_rfc4122(bytes);
}

bool guid_equal(struct guid a, struct guid b)
{
    return guid_compare(a, b) == 0;
}

int guid_compare(struct guid a, struct guid b)
{
    int order = memcmp(a.bytes, b.bytes, sizeof a.bytes);
    return (order > 0) - (order < 0);
}

bool guid_is_zero(struct guid guid)
{
    return guid_equal(guid, (struct guid){ { 0 } });
}

const char *guid_format(struct guid guid, char out[GUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    guid_to_rfc4122(guid, bytes);
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = digits[bytes[i] >> 4];
        out[at++] = digits[bytes[i] & 0x0F];
    }
    out[at] = '\0';
    return out;
}

/* -1 for anything but a hexadecimal digit. */
static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Reads 36 characters, hyphens at their places. */
static bool parse_digits(const char *text, uint8_t bytes[16])
{
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        bool hyphen_before = i == 4 || i == 6 || i == 8 || i == 10;
        if (hyphen_before && text[at++] != '-')
            return false;
        int high = digit_value(text[at]);
        int low = high >= 0 ? digit_value(text[at + 1]) : -1;
        if (low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return true;
}

enum status guid_parse(const char *text, struct guid *out)
{
    uint8_t bytes[16];
    size_t length = text != NULL ? strlen(text) : 0;
    bool braces = length == 38 && text[0] == '{' && text[37] == '}';
    if ((length != 36 && !braces) || !parse_digits(text + (braces ? 1 : 0), bytes))
        return status_fail(STATUS_INVALID_ARGUMENT, "not a GUID: \"%.60s\"", text != NULL ? text : "");
    *out = guid_from_rfc4122(bytes);
    return STATUS_OK;
}
