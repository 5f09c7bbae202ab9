/* Header fields -> properties; the table is header_map.def. */
#include "import_state.h"

#include "bourse/base/hash.h"
#include "bourse/base/text.h"
#include "bourse/mime/body.h"
#include "parse.h"

#include <stdlib.h>
#include <strings.h>

enum how {
    HOW_TEXT, HOW_RAW, HOW_TIME, HOW_DATE, HOW_SUBJECT, HOW_FROM, HOW_SENDER, HOW_TO, HOW_CC, HOW_BCC, HOW_REPLY_TO, HOW_RECEIPT_TO,
    HOW_DELIVERY_RECEIPT, HOW_THREAD_INDEX, HOW_IMPORTANCE, HOW_X_PRIORITY, HOW_PRIORITY, HOW_SENSITIVITY, HOW_KEYWORDS, HOW_SUPPRESS,
    HOW_AUTO_SUBMITTED, HOW_PRECEDENCE,
};

static const struct header_row {
    const char *name;
    size_t length;
    enum how how;
    prop_tag tag;
} rows[] = {
#define HEADER(name, how, tag, source) { name, sizeof name - 1, HOW_##how, (prop_tag)(tag) },
#include "header_map.def"
#undef HEADER
};

/* What several fields decide together. */
struct header_state {
    struct import *im;
    uint64_t seen; /* bit per row */
    bool has_importance;
    struct slice from, sender; /* raw */
    int32_t suppress;
};

static const struct person_tags sender_tags = { PROP_SENDER_NAME, PROP_SENDER_ADDRESS_TYPE, PROP_SENDER_EMAIL_ADDRESS,
                                                PROP_SENDER_SMTP_ADDRESS, PROP_SENDER_ENTRY_ID, PROP_SENDER_SEARCH_KEY };
static const struct person_tags from_tags = { PROP_SENT_REPRESENTING_NAME, PROP_SENT_REPRESENTING_ADDRESS_TYPE,
                                              PROP_SENT_REPRESENTING_EMAIL_ADDRESS, PROP_SENT_REPRESENTING_SMTP_ADDRESS,
                                              PROP_SENT_REPRESENTING_ENTRY_ID, PROP_SENT_REPRESENTING_SEARCH_KEY };
static const struct person_tags receipt_tags = { PROP_READ_RECEIPT_NAME, PROP_READ_RECEIPT_ADDRESS_TYPE, PROP_READ_RECEIPT_EMAIL_ADDRESS,
                                                 PROP_READ_RECEIPT_SMTP_ADDRESS, PROP_READ_RECEIPT_ENTRY_ID, PROP_READ_RECEIPT_SEARCH_KEY };

void one_off_append(struct buffer *out, const char *name, const char *address)
{
    static const uint8_t provider[16] = { 0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F, 0x54, 0x02 };
    buffer_append_u32(out, 0);
    buffer_append(out, provider, sizeof provider);
    buffer_append_u16(out, 0);
    buffer_append_u16(out, 0x9001); /* Unicode, no rich information */
    utf16_append(out, slice_of_text(name));
    buffer_append_u16(out, 0);
    utf16_append(out, slice_of_text("SMTP"));
    buffer_append_u16(out, 0);
    utf16_append(out, slice_of_text(address));
    buffer_append_u16(out, 0);
}

/* "SMTP:" and the address in capitals with its NUL [MS-OXCDATA] 2.2.5 / [MS-OXPROPS] PidTagSearchKey. */
static enum status set_search_key(struct bag *bag, TALLOC_CTX *scratch, prop_tag tag, const char *address)
{
    char *key = talloc_asprintf(scratch, "SMTP:%s", address);
    TRY_MEMORY(key);
    for (char *p = key; *p != '\0'; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 32);
    return bag_set_bytes(bag, tag, slice_of(key, strlen(key) + 1));
}

