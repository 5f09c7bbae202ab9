#include "meeting_send.h"

#include "address.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/calendar/ical.h"
#include "bourse/groupware/submit.h"
#include "bourse/mime/body.h"
#include "bourse/mime/export.h"
#include "bourse/mime/header.h"
#include "bourse/mime/import.h"
#include "bourse/model/properties.h"
#include "bourse/storage/blob.h"
#include "folder_view.h"
#include "item_defaults.h"
#include "item_view.h"
#include "meeting_import.h"

enum { MIME_CAP = 256 * 1024 * 1024, CALENDAR_CAP = 16 * 1024 * 1024, TEXT_CAP = 64 * 1024 * 1024 };

/* ---- the mail ---- */

struct blob_source {
    TALLOC_CTX *mem;
    struct groupware *groupware;
    struct transaction *tx; /* opened at the first blob */
};

static enum status read_blob(int64_t blob, uint64_t offset, void *out, size_t size, size_t *got, void *data)
{
    struct blob_source *source = data;
    struct slice part = { 0 };
    if (source->tx == NULL)
        TRY(transaction_begin(source->mem, source->groupware->store, TRANSACTION_READ, &source->tx));
    TRY(blob_read_part(source->mem, source->tx, blob, offset, size, &part));
    memcpy(out, part.data, part.length);
    *got = part.length;
    talloc_free((void *)part.data);
    return STATUS_OK;
}

/* Exceptions travel in the calendar part. */
static void drop_exceptions(struct message *message)
{
    size_t kept = 0;
    for (size_t i = 0; i < message->attachment_count; i++)
        if (!exception_is_attachment(&message->attachments[i]))
            message->attachments[kept++] = message->attachments[i];
    message->attachment_count = kept;
}

static enum status fill_message_id(struct message *message, const char *domain)
{
    struct hash256 key;
    char hex[2 * 20 + 1] = "";
    if (bag_has(message->props, PROP_INTERNET_MESSAGE_ID))
        return STATUS_OK;
    TRY(meeting_mail_key(message, message->recipient_count > 0 ? message->recipients[0].smtp_address : "", &key));
    for (size_t i = 0; i < 20; i++)
        snprintf(hex + 2 * i, 3, "%02x", key.bytes[i]);
    char *id = talloc_asprintf(message, "<%s@%s>", hex, domain);
    return id != NULL ? bag_set_string(message->props, PROP_INTERNET_MESSAGE_ID, id) : status_fail(STATUS_NO_MEMORY, "message id");
}

/* Text and HTML beside the calendar part: a mail of nothing but that is an empty file to some readers. */
static enum status fill_text(struct message *message)
{
    struct bag *props = message->props;
    struct slice html = { 0 };
    if (bag_has(props, PROP_HTML) || bag_has(props, PROP_RTF_COMPRESSED))
        return STATUS_OK;
    if (bag_text(props, PROP_BODY).length == 0)
        TRY(bag_set_string(props, PROP_BODY, "\r\n"));
    TRY(mime_html_from_text(message, bag_text(props, PROP_BODY), TEXT_CAP, &html));
    return bag_set_bytes(props, PROP_HTML, html);
}

static enum status export_calendar(TALLOC_CTX *mem, const struct message *message, struct blob_source *source, struct slice *out)
{
    struct ical_export_options options = { .flags = ICAL_EXPORT_NO_ATTACHMENTS, .read_blob = read_blob, .read_data = source };
    struct buffer *text = buffer_new(mem, CALENDAR_CAP);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar part");
    TRY(ical_export(mem, message, &options, text));
    TRY(buffer_status(text));
    *out = buffer_slice(text);
    return STATUS_OK;
}

struct header_people {
    const struct meeting_sending *sending;
    const struct meeting_cover *cover;
};

static enum status cover_people(struct message *message, const struct header_people *people)
{
    const struct meeting_sending *sending = people->sending;
    struct bag *props = message->props;
    message->recipient_count = 0;
    for (size_t i = 0; i < people->cover->count; i++)
        if (message_add_recipient(message, &people->cover->recipients[i]) == NULL)
            return status_fail(STATUS_NO_MEMORY, "recipients");
    const char *name = sending->on_behalf ? session_display_name(sending->session) : sending->name;
    const char *address = sending->on_behalf ? session_address(sending->session) : sending->address;
    char *subject = talloc_asprintf(message, "%s%s", people->cover->subject_prefix, bag_string(props, PROP_SUBJECT, ""));
    if (subject == NULL)
        return status_fail(STATUS_NO_MEMORY, "subject");
    TRY(bag_set_string(props, PROP_SUBJECT, subject));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_NAME, sending->name));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, sending->address));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, sending->address));
    TRY(bag_set_string(props, PROP_SENDER_NAME, name));
    TRY(bag_set_string(props, PROP_SENDER_EMAIL_ADDRESS, address));
    return bag_set_string(props, PROP_SENDER_SMTP_ADDRESS, address);
}

