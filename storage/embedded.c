#include "embedded.h"

#define VERSION 1

static enum status pack_level(const struct message *message, int depth, struct buffer *out);

/* Appends a length that is filled in when the part is written. */
static size_t begin_part(struct buffer *out)
{
    size_t at = buffer_length(out);
    buffer_append_u32(out, 0);
    return at;
}

static void end_part(struct buffer *out, size_t at)
{
    buffer_patch_u32(out, at, (uint32_t)(buffer_length(out) - at - 4));
}

static enum status pack_attachment(const struct attachment *attachment, int depth, struct buffer *out)
{
    buffer_append_u32(out, (uint32_t)attachment->number);
    buffer_append_byte(out, (uint8_t)(attachment->embedded != NULL ? ATTACHMENT_EMBEDDED
                                      : attachment->content == ATTACHMENT_REFERENCE ? ATTACHMENT_REFERENCE : ATTACHMENT_BYTES));
    size_t at = begin_part(out);
    TRY(bag_pack(attachment->props, out));
    end_part(out, at);
    at = begin_part(out);
    if (attachment->embedded != NULL)
        TRY(pack_level(attachment->embedded, depth + 1, out));
    else
        buffer_append_slice(out, attachment->bytes);
    end_part(out, at);
    return STATUS_OK;
}

static enum status pack_level(const struct message *message, int depth, struct buffer *out)
{
    if (depth > EMBEDDED_DEPTH_MAX)
        return status_fail(STATUS_TOO_COMPLEX, "messages in messages, %d levels", depth);
    buffer_append_byte(out, VERSION);
    size_t at = begin_part(out);
    TRY(bag_pack(message->props, out));
    end_part(out, at);
    at = begin_part(out);
    TRY(recipients_pack(message->recipients, message->recipient_count, out));
    end_part(out, at);
    buffer_append_u32(out, (uint32_t)message->attachment_count);
    for (size_t i = 0; i < message->attachment_count; i++)
        TRY(pack_attachment(&message->attachments[i], depth, out));
    return STATUS_OK;
}

enum status embedded_pack(const struct message *message, struct buffer *out)
{
    TRY(pack_level(message, 1, out));
    return buffer_status(out);
}

static enum status unpack_level(TALLOC_CTX *mem, struct slice packed, int depth, struct message **out);

static enum status unpack_attachment(struct message *message, struct wire *in, int depth)
{
    struct attachment *attachment = message_add_attachment(message);
    if (attachment == NULL)
        return status_fail(STATUS_NO_MEMORY, "attachment");
    attachment->number = (int32_t)wire_u32(in);
    attachment->content = (enum attachment_content)wire_u8(in);
    struct slice bag = wire_bytes(in, wire_u32(in));
    struct slice content = wire_bytes(in, wire_u32(in));
    if (wire_status(in) != STATUS_OK)
        return status_fail(STATUS_CORRUPT, "embedded attachment is cut");
    TRY(bag_unpack(message, bag, &attachment->props));
    attachment->size = content.length;
    if (attachment->content == ATTACHMENT_EMBEDDED)
        return unpack_level(message, content, depth + 1, &attachment->embedded);
    attachment->bytes = slice_copy(message, content);
    return STATUS_OK;
}

static enum status unpack_level(TALLOC_CTX *mem, struct slice packed, int depth, struct message **out)
{
    struct wire in = wire_over(packed);
    struct message *message = message_new(mem);
    if (message == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    if (depth > EMBEDDED_DEPTH_MAX || wire_u8(&in) != VERSION)
        return status_fail(STATUS_CORRUPT, "embedded message of an unknown version");
    struct slice bag = wire_bytes(&in, wire_u32(&in));
    struct slice recipients = wire_bytes(&in, wire_u32(&in));
    uint32_t count = wire_u32(&in);
    if (!wire_check_count(&in, count, 13))
        return status_fail(STATUS_CORRUPT, "embedded message is cut");
    TRY(bag_unpack(message, bag, &message->props));
    TRY(recipients_unpack(message, recipients, &message->recipients, &message->recipient_count));
    for (uint32_t i = 0; i < count; i++)
        TRY(unpack_attachment(message, &in, depth));
    *out = message;
    return wire_finish(&in) == STATUS_OK ? STATUS_OK : status_fail(STATUS_CORRUPT, "bytes behind an embedded message");
}

enum status embedded_unpack(TALLOC_CTX *mem, struct slice packed, struct message **out)
{
    return unpack_level(mem, packed, 1, out);
}