enum status import_person(struct import *im, const struct person_tags *tags, const struct mime_address *person)
{
    struct bag *bag = im->message->props;
    const char *name = person->name[0] != '\0' ? person->name : person->address;
    TRY(bag_set_string(bag, tags->name, name));
    TRY(bag_set_string(bag, tags->type, "SMTP"));
    TRY(bag_set_string(bag, tags->address, person->address));
    TRY(bag_set_string(bag, tags->smtp, person->address));
    struct buffer *entry = buffer_new(im->scratch, 64 + 4 * strlen(name) + 4 * strlen(person->address));
    TRY_MEMORY(entry);
    one_off_append(entry, name, person->address);
    TRY(buffer_status(entry));
    TRY(bag_set_bytes(bag, tags->entry_id, buffer_slice(entry)));
    talloc_free(entry);
    return set_search_key(bag, im->scratch, tags->search_key, person->address);
}

static enum status first_person(struct import *im, struct slice value, const struct person_tags *tags, bool *found)
{
    struct mime_addresses list;
    TRY(mime_addresses_parse(im->scratch, value, &im->limits, &list));
    *found = list.count > 0;
    return list.count > 0 ? import_person(im, tags, &list.items[0]) : STATUS_OK;
}

/* From: the one it is from; Sender: who sent it, From when it is missing [MS-OXCMAIL] 2.2.1.1. */
static enum status set_senders(struct header_state *s)
{
    bool found = false;
    struct slice from = s->from.length > 0 ? s->from : s->sender, sender = s->sender.length > 0 ? s->sender : s->from;
    TRY(first_person(s->im, from, &from_tags, &found));
    return first_person(s->im, sender, &sender_tags, &found);
}

static enum status add_recipients(struct import *im, struct slice value, enum recipient_type type)
{
    struct mime_addresses list;
    TRY(mime_addresses_parse(im->scratch, value, &im->limits, &list));
    for (size_t i = 0; i < list.count && im->message->recipient_count < im->limits.recipients; i++) {
        const struct mime_address *item = &list.items[i];
        if (item->address[0] == '\0' && item->group != NULL)
            continue; /* "undisclosed-recipients:;" names nobody [MS-OXCMAIL] 2.2.1.2 */
        struct recipient recipient = { .type = type, .display_name = item->name[0] != '\0' ? item->name : item->address,
                                       .address_type = "SMTP", .address = item->address, .smtp_address = item->address };
        TRY_MEMORY(message_add_recipient(im->message, &recipient));
    }
    if (list.limited || im->message->recipient_count >= im->limits.recipients)
        im->limited = true;
    return STATUS_OK;
}

/* Names joined by "; " and a FlatEntryList of one-offs [MS-OXOMSG] 2.2.1.43, 2.2.1.44; [MS-OXCDATA] 2.3.3. */
static enum status set_reply_to(struct import *im, struct slice value)
{
    struct mime_addresses list;
    TRY(mime_addresses_parse(im->scratch, value, &im->limits, &list));
    struct buffer *names = buffer_new(im->scratch, 4u << 20), *entries = buffer_new(im->scratch, 16u << 20);
    TRY_MEMORY(names);
    TRY_MEMORY(entries);
    uint32_t count = 0;
    buffer_append_u64(entries, 0);
    for (size_t i = 0; i < list.count; i++) {
        const struct mime_address *item = &list.items[i];
        if (item->address[0] == '\0')
            continue;
        const char *name = item->name[0] != '\0' ? item->name : item->address;
        if (count++ > 0)
            buffer_append_text(names, "; ");
        buffer_append_text(names, name);
        size_t start = buffer_length(entries);
        buffer_append_u32(entries, 0);
        one_off_append(entries, name, item->address);
        buffer_patch_u32(entries, start, (uint32_t)(buffer_length(entries) - start - 4));
        while (buffer_length(entries) % 4 != 0)
            buffer_append_byte(entries, 0);
    }
    if (count == 0 || buffer_status(names) != STATUS_OK || buffer_status(entries) != STATUS_OK)
        return STATUS_OK;
    buffer_patch_u32(entries, 0, count);
    buffer_patch_u32(entries, 4, (uint32_t)buffer_length(entries) - 8);
    TRY(bag_set_string(im->message->props, PROP_REPLY_RECIPIENT_NAMES, buffer_text(names)));
    return bag_set_bytes(im->message->props, PROP_REPLY_RECIPIENT_ENTRIES, buffer_slice(entries));
}