static enum status export_mail(TALLOC_CTX *mem, struct message *message, const char *domain, const struct header_people *people, struct blob_source *source,
                               struct slice *out)
{
    struct mime_export_options options = { .domain = domain, .read_blob = read_blob, .read_data = source, .calendar_method = meeting_method(message) };
    TRY(fill_message_id(message, domain));
    TRY(item_fill_defaults(message, NULL, NULL));
    if (options.calendar_method != NULL)
        TRY(export_calendar(mem, message, source, &options.calendar));
    TRY(fill_text(message));
    if (people != NULL)
        TRY(cover_people(message, people));
    drop_exceptions(message);
    return mime_export_bytes(mem, message, &options, MIME_CAP, out);
}

static enum status make_mime(TALLOC_CTX *mem, struct groupware *groupware, struct message *message, const char *domain, const struct header_people *people,
                             struct slice *out)
{
    struct blob_source source = { .mem = mem, .groupware = groupware };
    enum status status = export_mail(mem, message, domain, people, &source, out);
    TALLOC_FREE(source.tx);
    return status;
}

enum status meeting_mime(TALLOC_CTX *mem, struct groupware *groupware, struct message *message, const char *domain, struct slice *out)
{
    return make_mime(mem, groupware, message, domain, NULL, out);
}

enum status meeting_calendar(TALLOC_CTX *mem, struct groupware *groupware, const struct message *message, struct slice *out, const char **method)
{
    struct blob_source source = { .mem = mem, .groupware = groupware };
    *method = meeting_method(message);
    enum status status = *method != NULL ? export_calendar(mem, message, &source, out) : STATUS_OK;
    TALLOC_FREE(source.tx);
    return status;
}

/* ---- who sends ---- */

enum status meeting_sending_open(TALLOC_CTX *mem, struct session *session, const struct mailbox_key *mailbox, bool will_send, struct meeting_sending *out)
{
    *out = (struct meeting_sending){ .session = session, .mailbox = mailbox, .name = session_display_name(session), .address = session_address(session) };
    if (session_owns(session, mailbox))
        return STATUS_OK;
    struct user_profile *owner = NULL;
    TRY(session_mailbox_address(mem, session, mailbox->guid, &out->address));
    if (out->address[0] == '\0')
        return status_fail(STATUS_SEND_AS_DENIED, "the mailbox has no address");
    TRY(user_profile_of_address(mem, session->groupware, out->address, &owner));
    out->name = owner->display_name;
    return will_send ? submit_check_sender(session->groupware, session->entry->guid, out->address, &out->on_behalf) : STATUS_OK;
}

/* ---- the copy ---- */

static enum status prepare_copy(TALLOC_CTX *mem, struct meeting_sending *sending, const struct message *message, struct meeting_post *post)
{
    struct message *copy = NULL;
    TRY(mime_import(mem, post->mail.mime, &mime_limits_default, MIME_IMPORT_DELIVERY, &copy));
    TRY(meeting_import(copy));
    for (size_t i = 0; i < bag_count(message->props); i++) {
        const struct value *value = bag_at(message->props, i);
        if (prop_id(value->tag) >= 0x8000 && prop_id(value->tag) < PROP_FIRST_CUSTOM_ID && !bag_has(copy->props, prop_make(prop_id(value->tag), TYPE_UNSPECIFIED)))
            TRY(bag_set(copy->props, value));
    }
    TRY(message_keep_prefix(copy));
    TRY(bag_set_time(copy->props, PROP_MESSAGE_DELIVERY_TIME, bag_time(copy->props, PROP_CLIENT_SUBMIT_TIME, clock_now())));
    TRY(bag_set_int32(copy->props, PROP_MESSAGE_FLAGS, 0x21)); /* mfRead, mfFromMe [MS-OXCMSG] 2.2.1.6 */
    TRY(item_fill_defaults(copy, NULL, NULL));
    return store_message_prepare(mem, sending->session->groupware->store, copy, &post->copy);
}

