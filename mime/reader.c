/* Decoded content of a part. GMime's stream decoders do base64, quoted-printable and uuencode. */
#include "parse.h"
#include "scan.h"

#include <gmime/gmime.h>

struct mime_reader {
    struct slice input; /* encoded bytes that are left */
    bool is_identity;
    GMimeEncoding state;
    uint8_t *pending; /* decoded, not handed out yet */
    size_t pending_at, pending_length;
};

#define STEP 8192 /* encoded bytes decoded at once; no encoding decodes to more than it takes, but for a few held-back bytes */

static GMimeContentEncoding gmime_encoding(enum mime_encoding encoding)
{
    switch (encoding) {
    case MIME_QUOTED_PRINTABLE: return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    case MIME_BASE64: return GMIME_CONTENT_ENCODING_BASE64;
    case MIME_UUENCODE: return GMIME_CONTENT_ENCODING_UUENCODE;
    default: return GMIME_CONTENT_ENCODING_BINARY;
    }
}

static enum status reader_new(TALLOC_CTX *mem, struct slice input, enum mime_encoding encoding, struct mime_reader **out)
{
    struct mime_reader *reader = talloc_zero(mem, struct mime_reader);
    TRY_MEMORY(reader);
    reader->input = input;
    reader->is_identity = gmime_encoding(encoding) == GMIME_CONTENT_ENCODING_BINARY;
    if (!reader->is_identity) {
        g_mime_encoding_init_decode(&reader->state, gmime_encoding(encoding));
        reader->pending = bytes_new(reader, g_mime_encoding_outlen(&reader->state, STEP));
        TRY_MEMORY(reader->pending);
    }
    *out = reader;
    return STATUS_OK;
}

/* "smime.p7m" of clear-signed mail: the Content-* fields and the body as they are [MS-OXOSMIME] 2.1.3.1. */
static enum status whole_entity(TALLOC_CTX *mem, struct slice original, const struct mime_part *part, struct slice *out)
{
    struct slice header = slice_part(original, (size_t)part->header_offset, (size_t)part->header_length);
    struct buffer *buffer = buffer_new(mem, header.length + (size_t)part->body_length + 4);
    TRY_MEMORY(buffer);
    struct mime_field field;
    size_t at = 0;
    while (mime_field_next(header, &at, &field))
        if (field.name.length > 8 && text_starts((const char *)field.name.data, "Content-"))
            buffer_append_slice(buffer, field.whole);
    buffer_append_text(buffer, "\r\n");
    buffer_append_slice(buffer, slice_part(original, (size_t)part->body_offset, (size_t)part->body_length));
    enum status status = buffer_take(buffer, mem, out);
    talloc_free(buffer);
    return status;
}

/* The encoded bytes of a part: in the original, or in the decoded bytes of its container (which is itself no contained part). */
static enum status encoded_bytes(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure, uint32_t index,
                                 struct slice *out)
{
    if (index >= structure->count)
        return status_fail(STATUS_INVALID_ARGUMENT, "mime part %u of %u", index, structure->count);
    if (original.length != structure->message_size)
        return status_fail(STATUS_CORRUPT, "mime structure is of %zu bytes, message has %zu", (size_t)structure->message_size,
                           original.length);
    const struct mime_part *part = &structure->parts[index];
    struct slice base = original;
    if (part->container != MIME_NO_PART) {
        if (part->container >= index || structure->parts[part->container].container != MIME_NO_PART)
            return status_fail(STATUS_CORRUPT, "mime part %u in part %u", index, part->container);
        TRY(mime_part_decode(mem, original, structure, part->container, SIZE_MAX / 4, &base));
    }
    if ((part->flags & MIME_PART_WHOLE) != 0)
        return whole_entity(mem, original, part, out);
    *out = slice_part(base, (size_t)part->body_offset, (size_t)part->body_length);
    return STATUS_OK;
}

enum status mime_part_open(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure, uint32_t part,
                           struct mime_reader **out)
{
    struct slice bytes = { 0 };
    TALLOC_CTX *held = talloc_new(mem);
    TRY_MEMORY(held);
    enum status status = encoded_bytes(held, original, structure, part, &bytes);
    if (status == STATUS_OK) {
        bool whole = (structure->parts[part].flags & MIME_PART_WHOLE) != 0;
        status = reader_new(mem, bytes, whole ? MIME_BINARY : structure->parts[part].encoding, out);
    }
    if (status != STATUS_OK) {
        talloc_free(held);
        return status;
    }
    talloc_steal(*out, held);
    return STATUS_OK;
}

static void decode_step(struct mime_reader *reader)
{
    size_t take = reader->input.length < STEP ? reader->input.length : STEP;
    const char *from = (const char *)reader->input.data;
    char *to = (char *)reader->pending;
    reader->pending_at = 0;
    if (take == reader->input.length)
        reader->pending_length = g_mime_encoding_flush(&reader->state, from, take, to);
    else
        reader->pending_length = g_mime_encoding_step(&reader->state, from, take, to);
    reader->input = slice_part(reader->input, take, reader->input.length);
}