static enum status set_receipt(struct import *im, struct slice value)
{
    bool found = false;
    TRY(first_person(im, value, &receipt_tags, &found));
    if (!found)
        return STATUS_OK;
    TRY(bag_set_bool(im->message->props, PROP_READ_RECEIPT_REQUESTED, true));
    return STATUS_OK;
}

void mime_split_subject(struct slice subject, struct slice *prefix, struct slice *normalized)
{
    size_t at = 0, characters = 0;
    *prefix = slice_part(subject, 0, 0);
    *normalized = subject;
    while (at < subject.length && characters <= 3 && subject.data[at] != ':') {
        if (subject.data[at] <= ' ' || (subject.data[at] >= '0' && subject.data[at] <= '9'))
            return;
        at++;
        while (at < subject.length && (subject.data[at] & 0xC0) == 0x80)
            at++;
        characters++;
    }
    if (characters == 0 || characters > 3 || at + 1 >= subject.length || subject.data[at] != ':' || subject.data[at + 1] != ' ')
        return;
    *prefix = slice_part(subject, 0, at + 2);
    *normalized = slice_part(subject, at + 2, subject.length);
}

static enum status set_subject(struct import *im, const char *subject)
{
    struct bag *bag = im->message->props;
    struct slice prefix, normalized;
    mime_split_subject(slice_of_text(subject), &prefix, &normalized);
    char *prefix_text = slice_text(im->scratch, prefix);
    TRY_MEMORY(prefix_text);
    TRY(bag_set_string(bag, PROP_SUBJECT, subject));
    TRY(bag_set_string(bag, PROP_SUBJECT_PREFIX, prefix_text));
    return bag_set_string(bag, PROP_NORMALIZED_SUBJECT, subject + prefix.length);
}

/* Words -> numbers of importance, priority, sensitivity. */
static const struct { const char *word; int32_t number; } importance_words[] = { { "high", 2 }, { "low", 0 }, { "normal", 1 }, { "urgent", 2 } },
    priority_words[] = { { "urgent", 1 }, { "non-urgent", -1 }, { "normal", 0 } },
    sensitivity_words[] = { { "personal", 1 }, { "private", 2 }, { "company-confidential", 3 }, { "normal", 0 } };

#define FIND_WORD(table, text, number)                                    \
    for (size_t word_at = 0; word_at < ARRAY_LENGTH(table); word_at++)    \
        if (strcasecmp((table)[word_at].word, (text)) == 0)               \
            (number) = (table)[word_at].number;

static enum status set_importance(struct header_state *s, int32_t number, bool weak)
{
    if (number < 0 || (weak && s->has_importance))
        return STATUS_OK;
    s->has_importance = true;
    return bag_set_int32(s->im->message->props, PROP_IMPORTANCE, number);
}

static enum status set_priority(struct header_state *s, const char *text)
{
    int32_t number = 99;
    FIND_WORD(priority_words, text, number)
    if (number == 99)
        return STATUS_OK;
    TRY(set_importance(s, number + 1, true));
    return bag_set_int32(s->im->message->props, PROP_PRIORITY, number);
}

static enum status set_keywords(struct import *im, char *text)
{
    const char *words[100];
    size_t count = 0;
    for (char *rest = text, *word; count < ARRAY_LENGTH(words) && (word = strsep(&rest, ",;")) != NULL;) {
        struct slice trimmed = slice_trim(slice_of_text(word));
        if (trimmed.length > 0)
            words[count++] = slice_text(im->scratch, trimmed);
    }
    return count > 0 ? bag_set_strings(im->message->props, PROP_KEYWORDS, words, count) : STATUS_OK;
}

