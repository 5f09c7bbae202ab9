#include "automatic_mail.h"

#include "address.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/mime/body.h"
#include "bourse/mime/export.h"
#include "bourse/mime/header.h"
#include "bourse/mime/import.h"
#include "bourse/model/properties.h"
#include "rules_match.h"

enum { BODY_CAP = 8 * 1024 * 1024, MIME_CAP = 256 * 1024 * 1024, PASSES_MAX = 5, FIELDS_CAP = 16 * 1024 };

/* ---- when to keep silent ---- */

static bool field_is(struct slice mime, const char *name, const char *const *words, size_t count)
{
    struct mime_field field;
    if (!mime_field_find(mime, name, 0, &field))
        return false;
    for (size_t i = 0; i < count; i++)
        if (slice_equal_ascii_nocase(slice_trim(field.value), slice_of_text(words[i])))
            return true;
    return false;
}

static bool has_list_field(struct slice mime)
{
    struct mime_field field;
    for (size_t at = 0; mime_field_next(mime, &at, &field);)
        if (slice_equal_ascii_nocase(slice_part(field.name, 0, 5), slice_of_text("List-")))
            return true;
    return false;
}

/* Auto-Submitted: no is what a person sent; parameters may follow the word. */
static bool is_auto_submitted(struct slice mime)
{
    struct mime_field field;
    if (!mime_field_find(mime, "Auto-Submitted", 0, &field))
        return false;
    struct slice word, rest;
    slice_split(field.value, ';', &word, &rest);
    return !slice_equal_ascii_nocase(slice_trim(word), slice_of_text("no"));
}

static bool is_suppressed(struct slice mime, bool oof)
{
    struct mime_field field;
    if (!mime_field_find(mime, "X-Auto-Response-Suppress", 0, &field))
        return false;
    for (struct slice rest = field.value, word; rest.length > 0;) {
        if (!slice_split(rest, ',', &word, &rest))
            rest = (struct slice){ 0 };
        word = slice_trim(word);
        if (slice_equal_ascii_nocase(word, slice_of_text("All")) || slice_equal_ascii_nocase(word, slice_of_text(oof ? "OOF" : "AutoReply")))
            return true;
    }
    return false;
}

static bool is_program(const char *address)
{
    static const char *const names[] = { "mailer-daemon", "postmaster", "noreply", "no-reply", "do-not-reply", "listserv", "majordomo", "root" };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (address_has_local_part(address, names[i]))
            return true;
    struct slice local, domain;
    slice_split(slice_of_text(address), '@', &local, &domain);
    static const char request[] = "-request", owner[] = "owner-";
    size_t from = local.length > sizeof request - 1 ? local.length - (sizeof request - 1) : 0;
    return slice_equal_ascii_nocase(slice_part(local, 0, sizeof owner - 1), slice_of_text(owner)) ||
           slice_equal_ascii_nocase(slice_part(local, from, local.length), slice_of_text(request));
}

static bool names_owner(const struct message *message, const struct recipient_entry *owner)
{
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct recipient *recipient = &message->recipients[i];
        const char *address = recipient->smtp_address[0] != '\0' ? recipient->smtp_address : recipient->address;
        if ((recipient->type == RECIPIENT_TO || recipient->type == RECIPIENT_CC) && rule_owner_has(owner, address))
            return true;
    }
    return false;
}

bool automatic_reply_is_wanted(const struct delivery_step *step, const struct recipient_entry *owner, bool oof)
{
    static const char *const bulk[] = { "bulk", "list", "junk" };
    const char *sender = step->envelope->sender;
    if (sender[0] == '\0' || strchr(sender, '@') == NULL || step->is_junk || owner->address == NULL)
        return false;
    if (rule_owner_has(owner, sender) || is_program(sender))
        return false;
    if (is_auto_submitted(step->mime) || field_is(step->mime, "Precedence", bulk, ARRAY_LENGTH(bulk)) || has_list_field(step->mime))
        return false;
    return !is_suppressed(step->mime, oof) && names_owner(step->message, owner);
}

/* ---- answers ---- */

