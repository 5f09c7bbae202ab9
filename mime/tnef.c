/* TNEF streams: attributes -> properties, recipients, attachments [MS-OXTNEF] 2.1. */
#include "tnef.h"

#include "bourse/base/text.h"
#include "bourse/mime/body.h"
#include "bourse/model/properties.h"
#include "parse.h"

#define TNEF_SIGNATURE 0x223E9F78u
#define TNEF_ATTACHMENTS_MAX 1000
#define TNEF_DEPTH 16

/* [MS-OXTNEF] 2.1.2; type in the upper half */
enum {
    ATT_SUBJECT = 0x00018004, ATT_MESSAGE_CLASS = 0x00078008, ATT_BODY = 0x0002800C, ATT_ATTACH_DATA = 0x0006800F,
    ATT_ATTACH_TITLE = 0x00018010, ATT_ATTACH_REND_DATA = 0x00069002, ATT_MSG_PROPS = 0x00069003, ATT_RECIP_TABLE = 0x00069004,
    ATT_ATTACHMENT = 0x00069005, ATT_OEM_CODEPAGE = 0x00069007,
};

static const struct {
    const char *old, *message_class;
} old_classes[] = { /* [MS-OXTNEF] 2.1.3.3.5 */
    { "IPM.Microsoft Mail.Note", "IPM.Note" },
    { "IPM.Microsoft Mail.Read Receipt", "REPORT.IPM.Note.IPNRN" },
    { "IPM.Microsoft Mail.Non-Delivery", "REPORT.IPM.Note.NDR" },
    { "IPM.Microsoft Schedule.MtgReq", "IPM.Schedule.Meeting.Request" },
    { "IPM.Microsoft Schedule.MtgRespP", "IPM.Schedule.Meeting.Resp.Pos" },
    { "IPM.Microsoft Schedule.MtgRespN", "IPM.Schedule.Meeting.Resp.Neg" },
    { "IPM.Microsoft Schedule.MtgRespA", "IPM.Schedule.Meeting.Resp.Tent" },
    { "IPM.Microsoft Schedule.MtgCncl", "IPM.Schedule.Meeting.Canceled" },
};

struct parser {
    TALLOC_CTX *mem;
    struct slice stream;
    struct mime_limits limits;
    const char *charset;
    struct tnef *out;
    uint32_t capacity;
};

static enum status set_text(struct parser *p, struct bag *bag, prop_tag tag, struct slice bytes)
{
    struct slice text;
    const uint8_t *end = bytes.length > 0 ? memchr(bytes.data, 0, bytes.length) : NULL;
    if (end != NULL)
        bytes.length = (size_t)(end - bytes.data);
    TRY(mime_text_to_utf8(p->mem, bytes, p->charset, p->limits.body_bytes, &text));
    struct value value = value_bytes(tag, text);
    return bag_set(bag, &value);
}

static enum status set_class(struct parser *p, struct slice bytes)
{
    TRY(set_text(p, p->out->props, PROP_MESSAGE_CLASS, bytes));
    const char *given = bag_string(p->out->props, PROP_MESSAGE_CLASS, "");
    for (size_t i = 0; i < ARRAY_LENGTH(old_classes); i++)
        if (ascii_equal_nocase(given, old_classes[i].old))
            return bag_set_string(p->out->props, PROP_MESSAGE_CLASS, old_classes[i].message_class);
    return STATUS_OK;
}

static enum status read_recipients(struct parser *p, struct slice bytes)
{
    struct wire in = wire_over(bytes);
    uint32_t count = wire_u32(&in);
    if (!wire_check_count(&in, count, 4))
        return STATUS_OK;
    for (uint32_t i = 0; i < count && i < p->limits.recipients; i++) {
        struct bag *bag = bag_new(p->mem);
        struct tnef_data data = { .stream = p->stream.data };
        TRY_MEMORY(bag);
        if (tnef_read_properties(p->mem, &in, p->charset, &p->limits, bag, &data) != STATUS_OK)
            return STATUS_OK;
        int32_t type = bag_int32(bag, PROP_RECIPIENT_TYPE, RECIPIENT_TO) & 3;
        const char *address = bag_string(bag, PROP_EMAIL_ADDRESS, "");
        const char *smtp = bag_string(bag, PROP_SMTP_ADDRESS, "");
        const char *address_type = bag_string(bag, PROP_ADDRESS_TYPE, "SMTP");
        struct recipient recipient = { .type = (enum recipient_type)type, .display_name = bag_string(bag, PROP_DISPLAY_NAME, ""),
                                       .address_type = address_type, .address = address,
                                       .smtp_address = smtp[0] != '\0' ? smtp : ascii_equal_nocase(address_type, "SMTP") ? address : "" };
        TRY_MEMORY(message_add_recipient(p->out->recipients, &recipient));
    }
    return STATUS_OK;
}

static struct tnef_attachment *current(struct parser *p)
{
    return p->out->count > 0 ? &p->out->attachments[p->out->count - 1] : NULL;
}

static enum status new_attachment(struct parser *p)
{
    struct tnef *out = p->out;
    if (out->count >= TNEF_ATTACHMENTS_MAX)
        return STATUS_LIMIT_EXCEEDED;
    out->attachments = talloc_realloc(p->mem, out->attachments, struct tnef_attachment, out->count + 1);
    TRY_MEMORY(out->attachments);
    out->attachments[out->count] = (struct tnef_attachment){ .props = bag_new(p->mem), .name = "" };
    TRY_MEMORY(out->attachments[out->count].props);
    out->count++;
    return STATUS_OK;
}

