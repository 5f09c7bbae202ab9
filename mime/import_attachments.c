/* Parts -> attachments [MS-OXCMAIL] 2.2.3.4. */
#include "import_state.h"

#include "bourse/base/text.h"
#include "parse.h"

#include <strings.h>

static const struct {
    const char *type, *extension;
} extensions[] = {
    { "text/plain", ".txt" }, { "text/html", ".htm" }, { "text/calendar", ".ics" }, { "text/vcard", ".vcf" }, { "text/x-vcard", ".vcf" },
    { "image/png", ".png" }, { "image/jpeg", ".jpg" }, { "image/gif", ".gif" }, { "application/pdf", ".pdf" }, { "text/rfc822-headers", ".txt" },
    { "application/pgp-signature", ".asc" }, { "application/pgp-encrypted", ".asc" }, { "application/pkcs7-signature", ".p7s" },
    { "application/pkcs7-mime", ".p7m" }, { "application/x-pkcs7-mime", ".p7m" }, { "message/rfc822", ".eml" }, { "message/global", ".eml" },
    { "application/zip", ".zip" }, { "text/csv", ".csv" }, { "application/xml", ".xml" },
};

static const char *extension_of_type(const char *type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(extensions); i++)
        if (strcmp(extensions[i].type, type) == 0)
            return extensions[i].extension;
    return strncmp(type, "text/", 5) == 0 ? ".txt" : ".dat";
}

/* The subject of an embedded message, its display name [MS-OXCMAIL] 2.2.3.4.4. */
static enum status embedded_subject(struct import *im, const struct mime_part *part, char **out)
{
    struct mime_field field;
    *out = NULL;
    if (part->container != MIME_NO_PART || part->encoding > MIME_BINARY)
        return STATUS_OK;
    struct slice body = slice_part(im->bytes, (size_t)part->body_offset, (size_t)part->body_length);
    if (!mime_field_find(slice_part(body, 0, 65536), "Subject", 0, &field))
        return STATUS_OK;
    return mime_words_decode(im->scratch, field.value, out);
}

/* An 8.3 name for PidTagAttachFilename [MS-OXCMSG] 2.2.2.11. */
static enum status set_short_name(struct bag *bag, const char *name)
{
    const char *dot = strrchr(name, '.');
    char out[16];
    size_t length = 0;
    for (const char *p = name; *p != '\0' && p != dot && length < 8; p++)
        if ((uint8_t)*p > ' ' && (uint8_t)*p < 127 && strchr("\"*+,/:;<=>?[\\]|.", *p) == NULL)
            out[length++] = *p;
    if (length == 0)
        memcpy(out, "ATT00001", length = 8);
    size_t base = length;
    for (const char *p = dot; p != NULL && *p != '\0' && length < base + 4; p++)
        if ((uint8_t)*p > ' ' && (uint8_t)*p < 127)
            out[length++] = *p;
    out[length] = '\0';
    return bag_set_string(bag, PROP_ATTACH_FILENAME, out);
}

static enum status set_names(struct bag *bag, const char *name)
{
    const char *dot = strrchr(name, '.');
    TRY(bag_set_string(bag, PROP_ATTACH_LONG_FILENAME, name));
    TRY(set_short_name(bag, name));
    if (dot != NULL && dot[1] != '\0' && strlen(dot) < 32)
        TRY(bag_set_string(bag, PROP_ATTACH_EXTENSION, dot));
    return STATUS_OK;
}

static enum status name_attachment(struct import *im, const struct mime_part *part, struct attachment *attachment)
{
    char *subject = NULL;
    const char *name = part->file_name;
    if (part->kind == MIME_MESSAGE)
        TRY(embedded_subject(im, part, &subject));
    if ((part->flags & MIME_PART_WHOLE) != 0 || (part->kind != MIME_MESSAGE && im->message_class != NULL && part == &im->structure->parts[im->root] &&
                                                 name[0] == '\0' && strcmp(im->message_class, "IPM.Note.SMIME") == 0))
        name = "smime.p7m";
    if (name[0] == '\0' && part->kind == MIME_MESSAGE && subject != NULL && subject[0] != '\0')
        name = subject;
    if (name[0] == '\0')
        name = talloc_asprintf(im->scratch, "ATT%05d%s", attachment->number + 1, extension_of_type(part->type));
    TRY_MEMORY(name);
    TRY(bag_set_string(attachment->props, PROP_DISPLAY_NAME, subject != NULL && subject[0] != '\0' ? subject : name));
    return set_names(attachment->props, name);
}

