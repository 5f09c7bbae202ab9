#include "rules_match.h"

#include "bourse/base/text.h"
#include "bourse/mime/header.h"
#include "bourse/mime/structure.h"
#include "bourse/model/properties.h"

/* ---- texts, folded once ---- */

static char *fold(struct rule_subject *subject, struct slice text)
{
    char *folded = text_fold(subject->mem, text);
    if (folded == NULL)
        subject->status = status_fail(STATUS_NO_MEMORY, "text of a rule");
    return folded;
}

static bool holds(struct rule_subject *subject, const char *folded, const struct rule_term *term)
{
    bool found = false;
    for (size_t i = 0; i < term->text_count && !found && folded != NULL; i++) {
        char *wanted = fold(subject, slice_of_text(term->texts[i]));
        found = wanted != NULL && strstr(folded, wanted) != NULL;
        talloc_free(wanted);
    }
    return found;
}

static bool text_holds(struct rule_subject *subject, const char *text, const struct rule_term *term)
{
    char *folded = fold(subject, slice_of_text(text));
    bool found = holds(subject, folded, term);
    talloc_free(folded);
    return found;
}

static const char *subject_text(struct rule_subject *subject)
{
    if (subject->subject == NULL)
        subject->subject = fold(subject, bag_text(subject->step->message->props, PROP_SUBJECT));
    return subject->subject;
}

/* The whole body, not only what delivery keeps at hand. */
static const char *body_text(struct rule_subject *subject)
{
    const struct message *message = subject->step->message;
    struct mime_structure *structure = NULL;
    struct mime_bodies bodies = { 0 };
    if (subject->body != NULL)
        return subject->body;
    bool has_parts = message->mime.structure.length > 0 && mime_structure_unpack(subject->mem, message->mime.structure, &structure) == STATUS_OK &&
                     mime_read_bodies(subject->mem, message->mime.bytes, structure, &mime_limits_default, MIME_WANT_TEXT, &bodies) == STATUS_OK && bodies.has_text;
    subject->body = fold(subject, has_parts ? bodies.text : bag_text(message->props, PROP_BODY));
    return subject->body;
}

static const char *header_text(struct rule_subject *subject)
{
    char *decoded = NULL;
    if (subject->header != NULL)
        return subject->header;
    struct slice header = slice_part(subject->step->mime, 0, mime_header_length(subject->step->mime));
    char *clean = utf8_repair(subject->mem, header);
    if (clean == NULL || mime_words_decode(subject->mem, slice_of_text(clean), &decoded) != STATUS_OK)
        decoded = clean;
    subject->header = fold(subject, slice_of_text(decoded));
    return subject->header;
}

/* ---- people ---- */

bool rule_owner_has(const struct recipient_entry *owner, const char *address)
{
    for (size_t i = 0; i < owner->address_count; i++)
        if (ascii_equal_nocase(owner->addresses[i], address))
            return true;
    return false;
}

static const char *address_of(const struct recipient *recipient)
{
    return recipient->smtp_address[0] != '\0' ? recipient->smtp_address : recipient->address;
}

static bool is_listed(const struct rule_term *term, const char *address)
{
    for (size_t i = 0; i < term->text_count; i++)
        if (ascii_equal_nocase(term->texts[i], address))
            return true;
    return false;
}

static bool is_sent_to_any(const struct rule_subject *subject, const struct rule_term *term)
{
    const struct message *message = subject->step->message;
    for (size_t i = 0; i < message->recipient_count; i++)
        if (is_listed(term, address_of(&message->recipients[i])))
            return true;
    return false;
}

/* Among the recipients of one kind; 0 counts all kinds. */
static bool names_me(const struct rule_subject *subject, enum recipient_type type)
{
    const struct message *message = subject->step->message;
    for (size_t i = 0; i < message->recipient_count; i++)
        if ((type == RECIPIENT_FROM || message->recipients[i].type == type) && rule_owner_has(subject->owner, address_of(&message->recipients[i])))
            return true;
    return false;
}

static bool names_only_me(const struct rule_subject *subject)
{
    return subject->step->message->recipient_count == 1 && names_me(subject, RECIPIENT_TO);
}

static bool recipients_hold(struct rule_subject *subject, const struct rule_term *term)
{
    const struct message *message = subject->step->message;
    bool found = false;
    for (size_t i = 0; i < message->recipient_count && !found; i++)
        found = text_holds(subject, message->recipients[i].display_name, term) || text_holds(subject, address_of(&message->recipients[i]), term);
    return found;
}

static const char *from_address(const struct rule_subject *subject)
{
    const struct bag *props = subject->step->message->props;
    return bag_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, bag_string(props, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, ""));
}

static bool sender_holds(struct rule_subject *subject, const struct rule_term *term)
{
    const struct bag *props = subject->step->message->props;
    return text_holds(subject, from_address(subject), term) || text_holds(subject, bag_string(props, PROP_SENT_REPRESENTING_NAME, ""), term);
}