/* [MS-OXOMSG] 2.2.1.77 */
static const struct { const char *word; int32_t bits; } suppress_words[] = { { "All", -1 }, { "None", 0 }, { "DR", 1 }, { "NDR", 2 }, { "RN", 4 },
                                                                             { "NRN", 8 }, { "OOF", 16 }, { "AutoReply", 32 } };

static int32_t read_suppress(char *text)
{
    int32_t bits = 0;
    for (char *rest = text, *word; (word = strsep(&rest, ", ")) != NULL;)
        for (size_t i = 0; i < ARRAY_LENGTH(suppress_words); i++)
            if (strcasecmp(word, suppress_words[i].word) == 0)
                bits |= suppress_words[i].bits;
    return bits;
}

static enum status set_thread_index(struct import *im, const char *text)
{
    struct slice index;
    if (base64_decode(im->scratch, slice_of_text(text), &index) != STATUS_OK || index.length < 22 || index.length > 8192)
        return STATUS_OK;
    return bag_set_bytes(im->message->props, PROP_CONVERSATION_INDEX, index);
}

static enum status set_time(struct import *im, prop_tag tag, struct slice value)
{
    instant when;
    return mime_date_parse(value, &when) ? bag_set_time(im->message->props, tag, when) : STATUS_OK;
}

/* Names of PS_INTERNET_HEADERS that the catalogue has, in the catalogue's type. */
static enum status set_named(struct import *im, const struct mime_field *field, const struct guid *set)
{
    char name[64];
    if (field->name.length >= sizeof name || name_is(field->name, "Content-Type")) /* the structure has it */
        return STATUS_OK;
    memcpy(name, field->name.data, field->name.length);
    name[field->name.length] = '\0';
    struct property_name wanted = { .set = *set, .is_string = true, .name = name };
    prop_tag tag = property_tag_of_name(&wanted);
    if (tag == 0 || bag_has(im->message->props, tag))
        return STATUS_OK;
    char *text = NULL;
    TRY(mime_words_decode(im->scratch, slice_part(field->value, 0, im->limits.header_field_bytes), &text));
    switch (prop_type(tag)) {
    case TYPE_STRING: return bag_set_string(im->message->props, tag, text);
    case TYPE_BOOL: return bag_set_bool(im->message->props, tag, strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0);
    case TYPE_INT32: return bag_set_int32(im->message->props, tag, (int32_t)strtol(text, NULL, 10));
    case TYPE_INT16: {
        struct value value = value_int16(tag, (int16_t)strtol(text, NULL, 10));
        return bag_set(im->message->props, &value);
    }
    default: return STATUS_OK;
    }
}

static enum status apply_text(struct header_state *s, const struct header_row *row, char *text)
{
    struct import *im = s->im;
    int32_t number = -1;
    switch (row->how) {
    case HOW_TEXT:
    case HOW_RAW: return text[0] != '\0' ? bag_set_string(im->message->props, row->tag, text) : STATUS_OK;
    case HOW_SUBJECT: return set_subject(im, text);
    case HOW_IMPORTANCE:
        FIND_WORD(importance_words, text, number)
        return set_importance(s, number, row->name[0] == 'X');
    case HOW_X_PRIORITY: return set_importance(s, text[0] >= '1' && text[0] <= '5' ? (text[0] < '3' ? 2 : text[0] == '3' ? 1 : 0) : -1, true);
    case HOW_PRIORITY: return set_priority(s, text);
    case HOW_SENSITIVITY:
        FIND_WORD(sensitivity_words, text, number)
        return number >= 0 ? bag_set_int32(im->message->props, PROP_SENSITIVITY, number) : STATUS_OK;
    case HOW_KEYWORDS: return set_keywords(im, text);
    case HOW_SUPPRESS: s->suppress |= read_suppress(text); return STATUS_OK;
    case HOW_AUTO_SUBMITTED: s->suppress |= text_starts(text, "no") ? 0 : 16 | 32; return STATUS_OK;
    case HOW_PRECEDENCE:
        s->suppress |= text_starts(text, "bulk") || text_starts(text, "list") || text_starts(text, "junk") ? 16 | 32 : 0;
        return STATUS_OK;
    case HOW_THREAD_INDEX: return set_thread_index(im, text);
    case HOW_DELIVERY_RECEIPT: return bag_set_bool(im->message->props, row->tag, true);
    default: return STATUS_OK;
    }
}

