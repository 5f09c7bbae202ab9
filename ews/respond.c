#include "respond.h"

#include "bourse/base/text.h"
#include "bourse/base/wire.h"
#include "bourse/calendar/meeting.h"
#include "bourse/groupware/calendar.h"
#include "output.h"

/* [MS-OXOMSG] 2.2.1.3: a response has the parent's index and five bytes more. */
#define INDEX_RESPONSE_SIZE 5

struct original {
    struct item *item;
    const struct bag *props;
};

static const char *prop(const struct original *original, prop_tag tag)
{
    return bag_string(original->props, tag, "");
}

/* The subject without "RE: " and the like [MS-OXCMSG] 2.2.1.10: at most three characters, a colon, a blank. */
static const char *normalized(const char *subject)
{
    const char *colon = strchr(subject, ':');
    if (colon == NULL || colon - subject > 3 || colon == subject || colon[1] != ' ')
        return subject;
    for (const char *c = subject; c < colon; c++)
        if (*c == ' ' || (*c >= '0' && *c <= '9'))
            return subject;
    return colon + 2;
}

/* ---- the quoted text ---- */

static const char *sender_text(TALLOC_CTX *mem, const struct original *original)
{
    const char *name = prop(original, PROP_SENT_REPRESENTING_NAME), *address = prop(original, PROP_SENT_REPRESENTING_EMAIL_ADDRESS);
    return name[0] != '\0' && strcmp(name, address) != 0 ? talloc_asprintf(mem, "%s <%s>", name, address) : address;
}

static const char *header_text(TALLOC_CTX *mem, const struct original *original)
{
    char when[INSTANT_MAIL_SIZE];
    instant sent = original->item->sent != 0 ? original->item->sent : original->item->received;
    const char *cc = prop(original, PROP_DISPLAY_CC);
    return talloc_asprintf(mem, "From: %s\r\nSent: %s\r\nTo: %s\r\n%s%s%sSubject: %s\r\n", sender_text(mem, original), instant_format_mail(sent, when),
                           prop(original, PROP_DISPLAY_TO), cc[0] != '\0' ? "Cc: " : "", cc, cc[0] != '\0' ? "\r\n" : "", prop(original, PROP_SUBJECT));
}

static const char *escaped(TALLOC_CTX *mem, const char *text)
{
    struct buffer *out = buffer_new(mem, strlen(text) * 6 + 64);
    for (const char *c = text; out != NULL && *c != '\0'; c++) {
        if (*c == '&')
            buffer_append_text(out, "&amp;");
        else if (*c == '<')
            buffer_append_text(out, "&lt;");
        else if (*c == '>')
            buffer_append_text(out, "&gt;");
        else if (*c == '\n')
            buffer_append_text(out, "<br>\n");
        else if (*c != '\r')
            buffer_append_byte(out, (uint8_t)*c);
    }
    return out != NULL ? buffer_text(out) : "";
}

/* What stands between <body> and </body>; the whole when there is no body element. */
static struct slice inner_html(struct slice html)
{
    size_t begin = 0, end = html.length;
    for (size_t i = 0; i + 5 < html.length; i++)
        if (slice_equal_ascii_nocase(slice_part(html, i, 5), slice_of_text("<body"))) {
            ptrdiff_t close = slice_find_byte(slice_part(html, i, html.length - i), '>');
            begin = close >= 0 ? i + (size_t)close + 1 : html.length;
            break;
        }
    for (size_t i = html.length; i-- > begin;)
        if (slice_equal_ascii_nocase(slice_part(html, i, 7), slice_of_text("</body>"))) {
            end = i;
            break;
        }
    return slice_part(html, begin, end - begin);
}

