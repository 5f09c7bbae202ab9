/* Properties -> header fields [MS-OXCMAIL] 2.1.2. */
#include "export_state.h"

#include "bourse/base/text.h"
#include "parse.h"

/* Text property as a field: encoded words, or raw UTF-8 where the hop can take it. */
static enum status put_words(struct export *ex, const char *name, const char *text)
{
    char *encoded = NULL;
    if (text[0] == '\0')
        return STATUS_OK;
    if (export_has(ex, MIME_EXPORT_UTF8))
        encoded = utf8_repair(ex->mem, slice_of_text(text));
    else
        TRY(mime_words_encode(ex->mem, slice_of_text(text), &encoded));
    TRY_MEMORY(encoded);
    return export_field(ex, name, encoded);
}

/* An address that is not SMTP is encapsulated [MS-OXCMAIL] 2.1.1.3.1. */
static char *encapsulate(struct export *ex, const char *type, const char *address)
{
    struct buffer *out = buffer_new(ex->mem, strlen(address) * 3 + strlen(type) + 300);
    if (out == NULL)
        return NULL;
    buffer_printf(out, "IMCEA%s-", type);
    for (const char *p = address; *p != '\0'; p++) {
        uint8_t c = (uint8_t)*p;
        bool plain = (c >= '0' && c <= '9') || (c < 128 && (c | 32) >= 'a' && (c | 32) <= 'z') || c == '=' || c == '-';
        if (plain)
            buffer_append_byte(out, c);
        else if (c == '/')
            buffer_append_byte(out, '_');
        else
            buffer_printf(out, "+%02X", c);
    }
    buffer_printf(out, "@%s", ex->options->domain != NULL ? ex->options->domain : "localhost");
    return talloc_strdup(ex->mem, buffer_text(out));
}

static enum status format_person(struct export *ex, const char *name, const char *type, const char *address, const char *smtp, char **out)
{
    const char *wire = smtp;
    if (wire[0] == '\0' && address[0] != '\0')
        wire = ascii_equal_nocase(type, "SMTP") || type[0] == '\0' ? address : encapsulate(ex, type, address);
    TRY_MEMORY(wire);
    const char *shown = ascii_equal_nocase(name, wire) ? "" : name;
    return mime_address_format(ex->mem, shown, wire, export_has(ex, MIME_EXPORT_UTF8), out);
}

struct person {
    prop_tag name, type, address, smtp;
};

static const struct person sender = { PROP_SENDER_NAME, PROP_SENDER_ADDRESS_TYPE, PROP_SENDER_EMAIL_ADDRESS, PROP_SENDER_SMTP_ADDRESS },
                           from = { PROP_SENT_REPRESENTING_NAME, PROP_SENT_REPRESENTING_ADDRESS_TYPE, PROP_SENT_REPRESENTING_EMAIL_ADDRESS,
                                    PROP_SENT_REPRESENTING_SMTP_ADDRESS },
                           receipt = { PROP_READ_RECEIPT_NAME, PROP_READ_RECEIPT_ADDRESS_TYPE, PROP_READ_RECEIPT_EMAIL_ADDRESS,
                                       PROP_READ_RECEIPT_SMTP_ADDRESS };

/* "" when the message does not have the person. */
static enum status read_person(struct export *ex, const struct person *tags, char **out)
{
    const struct bag *bag = ex->message->props;
    const char *address = bag_string(bag, tags->address, ""), *smtp = bag_string(bag, tags->smtp, "");
    *out = NULL;
    if (address[0] == '\0' && smtp[0] == '\0') {
        *out = talloc_strdup(ex->mem, "");
        TRY_MEMORY(*out);
        return STATUS_OK;
    }
    return format_person(ex, bag_string(bag, tags->name, ""), bag_string(bag, tags->type, "SMTP"), address, smtp, out);
}

static enum status put_senders(struct export *ex)
{
    char *from_text = NULL, *sender_text = NULL;
    TRY(read_person(ex, &from, &from_text));
    TRY(read_person(ex, &sender, &sender_text));
    if (from_text[0] == '\0')
        from_text = sender_text;
    if (from_text[0] != '\0')
        TRY(export_field(ex, "From", from_text));
    if (sender_text[0] != '\0' && strcmp(sender_text, from_text) != 0)
        TRY(export_field(ex, "Sender", sender_text));
    return STATUS_OK;
}

