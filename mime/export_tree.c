/* Bodies and attachments -> MIME tree [MS-OXCMAIL] 2.1.3.
 *
 *   mixed { related { alternative { text, html, calendar }, inline ... }, attachments ... }
 * A level that would have one child is left out. */
#include "export_state.h"

#include "bourse/base/text.h"
#include "bourse/mime/body.h"
#include "bourse/mime/import.h"
#include "parse.h"

struct bodies {
    struct slice text, html;
    bool has_text, has_html;
};

static enum status read_blob_property(struct export *ex, const struct value *value, struct slice *out)
{
    struct content content = { .blob = value->stored.blob };
    if (value->stored.size > ex->limits.attachment_bytes)
        return status_fail(STATUS_LIMIT_EXCEEDED, "export: body of %llu bytes", (unsigned long long)value->stored.size);
    size_t size = (size_t)value->stored.size, at = 0, got = 1;
    uint8_t *bytes = bytes_new(ex->mem, size + 1);
    TRY_MEMORY(bytes);
    for (; at < size && got > 0; at += got)
        TRY(content_read(ex, &content, bytes + at, size - at, &got));
    bytes[at] = 0;
    *out = slice_of(bytes, at);
    return STATUS_OK;
}

enum status export_property(struct export *ex, prop_tag tag, struct slice *out, bool *found)
{
    const struct value *value = bag_get(ex->message->props, tag);
    *found = value != NULL;
    if (value == NULL)
        return STATUS_OK;
    if (value->form == VALUE_STORED)
        return read_blob_property(ex, value, out);
    *out = value->bytes;
    return STATUS_OK;
}

/* RTF only: HTML is made of it [MS-OXCMAIL] 2.1.3.3.3. */
static enum status read_rtf(struct export *ex, struct bodies *out)
{
    struct slice packed, rtf;
    bool found = false;
    TRY(export_property(ex, PROP_RTF_COMPRESSED, &packed, &found));
    if (!found || packed.length == 0)
        return STATUS_OK;
    enum status status = mime_rtf_decompress(ex->mem, packed, ex->limits.body_bytes, &rtf);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    if (mime_rtf_origin(rtf) == MIME_RTF_FROM_TEXT && !out->has_text) {
        out->has_text = true;
        return mime_text_from_rtf(ex->mem, rtf, ex->limits.body_bytes, &out->text);
    }
    if (mime_rtf_origin(rtf) == MIME_RTF_FROM_TEXT)
        return STATUS_OK;
    out->has_html = true;
    return mime_html_from_rtf(ex->mem, rtf, ex->limits.body_bytes, &out->html);
}

static enum status read_mime_bodies(struct export *ex, struct bodies *out)
{
    struct mime_bodies bodies;
    TRY(mime_read_bodies(ex->mem, ex->message->mime.bytes, ex->structure, &ex->limits, MIME_WANT_TEXT | MIME_WANT_HTML, &bodies));
    out->has_text = bodies.has_text && !bodies.text_is_made;
    out->has_html = bodies.has_html && !bodies.html_is_made;
    out->text = bodies.text;
    out->html = bodies.html;
    return STATUS_OK;
}

/* One part has to be there: a message without a body has an empty text. */
static enum status read_bodies(struct export *ex, struct bodies *out)
{
    *out = (struct bodies){ 0 };
    TRY(export_property(ex, PROP_BODY, &out->text, &out->has_text));
    TRY(export_property(ex, PROP_HTML, &out->html, &out->has_html));
    if (!out->has_html)
        TRY(export_property(ex, PROP_BODY_HTML, &out->html, &out->has_html));
    if (out->has_html) {
        const char *charset = mime_charset_of_codepage(bag_int32(ex->message->props, PROP_INTERNET_CODEPAGE, 65001));
        TRY(mime_html_to_utf8(ex->mem, out->html, charset, ex->limits.body_bytes, &out->html));
    } else {
        TRY(read_rtf(ex, out));
    }
    if (!out->has_text && !out->has_html && ex->message->mime.has_content && ex->structure != NULL)
        TRY(read_mime_bodies(ex, out));
    if (out->has_html && !out->has_text && !export_has(ex, MIME_EXPORT_NO_TEXT)) {
        TRY(mime_text_from_html(ex->mem, out->html, ex->limits.body_bytes, &out->text));
        out->has_text = true;
    }
    if (export_has(ex, MIME_EXPORT_NO_TEXT) && out->has_html)
        out->has_text = false;
    if (!out->has_html)
        out->has_text = true;
    return STATUS_OK;
}

