#include "body.h"

#include "bourse/base/text.h"
#include "bourse/model/properties.h"

/* PidTagNativeBody [MS-OXCMSG] 2.2.1.58.7 */
enum { NATIVE_TEXT = 1, NATIVE_RTF = 2, NATIVE_HTML = 3 };

static const struct eas_body_preference plain_whole = { .type = EAS_BODY_PLAIN, .truncation = UINT32_MAX };

static uint8_t native_type(const struct item *item)
{
    switch (bag_int32(item->message->props, PROP_NATIVE_BODY, NATIVE_TEXT)) {
    case NATIVE_HTML:
        return EAS_BODY_HTML;
    case NATIVE_RTF:
        return EAS_BODY_RTF;
    default:
        return EAS_BODY_PLAIN;
    }
}

static const struct eas_body_preference *preference_for(const struct eas_options *options, uint8_t type)
{
    for (size_t i = 0; i < options->body_count; i++)
        if (options->bodies[i].type == type)
            return &options->bodies[i];
    return NULL;
}

static bool wants_mime(const struct item *item, const struct eas_options *options)
{
    return options->mime_support == EAS_MIME_ALWAYS || (options->mime_support == EAS_MIME_SIGNED && item->message->mime.is_signed);
}

static struct slice content_of(const struct item *item, uint8_t type)
{
    const struct bag *props = item->message->props;
    if (type == EAS_BODY_HTML)
        return bag_bytes(props, PROP_HTML);
    return type == EAS_BODY_RTF ? bag_bytes(props, PROP_RTF_COMPRESSED) : bag_text(props, PROP_BODY);
}

static bool fits(const struct item *item, const struct eas_body_preference *preference)
{
    return !preference->all_or_none || content_of(item, preference->type).length <= preference->truncation;
}

/* The body's own form if the device takes it (and, all or none, all of it); else RTF, HTML, text in this order [MS-ASAIRS] 3.2.5.1. */
static const struct eas_body_preference *choose(const struct item *item, const struct eas_options *options)
{
    const uint8_t order[] = { native_type(item), EAS_BODY_RTF, EAS_BODY_HTML, EAS_BODY_PLAIN };
    const struct eas_body_preference *too_large = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        const struct eas_body_preference *preference = preference_for(options, order[i]);
        if (preference == NULL || (order[i] == EAS_BODY_RTF && content_of(item, EAS_BODY_RTF).length == 0))
            continue;
        if (fits(item, preference))
            return preference;
        too_large = preference;
    }
    return too_large != NULL ? too_large : &plain_whole;
}

static void write_preview(struct wbxml_writer *out, const struct item *item, uint8_t characters)
{
    struct slice text = bag_text(item->message->props, PROP_BODY);
    size_t length = 0;
    for (size_t i = 0; i < characters && length < text.length; i++) {
        size_t step = 1;
        (void)utf8_step(slice_part(text, length, text.length - length), &step);
        length += step;
    }
    if (characters > 0 && length > 0)
        wbxml_element_slice(out, AirSyncBase_Preview, slice_part(text, 0, length));
}

/* Type, size, and as much of the content as is wanted, cut at a character. */
static void write_content(struct wbxml_writer *out, struct slice content, const struct eas_body_preference *preference)
{
    struct slice shown = preference->type == EAS_BODY_MIME ? slice_part(content, 0, preference->truncation) : utf8_prefix(content, preference->truncation);
    bool is_cut = shown.length < content.length;
    if (is_cut && preference->all_or_none)
        shown.length = 0;
    wbxml_element_int(out, AirSyncBase_Type, preference->type);
    wbxml_element_int(out, AirSyncBase_EstimatedDataSize, (int64_t)content.length);
    if (is_cut)
        wbxml_element_bool(out, AirSyncBase_Truncated, true);
    if (shown.length > 0 && preference->type == EAS_BODY_RTF)
        wbxml_element_base64(out, AirSyncBase_Data, shown);
    else if (shown.length > 0 && preference->type == EAS_BODY_MIME && !utf8_is_valid(shown))
        wbxml_element_bytes(out, AirSyncBase_Data, shown);
    else if (shown.length > 0)
        wbxml_element_slice(out, AirSyncBase_Data, shown);
}

static enum status write_mime(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options)
{
    struct slice mime = { 0 };
    const struct eas_body_preference *asked = preference_for(options, EAS_BODY_MIME);
    struct eas_body_preference preference = asked != NULL ? *asked : (struct eas_body_preference){ .truncation = UINT32_MAX };
    uint32_t by_option = eas_mime_truncation_bytes(options);
    preference.type = EAS_BODY_MIME;
    preference.truncation = by_option < preference.truncation ? by_option : preference.truncation;
    TRY(item_mime(call->mem, call->session, &item->id, &mime));
    wbxml_start(out, AirSyncBase_Body);
    write_content(out, mime, &preference);
    wbxml_end(out);
    return STATUS_OK;
}