static enum status prepend(TALLOC_CTX *mem, const char *fields, struct slice *mime)
{
    struct buffer *out = buffer_new(mem, strlen(fields) + mime->length + 1);
    if (out == NULL)
        return status_fail(STATUS_NO_MEMORY, "header");
    buffer_append_text(out, fields);
    buffer_append_slice(out, *mime);
    TRY(buffer_status(out));
    *mime = buffer_slice(out);
    return STATUS_OK;
}

static bool is_known(const char *const *list, size_t count, const char *address)
{
    for (size_t i = 0; i < count; i++)
        if (ascii_equal_nocase(list[i], address))
            return true;
    return false;
}

/* Each address once. */
static enum status fill_recipients(TALLOC_CTX *mem, struct outgoing *mail, const char *const *to, size_t count)
{
    const char **list = array_new(mem, const char *, count);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "recipients");
    for (size_t i = 0; i < count; i++) {
        if (is_known(list, mail->recipient_count, to[i]))
            continue;
        list[mail->recipient_count] = talloc_strdup(mem, to[i]);
        if (list[mail->recipient_count++] == NULL)
            return status_fail(STATUS_NO_MEMORY, "recipients");
    }
    mail->recipients = list;
    return STATUS_OK;
}

static enum status add_post(TALLOC_CTX *mem, struct meeting_sending *sending, struct message *message, const struct meeting_cover *cover,
                            const char *const *to, size_t count)
{
    struct groupware *groupware = sending->session->groupware;
    const char *domain = address_domain(sending->address);
    struct header_people people = { .sending = sending, .cover = cover };
    struct meeting_post *posts = array_resize(mem, sending->posts, struct meeting_post, sending->count + 1);
    if (posts == NULL)
        return status_fail(STATUS_NO_MEMORY, "meeting mail");
    sending->posts = posts;
    struct meeting_post *post = &posts[sending->count];
    *post = (struct meeting_post){ .mail = { .sender = sending->address, .origin = sending->address } };
    if (cover != NULL) { /* the key would be that of the organiser's own mail */
        char *id = mime_message_id_new(message, domain != NULL ? domain : "localhost");
        if (id == NULL)
            return status_fail(STATUS_NO_MEMORY, "message id");
        TRY(bag_set_string(message->props, PROP_INTERNET_MESSAGE_ID, id));
    }
    TRY(make_mime(mem, groupware, message, domain != NULL ? domain : "localhost", cover != NULL ? &people : NULL, &post->mail.mime));
    if (cover != NULL && cover->fields[0] != '\0')
        TRY(prepend(mem, cover->fields, &post->mail.mime));
    TRY(fill_recipients(mem, &post->mail, to, count));
    TRY(outbox_prepare(mem, groupware, &post->mail));
    if (sending->save_copy)
        TRY(prepare_copy(mem, sending, message, post));
    sending->count++;
    return STATUS_OK;
}

enum status meeting_sending_add(TALLOC_CTX *mem, struct meeting_sending *sending, struct message *message, const char *const *to, size_t count)
{
    return add_post(mem, sending, message, NULL, to, count);
}

enum status meeting_sending_add_covered(TALLOC_CTX *mem, struct meeting_sending *sending, struct message *message, const struct meeting_cover *cover)
{
    const char **to = array_new(mem, const char *, cover->count);
    if (to == NULL)
        return status_fail(STATUS_NO_MEMORY, "recipients");
    for (size_t i = 0; i < cover->count; i++)
        to[i] = cover->recipients[i].smtp_address[0] != '\0' ? cover->recipients[i].smtp_address : cover->recipients[i].address;
    return add_post(mem, sending, message, cover, to, cover->count);
}

enum status meeting_sending_write(TALLOC_CTX *mem, struct transaction *tx, const struct meeting_sending *sending)
{
    struct message_place place = { .is_read = true };
    struct message_created created;
    for (size_t i = 0; i < sending->count; i++) {
        const struct meeting_post *post = &sending->posts[i];
        TRY(outbox_put(mem, tx, sending->session->groupware, &post->mail, NULL));
        if (post->copy != NULL)
            TRY(store_message_create(tx, sending->mailbox->id, (int64_t)FOLDER_ROLE_SENT_ITEMS, post->copy, &place, &created));
    }
    return STATUS_OK;
}
