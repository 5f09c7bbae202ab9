/* Attachments: the list in an item, and the content that GetAttachment adds [MS-OXWSATT] 2.2.4. */
#include "output.h"

#include "bourse/base/text.h"
#include "bourse/calendar/exception.h"

static const char *attachment_name(const struct attachment *attachment)
{
    const char *name = bag_string(attachment->props, PROP_ATTACH_LONG_FILENAME, NULL);
    if (name == NULL)
        name = bag_string(attachment->props, PROP_DISPLAY_NAME, NULL);
    if (name == NULL)
        name = bag_string(attachment->props, PROP_ATTACH_FILENAME, NULL);
    return name;
}

/* Shown in the text, by its content id: flagged so, or an image that has one [MS-OXCMSG] 2.2.2.24. */
static bool is_inline(const struct attachment *attachment)
{
    return bag_bool(attachment->props, PROP_ATTACHMENT_HIDDEN, false) || (bag_int32(attachment->props, PROP_ATTACH_FLAGS, 0) & 4) != 0;
}

static bool id_of(const struct object_id *item, const struct attachment *attachment, struct object_id *out)
{
    *out = *item;
    if (item->attachment_depth >= ARRAY_LENGTH(item->attachments) || attachment->number < 0)
        return false;
    out->kind = OBJECT_ATTACHMENT;
    out->attachments[out->attachment_depth++] = attachment->number;
    return true;
}

static void write_head(struct ews_call *call, const struct object_id *item, int64_t item_change, const struct attachment *attachment,
                       enum ews_version version)
{
    struct object_id id;
    if (id_of(item, attachment, &id)) {
        xml_start(call->out, "t:AttachmentId");
        xml_attribute(call->out, "Id", object_id_text(call->mem, &id));
        if (item_change > 0) {
            struct object_id root = *item;
            root.kind = OBJECT_ITEM;
            root.attachment_depth = 0;
            xml_attribute(call->out, "RootItemId", object_id_text(call->mem, &root));
            xml_attribute(call->out, "RootItemChangeKey", change_key_text(call->mem, OBJECT_ITEM, item_change));
        }
        xml_end(call->out);
    }
    xml_element(call->out, "t:Name", attachment_name(attachment));
    xml_element(call->out, "t:ContentType", bag_string(attachment->props, PROP_ATTACH_MIME_TAG, NULL));
    xml_element(call->out, "t:ContentId", bag_string(attachment->props, PROP_ATTACH_CONTENT_ID, NULL));
    xml_element(call->out, "t:ContentLocation", bag_string(attachment->props, PROP_ATTACH_CONTENT_LOCATION, NULL));
    if (version < EWS_2010)
        return;
    xml_element_int(call->out, "t:Size", attachment->size > INT32_MAX ? INT32_MAX : (int64_t)attachment->size);
    instant modified = bag_time(attachment->props, PROP_LAST_MODIFICATION_TIME, 0);
    if (modified > 0)
        xml_element_instant(call->out, "t:LastModifiedTime", modified);
    xml_element_bool(call->out, "t:IsInline", is_inline(attachment));
}

void output_attachment(struct ews_call *call, const struct object_id *item, int64_t item_change, const struct attachment *attachment,
                       bool with_content, enum ews_version version)
{
    bool is_item = attachment->content == ATTACHMENT_EMBEDDED;
    xml_start(call->out, is_item ? "t:ItemAttachment" : "t:FileAttachment");
    write_head(call, item, item_change, attachment, version);
    if (!is_item && version >= EWS_2010)
        xml_element_bool(call->out, "t:IsContactPhoto", bag_bool(attachment->props, PROP_ATTACHMENT_CONTACT_PHOTO, false));
    if (!is_item && with_content) {
        xml_start(call->out, "t:Content");
        xml_base64(call->out, attachment->bytes);
        xml_end(call->out);
    }
    xml_end(call->out);
}

void output_attachment_head(struct ews_call *call, const struct object_id *item, const struct attachment *attachment)
{
    xml_start(call->out, "t:ItemAttachment");
    write_head(call, item, 0, attachment, call->version);
}

void out_attachments(struct output *o, const struct field *field)
{
    const struct message *message = o->item->message;
    if (message->attachment_count == 0)
        return;
    struct object_id owner = o->embedded != NULL ? *o->embedded : o->item->id;
    bool open = false;
    for (size_t i = 0; i < message->attachment_count; i++) {
        if (exception_is_attachment(&message->attachments[i]))
            continue; /* they are seen as occurrences */
        if (!open)
            xml_start(o->xml, field->element);
        open = true;
        output_attachment(o->call, &owner, 0, &message->attachments[i], false, o->call->version);
    }
    if (open)
        xml_end(o->xml);
}
