#include "submission.h"

#include "bourse/base/clock.h"
#include "bourse/base/text.h"
#include "bourse/mime/header.h"

#define FIELDS_CAP 8192

struct preparation {
    TALLOC_CTX *mem;
    const struct submission *submission;
    struct slice mime;
    struct buffer *fields;    /* to add */
    bool is_on_behalf;
    const char *remove[8];
    size_t remove_count;
};

static void drop_field(struct preparation *work, const char *name)
{
    struct mime_field field;
    if (mime_field_find(work->mime, name, 0, &field))
        work->remove[work->remove_count++] = name;
}

static enum status check_address(struct preparation *work, const char *address)
{
    const struct submission *submission = work->submission;
    bool is_on_behalf = false;
    if (ascii_equal_nocase(address, submission->address))
        return STATUS_OK;
    if (ascii_equal_nocase(address, submission->sender)) {
        work->is_on_behalf |= submission->is_on_behalf;
        return STATUS_OK;
    }
    TRY(submission->backend->check_sender(submission->backend->data, submission->person, address, &is_on_behalf));
    work->is_on_behalf |= is_on_behalf;
    return STATUS_OK;
}

static enum status check_addresses(struct preparation *work, struct slice value, size_t *count)
{
    struct mime_addresses list;
    *count = 0;
    TRY(mime_addresses_parse(work->mem, value, &mime_limits_default, &list));
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].address[0] == '\0')
            continue;
        TRY(check_address(work, list.items[i].address));
        (*count)++;
    }
    return STATUS_OK;
}

static enum status add_address_field(struct preparation *work, const char *field, const char *address)
{
    const struct submission *submission = work->submission;
    const char *name = ascii_equal_nocase(address, submission->address) ? submission->name : "";
    char *text = NULL;
    TRY(mime_address_format(work->mem, name, address, submission->smtputf8, &text));
    mime_field_append(work->fields, field, text);
    return STATUS_OK;
}

static enum status check_from(struct preparation *work)
{
    const struct submission *submission = work->submission;
    struct mime_field field, second;
    size_t count = 0;
    if (mime_field_find(work->mime, "From", 1, &second)) {
        status_set_client_text("The message has several From fields");
        return status_fail(STATUS_INVALID_MIME, "several From fields");
    }
    if (mime_field_find(work->mime, "From", 0, &field))
        TRY(check_addresses(work, field.value, &count));
    if (count > 0)
        return STATUS_OK;
    drop_field(work, "From");
    return add_address_field(work, "From", submission->sender[0] != '\0' ? submission->sender : submission->address);
}

/* Who really sends stands in Sender when From is somebody else's [MS-OXOMSG] 3.2.4.1; a Sender that is not the user's gives way to his own. */
static enum status check_sender_field(struct preparation *work)
{
    struct mime_field field;
    size_t count = 0;
    bool has_field = mime_field_find(work->mime, "Sender", 0, &field);
    bool was_on_behalf = work->is_on_behalf;
    enum status status = has_field ? check_addresses(work, field.value, &count) : STATUS_OK;
    if (status_info(status)->fault != FAULT_NONE && status != STATUS_SEND_AS_DENIED)
        return status;
    bool is_good = has_field && status == STATUS_OK && count == 1 && work->is_on_behalf == was_on_behalf;
    work->is_on_behalf = was_on_behalf;
    if (is_good || (!has_field && !was_on_behalf))
        return STATUS_OK;
    drop_field(work, "Sender");
    return add_address_field(work, "Sender", work->submission->address);
}

static enum status add_missing(struct preparation *work)
{
    struct mime_field field;
    char date[INSTANT_MAIL_SIZE];
    if (!mime_field_find(work->mime, "Date", 0, &field))
        mime_field_append(work->fields, "Date", instant_format_mail(clock_now(), date));
    if (mime_field_find(work->mime, "Message-ID", 0, &field))
        return STATUS_OK;
    char *id = mime_message_id_new(work->mem, work->submission->hostname);
    if (id == NULL)
        return status_fail(STATUS_NO_MEMORY, "message id");
    mime_field_append(work->fields, "Message-ID", id);
    return STATUS_OK;
}

static enum status rewrite(struct preparation *work, struct slice *out)
{
    struct slice header, body;
    TRY(buffer_status(work->fields));
    if (work->remove_count == 0 && buffer_length(work->fields) == 0) {
        *out = work->mime;
        return STATUS_OK;
    }
    TRY(mime_header_edit(work->mem, work->mime, work->remove, NULL, buffer_text(work->fields), &header, &body));
    uint8_t *whole = talloc_size(work->mem, header.length + body.length + 1);
    if (whole == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    memcpy(whole, header.data, header.length);
    if (body.length > 0)
        memcpy(whole + header.length, body.data, body.length);
    *out = slice_of(whole, header.length + body.length);
    return STATUS_OK;
}

enum status submission_prepare(TALLOC_CTX *mem, const struct submission *submission, struct slice mime, struct slice *out)
{
    struct preparation work = { .mem = mem, .submission = submission, .mime = mime, .fields = buffer_new(mem, FIELDS_CAP) };
    if (work.fields == NULL)
        return status_fail(STATUS_NO_MEMORY, "submission");
    TRY(check_from(&work));
    TRY(check_sender_field(&work));
    TRY(add_missing(&work));
    drop_field(&work, "Bcc"); /* [RFC 5322] 3.6.3: who is in the envelope gets it, nobody sees the field */
    drop_field(&work, "Return-Path");
    return rewrite(&work, out);
}