static enum status put_text(struct export *ex, struct slice text)
{
    if (!export_has(ex, MIME_EXPORT_FLOWED)) {
        TRY(export_text(ex, "Content-Type: text/plain; charset=utf-8\r\n"));
        return export_text_body(ex, text);
    }
    struct slice flowed;
    TRY(mime_text_flow(ex->mem, text, ex->limits.body_bytes, &flowed));
    TRY(export_text(ex, "Content-Type: text/plain; charset=utf-8; format=flowed\r\n"));
    return export_text_body(ex, flowed);
}

static enum status put_html(struct export *ex, struct slice html)
{
    TRY(export_text(ex, "Content-Type: text/html; charset=utf-8\r\n"));
    return export_text_body(ex, html);
}

static enum status put_calendar(struct export *ex)
{
    const char *method = ex->options->calendar_method != NULL ? ex->options->calendar_method : "REQUEST";
    TRY(export_format(ex, "Content-Type: text/calendar; charset=utf-8; method=%s\r\n", method));
    return export_text_body(ex, ex->options->calendar);
}

static enum status open_multipart(struct export *ex, const char *subtype, const char *extra, char boundary[BOUNDARY_SIZE])
{
    export_boundary(boundary);
    return export_format(ex, "Content-Type: multipart/%s;%s\r\n boundary=\"%s\"\r\n\r\n", subtype, extra, boundary);
}

static enum status next_part(struct export *ex, const char *boundary)
{
    return export_format(ex, "\r\n--%s\r\n", boundary); /* the line break before belongs to the boundary */
}

static enum status close_multipart(struct export *ex, const char *boundary)
{
    return export_format(ex, "\r\n--%s--\r\n", boundary);
}

static enum status put_alternative(struct export *ex, const struct bodies *bodies)
{
    char boundary[BOUNDARY_SIZE];
    bool calendar = ex->options->calendar.length > 0 && ex->depth == 0;
    if (bodies->has_text + bodies->has_html + calendar == 1)
        return bodies->has_html ? put_html(ex, bodies->html) : calendar ? put_calendar(ex) : put_text(ex, bodies->text);
    TRY(open_multipart(ex, "alternative", "", boundary));
    if (bodies->has_text) {
        TRY(next_part(ex, boundary));
        TRY(put_text(ex, bodies->text));
    }
    if (bodies->has_html) {
        TRY(next_part(ex, boundary));
        TRY(put_html(ex, bodies->html));
    }
    if (calendar) {
        TRY(next_part(ex, boundary));
        TRY(put_calendar(ex));
    }
    return close_multipart(ex, boundary);
}

static bool is_inline(const struct attachment *attachment)
{
    return (bag_int32(attachment->props, PROP_ATTACH_FLAGS, 0) & 4) != 0 &&
           (bag_has(attachment->props, PROP_ATTACH_CONTENT_ID) || bag_has(attachment->props, PROP_ATTACH_CONTENT_LOCATION));
}

static enum status open_content(struct export *ex, const struct attachment *attachment, struct content *out)
{
    *out = (struct content){ .bytes = attachment->bytes };
    if (attachment->content == ATTACHMENT_STORED)
        out->blob = attachment->stored.blob;
    if (attachment->content != ATTACHMENT_IN_MIME)
        return STATUS_OK;
    if (ex->structure == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "export: attachment in MIME without its bytes");
    return mime_part_open(ex->mem, ex->message->mime.bytes, ex->structure, attachment->part, &out->reader);
}