static enum status apply_row(struct header_state *s, const struct header_row *row, struct slice value)
{
    struct import *im = s->im;
    switch (row->how) {
    case HOW_FROM: s->from = value; return STATUS_OK;
    case HOW_SENDER: s->sender = value; return STATUS_OK;
    case HOW_TO: return add_recipients(im, value, RECIPIENT_TO);
    case HOW_CC: return add_recipients(im, value, RECIPIENT_CC);
    case HOW_BCC: return add_recipients(im, value, RECIPIENT_BCC);
    case HOW_REPLY_TO: return set_reply_to(im, value);
    case HOW_RECEIPT_TO: return set_receipt(im, value);
    case HOW_TIME:
    case HOW_DATE: return set_time(im, row->tag, value);
    default: break;
    }
    char *text = NULL;
    TRY(mime_words_decode(im->scratch, slice_part(value, 0, im->limits.header_field_bytes), &text));
    return apply_text(s, row, text);
}

static enum status apply_field(struct header_state *s, const struct mime_field *field, const struct guid *set)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct header_row *row = &rows[i];
        if (row->length != field->name.length || strncasecmp(row->name, (const char *)field->name.data, row->length) != 0)
            continue;
        bool repeats = row->how == HOW_TO || row->how == HOW_CC || row->how == HOW_BCC;
        if ((s->seen & UINT64_C(1) << i) != 0 && !repeats)
            return STATUS_OK;
        s->seen |= UINT64_C(1) << i;
        return apply_row(s, row, field->value);
    }
    return set_named(s->im, field, set);
}

/* The header as text, for PidTagTransportMessageHeaders [MS-OXOMSG] 2.2.1.61. */
static enum status set_transport_headers(struct import *im, struct slice header)
{
    struct slice text;
    TRY(mime_text_to_utf8(im->scratch, slice_part(header, 0, im->limits.header_bytes), NULL, im->limits.header_bytes, &text));
    struct value value = value_bytes(PROP_TRANSPORT_MESSAGE_HEADERS, text);
    return bag_set(im->message->props, &value);
}

enum status import_headers(struct import *im)
{
    const struct mime_part *root = &im->structure->parts[im->root];
    struct slice header = slice_part(im->bytes, (size_t)root->header_offset, (size_t)root->header_length);
    struct header_state state = { .im = im };
    struct guid set;
    if (!property_set_guid("PS_INTERNET_HEADERS", &set))
        return status_fail(STATUS_INTERNAL, "catalogue has no PS_INTERNET_HEADERS");
    struct mime_field field;
    size_t at = 0;
    uint32_t fields = 0;
    while (mime_field_next(header, &at, &field)) {
        if (++fields > im->limits.header_fields || at > im->limits.header_bytes) {
            im->limited = true;
            break;
        }
        TRY(apply_field(&state, &field, &set));
    }
    TRY(set_senders(&state));
    if (state.suppress != 0)
        TRY(bag_set_int32(im->message->props, PROP_AUTO_RESPONSE_SUPPRESS, state.suppress));
    if (!bag_has(im->message->props, PROP_SUBJECT))
        TRY(set_subject(im, ""));
    if (!state.has_importance)
        TRY(bag_set_int32(im->message->props, PROP_IMPORTANCE, 1));
    if (!bag_has(im->message->props, PROP_SENSITIVITY))
        TRY(bag_set_int32(im->message->props, PROP_SENSITIVITY, 0));
    return set_transport_headers(im, header);
}