static enum status set_from(struct bag *props, const struct recipient_entry *owner)
{
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_NAME, owner->display_name));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_ADDRESS_TYPE, "SMTP"));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, owner->address));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, owner->address));
    TRY(bag_set_string(props, PROP_SENDER_NAME, owner->display_name));
    TRY(bag_set_string(props, PROP_SENDER_ADDRESS_TYPE, "SMTP"));
    TRY(bag_set_string(props, PROP_SENDER_EMAIL_ADDRESS, owner->address));
    return bag_set_string(props, PROP_SENDER_SMTP_ADDRESS, owner->address);
}

static enum status add_to(struct message *message, const char *address)
{
    struct recipient recipient = { .type = RECIPIENT_TO, .display_name = "", .address_type = "SMTP", .address = address, .smtp_address = address };
    return message_add_recipient(message, &recipient) != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "recipient");
}

static enum status set_bodies(TALLOC_CTX *mem, struct bag *props, const struct automatic_reply *reply)
{
    struct slice html = slice_of_text(reply->html), text = slice_of_text(reply->text);
    if (reply->text == NULL)
        TRY(mime_text_from_html(mem, html, BODY_CAP, &text));
    if (reply->html == NULL)
        TRY(mime_html_from_text(mem, text, BODY_CAP, &html));
    TRY(bag_set_text(props, PROP_BODY, text));
    return bag_set_bytes(props, PROP_HTML, html);
}

/* [RFC 5322] 3.6.4: the references of the message and its id. */
static enum status set_thread(TALLOC_CTX *mem, struct bag *props, const struct message *to)
{
    const char *id = bag_string(to->props, PROP_INTERNET_MESSAGE_ID, ""), *before = bag_string(to->props, PROP_INTERNET_REFERENCES, "");
    if (id[0] == '\0')
        return STATUS_OK;
    char *all = talloc_asprintf(mem, "%s%s%s", before, before[0] != '\0' ? " " : "", id);
    TRY(all != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "references"));
    TRY(bag_set_string(props, PROP_IN_REPLY_TO_ID, id));
    return bag_set_string(props, PROP_INTERNET_REFERENCES, all);
}

/* Fields that no property stands for go on top of the generated header. */
static enum status with_fields(TALLOC_CTX *mem, struct slice mime, const char *const *remove, const char *fields, struct slice *out)
{
    struct slice header, body;
    TRY(mime_header_edit(mem, mime, remove, fields, NULL, &header, &body));
    struct buffer *whole = buffer_new(mem, header.length + body.length + 1);
    if (whole == NULL)
        return status_fail(STATUS_NO_MEMORY, "automatic mail");
    buffer_append_slice(whole, header);
    buffer_append_slice(whole, body);
    return buffer_take(whole, mem, out);
}

static enum status address_list(TALLOC_CTX *mem, const char *const *from, size_t count, const char ***out)
{
    *out = array_new(mem, const char *, count);
    for (size_t i = 0; i < count && *out != NULL; i++)
        if (((*out)[i] = talloc_strdup(mem, from[i])) == NULL)
            *out = NULL;
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "addresses");
}

static enum status fill_reply(struct delivery_step *step, const struct recipient_entry *owner, const struct automatic_reply *reply, struct message *message)
{
    const char *subject = reply->subject != NULL ? reply->subject
                                                 : talloc_asprintf(step->mem, "Automatic reply: %s", bag_string(step->message->props, PROP_SUBJECT, ""));
    TRY(subject != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "subject"));
    TRY(set_from(message->props, owner));
    TRY(add_to(message, step->envelope->sender));
    TRY(bag_set_string(message->props, PROP_MESSAGE_CLASS, reply->message_class));
    TRY(bag_set_string(message->props, PROP_SUBJECT, subject));
    TRY(bag_set_int32(message->props, PROP_AUTO_RESPONSE_SUPPRESS, -1));
    TRY(set_bodies(step->mem, message->props, reply));
    return set_thread(step->mem, message->props, step->message);
}

