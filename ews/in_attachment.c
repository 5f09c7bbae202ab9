/* FileAttachment and ItemAttachment in requests [MS-OXWSATT] 2.2.4. */
#include "bourse/base/text.h"
#include "input.h"
#include "request_check.h"

/* PidTagAttachMethod [MS-OXCMSG] 2.2.2.9 */
enum { METHOD_BY_VALUE = 1, METHOD_EMBEDDED = 5 };
#define FLAG_IN_TEXT 4 /* attRenderedInBody [MS-OXCMSG] 2.2.2.18 */
#define ITEM_DEPTH_MOST 8

static enum status read_texts(const struct xml_node *node, struct bag *props)
{
    static const struct {
        const char *element;
        prop_tag tag;
    } texts[] = { { "Name", PROP_ATTACH_LONG_FILENAME }, { "Name", PROP_DISPLAY_NAME }, { "ContentType", PROP_ATTACH_MIME_TAG },
                  { "ContentId", PROP_ATTACH_CONTENT_ID }, { "ContentLocation", PROP_ATTACH_CONTENT_LOCATION } };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        const char *text = xml_child_text(node, EWS_NS_TYPES, texts[i].element);
        if (text != NULL && text[0] != '\0')
            TRY(bag_set_string(props, texts[i].tag, text));
    }
    return STATUS_OK;
}

static bool flag_of(const struct xml_node *node, const char *name)
{
    bool value = false;
    const char *text = xml_child_text(node, EWS_NS_TYPES, name);
    return text != NULL && request_parse_bool(text, &value) && value;
}

static enum status read_file(struct ews_call *call, const struct xml_node *node, struct attachment *out)
{
    const struct xml_node *content = xml_child(node, EWS_NS_TYPES, "Content");
    if (content != NULL && base64_decode(call->mem, content->text, &out->bytes) != STATUS_OK)
        return ews_fail(call, EWS_CODE_ATTACHMENT_BASE64, "content of an attachment");
    out->content = ATTACHMENT_BYTES;
    out->size = out->bytes.length;
    if (flag_of(node, "IsContactPhoto"))
        TRY(bag_set_bool(out->props, PROP_ATTACHMENT_CONTACT_PHOTO, true));
    return bag_set_int32(out->props, PROP_ATTACH_METHOD, METHOD_BY_VALUE);
}

static const struct xml_node *attached_item(const struct xml_node *node)
{
    for (const struct xml_node *child = node->child; child != NULL; child = child->next)
        if (item_type_of_element(child->name) != NULL)
            return child;
    return NULL;
}

static size_t depth_of(const struct xml_node *node)
{
    size_t depth = 0;
    for (; node != NULL; node = node->parent)
        depth += strcmp(node->name, "ItemAttachment") == 0;
    return depth;
}

static enum status read_item(struct ews_call *call, const struct object_id *folder, const struct xml_node *node, struct attachment *out)
{
    const struct xml_node *item = attached_item(node);
    struct draft *draft;
    if (item == NULL || depth_of(node) > ITEM_DEPTH_MOST)
        return ews_fail(call, EWS_CODE_NOT_ATTACHABLE, "no item, or too deep");
    const struct item_type *type = item_type_of_element(item->name);
    TRY(draft_new(call, type, folder, &draft));
    TRY(draft_read(draft, item));
    if (draft->has_mime)
        return ews_fail(call, EWS_CODE_NOT_ATTACHABLE, "MimeContent of an attached item");
    if (!bag_has(draft->message->props, PROP_MESSAGE_CLASS))
        TRY(bag_set_string(draft->message->props, PROP_MESSAGE_CLASS, type->item_class[0] != '\0' ? type->item_class : "IPM.Note"));
    out->content = ATTACHMENT_EMBEDDED;
    out->embedded = draft->message;
    return bag_set_int32(out->props, PROP_ATTACH_METHOD, METHOD_EMBEDDED);
}

enum status draft_attachment(struct ews_call *call, const struct object_id *folder, const struct xml_node *node, struct attachment *out)
{
    TRY(read_texts(node, out->props));
    if (flag_of(node, "IsInline"))
        TRY(bag_set_int32(out->props, PROP_ATTACH_FLAGS, FLAG_IN_TEXT));
    if (strcmp(node->name, "FileAttachment") == 0)
        return read_file(call, node, out);
    if (strcmp(node->name, "ItemAttachment") == 0)
        return read_item(call, folder, node, out);
    return ews_fail(call, EWS_CODE_NOT_ATTACHABLE, "%s", node->name);
}

enum status in_attachments(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    (void)field;
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        struct attachment *attachment = message_add_attachment(draft->message);
        if (attachment == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachment");
        attachment->number = -1;
        TRY(draft_attachment(draft->call, &draft->folder, child, attachment));
    }
    return STATUS_OK;
}