/* Content-ID, Content-Location and disposition of an attachment. */
static enum status put_attachment_fields(struct export *ex, const struct attachment *attachment, const char *name)
{
    const char *id = bag_string(attachment->props, PROP_ATTACH_CONTENT_ID, "");
    const char *location = bag_string(attachment->props, PROP_ATTACH_CONTENT_LOCATION, "");
    TRY(export_parameter_field(ex, "Content-Disposition", is_inline(attachment) ? "inline" : "attachment", "filename", name));
    if (id[0] != '\0') {
        char *text = talloc_asprintf(ex->mem, "<%s>", id);
        TRY_MEMORY(text);
        TRY(export_field(ex, "Content-ID", text));
    }
    return location[0] != '\0' ? export_field(ex, "Content-Location", location) : STATUS_OK;
}

static enum status put_file(struct export *ex, const struct attachment *attachment)
{
    const char *type = bag_string(attachment->props, PROP_ATTACH_MIME_TAG, "application/octet-stream");
    const char *name = bag_string(attachment->props, PROP_ATTACH_LONG_FILENAME, bag_string(attachment->props, PROP_ATTACH_FILENAME, ""));
    const char *charset = bag_string(attachment->props, PROP_TEXT_ATTACHMENT_CHARSET, "");
    struct content content;
    /* Containers cannot be base64 [RFC 2045] 6.4; as files they lose their type. */
    if (strchr(type, '/') == NULL || text_starts(type, "multipart/") || text_starts(type, "message/") || strpbrk(type, "\r\n; ") != NULL)
        type = "application/octet-stream";
    if (text_starts(type, "text/") && charset[0] != '\0' && strpbrk(charset, "\r\n\";\\") == NULL)
        type = talloc_asprintf(ex->mem, "%s; charset=\"%s\"", type, charset);
    TRY_MEMORY(type);
    TRY(open_content(ex, attachment, &content));
    TRY(export_parameter_field(ex, "Content-Type", type, "name", name));
    TRY(put_attachment_fields(ex, attachment, name));
    TRY(export_text(ex, "Content-Transfer-Encoding: base64\r\n\r\n"));
    enum status status = content_base64(ex, &content);
    talloc_free(content.reader);
    return status;
}

/* An embedded message that is still a part of the original is copied as it is; one from TNEF is imported first. */
static enum status put_embedded_part(struct export *ex, const struct attachment *attachment)
{
    const struct mime_part *part = &ex->structure->parts[attachment->part];
    if (part->kind == MIME_TNEF_FILE) {
        struct message *embedded = NULL;
        TRY(mime_import_embedded(ex->mem, ex->message->mime.bytes, ex->structure, attachment->part, &ex->limits, 0, &embedded));
        TRY(export_text(ex, "\r\n"));
        return export_message(ex->mem, embedded, ex->options, ex->depth + 1, ex->sink);
    }
    struct slice bytes;
    TRY(mime_part_decode(ex->mem, ex->message->mime.bytes, ex->structure, attachment->part, SIZE_MAX / 4, &bytes));
    TRY(export_text(ex, "Content-Transfer-Encoding: 8bit\r\n\r\n"));
    return export_put(ex, bytes);
}

static enum status put_embedded(struct export *ex, const struct attachment *attachment)
{
    if (attachment->embedded == NULL && (ex->structure == NULL || attachment->part >= ex->structure->count))
        return status_fail(STATUS_INVALID_ARGUMENT, "export: embedded message without content");
    if (ex->depth >= EXPORT_DEPTH)
        return status_fail(STATUS_LIMIT_EXCEEDED, "export: embedded messages %u deep", ex->depth);
    TRY(export_text(ex, "Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n"));
    if (attachment->embedded == NULL)
        return put_embedded_part(ex, attachment);
    TRY(export_text(ex, "\r\n"));
    return export_message(ex->mem, attachment->embedded, ex->options, ex->depth + 1, ex->sink);
}