static enum status put_recipients(struct export *ex, const char *name, enum recipient_type type, bool *any)
{
    struct buffer *list = buffer_new(ex->mem, 64u << 20);
    TRY_MEMORY(list);
    for (size_t i = 0; i < ex->message->recipient_count; i++) {
        const struct recipient *recipient = &ex->message->recipients[i];
        char *text = NULL;
        if (recipient->type != type)
            continue;
        TRY(format_person(ex, recipient->display_name, recipient->address_type, recipient->address, recipient->smtp_address, &text));
        if (text[0] == '\0')
            continue;
        if (buffer_length(list) > 0)
            buffer_append_text(list, ", ");
        buffer_append_text(list, text);
        talloc_free(text);
    }
    TRY(buffer_status(list));
    *any = buffer_length(list) > 0;
    if (*any)
        TRY(export_field(ex, name, buffer_text(list)));
    talloc_free(list);
    return STATUS_OK;
}

static enum status put_all_recipients(struct export *ex)
{
    bool to = false, cc = false, bcc = false;
    TRY(put_recipients(ex, "To", RECIPIENT_TO, &to));
    TRY(put_recipients(ex, "Cc", RECIPIENT_CC, &cc));
    if (export_has(ex, MIME_EXPORT_KEEP_BCC))
        TRY(put_recipients(ex, "Bcc", RECIPIENT_BCC, &bcc));
    if (!to && !cc && !bcc && ex->message->recipient_count > 0)
        return export_text(ex, "To: undisclosed-recipients:;\r\n");
    return STATUS_OK;
}

/* One-off entry id -> name and address [MS-OXCDATA] 2.2.5.1; others have no address in them. */
static bool read_one_off(TALLOC_CTX *mem, struct slice entry, char **name, char **address)
{
    char *type = NULL;
    struct wire in = wire_over(entry);
    wire_skip(&in, 4);
    struct slice provider = wire_bytes(&in, 16);
    uint32_t flags = wire_u32(&in);
    static const uint8_t one_off[4] = { 0x81, 0x2B, 0x1F, 0xA4 };
    if (wire_status(&in) != STATUS_OK || memcmp(provider.data, one_off, 4) != 0 || (flags & 0x80000000u) == 0)
        return false;
    return utf16_to_utf8(mem, wire_utf16z(&in), name) == STATUS_OK && utf16_to_utf8(mem, wire_utf16z(&in), &type) == STATUS_OK &&
           utf16_to_utf8(mem, wire_utf16z(&in), address) == STATUS_OK && ascii_equal_nocase(type, "SMTP");
}

static enum status put_reply_to(struct export *ex)
{
    struct wire in = wire_over(bag_bytes(ex->message->props, PROP_REPLY_RECIPIENT_ENTRIES));
    if (in.length == 0)
        return STATUS_OK;
    uint32_t count = wire_u32(&in);
    wire_u32(&in);
    struct buffer *list = buffer_new(ex->mem, 4u << 20);
    TRY_MEMORY(list);
    for (uint32_t i = 0; i < count && wire_status(&in) == STATUS_OK && wire_left(&in) >= 4; i++) {
        uint32_t size = wire_u32(&in);
        struct slice entry = wire_bytes(&in, size);
        char *name = NULL, *address = NULL, *text = NULL;
        if (size % 4 != 0 && wire_left(&in) >= 4 - size % 4)
            wire_skip(&in, 4 - size % 4);
        if (!read_one_off(ex->mem, entry, &name, &address))
            continue;
        TRY(format_person(ex, name, "SMTP", address, address, &text));
        if (buffer_length(list) > 0)
            buffer_append_text(list, ", ");
        buffer_append_text(list, text);
    }
    TRY(buffer_status(list));
    return buffer_length(list) > 0 ? export_field(ex, "Reply-To", buffer_text(list)) : STATUS_OK;
}

