/* Compressed RTF [MS-OXRTFCP]. */
#include "bourse/mime/body.h"

#include "parse.h"

#define WINDOW 4096
#define TYPE_COMPRESSED 0x75465A4Cu   /* "LZFu" */
#define TYPE_UNCOMPRESSED 0x414C454Du /* "MELA" */
#define LONGEST 17

/* [MS-OXRTFCP] 2.1.2.1 */
static const char prefill[] = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans "
                              "SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
#define PREFILL (sizeof prefill - 1)

/* CRC of [MS-OXRTFCP] 2.1.3.2: the usual polynomial, start 0, no final inversion. */
static uint32_t crc_of(struct slice bytes)
{
    uint32_t table[256];
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ ((table[i] & 1) != 0 ? 0xEDB88320u : 0);
    }
    uint32_t crc = 0;
    for (size_t i = 0; i < bytes.length; i++)
        crc = table[(crc ^ bytes.data[i]) & 0xFF] ^ crc >> 8;
    return crc;
}

static void copy_reference(struct buffer *out, uint8_t *window, uint16_t *at, uint16_t reference)
{
    uint16_t from = reference >> 4;
    for (unsigned left = (reference & 15u) + 2; left > 0; left--) {
        uint8_t byte = window[from];
        from = (uint16_t)((from + 1) % WINDOW);
        buffer_append_byte(out, byte);
        window[*at] = byte;
        *at = (uint16_t)((*at + 1) % WINDOW);
    }
}

/* Until the reference that points at the write position: the end [MS-OXRTFCP] 3.1.3.1.3. */
static enum status expand(struct wire *in, size_t raw_size, struct buffer *out)
{
    uint8_t window[WINDOW] = { 0 };
    uint16_t at = PREFILL;
    memcpy(window, prefill, PREFILL);
    while (wire_left(in) > 0 && buffer_length(out) <= raw_size) {
        uint8_t control = wire_u8(in);
        for (int bit = 0; bit < 8 && wire_left(in) > 0; bit++, control >>= 1) {
            if ((control & 1) == 0) {
                uint8_t byte = wire_u8(in);
                buffer_append_byte(out, byte);
                window[at] = byte;
                at = (uint16_t)((at + 1) % WINDOW);
                continue;
            }
            uint16_t reference = wire_u16_be(in);
            if (wire_status(in) != STATUS_OK)
                return status_fail(STATUS_MALFORMED, "compressed RTF is cut");
            if (reference >> 4 == at)
                return STATUS_OK;
            copy_reference(out, window, &at, reference);
        }
    }
    return STATUS_OK;
}

enum status mime_rtf_decompress(TALLOC_CTX *mem, struct slice compressed, size_t cap, struct slice *out)
{
    struct wire in = wire_over(compressed);
    uint32_t packed = wire_u32(&in), raw = wire_u32(&in), type = wire_u32(&in), crc = wire_u32(&in);
    if (wire_status(&in) != STATUS_OK || packed < 12 || packed - 12 > wire_left(&in))
        return status_fail(STATUS_MALFORMED, "compressed RTF header");
    struct slice content = wire_bytes(&in, packed - 12);
    if (type != TYPE_COMPRESSED && type != TYPE_UNCOMPRESSED)
        return status_fail(STATUS_MALFORMED, "compressed RTF type %08x", type);
    if (type == TYPE_COMPRESSED && crc_of(content) != crc)
        return status_fail(STATUS_MALFORMED, "compressed RTF check sum");
    if (raw > cap || raw > content.length * 9 + 64) /* a reference of 2 bytes gives at most 17 */
        return status_fail(raw > cap ? STATUS_LIMIT_EXCEEDED : STATUS_MALFORMED, "compressed RTF of %u bytes", raw);
    struct buffer *buffer = buffer_new(mem, (size_t)raw + 256);
    TRY_MEMORY(buffer);
    struct wire body = wire_over(content);
    enum status status = STATUS_OK;
    if (type == TYPE_UNCOMPRESSED)
        buffer_append_slice(buffer, slice_part(content, 0, raw));
    else
        status = expand(&body, raw, buffer);
    if (buffer_length(buffer) > raw)
        buffer_truncate(buffer, raw);
    if (status == STATUS_OK)
        status = buffer_take(buffer, mem, out);
    talloc_free(buffer);
    return status;
}