enum status automatic_reply_make(struct delivery_step *step, const struct recipient_entry *owner, const struct automatic_reply *reply, struct outgoing *out)
{
    struct message *message = message_new(step->mem);
    struct slice mime;
    const char **to = NULL;
    TRY(message != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "answer"));
    TRY(fill_reply(step, owner, reply, message));
    TRY(mime_export_bytes(step->mem, message, NULL, MIME_CAP, &mime));
    TRY(with_fields(step->mem, mime, NULL, "Auto-Submitted: auto-replied\r\nPrecedence: bulk\r\n", &mime));
    TRY(address_list(step->mem, &step->envelope->sender, 1, &to));
    *out = (struct outgoing){ .sender = "", .origin = owner->address, .mime = mime, .recipients = to, .recipient_count = 1, .notify = DSN_NOTIFY_NEVER };
    return STATUS_OK;
}

/* ---- forwards ---- */

bool automatic_forward_is_wanted(const struct delivery_step *step, const struct recipient_entry *owner)
{
    struct mime_field field;
    size_t passes = 0;
    for (; mime_field_find(step->mime, OUTBOX_LOOP_FIELD, passes, &field); passes++) {
        char *address = slice_text(step->mem, slice_trim(field.value));
        if (address == NULL || rule_owner_has(owner, address))
            return false;
    }
    return passes < PASSES_MAX && owner->address != NULL;
}

static const char *quoted_header(TALLOC_CTX *mem, const struct message *message)
{
    char sent[INSTANT_MAIL_SIZE] = "";
    const struct bag *props = message->props;
    instant when = bag_time(props, PROP_CLIENT_SUBMIT_TIME, 0);
    if (when != 0)
        instant_format_mail(when, sent);
    return talloc_asprintf(mem, "________________________________\r\nFrom: %s <%s>\r\nSent: %s\r\nTo: %s\r\nSubject: %s\r\n\r\n",
                           bag_string(props, PROP_SENT_REPRESENTING_NAME, ""), bag_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, ""), sent,
                           bag_string(props, PROP_DISPLAY_TO, ""), bag_string(props, PROP_SUBJECT, ""));
}

/* The header of the original stands before its text; an HTML body gets it behind its body tag. */
static enum status quote(TALLOC_CTX *mem, struct message *message)
{
    struct slice html = bag_bytes(message->props, PROP_HTML), above = { 0 };
    const char *header = quoted_header(mem, message);
    TRY(header != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "forward"));
    char *text = talloc_asprintf(mem, "%s%s", header, bag_string(message->props, PROP_BODY, ""));
    TRY(text != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "forward"));
    TRY(bag_set_string(message->props, PROP_BODY, text));
    if (html.length == 0)
        return STATUS_OK;
    TRY(mime_html_from_text(mem, slice_of_text(header), BODY_CAP, &above));
    struct buffer *both = buffer_new(mem, above.length + html.length + 1);
    TRY(both != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "forward"));
    buffer_append_slice(both, above);
    buffer_append_slice(both, html);
    TRY(buffer_status(both));
    return bag_set_bytes(message->props, PROP_HTML, buffer_slice(both));
}

static enum status attach_original(struct delivery_step *step, struct message *message)
{
    struct message *original = NULL;
    struct attachment *attachment = message_add_attachment(message);
    TRY(attachment != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "forward"));
    TRY(mime_import(message, step->mime, &mime_limits_default, 0, &original));
    attachment->content = ATTACHMENT_EMBEDDED;
    attachment->embedded = original;
    TRY(bag_set_int32(attachment->props, PROP_ATTACH_METHOD, 5)); /* afEmbeddedMessage [MS-OXCMSG] 2.2.2.9 */
    return bag_set_string(attachment->props, PROP_DISPLAY_NAME, bag_string(original->props, PROP_SUBJECT, ""));
}

/* What was about the way of the original does not hold for the forward. */
static void forget_original(struct message *message)
{
    static const prop_tag gone[] = { PROP_INTERNET_MESSAGE_ID, PROP_IN_REPLY_TO_ID, PROP_TRANSPORT_MESSAGE_HEADERS, PROP_READ_RECEIPT_REQUESTED, PROP_CLIENT_SUBMIT_TIME,
                                     PROP_ORIGINATOR_DELIVERY_REPORT_REQUESTED, PROP_LIST_HELP, PROP_LIST_SUBSCRIBE, PROP_LIST_UNSUBSCRIBE,
                                     PROP_AUTO_RESPONSE_SUPPRESS, PROP_REPLY_RECIPIENT_ENTRIES, PROP_REPLY_RECIPIENT_NAMES };
    for (size_t i = 0; i < ARRAY_LENGTH(gone); i++)
        bag_remove(message->props, gone[i]);
    message->recipient_count = 0;
    message->mime = (struct message_mime){ 0 };
}