static enum status set_facts(struct import *im, uint32_t index, struct attachment *attachment)
{
    const struct mime_part *part = &im->structure->parts[index];
    struct bag *bag = attachment->props;
    bool embedded = attachment->content == ATTACHMENT_EMBEDDED;
    TRY(bag_set_int32(bag, PROP_ATTACH_METHOD, embedded ? 5 : 1)); /* afEmbeddedMessage, afByValue [MS-OXCMSG] 2.2.2.9 */
    TRY(bag_set_int32(bag, PROP_RENDERING_POSITION, -1));
    TRY(bag_set_string(bag, PROP_ATTACH_MIME_TAG, part->type));
    if (part->content_id[0] != '\0')
        TRY(bag_set_string(bag, PROP_ATTACH_CONTENT_ID, part->content_id));
    const char *location = import_detail(im, index)->location;
    if (location != NULL && location[0] != '\0')
        TRY(bag_set_string(bag, PROP_ATTACH_CONTENT_LOCATION, location));
    if (part->charset[0] != '\0' && strncmp(part->type, "text/", 5) == 0)
        TRY(bag_set_string(bag, PROP_TEXT_ATTACHMENT_CHARSET, part->charset));
    bool in_body = (part->flags & MIME_PART_RELATED) != 0 && (part->flags & MIME_PART_ATTACHED) == 0 &&
                   (part->content_id[0] != '\0' || (location != NULL && location[0] != '\0'));
    if (in_body) { /* attRenderedInBody [MS-OXCMSG] 2.2.2.18; clients do not list it */
        TRY(bag_set_int32(bag, PROP_ATTACH_FLAGS, 4));
        TRY(bag_set_bool(bag, PROP_ATTACHMENT_HIDDEN, true));
    }
    return STATUS_OK;
}

/* Full import: the content itself. What is too big stays in the original. */
static enum status load_content(struct import *im, uint32_t part, struct attachment *attachment)
{
    struct slice bytes;
    enum status status = mime_part_decode(im->message, im->bytes, im->structure, part, im->limits.attachment_bytes, &bytes);
    if (status == STATUS_LIMIT_EXCEEDED) {
        im->limited = true;
        im->message->mime.has_content = true;
        return STATUS_OK;
    }
    TRY(status);
    attachment->content = ATTACHMENT_BYTES;
    attachment->bytes = bytes;
    attachment->size = bytes.length;
    return STATUS_OK;
}

enum status import_attach(struct import *im, uint32_t part, struct attachment **out)
{
    struct attachment *attachment = message_add_attachment(im->message);
    TRY_MEMORY(attachment);
    struct mime_part *row = &im->structure->parts[part];
    attachment->number = (int32_t)im->message->attachment_count - 1;
    attachment->part = part;
    attachment->content = row->kind == MIME_MESSAGE ? ATTACHMENT_EMBEDDED : ATTACHMENT_IN_MIME;
    row->attachment = attachment->number;
    TRY(mime_part_size(im->bytes, im->structure, part, &attachment->size));
    if (!import_is_delivery(im) && row->kind == MIME_MESSAGE) {
        TRY(import_embedded_part(im, part, &attachment->embedded));
        if (attachment->embedded == NULL)
            TRY(load_content(im, part, attachment));
    } else if (!import_is_delivery(im) && row->kind != MIME_TNEF_FILE) {
        TRY(load_content(im, part, attachment));
    }
    TRY(set_facts(im, part, attachment));
    TRY(name_attachment(im, row, attachment));
    *out = attachment;
    return STATUS_OK;
}

/* uuencoded files and TNEF attachments have parts of their own at the end of the table; the order of attachments is the table's. */
enum status import_attachments(struct import *im)
{
    bool visible = false;
    struct attachment *attachment = NULL;
    for (uint32_t i = 0; i < im->structure->count; i++) {
        struct mime_part *part = &im->structure->parts[i];
        if (part->role == MIME_ROLE_ATTACHMENT && part->attachment < 0 && part->kind != MIME_TNEF_FILE)
            TRY(import_attach(im, i, &attachment));
    }
    for (size_t i = 0; i < im->message->attachment_count; i++)
        visible = visible || !bag_bool(im->message->attachments[i].props, PROP_ATTACHMENT_HIDDEN, false);
    return bag_set_bool(im->message->props, PROP_HAS_ATTACHMENTS, visible);
}