struct matcher {
    const uint8_t *data; /* prefill and the input */
    size_t length;
    int32_t *heads;      /* by hash of 3 bytes: last position, -1: none */
    int32_t previous[WINDOW];
};

static uint32_t hash_at(const struct matcher *m, size_t at)
{
    return ((uint32_t)m->data[at] << 10 ^ (uint32_t)m->data[at + 1] << 5 ^ m->data[at + 2]) & 0x7FFF;
}

static void remember(struct matcher *m, size_t at)
{
    if (at + 3 > m->length)
        return;
    uint32_t hash = hash_at(m, at);
    m->previous[at % WINDOW] = m->heads[hash];
    m->heads[hash] = (int32_t)at;
}

static size_t longest_match(const struct matcher *m, size_t at, size_t *from)
{
    size_t best = 0;
    if (at + 3 > m->length)
        return 0;
    int32_t candidate = m->heads[hash_at(m, at)];
    for (int steps = 0; steps < 32 && candidate >= 0 && at - (size_t)candidate < WINDOW - 1; steps++) {
        size_t length = 0;
        while (length < LONGEST && at + length < m->length && m->data[(size_t)candidate + length] == m->data[at + length])
            length++;
        if (length > best) {
            best = length;
            *from = (size_t)candidate;
        }
        int32_t next = m->previous[(size_t)candidate % WINDOW];
        candidate = next < candidate ? next : -1;
    }
    return best;
}

/* Tokens in groups of eight behind their control byte. */
static void compress(struct matcher *m, struct buffer *out)
{
    uint8_t group[17];
    size_t at = PREFILL;
    for (bool ended = false; !ended;) {
        size_t used = 1;
        group[0] = 0;
        for (int bit = 0; bit < 8 && !ended; bit++) {
            size_t from = 0, length = longest_match(m, at, &from);
            ended = at >= m->length;
            if (!ended && length < 3) {
                group[used++] = m->data[at];
                remember(m, at++);
                continue;
            }
            uint16_t reference = (uint16_t)(ended ? (at % WINDOW) << 4 : (from % WINDOW) << 4 | (length - 2));
            group[0] = (uint8_t)(group[0] | 1u << bit);
            group[used++] = (uint8_t)(reference >> 8);
            group[used++] = (uint8_t)reference;
            for (size_t i = 0; !ended && i < length; i++)
                remember(m, at++);
        }
        buffer_append(out, group, used);
    }
}

enum status mime_rtf_compress(TALLOC_CTX *mem, struct slice rtf, struct slice *out)
{
    if (rtf.length > 0x7FFFFF00)
        return status_fail(STATUS_LIMIT_EXCEEDED, "RTF of %zu bytes", rtf.length);
    TALLOC_CTX *scratch = talloc_new(mem);
    TRY_MEMORY(scratch);
    struct matcher *m = talloc_zero(scratch, struct matcher);
    uint8_t *data = bytes_new(scratch, PREFILL + rtf.length + 1);
    struct buffer *packed = buffer_new(scratch, rtf.length + rtf.length / 8 + 64), *whole = buffer_new(scratch, rtf.length * 2 + 128);
    int32_t *heads = talloc_array(scratch, int32_t, 0x8000);
    if (m == NULL || data == NULL || packed == NULL || whole == NULL || heads == NULL) {
        talloc_free(scratch);
        return status_fail(STATUS_NO_MEMORY, "compress RTF");
    }
    memcpy(data, prefill, PREFILL);
    if (rtf.length > 0)
        memcpy(data + PREFILL, rtf.data, rtf.length);
    memset(heads, 0xFF, sizeof *heads * 0x8000);
    *m = (struct matcher){ .data = data, .length = PREFILL + rtf.length, .heads = heads };
    for (size_t i = 0; i < PREFILL; i++)
        remember(m, i);
    compress(m, packed);
    buffer_append_u32(whole, (uint32_t)buffer_length(packed) + 12);
    buffer_append_u32(whole, (uint32_t)rtf.length);
    buffer_append_u32(whole, TYPE_COMPRESSED);
    buffer_append_u32(whole, crc_of(buffer_slice(packed)));
    buffer_append_slice(whole, buffer_slice(packed));
    enum status status = buffer_status(packed);
    if (status == STATUS_OK)
        status = buffer_take(whole, mem, out);
    talloc_free(scratch);
    return status;
}