/* ---- kinds of messages ---- */

static bool class_begins(const struct rule_subject *subject, const char *prefix)
{
    struct slice name = bag_text(subject->step->message->props, PROP_MESSAGE_CLASS);
    size_t length = strlen(prefix);
    bool begins = slice_equal_ascii_nocase(slice_part(name, 0, length), slice_of(prefix, length));
    return begins && (name.length == length || name.data[length] == '.');
}

static bool has_class(const struct rule_subject *subject, const struct rule_term *term)
{
    for (size_t i = 0; i < term->text_count; i++)
        if (class_begins(subject, term->texts[i]))
            return true;
    return false;
}

static bool class_ends(const struct rule_subject *subject, const char *const *suffixes, size_t count)
{
    struct slice name = bag_text(subject->step->message->props, PROP_MESSAGE_CLASS);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(suffixes[i]);
        if (name.length >= length && slice_equal_ascii_nocase(slice_part(name, name.length - length, length), slice_of(suffixes[i], length)))
            return class_begins(subject, "REPORT");
    }
    return false;
}

static bool header_begins(const struct rule_subject *subject, const char *name, const char *word)
{
    struct mime_field field;
    if (!mime_field_find(subject->step->mime, name, 0, &field))
        return false;
    struct slice value = slice_trim(field.value);
    return slice_equal_ascii_nocase(slice_part(value, 0, strlen(word)), slice_of_text(word));
}

static bool has_category(struct rule_subject *subject, const struct rule_term *term)
{
    const struct value *value = bag_get(subject->step->message->props, PROP_KEYWORDS);
    bool found = false;
    for (size_t i = 0; value != NULL && value->form == VALUE_INLINE && i < value->multiple.count && !found; i++)
        found = text_holds(subject, value_text(&value->multiple.elements[i]), term);
    return found;
}

static bool has_attachments(const struct rule_subject *subject)
{
    const struct message *message = subject->step->message;
    for (size_t i = 0; i < message->attachment_count; i++)
        if (!bag_bool(message->attachments[i].props, PROP_ATTACHMENT_HIDDEN, false))
            return true;
    return false;
}

static bool is_within(int64_t number, const struct rule_term *term)
{
    return number >= term->low && (term->high == 0 || number <= term->high);
}

/* ---- one test; a table would need a function a row all the same ---- */

static bool test_text(struct rule_subject *subject, const struct rule_term *term)
{
    switch ((enum rule_test)term->kind) {
    case RULE_TEST_BODY_STRINGS:
        return holds(subject, body_text(subject), term);
    case RULE_TEST_HEADER_STRINGS:
        return holds(subject, header_text(subject), term);
    case RULE_TEST_SUBJECT_STRINGS:
        return holds(subject, subject_text(subject), term);
    case RULE_TEST_SUBJECT_OR_BODY_STRINGS:
        return holds(subject, subject_text(subject), term) || holds(subject, body_text(subject), term);
    case RULE_TEST_RECIPIENT_STRINGS:
        return recipients_hold(subject, term);
    case RULE_TEST_SENDER_STRINGS:
        return sender_holds(subject, term);
    case RULE_TEST_CATEGORIES:
        return has_category(subject, term);
    case RULE_TEST_FLAGGED:
        return text_holds(subject, bag_string(subject->step->message->props, PROP_FLAG_REQUEST, ""), term);
    case RULE_TEST_ITEM_CLASSES:
        return has_class(subject, term);
    case RULE_TEST_FROM:
        return is_listed(term, from_address(subject));
    case RULE_TEST_SENT_TO:
        return is_sent_to_any(subject, term);
    default:
        return false;
    }
}

static bool test_kind(const struct rule_subject *subject, int kind)
{
    static const char *const failures[] = { ".NDR" }, *const receipts[] = { ".IPNRN", ".IPNNRN" };
    const struct message *message = subject->step->message;
    switch ((enum rule_test)kind) {
    case RULE_TEST_IS_AUTOMATIC_FORWARD:
        return bag_bool(message->props, PROP_AUTO_FORWARDED, false) || header_begins(subject, OUTBOX_LOOP_FIELD, "");
    case RULE_TEST_IS_AUTOMATIC_REPLY:
        return header_begins(subject, "Auto-Submitted", "auto-replied") || class_begins(subject, "IPM.Note.rules");
    case RULE_TEST_IS_SIGNED:
        return message->mime.is_signed;
    case RULE_TEST_IS_ENCRYPTED:
        return class_begins(subject, "IPM.Note.SMIME") && !class_begins(subject, "IPM.Note.SMIME.MultipartSigned");
    case RULE_TEST_IS_MEETING_REQUEST:
        return class_begins(subject, "IPM.Schedule.Meeting.Request");
    case RULE_TEST_IS_MEETING_RESPONSE:
        return class_begins(subject, "IPM.Schedule.Meeting.Resp");
    case RULE_TEST_IS_NDR:
        return class_ends(subject, failures, ARRAY_LENGTH(failures));
    case RULE_TEST_IS_READ_RECEIPT:
        return class_ends(subject, receipts, ARRAY_LENGTH(receipts));
    case RULE_TEST_IS_VOICEMAIL:
        return class_begins(subject, "IPM.Note.Microsoft.Voicemail");
    case RULE_TEST_IS_APPROVAL_REQUEST:
        return class_begins(subject, "IPM.Note.Microsoft.Approval.Request");
    case RULE_TEST_IS_PERMISSION_CONTROLLED:
        return header_begins(subject, "Content-Class", "rpmsg.message");
    default:
        return false;
    }
}