static enum status put_subject(struct export *ex)
{
    const struct bag *bag = ex->message->props;
    const char *subject = bag_string(bag, PROP_SUBJECT, NULL);
    if (subject == NULL) {
        subject = talloc_asprintf(ex->mem, "%s%s", bag_string(bag, PROP_SUBJECT_PREFIX, ""), bag_string(bag, PROP_NORMALIZED_SUBJECT, ""));
        TRY_MEMORY(subject);
    }
    return put_words(ex, "Subject", subject);
}

static enum status put_time(struct export *ex, const char *name, prop_tag tag)
{
    char date[INSTANT_MAIL_SIZE];
    instant when = bag_time(ex->message->props, tag, 0);
    return when > 0 ? export_field(ex, name, instant_format_mail(when, date)) : STATUS_OK;
}

static enum status put_identity(struct export *ex)
{
    const struct bag *bag = ex->message->props;
    char date[INSTANT_MAIL_SIZE];
    instant now = ex->options->now != 0 ? ex->options->now : clock_now();
    TRY(export_field(ex, "Date", instant_format_mail(bag_time(bag, PROP_CLIENT_SUBMIT_TIME, now), date)));
    const char *id = bag_string(bag, PROP_INTERNET_MESSAGE_ID, NULL);
    if (id == NULL) {
        const char *address = bag_string(bag, PROP_SENT_REPRESENTING_SMTP_ADDRESS, bag_string(bag, PROP_SENDER_SMTP_ADDRESS, ""));
        const char *at = strrchr(address, '@');
        id = mime_message_id_new(ex->mem, ex->options->domain != NULL ? ex->options->domain : at != NULL ? at + 1 : NULL);
        TRY_MEMORY(id);
    }
    return export_field(ex, "Message-ID", id);
}

static enum status put_thread(struct export *ex)
{
    const struct bag *bag = ex->message->props;
    TRY(put_words(ex, "Thread-Topic", bag_string(bag, PROP_CONVERSATION_TOPIC, "")));
    struct slice index = bag_bytes(bag, PROP_CONVERSATION_INDEX);
    if (index.length < 22 || index.length > 8192)
        return STATUS_OK;
    struct buffer *text = buffer_new(ex->mem, index.length * 2 + 8);
    TRY_MEMORY(text);
    base64_append(text, index);
    return export_field(ex, "Thread-Index", buffer_text(text));
}

static enum status put_importance(struct export *ex)
{
    static const char *const importance[] = { "low", "normal", "high" }, *const x_priority[] = { "5", "3", "1" };
    static const char *const sensitivity[] = { "Normal", "Personal", "Private", "Company-Confidential" };
    static const char *const priority[] = { "non-urgent", "normal", "urgent" };
    const struct bag *bag = ex->message->props;
    int32_t number = bag_int32(bag, PROP_IMPORTANCE, 1);
    if (number == 0 || number == 2) {
        TRY(export_field(ex, "Importance", importance[number]));
        TRY(export_field(ex, "X-Priority", x_priority[number]));
    }
    number = bag_int32(bag, PROP_PRIORITY, 99);
    if (number >= -1 && number <= 1)
        TRY(export_field(ex, "Priority", priority[number + 1]));
    number = bag_int32(bag, PROP_SENSITIVITY, 0);
    return number >= 1 && number <= 3 ? export_field(ex, "Sensitivity", sensitivity[number]) : STATUS_OK;
}

static enum status put_keywords(struct export *ex)
{
    const struct value *value = bag_get(ex->message->props, PROP_KEYWORDS);
    if (value == NULL || value->form != VALUE_INLINE)
        return STATUS_OK;
    struct buffer *list = buffer_new(ex->mem, 1u << 20);
    TRY_MEMORY(list);
    for (size_t i = 0; i < value->multiple.count; i++) {
        if (i > 0)
            buffer_append_text(list, ", ");
        buffer_append_slice(list, value->multiple.elements[i].bytes);
    }
    TRY(buffer_status(list));
    return put_words(ex, "Keywords", buffer_text(list));
}

