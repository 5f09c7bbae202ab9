#include "respond.h"

#include "bourse/base/text.h"
#include "bourse/calendar/meeting.h"
#include "bourse/groupware/calendar.h"
#include "bourse/groupware/reply.h"
#include "output.h"

struct original {
    struct item *item;
    const struct bag *props;
};

static const char *prop(const struct original *original, prop_tag tag)
{
    return bag_string(original->props, tag, "");
}

/* NewBodyContent goes before the quoted original; a Body of its own replaces both. The reply is HTML if either part is. */
static enum status write_body(struct draft *draft, const struct original *original, const struct xml_node *node)
{
    const struct xml_node *added = xml_child(node, EWS_NS_TYPES, "NewBodyContent");
    if (xml_child(node, EWS_NS_TYPES, "Body") != NULL)
        return STATUS_OK;
    const char *type = xml_attribute_of(added, "BodyType");
    bool added_is_html = type != NULL && strcmp(type, "HTML") == 0;
    return reply_quote(draft->message, original->item, added != NULL ? added->text : slice_of_text(""), added_is_html);
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
    const char *subject = reply_subject(draft, original->item, forward);
    if (subject == NULL)
        return status_fail(STATUS_NO_MEMORY, "subject");
    TRY(bag_set_string(draft->message->props, PROP_SUBJECT, subject));
    if (!forward && !post)
        TRY(default_recipients(draft, original, strcmp(node->name, "ReplyAllToItem") == 0));
    TRY(reply_thread(draft->message, original->item));
    if (forward)
        TRY(reply_attachments(draft->call->mem, draft->call->session, draft->message, original->item, false));
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