static bool test_other(const struct rule_subject *subject, const struct rule_term *term)
{
    const struct bag *props = subject->step->message->props;
    switch ((enum rule_test)term->kind) {
    case RULE_TEST_HAS_ATTACHMENTS:
        return has_attachments(subject);
    case RULE_TEST_IMPORTANCE:
        return bag_int32(props, PROP_IMPORTANCE, 1) == term->low;
    case RULE_TEST_SENSITIVITY:
        return bag_int32(props, PROP_SENSITIVITY, 0) == term->low;
    case RULE_TEST_NOT_SENT_TO_ME:
        return !names_me(subject, RECIPIENT_FROM);
    case RULE_TEST_SENT_CC_ME:
        return names_me(subject, RECIPIENT_CC);
    case RULE_TEST_SENT_TO_ME:
        return names_me(subject, RECIPIENT_TO);
    case RULE_TEST_SENT_TO_OR_CC_ME:
        return names_me(subject, RECIPIENT_TO) || names_me(subject, RECIPIENT_CC);
    case RULE_TEST_SENT_ONLY_TO_ME:
        return names_only_me(subject);
    case RULE_TEST_RECEIVED:
        return is_within(bag_time(props, PROP_MESSAGE_DELIVERY_TIME, 0), term);
    case RULE_TEST_SIZE:
        return is_within((int64_t)subject->step->mime.length, term);
    default:
        return test_kind(subject, term->kind);
    }
}

/* What this program does not know cannot be said to hold. */
static bool test(struct rule_subject *subject, const struct rule_term *term)
{
    const struct rule_term_info *info = rule_test_info(term->kind);
    bool is_text = info != NULL && (info->form == RULE_FORM_TEXTS || info->form == RULE_FORM_ADDRESSES);
    return is_text ? test_text(subject, term) : info != NULL && test_other(subject, term);
}

/* ---- restrictions of MAPI clients see the message's properties ---- */

static const struct value *get_property(prop_tag tag, void *data)
{
    return bag_get(((const struct message *)data)->props, tag);
}

static const struct value *get_of_bag(prop_tag tag, void *data)
{
    return bag_get(data, tag);
}

static size_t count_parts(prop_tag tag, void *data)
{
    const struct message *message = data;
    return prop_id(tag) == prop_id((prop_tag)PROP_MESSAGE_RECIPIENTS) ? message->recipient_count : message->attachment_count;
}

/* Recipients are tested by name and address [MS-OXCDATA] 2.12.10. */
static struct bag *recipient_bag(struct message *message, size_t index)
{
    const struct recipient *recipient = &message->recipients[index];
    struct bag *bag = bag_new(message->props);
    if (bag == NULL || bag_set_int32(bag, PROP_RECIPIENT_TYPE, (int32_t)recipient->type) != STATUS_OK ||
        bag_set_string(bag, PROP_DISPLAY_NAME, recipient->display_name) != STATUS_OK ||
        bag_set_string(bag, PROP_EMAIL_ADDRESS, recipient->address) != STATUS_OK || bag_set_string(bag, PROP_SMTP_ADDRESS, address_of(recipient)) != STATUS_OK)
        TALLOC_FREE(bag);
    return bag;
}

static struct restriction_subject part_at(prop_tag tag, size_t index, void *data)
{
    struct message *message = data;
    bool is_recipient = prop_id(tag) == prop_id((prop_tag)PROP_MESSAGE_RECIPIENTS);
    struct bag *bag = is_recipient ? recipient_bag(message, index) : message->attachments[index].props;
    return (struct restriction_subject){ .get = bag != NULL ? get_of_bag : NULL, .data = bag };
}

bool rule_matches(struct rule_subject *subject, const struct rule *rule)
{
    struct message *message = (struct message *)(uintptr_t)subject->step->message;
    struct restriction_subject properties = { .get = get_property, .sub_count = count_parts, .sub_at = part_at, .data = message };
    for (size_t i = 0; i < rule->condition_count; i++)
        if (!test(subject, &rule->conditions[i]))
            return false;
    for (size_t i = 0; i < rule->exception_count; i++)
        if (test(subject, &rule->exceptions[i]))
            return false;
    return rule->restriction == NULL || restriction_matches(rule->restriction, &properties);
}