static enum status put_suppress(struct export *ex)
{
    static const char *const words[] = { "DR", "NDR", "RN", "NRN", "OOF", "AutoReply" };
    int32_t bits = bag_int32(ex->message->props, PROP_AUTO_RESPONSE_SUPPRESS, 0);
    if (bits == 0)
        return STATUS_OK;
    struct buffer *list = buffer_new(ex->mem, 256);
    TRY_MEMORY(list);
    for (size_t i = 0; bits != -1 && i < ARRAY_LENGTH(words); i++)
        if ((bits & 1 << i) != 0)
            buffer_printf(list, "%s%s", buffer_length(list) > 0 ? ", " : "", words[i]);
    return export_field(ex, "X-Auto-Response-Suppress", bits == -1 ? "All" : buffer_text(list));
}

/* Fields that are text both ways. */
static const struct {
    const char *name;
    prop_tag tag;
    bool words;
} text_fields[] = {
    { "In-Reply-To", PROP_IN_REPLY_TO_ID, false },         { "References", PROP_INTERNET_REFERENCES, false },
    { "Organization", PROP_INTERNET_ORGANIZATION, true },  { "X-Message-Flag", PROP_FLAG_REQUEST, true },
    { "List-Help", PROP_LIST_HELP, false },                { "List-Subscribe", PROP_LIST_SUBSCRIBE, false },
    { "List-Unsubscribe", PROP_LIST_UNSUBSCRIBE, false },
};

static enum status put_receipts(struct export *ex)
{
    char *text = NULL;
    const struct bag *bag = ex->message->props;
    if (bag_bool(bag, PROP_READ_RECEIPT_REQUESTED, false)) {
        TRY(read_person(ex, &receipt, &text));
        if (text[0] == '\0')
            TRY(read_person(ex, &from, &text));
        if (text[0] != '\0')
            TRY(export_field(ex, "Disposition-Notification-To", text));
    }
    if (bag_bool(bag, PROP_ORIGINATOR_DELIVERY_REPORT_REQUESTED, false)) {
        TRY(read_person(ex, &from, &text));
        if (text[0] != '\0')
            TRY(export_field(ex, "Return-Receipt-To", text));
    }
    return STATUS_OK;
}

/* Not to be repeated from properties: the generator writes them itself. */
static bool is_generated(const char *name)
{
    return text_starts(name, "Content-") || ascii_equal_nocase(name, "Subject") || ascii_equal_nocase(name, "From");
}

/* String properties of PS_INTERNET_HEADERS [MS-OXCMAIL] 2.1.2.5. */
static enum status put_named(struct export *ex)
{
    struct guid set;
    if (!property_set_guid("PS_INTERNET_HEADERS", &set))
        return STATUS_OK;
    for (size_t i = 0; i < bag_count(ex->message->props); i++) {
        const struct value *value = bag_at(ex->message->props, i);
        struct property_name name;
        if (prop_id(value->tag) < 0x8000 || prop_type(value->tag) != TYPE_STRING || !property_name_of_id(prop_id(value->tag), &name) ||
            !name.is_string || !guid_equal(name.set, set) || is_generated(name.name))
            continue;
        TRY(put_words(ex, name.name, value_text(value)));
    }
    return STATUS_OK;
}

enum status export_headers(struct export *ex)
{
    const struct bag *bag = ex->message->props;
    TRY(put_senders(ex));
    TRY(put_reply_to(ex));
    TRY(put_all_recipients(ex));
    TRY(put_subject(ex));
    TRY(put_thread(ex));
    TRY(put_identity(ex));
    for (size_t i = 0; i < ARRAY_LENGTH(text_fields); i++) {
        const char *text = bag_string(bag, text_fields[i].tag, "");
        if (text_fields[i].words)
            TRY(put_words(ex, text_fields[i].name, text));
        else if (text[0] != '\0')
            TRY(export_field(ex, text_fields[i].name, text));
    }
    TRY(put_importance(ex));
    TRY(put_keywords(ex));
    TRY(put_suppress(ex));
    TRY(put_receipts(ex));
    TRY(put_time(ex, "Expires", PROP_EXPIRY_TIME));
    TRY(put_time(ex, "Reply-By", PROP_REPLY_TIME));
    TRY(put_time(ex, "Deferred-Delivery", PROP_DEFERRED_DELIVERY_TIME));
    TRY(put_named(ex));
    return export_text(ex, "MIME-Version: 1.0\r\n");
}
