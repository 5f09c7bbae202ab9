/* Content of messages: bodies and attachments out of properties or out of the original MIME. */
#include "bourse/mime/body.h"
#include "bourse/mime/import.h"
#include "bourse/mime/structure.h"
#include "bourse/model/properties.h"
#include "item_view.h"

enum { BODY_CAP = 64 * 1024 * 1024 };

enum status message_keep_prefix(struct message *message)
{
    struct slice prefix = bag_text(message->props, MIME_PROP_BODY_PREFIX);
    if (message->mime.has_content && prefix.length > 0)
        TRY(bag_set_text(message->props, PROP_BODY, prefix));
    bag_remove(message->props, MIME_PROP_BODY_PREFIX);
    bag_remove(message->props, MIME_PROP_BODY_PREFIX_WHOLE);
    if (message->mime.has_content || bag_has(message->props, PROP_BODY) || !bag_has(message->props, PROP_HTML))
        return STATUS_OK;
    struct slice text = { 0 };
    TRY(mime_text_from_html(message, bag_bytes(message->props, PROP_HTML), BODY_CAP, &text));
    return bag_set_text(message->props, PROP_BODY, text);
}

static enum status bodies_of_mime(TALLOC_CTX *mem, struct message *message)
{
    struct mime_structure *structure = NULL;
    struct mime_bodies bodies = { 0 };
    TRY(mime_structure_unpack(mem, message->mime.structure, &structure));
    TRY(mime_read_bodies(mem, message->mime.bytes, structure, &mime_limits_default, MIME_WANT_TEXT | MIME_WANT_HTML, &bodies));
    if (bodies.has_text && !bag_has(message->props, PROP_BODY))
        TRY(bag_set_text(message->props, PROP_BODY, bodies.text));
    if (bodies.has_html && !bag_has(message->props, PROP_HTML))
        TRY(bag_set_bytes(message->props, PROP_HTML, bodies.html));
    return bag_set_int32(message->props, PROP_NATIVE_BODY, (int32_t)bodies.native);
}

static enum status decompress_rtf(TALLOC_CTX *mem, const struct message *message, struct slice *rtf)
{
    return mime_rtf_decompress(mem, bag_bytes(message->props, PROP_RTF_COMPRESSED), BODY_CAP, rtf);
}

/* The forms that are there decide the native one; the missing ones are made from it. */
static enum status bodies_of_properties(TALLOC_CTX *mem, struct message *message)
{
    struct bag *props = message->props;
    bool has_text = bag_has(props, PROP_BODY), has_html = bag_has(props, PROP_HTML), has_rtf = bag_has(props, PROP_RTF_COMPRESSED);
    struct slice made = { 0 }, rtf = { 0 };
    enum mime_native native = has_html ? MIME_NATIVE_HTML : has_rtf ? MIME_NATIVE_RTF : has_text ? MIME_NATIVE_TEXT : MIME_NATIVE_UNDEFINED;
    if (!has_html && has_rtf && decompress_rtf(mem, message, &rtf) == STATUS_OK) {
        TRY(mime_html_from_rtf(mem, rtf, BODY_CAP, &made));
        TRY(bag_set_bytes(message->props, PROP_HTML, made));
        has_html = true;
    }
    if (!has_text && has_html) {
        TRY(mime_text_from_html(mem, bag_bytes(props, PROP_HTML), BODY_CAP, &made));
        TRY(bag_set_text(message->props, PROP_BODY, made));
    }
    if (!has_html && has_text) {
        TRY(mime_html_from_text(mem, bag_text(props, PROP_BODY), BODY_CAP, &made));
        TRY(bag_set_bytes(message->props, PROP_HTML, made));
    }
    return bag_set_int32(props, PROP_NATIVE_BODY, (int32_t)native);
}

enum status message_fill_bodies(struct message *message)
{
    TALLOC_CTX *mem = talloc_new(message);
    bool from_mime = message->mime.has_content && !bag_has(message->props, PROP_BODY) && !bag_has(message->props, PROP_HTML);
    enum status status = from_mime ? bodies_of_mime(mem, message) : bodies_of_properties(mem, message);
    talloc_free(mem);
    return status;
}

static enum status embedded_of_part(TALLOC_CTX *mem, const struct message *message, const struct mime_structure *structure,
                                    struct attachment *attachment)
{
    return mime_import_embedded(mem, message->mime.bytes, structure, attachment->part, &mime_limits_default, 0, &attachment->embedded);
}

static enum status content_of_part(TALLOC_CTX *mem, const struct message *message, const struct mime_structure *structure,
                                   struct attachment *attachment)
{
    if (attachment->content == ATTACHMENT_EMBEDDED && attachment->embedded == NULL)
        return embedded_of_part(mem, message, structure, attachment);
    if (attachment->content != ATTACHMENT_IN_MIME)
        return STATUS_OK;
    TRY(mime_part_decode(mem, message->mime.bytes, structure, attachment->part, BODY_CAP, &attachment->bytes));
    attachment->content = ATTACHMENT_BYTES;
    attachment->size = attachment->bytes.length;
    return STATUS_OK;
}

static bool reads_mime(const struct attachment *attachment)
{
    return attachment->content == ATTACHMENT_IN_MIME || (attachment->content == ATTACHMENT_EMBEDDED && attachment->embedded == NULL);
}

enum status message_attachment_content(TALLOC_CTX *mem, const struct message *message, struct attachment *attachment)
{
    struct mime_structure *structure = NULL;
    if (!reads_mime(attachment))
        return STATUS_OK;
    TRY(mime_structure_unpack(mem, message->mime.structure, &structure));
    return content_of_part(mem, message, structure, attachment);
}

enum status message_materialise(TALLOC_CTX *mem, struct message *message)
{
    if (!message->mime.has_content)
        return STATUS_OK;
    struct mime_structure *structure = NULL;
    TRY(message_fill_bodies(message));
    TRY(mime_structure_unpack(mem, message->mime.structure, &structure));
    for (size_t i = 0; i < message->attachment_count; i++)
        TRY(content_of_part(mem, message, structure, &message->attachments[i]));
    bag_remove(message->props, PROP_NATIVE_BODY);
    message->mime = (struct message_mime){ 0 };
    return STATUS_OK;
}
