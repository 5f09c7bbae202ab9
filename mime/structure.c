/* The packed part table. Version 1: byte 1; flags; message size; count; then per part varints and strings (length and bytes). */
#include "parse.h"

#define STRUCTURE_VERSION 1

static void put_text(struct buffer *out, const char *text)
{
    size_t length = strlen(text);
    buffer_append_varint(out, length);
    buffer_append(out, text, length);
}

/* Most types are a few: a one-byte code saves most of the table. Order is part of the format: append only. */
static const char *const known_types[] = {
    "text/plain", "text/html", "multipart/alternative", "multipart/mixed", "multipart/related", "application/octet-stream",
    "application/pdf", "image/png", "image/jpeg", "image/gif", "message/rfc822", "text/calendar", "multipart/signed",
    "multipart/report", "message/delivery-status", "application/ms-tnef", "utf-8", "us-ascii", "iso-8859-1", "windows-1252",
};

/* varint 0: text follows; else index + 1 of the table. */
static void put_known(struct buffer *out, const char *text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(known_types); i++)
        if (strcmp(known_types[i], text) == 0) {
            buffer_append_varint(out, i + 1);
            return;
        }
    buffer_append_varint(out, 0);
    put_text(out, text);
}

static void put_part(struct buffer *out, const struct mime_part *part)
{
    buffer_append_varint(out, ((uint64_t)part->parent + 1) & UINT32_MAX);
    buffer_append_varint(out, ((uint64_t)part->container + 1) & UINT32_MAX);
    buffer_append_byte(out, (uint8_t)part->kind);
    buffer_append_byte(out, (uint8_t)part->encoding);
    buffer_append_byte(out, (uint8_t)part->role);
    buffer_append_varint(out, part->flags);
    buffer_append_varint(out, part->header_offset);
    buffer_append_varint(out, part->header_length);
    buffer_append_varint(out, part->body_offset);
    buffer_append_varint(out, part->body_length);
    buffer_append_varint(out, part->group);
    buffer_append_varint(out, (uint64_t)(part->attachment + 1));
    put_known(out, part->type);
    put_known(out, part->charset);
    put_text(out, part->file_name);
    put_text(out, part->content_id);
}

enum status mime_structure_pack(const struct mime_structure *structure, struct buffer *out)
{
    buffer_append_byte(out, STRUCTURE_VERSION);
    buffer_append_byte(out, structure->limited ? 1 : 0);
    buffer_append_varint(out, structure->message_size);
    buffer_append_varint(out, structure->count);
    for (uint32_t i = 0; i < structure->count; i++)
        put_part(out, &structure->parts[i]);
    return buffer_status(out);
}

static const char *get_text(TALLOC_CTX *mem, struct wire *in)
{
    uint64_t length = wire_varint(in);
    if (length > wire_left(in)) {
        wire_fail(in, STATUS_CORRUPT);
        return "";
    }
    char *text = length > 0 ? slice_text(mem, wire_bytes(in, (size_t)length)) : NULL;
    if (length > 0 && text == NULL)
        wire_fail(in, STATUS_CORRUPT);
    return text != NULL ? text : "";
}

static const char *get_known(TALLOC_CTX *mem, struct wire *in)
{
    uint64_t code = wire_varint(in);
    if (code == 0)
        return get_text(mem, in);
    if (code > ARRAY_LENGTH(known_types)) {
        wire_fail(in, STATUS_CORRUPT);
        return "";
    }
    return known_types[code - 1];
}

static bool range_ok(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

/* A container's decoded size is not known here; the reader clamps. */
static bool part_ok(const struct mime_part *part, uint32_t index, uint64_t size)
{
    if ((index == 0) != (part->parent == MIME_NO_PART) || (part->parent != MIME_NO_PART && part->parent >= index))
        return false;
    if (part->container != MIME_NO_PART)
        return part->container < index && part->body_offset < UINT64_C(1) << 48 && part->body_length < UINT64_C(1) << 48;
    return range_ok(part->header_offset, part->header_length, size) && range_ok(part->body_offset, part->body_length, size);
}

static void get_part(TALLOC_CTX *mem, struct wire *in, struct mime_part *part)
{
    part->parent = (uint32_t)wire_varint(in) - 1;
    part->container = (uint32_t)wire_varint(in) - 1;
    uint8_t kind = wire_u8(in), encoding = wire_u8(in), role = wire_u8(in);
    if (kind > MIME_TNEF_FILE || encoding > MIME_UUENCODE || role > MIME_ROLE_REPORT)
        wire_fail(in, STATUS_CORRUPT);
    part->kind = (enum mime_part_kind)kind;
    part->encoding = (enum mime_encoding)encoding;
    part->role = (enum mime_part_role)role;
    part->flags = (unsigned)wire_varint(in);
    part->header_offset = wire_varint(in);
    part->header_length = wire_varint(in);
    part->body_offset = wire_varint(in);
    part->body_length = wire_varint(in);
    part->group = (uint32_t)wire_varint(in);
    part->attachment = (int32_t)((uint32_t)wire_varint(in) - 1);
    part->type = get_known(mem, in);
    part->charset = get_known(mem, in);
    part->file_name = get_text(mem, in);
    part->content_id = get_text(mem, in);
}

enum status mime_structure_unpack(TALLOC_CTX *mem, struct slice packed, struct mime_structure **out)
{
    struct wire in = wire_over(packed);
    uint8_t version = wire_u8(&in), flags = wire_u8(&in);
    uint64_t size = wire_varint(&in), count = wire_varint(&in);
    if (version != STRUCTURE_VERSION || wire_status(&in) != STATUS_OK || count == 0 || !wire_check_count(&in, count, 16))
        return status_fail(STATUS_CORRUPT, "mime structure: version %u or count", version);
    struct mime_structure *structure = talloc_zero(mem, struct mime_structure);
    TRY_MEMORY(structure);
    structure->parts = talloc_zero_array(structure, struct mime_part, (unsigned)count);
    TRY_MEMORY(structure->parts);
    structure->message_size = size;
    structure->limited = (flags & 1) != 0;
    for (uint32_t i = 0; i < count; i++) {
        get_part(structure, &in, &structure->parts[i]);
        if (wire_status(&in) != STATUS_OK || !part_ok(&structure->parts[i], i, size)) {
            talloc_free(structure);
            return status_fail(STATUS_CORRUPT, "mime structure: part %u", i);
        }
    }
    structure->count = (uint32_t)count;
    if (wire_finish(&in) != STATUS_OK) {
        talloc_free(structure);
        return status_fail(STATUS_CORRUPT, "mime structure: bytes left");
    }
    *out = structure;
    return STATUS_OK;
}
