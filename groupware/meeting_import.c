#include "meeting_import.h"

#include "bourse/base/text.h"
#include "bourse/calendar/ical.h"
#include "bourse/calendar/meeting.h"
#include "bourse/mime/import.h"
#include "bourse/mime/structure.h"
#include "bourse/model/properties.h"

enum { CALENDAR_CAP = 1024 * 1024 };

static bool is_calendar_type(const struct mime_part *part)
{
    return strcmp(part->type, "text/calendar") == 0 || strcmp(part->type, "application/ics") == 0;
}

/* The part that import took for one, else the first attached file of the kind at the top of the message. */
static uint32_t find_part(const struct mime_structure *structure)
{
    uint32_t attached = MIME_NO_PART;
    for (uint32_t i = 0; i < structure->count; i++) {
        const struct mime_part *part = &structure->parts[i];
        if (part->role == MIME_ROLE_CALENDAR)
            return i;
        if (attached == MIME_NO_PART && part->role == MIME_ROLE_ATTACHMENT && part->kind == MIME_LEAF && is_calendar_type(part))
            attached = i;
    }
    return attached;
}

static bool is_meeting_method(enum ical_method method)
{
    return method == ICAL_REQUEST || method == ICAL_CANCEL || method == ICAL_REPLY || method == ICAL_COUNTER;
}

/* The event with that index, from 0, of those that are about a meeting. NULL: none. Bad iCalendar is no failure of the mail. */
static enum status read_entry(TALLOC_CTX *mem, const struct message *message, size_t index, const struct ical_entry **out)
{
    struct mime_structure *structure = NULL;
    struct slice text = { 0 };
    struct ical_result result = { 0 };
    struct ical_import_options options = { .as_mail = true };
    *out = NULL;
    if (message->mime.structure.length == 0 || message->mime.is_signed)
        return STATUS_OK;
    TRY(mime_structure_unpack(mem, message->mime.structure, &structure));
    uint32_t part = find_part(structure);
    if (part == MIME_NO_PART)
        return STATUS_OK;
    enum status status = mime_part_decode(mem, message->mime.bytes, structure, part, CALENDAR_CAP, &text);
    if (status == STATUS_OK)
        status = ical_import(mem, text, &options, &result);
    if (status == STATUS_NO_MEMORY)
        return status;
    for (size_t i = 0; status == STATUS_OK && i < result.count && *out == NULL; i++) {
        const struct ical_entry *entry = &result.entries[i];
        bool is_meeting = entry->kind == ICAL_EVENT && is_meeting_method(entry->method) && entry->message != NULL &&
                          meeting_message_of_class(bag_string(entry->message->props, PROP_MESSAGE_CLASS, "")) != MEETING_MESSAGE_NONE;
        if (is_meeting && bag_has(entry->message->props, PROP_GLOBAL_OBJECT_ID) && index-- == 0)
            *out = entry;
    }
    if (status != STATUS_OK)
        status_chain_clear();
    return STATUS_OK;
}

/* What the mail itself says stays: its text, subject and trace; people are looked at one by one. */
static bool is_of_mail(prop_tag tag)
{
    static const prop_tag mail[] = {
        PROP_SUBJECT, PROP_NORMALIZED_SUBJECT, PROP_SUBJECT_PREFIX, PROP_CONVERSATION_TOPIC, PROP_BODY, PROP_HTML, PROP_RTF_COMPRESSED, PROP_NATIVE_BODY,
        PROP_INTERNET_CODEPAGE, PROP_CLIENT_SUBMIT_TIME, PROP_INTERNET_MESSAGE_ID, PROP_MESSAGE_FLAGS, PROP_KEYWORDS,
        PROP_SENDER_NAME, PROP_SENDER_ADDRESS_TYPE, PROP_SENDER_EMAIL_ADDRESS, PROP_SENDER_SMTP_ADDRESS, PROP_SENDER_ENTRY_ID, PROP_SENDER_SEARCH_KEY,
        PROP_SENT_REPRESENTING_NAME, PROP_SENT_REPRESENTING_ADDRESS_TYPE, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, PROP_SENT_REPRESENTING_SMTP_ADDRESS,
        PROP_SENT_REPRESENTING_ENTRY_ID, PROP_SENT_REPRESENTING_SEARCH_KEY,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(mail); i++)
        if (prop_id(mail[i]) == prop_id(tag))
            return true;
    return false;
}