static enum status quote_html(struct draft *draft, const struct original *original, struct slice added, bool added_is_html)
{
    struct slice old = inner_html(bag_bytes(original->props, PROP_HTML));
    struct slice new = added_is_html ? inner_html(added) : slice_of_text(escaped(draft, (const char *)added.data));
    struct buffer *out = buffer_new(draft, old.length + new.length + 65536);
    if (out == NULL)
        return status_fail(STATUS_NO_MEMORY, "reply");
    buffer_append_text(out, "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body>");
    buffer_append_slice(out, new);
    buffer_append_text(out, "<hr><div>");
    buffer_append_text(out, escaped(draft, header_text(draft, original)));
    buffer_append_text(out, "</div><br>");
    buffer_append_slice(out, old);
    buffer_append_text(out, "</body></html>");
    TRY(buffer_status(out));
    return bag_set_bytes(draft->message->props, PROP_HTML, buffer_slice(out));
}

static enum status quote_text(struct draft *draft, const struct original *original, struct slice added)
{
    const char *text = talloc_asprintf(draft, "%.*s\r\n\r\n-----Original Message-----\r\n%s\r\n%s", (int)added.length, (const char *)added.data,
                                       header_text(draft, original), prop(original, PROP_BODY));
    return text != NULL ? bag_set_string(draft->message->props, PROP_BODY, text) : status_fail(STATUS_NO_MEMORY, "reply");
}

/* NewBodyContent goes before the quoted original; a Body of its own replaces both. The reply is HTML if either part is. */
static enum status write_body(struct draft *draft, const struct original *original, const struct xml_node *node)
{
    const struct xml_node *added = xml_child(node, EWS_NS_TYPES, "NewBodyContent");
    if (xml_child(node, EWS_NS_TYPES, "Body") != NULL)
        return STATUS_OK;
    const char *type = xml_attribute_of(added, "BodyType");
    bool added_is_html = type != NULL && strcmp(type, "HTML") == 0;
    bool is_html = added_is_html || bag_int32(original->props, PROP_NATIVE_BODY, 0) != 1;
    struct slice text = added != NULL ? added->text : slice_of_text("");
    return is_html ? quote_html(draft, original, text, added_is_html) : quote_text(draft, original, text);
}

/* ---- recipients ---- */

static bool is_self(struct ews_call *call, const char *address)
{
    return ascii_equal_nocase(address, session_address(call->session));
}

static bool has_recipient(const struct message *message, const char *address)
{
    for (size_t i = 0; i < message->recipient_count; i++)
        if (ascii_equal_nocase(recipient_smtp(&message->recipients[i]), address))
            return true;
    return false;
}

static enum status add(struct draft *draft, const char *name, const char *address, enum recipient_type type)
{
    if (address[0] == '\0' || has_recipient(draft->message, address))
        return STATUS_OK;
    struct recipient recipient = { .type = type, .display_name = name[0] != '\0' ? name : address, .address_type = "SMTP", .address = address,
                                   .smtp_address = address };
    return message_add_recipient(draft->message, &recipient) != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "recipient");
}

static enum status add_sender(struct draft *draft, const struct original *original)
{
    const char *address = prop(original, PROP_SENT_REPRESENTING_SMTP_ADDRESS);
    if (address[0] == '\0')
        address = prop(original, PROP_SENT_REPRESENTING_EMAIL_ADDRESS);
    return add(draft, prop(original, PROP_SENT_REPRESENTING_NAME), address, RECIPIENT_TO);
}

