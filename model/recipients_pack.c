/* Packed recipients, version 1:
 *   version  1 byte
 *   count    varint
 *   each     type (1 byte), display name, address type, address, SMTP address (varint length, bytes),
 *            length of the packed bag (4 bytes; 0 when there is none) and the bag */
#include "bourse/model/message.h"

#include "array_count.h"

#define RECIPIENTS_VERSION 1
#define RECIPIENT_LEAST 9
#define RECIPIENT_TYPE_MAX RECIPIENT_BCC

static void pack_text(struct buffer *out, const char *text)
{
    struct slice bytes = slice_of_text(text);
    buffer_append_varint(out, bytes.length);
    buffer_append_slice(out, bytes);
}

static enum status pack_bag(struct buffer *out, const struct bag *bag)
{
    size_t at = buffer_length(out);
    buffer_append_u32(out, 0);
    if (bag == NULL || bag_count(bag) == 0)
        return buffer_status(out);
    TRY(bag_pack(bag, out));
    size_t length = buffer_length(out) - at - sizeof(uint32_t);
    if (length > UINT32_MAX)
        return status_fail(STATUS_LIMIT_EXCEEDED, "recipient with %zu bytes of properties", length);
    buffer_patch_u32(out, at, (uint32_t)length);
    return STATUS_OK;
}

enum status recipients_pack(const struct recipient *recipients, size_t count, struct buffer *out)
{
    buffer_append_byte(out, RECIPIENTS_VERSION);
    buffer_append_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        const struct recipient *recipient = &recipients[i];
        buffer_append_byte(out, (uint8_t)recipient->type);
        pack_text(out, recipient->display_name);
        pack_text(out, recipient->address_type);
        pack_text(out, recipient->address);
        pack_text(out, recipient->smtp_address);
        TRY(pack_bag(out, recipient->props));
    }
    return buffer_status(out);
}

static const char *unpack_text(TALLOC_CTX *mem, struct wire *in)
{
    uint64_t length = wire_varint(in);
    if (length > wire_left(in)) {
        wire_fail(in, STATUS_CORRUPT);
        return NULL;
    }
    struct slice bytes = wire_bytes(in, (size_t)length);
    if (in->status != STATUS_OK)
        return NULL;
    bool has_nul = bytes.length > 0 && memchr(bytes.data, 0, bytes.length) != NULL;
    const char *text = has_nul ? NULL : slice_text(mem, bytes);
    if (text == NULL)
        wire_fail(in, has_nul ? STATUS_CORRUPT : STATUS_NO_MEMORY);
    return text;
}

static enum status unpack_recipient(TALLOC_CTX *mem, struct wire *in, struct recipient *out)
{
    uint8_t type = wire_u8(in);
    if (type > RECIPIENT_TYPE_MAX)
        wire_fail(in, STATUS_CORRUPT);
    out->type = (enum recipient_type)type;
    out->display_name = unpack_text(mem, in);
    out->address_type = unpack_text(mem, in);
    out->address = unpack_text(mem, in);
    out->smtp_address = unpack_text(mem, in);
    struct slice packed = wire_bytes(in, wire_u32(in));
    TRY(wire_status(in));
    return packed.length > 0 ? bag_unpack(mem, packed, &out->props) : STATUS_OK;
}

static enum status unpack_all(struct wire *in, struct recipient *recipients, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(unpack_recipient(recipients, in, &recipients[i]));
    return wire_finish(in);
}

enum status recipients_unpack(TALLOC_CTX *mem, struct slice packed, struct recipient **out, size_t *count)
{
    struct wire in = wire_over(packed);
    uint8_t version = wire_u8(&in);
    uint64_t wanted = wire_varint(&in);
    if (version != RECIPIENTS_VERSION || !wire_check_count(&in, wanted, RECIPIENT_LEAST))
        return status_fail(STATUS_CORRUPT, "packed recipients of version %u, %zu bytes", version, packed.length);
    struct recipient *recipients = talloc_zero_array(mem, struct recipient, array_count((size_t)wanted));
    if (recipients == NULL)
        return status_fail(STATUS_NO_MEMORY, "%zu recipients", (size_t)wanted);
    enum status status = unpack_all(&in, recipients, (size_t)wanted);
    if (status != STATUS_OK) {
        talloc_free(recipients);
        return status == STATUS_NO_MEMORY
                   ? status
                   : status_fail(STATUS_CORRUPT, "packed recipients, byte %zu of %zu", in.offset, in.length);
    }
    *out = recipients;
    *count = (size_t)wanted;
    return STATUS_OK;
}