static enum status set_person(struct bag *props, const char *name, const char *address)
{
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_NAME, name[0] != '\0' ? name : address));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_ADDRESS_TYPE, "SMTP"));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, address));
    bag_remove(props, PROP_SENT_REPRESENTING_ENTRY_ID);
    bag_remove(props, PROP_SENT_REPRESENTING_SEARCH_KEY);
    return bag_set_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, address);
}

static const char *sender_of(const struct bag *props)
{
    return bag_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, "");
}

/* Requests and cancellations speak for ORGANIZER, replies for ATTENDEE, whoever sent the mail [MS-OXCICAL] 2.1.3.1.1.20.16. That the mail came from somebody else is
 * noted: such a message does not change a meeting of another sender. */
static enum status take_person(struct bag *props, const struct ical_entry *entry)
{
    bool is_answer = entry->method == ICAL_REPLY || entry->method == ICAL_COUNTER;
    const char *person = is_answer ? entry->attendee : entry->organizer, *sender = sender_of(props);
    if (person[0] == '\0' || ascii_equal_nocase(person, sender))
        return STATUS_OK;
    const char *name = bag_string(entry->message->props, PROP_SENT_REPRESENTING_NAME, "");
    TRY(bag_set_bool(props, MEETING_PROP_UNPROVEN, true));
    if (sender[0] != '\0') {
        TRY(bag_set_string(props, PROP_SENDER_NAME, bag_string(props, PROP_SENT_REPRESENTING_NAME, sender)));
        TRY(bag_set_string(props, PROP_SENDER_ADDRESS_TYPE, "SMTP"));
        TRY(bag_set_string(props, PROP_SENDER_EMAIL_ADDRESS, sender));
        TRY(bag_set_string(props, PROP_SENDER_SMTP_ADDRESS, sender));
    }
    return set_person(props, name, person);
}

static enum status take_properties(struct bag *props, const struct ical_entry *entry)
{
    const struct bag *from = entry->message->props;
    for (size_t i = 0; i < bag_count(from); i++)
        if (!is_of_mail(bag_at(from, i)->tag))
            TRY(bag_set(props, bag_at(from, i)));
    if (!bag_has(props, PROP_SUBJECT) && bag_has(from, PROP_SUBJECT))
        TRY(bag_set(props, bag_get(from, PROP_SUBJECT)));
    if (!bag_has(props, PROP_CLEAN_GLOBAL_OBJECT_ID))
        TRY(bag_set_bytes(props, PROP_CLEAN_GLOBAL_OBJECT_ID, bag_bytes(props, PROP_GLOBAL_OBJECT_ID)));
    if (!bag_has(props, PROP_OWNER_CRITICAL_CHANGE) && entry->dtstamp != 0 && entry->method != ICAL_REPLY && entry->method != ICAL_COUNTER)
        TRY(bag_set_time(props, PROP_OWNER_CRITICAL_CHANGE, entry->dtstamp));
    return take_person(props, entry);
}

/* The attendees are those of the calendar part; a request's own To field may name a list, or one of them. */
static enum status take_recipients(struct message *message, const struct ical_entry *entry)
{
    if ((entry->method != ICAL_REQUEST && entry->method != ICAL_CANCEL) || entry->message->recipient_count == 0)
        return STATUS_OK;
    message->recipient_count = 0;
    for (size_t i = 0; i < entry->message->recipient_count; i++)
        if (message_add_recipient(message, &entry->message->recipients[i]) == NULL)
            return status_fail(STATUS_NO_MEMORY, "attendees");
    return STATUS_OK;
}