/* Reply: to the sender. Reply all: to the sender and all others but oneself. Recipients that the request names replace the ones of their kind. */
static enum status default_recipients(struct draft *draft, const struct original *original, bool all)
{
    const struct message *from = original->item->message;
    TRY(add_sender(draft, original));
    for (size_t i = 0; all && i < from->recipient_count; i++) {
        const struct recipient *recipient = &from->recipients[i];
        const char *address = recipient_smtp(recipient);
        if (recipient->type != RECIPIENT_BCC && !is_self(draft->call, address))
            TRY(add(draft, recipient->display_name, address, recipient->type == RECIPIENT_CC ? RECIPIENT_CC : RECIPIENT_TO));
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

static enum status thread(struct draft *draft, const struct original *original)
{
    struct bag *props = draft->message->props;
    const char *id = prop(original, PROP_INTERNET_MESSAGE_ID), *references = prop(original, PROP_INTERNET_REFERENCES);
    struct slice index = bag_bytes(original->props, PROP_CONVERSATION_INDEX);
    if (id[0] != '\0') {
        TRY(bag_set_string(props, PROP_IN_REPLY_TO_ID, id));
        TRY(bag_set_string(props, PROP_INTERNET_REFERENCES, references[0] != '\0' ? talloc_asprintf(draft, "%s %s", references, id) : id));
    }
    const char *topic = prop(original, PROP_CONVERSATION_TOPIC);
    TRY(bag_set_string(props, PROP_CONVERSATION_TOPIC, topic[0] != '\0' ? topic : normalized(prop(original, PROP_SUBJECT))));
    if (index.length < 22 || index.length > 1000)
        return STATUS_OK;
    uint8_t *longer = talloc_array(draft, uint8_t, ROOM(index.length + INDEX_RESPONSE_SIZE));
    if (longer == NULL)
        return status_fail(STATUS_NO_MEMORY, "conversation index");
    struct wire header = wire_over(index);
    uint64_t begin = (uint64_t)wire_u32_be(&header) << 32 | (uint64_t)wire_u16_be(&header) << 16; /* 48 high bits of a FILETIME */
    uint64_t now = (uint64_t)clock_now(), since = (now > begin ? now - begin : 0) >> 18; /* delta code 0 */
    uint8_t block[INDEX_RESPONSE_SIZE] = { (uint8_t)(since >> 24 & 0x7F), (uint8_t)(since >> 16), (uint8_t)(since >> 8), (uint8_t)since, guid_new().bytes[0] };
    memcpy(longer, index.data, index.length);
    memcpy(longer + index.length, block, sizeof block);
    return bag_set_bytes(props, PROP_CONVERSATION_INDEX, slice_of(longer, index.length + sizeof block));
}

/* Attachments go along with a forwarded mail; their content is read now. */
static enum status copy_attachments(struct draft *draft, const struct original *original)
{
    const struct message *from = original->item->message;
    for (size_t i = 0; i < from->attachment_count; i++) {
        struct attachment *content = NULL, *copy = message_add_attachment(draft->message);
        struct object_id id = original->item->id;
        id.kind = OBJECT_ATTACHMENT;
        id.attachments[id.attachment_depth++] = from->attachments[i].number;
        TRY(attachment_get(draft->call->mem, draft->call->session, &id, true, &content));
        if (copy == NULL || (copy->props = bag_copy(draft->message, content->props)) == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachment");
        copy->number = -1;
        copy->content = content->content;
        copy->size = content->size;
        copy->bytes = content->bytes;
        copy->embedded = content->embedded;
    }
    return STATUS_OK;
}

static enum status read_original(struct ews_call *call, const struct xml_node *node, struct original *out)
{
    struct object_id id;
    int64_t change;
    const struct xml_node *reference = xml_child(node, EWS_NS_TYPES, "ReferenceItemId");
    if (reference == NULL)
        return ews_fail(call, EWS_CODE_REFERENCE_MISSING, "%s", node->name);
    TRY(id_read_item(call, reference, &id, &change));
    TRY(item_get(call->mem, call->session, &id, ITEM_ALL, &out->item));
    out->props = out->item->message->props;
    return out->item->is_draft ? ews_fail(call, EWS_CODE_REFERENCE_INVALID, "the referenced item is a draft") : STATUS_OK;
}

static enum status suppress_receipt(struct ews_call *call, const struct original *original)
{
    struct item *item;
    static const prop_tag request[] = { PROP_READ_RECEIPT_REQUESTED };
    struct item_change change = { .remove = request, .remove_count = ARRAY_LENGTH(request) };
    if (original->item->is_read || !bag_bool(original->props, PROP_READ_RECEIPT_REQUESTED, false))
        return ews_fail(call, EWS_CODE_RECEIPT_NOT_PENDING, "no receipt pending");
    return item_update(call->mem, call->session, &original->item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item);
}

static enum status compose(struct draft *draft, const struct original *original, const struct xml_node *node)
{
    bool forward = strcmp(node->name, "ForwardItem") == 0, post = strcmp(node->name, "PostReplyItem") == 0;
    const char *subject = talloc_asprintf(draft, "%s%s", forward ? "FW: " : "RE: ", normalized(prop(original, PROP_SUBJECT)));
    if (subject == NULL)
        return status_fail(STATUS_NO_MEMORY, "subject");
    TRY(bag_set_string(draft->message->props, PROP_SUBJECT, subject));
    if (!forward && !post)
        TRY(default_recipients(draft, original, strcmp(node->name, "ReplyAllToItem") == 0));
    TRY(thread(draft, original));
    if (forward)
        TRY(copy_attachments(draft, original));
    TRY(write_body(draft, original, node));
    return draft_read(draft, node);
}

/* A meeting that is sent on is an invitation for those who get it, not a mail that tells of one. */
static bool is_meeting(const struct original *original)
{
    const char *class = prop(original, PROP_MESSAGE_CLASS);
    return class_has_prefix(class, "IPM.Schedule.Meeting.Request") || (class_has_prefix(class, "IPM.Appointment") && meeting_is_meeting(original->props));
}

static enum status forward_meeting(struct ews_call *call, const struct create_options *options, const struct xml_node *node, const struct original *original)
{
    struct draft *draft;
    const struct xml_node *body = xml_child(node, EWS_NS_TYPES, "NewBodyContent");
    const char *type = body != NULL ? xml_attribute_of(body, "BodyType") : NULL, *text = body != NULL ? xml_text_of(body) : NULL;
    bool html = type != NULL && strcmp(type, "HTML") == 0;
    TRY(draft_new(call, item_type_of_element("Message"), &original->item->id, &draft));
    TRY(draft_read(draft, node));
    return meeting_forward(call->session, &original->item->id, draft->message->recipients, draft->message->recipient_count, html ? NULL : text, html ? text : NULL,
                           options->disposition == DISPOSITION_SEND_AND_SAVE);
}

enum status respond_read(struct ews_call *call, const struct create_options *options, const struct xml_node *node, struct draft **out)
{
    static const char *const offered[] = { "ReplyToItem", "ReplyAllToItem", "ForwardItem", "PostReplyItem", "SuppressReadReceipt" };
    struct original original;
    struct object_id folder = options->folder;
    bool is_offered = false, post = strcmp(node->name, "PostReplyItem") == 0;
    *out = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(offered); i++)
        is_offered = is_offered || strcmp(offered[i], node->name) == 0;
    if (!is_offered)
        return ews_fail(call, EWS_CODE_NOT_CREATABLE, "%s", node->name);
    enum status status = read_original(call, node, &original);
    TRY(status);
    if (strcmp(node->name, "SuppressReadReceipt") == 0)
        return suppress_receipt(call, &original);
    if (strcmp(node->name, "ForwardItem") == 0 && is_meeting(&original) && options->disposition != DISPOSITION_SAVE && options->disposition != DISPOSITION_NONE)
        return forward_meeting(call, options, node, &original);
    if (options->disposition == DISPOSITION_NONE && !post)
        return ews_fail(call, EWS_CODE_DISPOSITION_REQUIRED, "%s", node->name);
    if (!options->has_folder)
        TRY(folder_id_of_role(call->session, session_mailbox(call->session), FOLDER_ROLE_DRAFTS, &folder));
    TRY(draft_new(call, item_type_of_element(post ? "PostItem" : "Message"), &folder, out));
    return compose(*out, &original, node);
}