/* A link only: a small HTML file would claim content that is not there; the name and the address are what can be said. */
static enum status put_reference(struct export *ex, const struct attachment *attachment)
{
    const char *name = bag_string(attachment->props, PROP_ATTACH_LONG_FILENAME, "link");
    const char *path = bag_string(attachment->props, PROP_ATTACH_LONG_PATHNAME, bag_string(attachment->props, PROP_ATTACH_PATHNAME, ""));
    char *text = talloc_asprintf(ex->mem, "%s\r\n%s\r\n", name, path);
    TRY_MEMORY(text);
    return put_text(ex, slice_of_text(text));
}

static enum status put_attachment(struct export *ex, const struct attachment *attachment)
{
    switch (attachment->content) {
    case ATTACHMENT_EMBEDDED: return put_embedded(ex, attachment);
    case ATTACHMENT_REFERENCE: return put_reference(ex, attachment);
    default: return put_file(ex, attachment);
    }
}

static enum status put_attachments(struct export *ex, bool wanted_inline, const char *boundary)
{
    for (size_t i = 0; i < ex->message->attachment_count; i++) {
        const struct attachment *attachment = &ex->message->attachments[i];
        if (is_inline(attachment) != wanted_inline)
            continue;
        TRY(next_part(ex, boundary));
        TRY(put_attachment(ex, attachment));
    }
    return STATUS_OK;
}

static enum status put_related(struct export *ex, const struct bodies *bodies, size_t inlines)
{
    char boundary[BOUNDARY_SIZE];
    if (inlines == 0)
        return put_alternative(ex, bodies);
    bool several = bodies->has_text && bodies->has_html;
    TRY(open_multipart(ex, "related", several ? " type=\"multipart/alternative\";" : bodies->has_html ? " type=\"text/html\";" : "", boundary));
    TRY(next_part(ex, boundary));
    TRY(put_alternative(ex, bodies));
    TRY(put_attachments(ex, true, boundary));
    return close_multipart(ex, boundary);
}

/* Clear-signed: the attachment is the entity, with its own Content-Type; it goes out byte for byte [MS-OXOSMIME] 2.1.3.1. */
static enum status put_signed(struct export *ex)
{
    struct content content;
    TRY(open_content(ex, &ex->message->attachments[0], &content));
    return content_raw(ex, &content);
}

static enum status put_opaque(struct export *ex)
{
    struct content content;
    TRY(open_content(ex, &ex->message->attachments[0], &content));
    TRY(export_text(ex, "Content-Type: application/pkcs7-mime; name=\"smime.p7m\"\r\n"
                        "Content-Disposition: attachment; filename=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    return content_base64(ex, &content);
}

enum status export_tree(struct export *ex)
{
    const struct message *message = ex->message;
    const char *message_class = bag_string(message->props, PROP_MESSAGE_CLASS, "IPM.Note");
    if (message->attachment_count == 1 && ascii_equal_nocase(message_class, "IPM.Note.SMIME.MultipartSigned"))
        return put_signed(ex);
    if (message->attachment_count == 1 && ascii_equal_nocase(message_class, "IPM.Note.SMIME"))
        return put_opaque(ex);
    struct bodies bodies;
    char boundary[BOUNDARY_SIZE];
    size_t inlines = 0;
    TRY(read_bodies(ex, &bodies));
    for (size_t i = 0; i < message->attachment_count; i++)
        inlines += is_inline(&message->attachments[i]);
    if (inlines == message->attachment_count)
        return put_related(ex, &bodies, inlines);
    TRY(open_multipart(ex, "mixed", "", boundary));
    TRY(next_part(ex, boundary));
    TRY(put_related(ex, &bodies, inlines));
    TRY(put_attachments(ex, false, boundary));
    return close_multipart(ex, boundary);
}