static enum status read_attachment_properties(struct parser *p, struct slice bytes)
{
    struct wire in = wire_over(bytes);
    struct tnef_data data = { .stream = p->stream.data };
    struct tnef_attachment *attachment = current(p);
    enum status status = tnef_read_properties(p->mem, &in, p->charset, &p->limits, attachment->props, &data);
    if (data.length > 0) {
        attachment->offset = data.offset;
        attachment->length = data.length;
        attachment->is_message = bag_int32(attachment->props, PROP_ATTACH_METHOD, 1) == 5;
    }
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

static enum status message_attribute(struct parser *p, uint32_t id, struct slice bytes)
{
    struct wire in = wire_over(bytes);
    struct tnef_data data = { .stream = p->stream.data };
    enum status status;
    switch (id) {
    case ATT_OEM_CODEPAGE: {
        const char *charset = mime_charset_of_codepage((int32_t)wire_u32(&in));
        p->charset = charset != NULL ? charset : "windows-1252";
        return STATUS_OK;
    }
    case ATT_SUBJECT: return set_text(p, p->out->props, PROP_SUBJECT, bytes);
    case ATT_BODY: return set_text(p, p->out->props, PROP_BODY, bytes);
    case ATT_MESSAGE_CLASS: return set_class(p, bytes);
    case ATT_RECIP_TABLE: return read_recipients(p, bytes);
    case ATT_MSG_PROPS:
        status = tnef_read_properties(p->mem, &in, p->charset, &p->limits, p->out->props, &data);
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    default: return STATUS_OK;
    }
}

static enum status attachment_attribute(struct parser *p, uint32_t id, struct slice bytes)
{
    if (id == ATT_ATTACH_REND_DATA)
        return new_attachment(p);
    struct tnef_attachment *attachment = current(p);
    if (attachment == NULL)
        return STATUS_OK;
    switch (id) {
    case ATT_ATTACH_DATA:
        attachment->offset = (uint64_t)(bytes.data - p->stream.data);
        attachment->length = bytes.length;
        return STATUS_OK;
    case ATT_ATTACH_TITLE: return set_text(p, attachment->props, PROP_ATTACH_FILENAME, bytes);
    case ATT_ATTACHMENT: return read_attachment_properties(p, bytes);
    default: return STATUS_OK;
    }
}

static void name_attachments(struct tnef *out)
{
    for (uint32_t i = 0; i < out->count; i++) {
        struct bag *bag = out->attachments[i].props;
        out->attachments[i].name = bag_string(bag, PROP_ATTACH_LONG_FILENAME, bag_string(bag, PROP_ATTACH_FILENAME, ""));
    }
}

enum status tnef_parse(TALLOC_CTX *mem, struct slice stream, const struct mime_limits *limits, struct tnef *out)
{
    struct parser parser = { .mem = mem, .stream = stream, .limits = limits_effective(limits), .charset = "windows-1252", .out = out };
    *out = (struct tnef){ .props = bag_new(mem), .recipients = message_new(mem) };
    TRY_MEMORY(out->props);
    TRY_MEMORY(out->recipients);
    struct wire in = wire_over(stream);
    if (wire_u32(&in) != TNEF_SIGNATURE)
        return status_fail(STATUS_MALFORMED, "tnef: signature");
    wire_skip(&in, 2);
    while (wire_left(&in) >= 11) {
        uint8_t level = wire_u8(&in);
        uint32_t id = wire_u32(&in), length = wire_u32(&in);
        struct slice bytes = wire_bytes(&in, length);
        wire_skip(&in, 2); /* checksum: broken writers exist, the lengths are checked */
        if (bytes.length < length || (level != 1 && level != 2))
            break;
        enum status status = level == 1 ? message_attribute(&parser, id, bytes) : attachment_attribute(&parser, id, bytes);
        if (status == STATUS_NO_MEMORY)
            return status;
        if (status != STATUS_OK)
            break;
    }
    name_attachments(out);
    return STATUS_OK;
}

static enum status add_attachment(struct message *message, struct slice stream, const struct tnef_attachment *from,
                                  const struct mime_limits *limits, unsigned level)
{
    struct attachment *attachment = message_add_attachment(message);
    TRY_MEMORY(attachment);
    attachment->number = (int32_t)message->attachment_count - 1;
    attachment->size = from->length;
    TRY(bag_merge(attachment->props, from->props));
    attachment->content = ATTACHMENT_BYTES;
    attachment->bytes = slice_part(stream, (size_t)from->offset, (size_t)from->length);
    if (from->is_message && level < TNEF_DEPTH) {
        enum status status = tnef_import_message(message, attachment->bytes, limits, level + 1, &attachment->embedded);
        if (status == STATUS_NO_MEMORY)
            return status;
        attachment->content = status == STATUS_OK ? ATTACHMENT_EMBEDDED : ATTACHMENT_BYTES;
    }
    return STATUS_OK;
}

enum status tnef_import_message(TALLOC_CTX *mem, struct slice stream, const struct mime_limits *limits, unsigned level, struct message **out)
{
    struct tnef tnef;
    struct message *message = message_new(mem);
    TRY_MEMORY(message);
    enum status status = tnef_parse(message, stream, limits, &tnef);
    if (status == STATUS_OK)
        status = bag_merge(message->props, tnef.props);
    for (size_t i = 0; status == STATUS_OK && i < tnef.recipients->recipient_count; i++)
        if (message_add_recipient(message, &tnef.recipients->recipients[i]) == NULL)
            status = STATUS_NO_MEMORY;
    for (uint32_t i = 0; status == STATUS_OK && i < tnef.count; i++)
        status = add_attachment(message, stream, &tnef.attachments[i], limits, level);
    if (status == STATUS_OK && !bag_has(message->props, PROP_MESSAGE_CLASS))
        status = bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Note");
    if (status != STATUS_OK)
        talloc_free(message);
    else
        *out = message;
    return status;
}