static enum status make_forward(struct delivery_step *step, const struct recipient_entry *owner, bool attached, const char *const *to, size_t count,
                                struct slice *mime)
{
    struct message *message = NULL;
    char *subject = talloc_asprintf(step->mem, "FW: %s", bag_string(step->message->props, PROP_SUBJECT, ""));
    if (attached)
        message = message_new(step->mem);
    else
        TRY(mime_import(step->mem, step->mime, &mime_limits_default, 0, &message));
    TRY(message != NULL && subject != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "forward"));
    TRY(attached ? attach_original(step, message) : quote(step->mem, message));
    forget_original(message);
    TRY(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Note"));
    TRY(bag_set_string(message->props, PROP_SUBJECT, subject));
    bag_remove(message->props, PROP_SUBJECT_PREFIX);
    bag_remove(message->props, PROP_NORMALIZED_SUBJECT);
    TRY(bag_set_bool(message->props, PROP_AUTO_FORWARDED, true));
    TRY(set_from(message->props, owner));
    if (attached)
        TRY(bag_set_string(message->props, PROP_BODY, ""));
    for (size_t i = 0; i < count; i++)
        TRY(add_to(message, to[i]));
    return mime_export_bytes(step->mem, message, NULL, MIME_CAP, mime);
}

/* [RFC 5322] 3.6.6 */
static enum status resent_fields(struct delivery_step *step, const struct recipient_entry *owner, const char *const *to, size_t count, struct buffer *out)
{
    char date[INSTANT_MAIL_SIZE], *from = NULL;
    const char *domain = address_domain(owner->address), *id = mime_message_id_new(step->mem, domain != NULL ? domain : "localhost");
    TRY(mime_address_format(step->mem, owner->display_name, owner->address, false, &from));
    TRY(id != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "redirect"));
    buffer_printf(out, "Resent-From: %s\r\nResent-Date: %s\r\nResent-Message-ID: %s\r\nResent-To: ", from, instant_format_mail(clock_now(), date), id);
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s<%s>", i > 0 ? ",\r\n " : "", to[i]);
    buffer_append_text(out, "\r\n");
    return buffer_status(out);
}

enum status automatic_forward_make(struct delivery_step *step, const struct recipient_entry *owner, enum automatic_forward how, const char *const *to, size_t count,
                                   struct outgoing *out)
{
    static const char *const return_path[] = { "Return-Path", NULL };
    struct slice mime = step->mime;
    struct buffer *fields = buffer_new(step->mem, FIELDS_CAP);
    const char **recipients = NULL;
    TRY(fields != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "forward"));
    buffer_printf(fields, "%s: %s\r\n", OUTBOX_LOOP_FIELD, owner->address);
    for (size_t i = 0; how != FORWARD_REDIRECTED; i++) { /* a new message keeps the way of the old one */
        struct mime_field field;
        if (!mime_field_find(step->mime, OUTBOX_LOOP_FIELD, i, &field))
            break;
        buffer_append_slice(fields, field.whole);
    }
    if (how == FORWARD_REDIRECTED)
        TRY(resent_fields(step, owner, to, count, fields));
    else
        TRY(make_forward(step, owner, how == FORWARD_ATTACHED, to, count, &mime));
    if (how != FORWARD_REDIRECTED && step->envelope->sender[0] == '\0')
        buffer_append_text(fields, "Auto-Submitted: auto-generated\r\n");
    TRY(buffer_status(fields));
    TRY(with_fields(step->mem, mime, return_path, buffer_text(fields), &mime));
    TRY(address_list(step->mem, to, count, &recipients));
    *out = (struct outgoing){ .sender = step->envelope->sender[0] != '\0' ? owner->address : "", .origin = owner->address, .mime = mime, .recipients = recipients,
                              .recipient_count = count };
    return STATUS_OK;
}