enum status mime_reader_read(struct mime_reader *reader, void *out, size_t size, size_t *got)
{
    *got = 0;
    if (reader->is_identity) {
        size_t take = reader->input.length < size ? reader->input.length : size;
        if (take > 0)
            memcpy(out, reader->input.data, take);
        reader->input = slice_part(reader->input, take, reader->input.length);
        *got = take;
        return STATUS_OK;
    }
    while (*got < size) {
        if (reader->pending_at == reader->pending_length) {
            if (reader->input.length == 0)
                break;
            decode_step(reader);
            continue;
        }
        size_t take = reader->pending_length - reader->pending_at;
        take = take < size - *got ? take : size - *got;
        memcpy((uint8_t *)out + *got, reader->pending + reader->pending_at, take);
        reader->pending_at += take;
        *got += take;
    }
    return STATUS_OK;
}

/* Decodes all in one call: GMime writes straight into the result. */
static enum status decode_all(TALLOC_CTX *mem, struct slice bytes, enum mime_encoding encoding, size_t cap, struct slice *out)
{
    GMimeEncoding state;
    g_mime_encoding_init_decode(&state, gmime_encoding(encoding));
    uint8_t *decoded = bytes_new(mem, g_mime_encoding_outlen(&state, bytes.length) + 1);
    TRY_MEMORY(decoded);
    size_t length = bytes.length == 0 ? 0 : g_mime_encoding_flush(&state, (const char *)bytes.data, bytes.length, (char *)decoded);
    if (length > cap) {
        talloc_free(decoded);
        return status_fail(STATUS_LIMIT_EXCEEDED, "mime part of %zu bytes", length);
    }
    decoded[length] = 0;
    *out = slice_of(decoded, length);
    return STATUS_OK;
}

enum status mime_part_decode(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure, uint32_t part, size_t cap,
                             struct slice *out)
{
    struct slice bytes = { 0 };
    TRY(encoded_bytes(mem, original, structure, part, &bytes));
    enum mime_encoding encoding = structure->parts[part].encoding;
    if ((structure->parts[part].flags & MIME_PART_WHOLE) != 0 || gmime_encoding(encoding) == GMIME_CONTENT_ENCODING_BINARY) {
        if (bytes.length > cap)
            return status_fail(STATUS_LIMIT_EXCEEDED, "mime part of %zu bytes", bytes.length);
        *out = bytes;
        return STATUS_OK;
    }
    return decode_all(mem, bytes, encoding, cap, out);
}

/* Base64 characters times three quarters; the count is exact for well-formed input. */
static uint64_t base64_size(struct slice bytes)
{
    static const uint8_t skip[256] = { ['\r'] = 1, ['\n'] = 1, [' '] = 1, ['\t'] = 1, ['='] = 1 };
    uint64_t characters = 0;
    for (size_t i = 0; i < bytes.length; i++)
        characters += !skip[bytes.data[i]];
    return characters * 3 / 4;
}

enum status mime_part_size(struct slice original, const struct mime_structure *structure, uint32_t part, uint64_t *out)
{
    if (part < structure->count && structure->parts[part].container != MIME_NO_PART) { /* always identity within its container */
        *out = structure->parts[part].body_length;
        return STATUS_OK;
    }
    TALLOC_CTX *scratch = talloc_new(NULL);
    TRY_MEMORY(scratch);
    struct slice bytes = { 0 };
    struct mime_reader *reader = NULL;
    enum status status = encoded_bytes(scratch, original, structure, part, &bytes);
    *out = bytes.length;
    if (status == STATUS_OK && (structure->parts[part].flags & MIME_PART_WHOLE) == 0) {
        enum mime_encoding encoding = structure->parts[part].encoding;
        if (encoding == MIME_BASE64)
            *out = base64_size(bytes);
        else if (gmime_encoding(encoding) != GMIME_CONTENT_ENCODING_BINARY)
            status = reader_new(scratch, bytes, encoding, &reader);
    }
    uint8_t piece[4096];
    for (size_t got = 1, total = 0; status == STATUS_OK && reader != NULL && got > 0; *out = total) {
        status = mime_reader_read(reader, piece, sizeof piece, &got);
        total += got;
    }
    talloc_free(scratch);
    return status;
}

enum status mime_part_header(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure, uint32_t part,
                             const char *name, char **out)
{
    *out = NULL;
    if (part >= structure->count)
        return status_fail(STATUS_INVALID_ARGUMENT, "mime part %u of %u", part, structure->count);
    const struct mime_part *row = &structure->parts[part];
    struct mime_field field;
    if (row->container != MIME_NO_PART ||
        !mime_field_find(slice_part(original, (size_t)row->header_offset, (size_t)row->header_length), name, 0, &field))
        return STATUS_OK;
    return mime_words_decode(mem, field.value, out);
}
