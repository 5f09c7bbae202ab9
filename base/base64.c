/* Base64 and hexadecimal text [RFC 4648] 4 and 8. */
#include "bourse/base/text.h"

#define NOT_A_DIGIT 0xFF

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four characters of at most three bytes. */
static void encode_group(struct slice bytes, uint8_t out[4])
{
    uint32_t group = (uint32_t)bytes.data[0] << 16;
    group |= bytes.length > 1 ? (uint32_t)bytes.data[1] << 8 : 0;
    group |= bytes.length > 2 ? bytes.data[2] : 0u;
    out[0] = (uint8_t)alphabet[group >> 18];
    out[1] = (uint8_t)alphabet[group >> 12 & 63];
    out[2] = bytes.length > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=';
    out[3] = bytes.length > 2 ? (uint8_t)alphabet[group & 63] : '=';
}

void base64_append(struct buffer *out, struct slice data)
{
    size_t groups = data.length / 3 + (data.length % 3 != 0);
    uint8_t *room = groups > 0 && groups < SIZE_MAX / 4 ? buffer_reserve(out, groups * 4) : NULL;
    if (room == NULL)
        return;
    for (size_t i = 0; i < groups; i++)
        encode_group(slice_part(data, i * 3, 3), room + i * 4);
    buffer_commit(out, groups * 4);
}

static uint8_t base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint8_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint8_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : NOT_A_DIGIT;
}

static bool is_white_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Digits collected four at a time; `padding` counts the '=' seen. */
struct base64_state {
    uint32_t group;
    size_t digits;
    size_t padding;
};

/* False for a character that may not stand here. */
static bool base64_step(struct base64_state *state, uint8_t c, uint8_t *room, size_t *length)
{
    if (c == '=') {
        state->padding++;
        return state->digits + state->padding <= 4 && state->digits >= 2;
    }
    uint8_t digit = base64_digit(c);
    if (digit == NOT_A_DIGIT || state->padding > 0)
        return false;
    state->group = state->group << 6 | digit;
    if (++state->digits == 4) {
        room[(*length)++] = (uint8_t)(state->group >> 16);
        room[(*length)++] = (uint8_t)(state->group >> 8);
        room[(*length)++] = (uint8_t)state->group;
        state->digits = 0;
        state->group = 0;
    }
    return true;
}

/* The one or two bytes of a padded last group. */
static bool base64_finish(const struct base64_state *state, uint8_t *room, size_t *length)
{
    if (state->digits == 0 && state->padding == 0)
        return true;
    if (state->digits + state->padding != 4)
        return false;
    uint32_t group = state->group << (6 * state->padding);
    room[(*length)++] = (uint8_t)(group >> 16);
    if (state->digits == 3)
        room[(*length)++] = (uint8_t)(group >> 8);
    return true;
}

enum status base64_decode(TALLOC_CTX *mem, struct slice text, struct slice *out)
{
    *out = slice_of(NULL, 0);
    uint8_t *room = talloc_size(mem, text.length / 4 * 3 + 4);
    if (room == NULL)
        return STATUS_NO_MEMORY;
    struct base64_state state = { 0, 0, 0 };
    size_t length = 0;
    bool is_good = true;
    for (size_t i = 0; i < text.length && is_good; i++)
        is_good = is_white_space(text.data[i]) || base64_step(&state, text.data[i], room, &length);
    if (!is_good || !base64_finish(&state, room, &length)) {
        talloc_free(room);
        return status_fail(STATUS_MALFORMED, "not Base64");
    }
    room[length] = '\0';
    *out = slice_of(room, length);
    return STATUS_OK;
}

void hex_append(struct buffer *out, struct slice data)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < data.length; i++) {
        char text[2] = { digits[data.data[i] >> 4], digits[data.data[i] & 0x0F] };
        buffer_append(out, text, sizeof text);
    }
}

static uint8_t hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (uint8_t)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (uint8_t)(c - 'A' + 10);
    return NOT_A_DIGIT;
}

enum status hex_decode(TALLOC_CTX *mem, struct slice text, struct slice *out)
{
    *out = slice_of(NULL, 0);
    if (text.length % 2 != 0)
        return status_fail(STATUS_MALFORMED, "hexadecimal text of odd length");
    uint8_t *room = talloc_size(mem, text.length / 2 + 1);
    if (room == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < text.length; i += 2) {
        uint8_t high = hex_digit(text.data[i]);
        uint8_t low = hex_digit(text.data[i + 1]);
        if (high == NOT_A_DIGIT || low == NOT_A_DIGIT) {
            talloc_free(room);
            return status_fail(STATUS_MALFORMED, "not hexadecimal");
        }
        room[i / 2] = (uint8_t)(high << 4 | low);
    }
    room[text.length / 2] = '\0';
    *out = slice_of(room, text.length / 2);
    return STATUS_OK;
}
