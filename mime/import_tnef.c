/* winmail.dat within MIME: its properties and attachments join those of the headers [MS-OXCMAIL] 2.2.4. */
#include "import_state.h"

#include "parse.h"
#include "tnef.h"

/* Made by the receiving side, or said better by the headers: not taken from outside. */
static bool is_taken(const struct bag *bag, prop_tag tag)
{
    uint16_t id = prop_id(tag);
    if (id == prop_id(PROP_BODY) || id == prop_id(PROP_HTML) || id == prop_id(PROP_RTF_COMPRESSED) || id == prop_id(PROP_NATIVE_BODY))
        return false;
    if ((id >= 0x0E00 && id <= 0x0FFF) || (id >= 0x6600 && id <= 0x67FF) || id == prop_id(PROP_MESSAGE_CLASS))
        return false;
    return !bag_has(bag, prop_make(id, TYPE_UNSPECIFIED));
}

static enum status take_properties(struct import *im, const struct tnef *tnef)
{
    struct bag *bag = im->message->props;
    for (size_t i = 0; i < bag_count(tnef->props); i++) {
        const struct value *value = bag_at(tnef->props, i);
        if (is_taken(bag, value->tag))
            TRY(bag_set(bag, value));
    }
    const char *message_class = bag_string(tnef->props, PROP_MESSAGE_CLASS, "");
    if (message_class[0] != '\0')
        TRY(bag_set_string(bag, PROP_MESSAGE_CLASS, message_class));
    bool rtf = bag_has(tnef->props, PROP_RTF_COMPRESSED), html = bag_has(tnef->props, PROP_HTML);
    if (rtf || html)
        TRY(bag_set_int32(bag, PROP_NATIVE_BODY, rtf ? MIME_NATIVE_RTF : MIME_NATIVE_HTML));
    return STATUS_OK;
}

static enum status take_attachment(struct import *im, struct slice stream, const struct tnef_attachment *from)
{
    char *name = talloc_strdup(im->structure, from->name);
    TRY_MEMORY(name);
    const char *type = from->is_message ? "application/ms-tnef" : bag_string(from->props, PROP_ATTACH_MIME_TAG, "application/octet-stream");
    struct mime_part row = { .parent = im->tnef, .container = im->tnef, .kind = MIME_TNEF_FILE, .encoding = MIME_BINARY, .role = MIME_ROLE_ATTACHMENT,
                             .body_offset = from->offset, .body_length = from->length, .attachment = -1,
                             .type = talloc_strdup(im->structure, type), .charset = "", .file_name = name,
                             .content_id = talloc_strdup(im->structure, bag_string(from->props, PROP_ATTACH_CONTENT_ID, "")) };
    uint32_t index;
    TRY_MEMORY(row.type);
    TRY_MEMORY(row.content_id);
    TRY(import_add_part(im, &row, &index));
    if (index == MIME_NO_PART)
        return STATUS_OK;
    struct attachment *attachment = NULL;
    TRY(import_attach(im, index, &attachment));
    TRY(bag_merge(attachment->props, from->props));
    if (!import_is_delivery(im)) {
        attachment->content = ATTACHMENT_BYTES;
        attachment->bytes = slice_part(stream, (size_t)from->offset, (size_t)from->length);
    }
    if (!from->is_message)
        return STATUS_OK;
    TRY(bag_set_int32(attachment->props, PROP_ATTACH_METHOD, 5));
    attachment->content = ATTACHMENT_EMBEDDED;
    attachment->size = from->length;
    if (!import_is_delivery(im)) {
        enum status status = tnef_import_message(im->message, attachment->bytes, &im->limits, 1, &attachment->embedded);
        if (status == STATUS_NO_MEMORY)
            return status;
        if (status != STATUS_OK)
            attachment->content = ATTACHMENT_BYTES;
    }
    return STATUS_OK;
}

enum status import_tnef(struct import *im)
{
    struct slice stream;
    struct tnef tnef;
    enum status status = mime_part_decode(im->message, im->bytes, im->structure, im->tnef, im->limits.attachment_bytes, &stream);
    if (status == STATUS_OK)
        status = tnef_parse(im->scratch, stream, &im->limits, &tnef);
    if (status != STATUS_OK) { /* not TNEF after all: a file */
        im->structure->parts[im->tnef].role = MIME_ROLE_ATTACHMENT;
        im->tnef = MIME_NO_PART;
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    }
    TRY(take_properties(im, &tnef));
    for (uint32_t i = 0; i < tnef.count; i++)
        TRY(take_attachment(im, stream, &tnef.attachments[i]));
    return STATUS_OK;
}