static enum status take(struct message *message, const struct ical_entry *entry)
{
    TRY(take_properties(message->props, entry));
    return take_recipients(message, entry);
}

enum status meeting_import(struct message *message)
{
    TALLOC_CTX *mem = talloc_new(message);
    const struct ical_entry *entry = NULL;
    enum status status = mem != NULL ? read_entry(mem, message, 0, &entry) : status_fail(STATUS_NO_MEMORY, "calendar part");
    if (status == STATUS_OK && entry != NULL)
        status = take(message, entry);
    talloc_free(mem);
    return status;
}

/* The exceptions of a series come along; they stay on `message`, whose parent the entry is. */
static enum status take_exceptions(struct message *message, const struct ical_entry *entry)
{
    for (size_t i = 0; i < entry->message->attachment_count; i++) {
        if (!exception_is_attachment(&entry->message->attachments[i]))
            continue;
        struct attachment *slot = message_add_attachment(message);
        if (slot == NULL)
            return status_fail(STATUS_NO_MEMORY, "exceptions");
        struct bag *props = slot->props;
        *slot = entry->message->attachments[i];
        slot->props = props;
        slot->number = -1;
        TRY(bag_merge(slot->props, entry->message->attachments[i].props));
    }
    return STATUS_OK;
}

/* The .ics file itself is the message, no attachment of the meeting. */
static void drop_calendar_file(struct message *message)
{
    size_t kept = 0;
    for (size_t i = 0; i < message->attachment_count; i++) {
        const char *type = bag_string(message->attachments[i].props, PROP_ATTACH_MIME_TAG, "");
        if (!ascii_equal_nocase(type, "text/calendar") && !ascii_equal_nocase(type, "application/ics"))
            message->attachments[kept++] = message->attachments[i];
    }
    message->attachment_count = kept;
}

/* The calendar shows what the meeting is called, not what stood in the mail's subject ("Invitation: ..."). */
static enum status take_summary(struct message *message, const struct ical_entry *entry)
{
    const char *summary = bag_string(entry->message->props, PROP_SUBJECT, "");
    if (summary[0] == '\0')
        return STATUS_OK;
    TRY(bag_set_string(message->props, PROP_SUBJECT, summary));
    TRY(bag_set_string(message->props, PROP_NORMALIZED_SUBJECT, bag_string(entry->message->props, PROP_NORMALIZED_SUBJECT, summary)));
    bag_remove(message->props, PROP_SUBJECT_PREFIX);
    return STATUS_OK;
}

static enum status import_event(TALLOC_CTX *mem, struct slice mime, size_t index, struct message **out, bool *is_meeting)
{
    const struct ical_entry *entry = NULL;
    TRY(mime_import(mem, mime, &mime_limits_default, 0, out));
    TRY(read_entry(*out, *out, index, &entry));
    *is_meeting = entry != NULL;
    if (entry == NULL)
        return STATUS_OK;
    TRY(take(*out, entry));
    TRY(take_summary(*out, entry));
    drop_calendar_file(*out);
    TRY(take_exceptions(*out, entry));
    (*out)->mime = (struct message_mime){ 0 };
    return STATUS_OK;
}

enum status meeting_import_whole(TALLOC_CTX *mem, struct slice mime, struct message **out)
{
    bool is_meeting = false;
    return import_event(mem, mime, 0, out, &is_meeting);
}

enum status meeting_import_further(TALLOC_CTX *mem, struct slice mime, size_t index, struct message **out)
{
    bool is_meeting = false;
    TRY(import_event(mem, mime, index, out, &is_meeting));
    if (!is_meeting)
        TALLOC_FREE(*out);
    return STATUS_OK;
}