static void write_part(struct wbxml_writer *out, const struct item *item, const struct eas_body_preference *preference)
{
    enum { PART_OK = 1 };
    wbxml_start(out, AirSyncBase_BodyPart);
    wbxml_element_int(out, AirSyncBase_Status, PART_OK);
    write_content(out, content_of(item, EAS_BODY_HTML), preference);
    write_preview(out, item, preference->preview);
    wbxml_end(out);
}

static const char *name_of(const struct attachment *attachment)
{
    static const prop_tag tags[] = { PROP_ATTACH_LONG_FILENAME, PROP_DISPLAY_NAME, PROP_ATTACH_FILENAME };
    for (size_t i = 0; i < ARRAY_LENGTH(tags); i++) {
        const char *name = bag_string(attachment->props, tags[i], "");
        if (*name != '\0')
            return name;
    }
    return attachment->content == ATTACHMENT_EMBEDDED ? "message.eml" : "attachment";
}

/* Method [MS-ASAIRS] 2.2.2.29.1: 1 normal, 5 embedded message, 6 OLE. */
static int method_of(const struct attachment *attachment)
{
    return attachment->content == ATTACHMENT_EMBEDDED ? 5 : bag_int32(attachment->props, PROP_ATTACH_METHOD, 1) == 6 ? 6 : 1;
}

static void write_attachment(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct attachment *attachment)
{
    struct object_id id = item->id;
    bool is_inline = bag_bool(attachment->props, PROP_ATTACHMENT_HIDDEN, false) || (bag_int32(attachment->props, PROP_ATTACH_FLAGS, 0) & 4) != 0;
    const char *content_id = bag_string(attachment->props, PROP_ATTACH_CONTENT_ID, NULL);
    id.kind = OBJECT_ATTACHMENT;
    id.attachments[id.attachment_depth++] = attachment->number;
    wbxml_start(out, AirSyncBase_Attachment);
    wbxml_element(out, AirSyncBase_DisplayName, name_of(attachment));
    wbxml_element(out, AirSyncBase_FileReference, object_id_text(call->mem, &id));
    wbxml_element_int(out, AirSyncBase_Method, method_of(attachment));
    wbxml_element_int(out, AirSyncBase_EstimatedDataSize, (int64_t)attachment->size);
    wbxml_element(out, AirSyncBase_ContentId, content_id);
    wbxml_element(out, AirSyncBase_ContentLocation, bag_string(attachment->props, PROP_ATTACH_CONTENT_LOCATION, NULL));
    if (is_inline)
        wbxml_element_bool(out, AirSyncBase_IsInline, true);
    wbxml_end(out);
}

void eas_attachments_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item)
{
    if (item->message->attachment_count == 0)
        return;
    wbxml_start(out, AirSyncBase_Attachments);
    for (size_t i = 0; i < item->message->attachment_count; i++)
        if (item->message->attachments[i].number >= 0)
            write_attachment(call, out, item, &item->message->attachments[i]);
    wbxml_end(out);
}

enum status eas_body_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options)
{
    eas_attachments_write(call, out, item);
    return eas_body_write_alone(call, out, item, options);
}

enum status eas_body_write_alone(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options)
{
    if (wants_mime(item, options)) {
        TRY(write_mime(call, out, item, options));
    } else {
        const struct eas_body_preference *preference = choose(item, options);
        wbxml_start(out, AirSyncBase_Body);
        write_content(out, content_of(item, preference->type), preference);
        write_preview(out, item, preference->preview);
        wbxml_end(out);
    }
    if (options->has_part)
        write_part(out, item, &options->part);
    wbxml_element_int(out, AirSyncBase_NativeBodyType, native_type(item));
    return STATUS_OK;
}

enum status eas_body_read(struct eas_call *call, const struct wbxml_node *data, struct bag *set)
{
    const struct wbxml_node *body = wbxml_child(data, AirSyncBase_Body), *content = wbxml_child(body, AirSyncBase_Data);
    int64_t type = EAS_BODY_PLAIN;
    if (body == NULL)
        return STATUS_OK;
    if (wbxml_child(body, AirSyncBase_Type) != NULL && !wbxml_child_number(body, AirSyncBase_Type, EAS_BODY_PLAIN, EAS_BODY_MIME, &type))
        return status_fail(STATUS_INVALID_ARGUMENT, "body type");
    struct slice text = content != NULL ? content->text : slice_of_text("");
    if (type == EAS_BODY_HTML)
        return bag_set_bytes(set, PROP_HTML, text);
    if (type == EAS_BODY_RTF) {
        struct slice rtf = { 0 };
        TRY(base64_decode(call->mem, text, &rtf));
        return bag_set_bytes(set, PROP_RTF_COMPRESSED, rtf);
    }
    return bag_set_text(set, PROP_BODY, text);
}
