/* Sending a meeting on, and what the organiser's server makes of that [MS-OXOCAL] 2.2.9, 3.1.4.10. */
#include "meeting_forward.h"

#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/groupware/calendar.h"
#include "bourse/mime/header.h"
#include "bourse/model/properties.h"
#include "meeting_edit.h"
#include "meeting_target.h"

enum { FORWARDED = 0x4, /* auxApptFlagForwarded [MS-OXOCAL] 2.2.1.3 */
       FIELD_CAP = 64 * 1024, ID_CAP = 4096 };

struct forward_work {
    struct meeting_target target;
    const struct recipient *recipients;
    size_t count;
    const char *body, *body_html;
    instant now;
};

static const char *address_of(const struct recipient *recipient)
{
    return recipient->smtp_address[0] != '\0' ? recipient->smtp_address : recipient->address;
}

/* The item, the occurrence, or the request itself when the calendar has nothing. */
static enum status source_of(TALLOC_CTX *mem, const struct forward_work *work, const struct message *item, const struct message **out)
{
    struct message *occurrence = NULL;
    *out = item != NULL ? item : work->target.message;
    if (item == NULL || !work->target.is_occurrence)
        return STATUS_OK;
    TRY(exception_read(mem, item, work->target.original_start, &occurrence));
    *out = occurrence;
    return STATUS_OK;
}

/* The new ones are attendees in the calendar part, so that they can answer. */
static enum status add_attendees(const struct forward_work *work, struct message *message)
{
    for (size_t i = 0; i < work->count; i++) {
        struct recipient entry = work->recipients[i];
        entry.type = RECIPIENT_CC;
        entry.props = NULL;
        if (meeting_find_attendee(message, address_of(&entry)) < 0 && message_add_recipient(message, &entry) == NULL)
            return status_fail(STATUS_NO_MEMORY, "attendee");
    }
    return STATUS_OK;
}

static enum status send_request(TALLOC_CTX *mem, struct meeting_edit *edit, const struct forward_work *work, const struct message *source)
{
    struct meeting_mail mail = { .item = source, .body = work->body, .body_html = work->body_html, .now = work->now };
    struct meeting_cover cover = { .recipients = work->recipients, .count = work->count, .fields = "", .subject_prefix = "FW: " };
    struct message *message = NULL;
    TRY(meeting_build_request(mem, &mail, &message));
    struct bag *props = message->props;
    if (bag_has(source->props, PROP_INTENDED_BUSY_STATUS))
        TRY(bag_set_int32(props, PROP_INTENDED_BUSY_STATUS, bag_int32(source->props, PROP_INTENDED_BUSY_STATUS, 2)));
    TRY(bag_set_int32(props, PROP_APPOINTMENT_AUXILIARY_FLAGS, bag_int32(props, PROP_APPOINTMENT_AUXILIARY_FLAGS, 0) | FORWARDED));
    TRY(add_attendees(work, message));
    return meeting_sending_add_covered(mem, &edit->sending, message, &cover);
}

/* ---- telling the organiser ---- */

/* "<id in hex>; address, address": what the notice says to the organiser's server. */
static enum status notice_field(TALLOC_CTX *mem, const struct forward_work *work, const struct bag *props, const char **out)
{
    struct buffer *value = buffer_new(mem, FIELD_CAP), *field = buffer_new(mem, 2 * FIELD_CAP);
    if (value == NULL || field == NULL)
        return status_fail(STATUS_NO_MEMORY, "notice");
    hex_append(value, bag_bytes(props, PROP_GLOBAL_OBJECT_ID));
    for (size_t i = 0; i < work->count; i++)
        buffer_printf(value, "%s %s", i == 0 ? ";" : ",", address_of(&work->recipients[i]));
    TRY(buffer_status(value));
    mime_field_append(field, MEETING_FORWARD_FIELD, buffer_text(value));
    TRY(buffer_status(field));
    *out = buffer_text(field);
    return STATUS_OK;
}

static enum status tell_organizer(TALLOC_CTX *mem, struct meeting_edit *edit, const struct forward_work *work, const struct message *source)
{
    const char *address = talloc_strdup(mem, meeting_organizer_address(source->props));
    struct recipient organizer = { .type = RECIPIENT_TO, .display_name = meeting_organizer_name(source->props), .address_type = "SMTP", .address = address,
                                   .smtp_address = address };
    struct meeting_cover cover = { .recipients = &organizer, .count = 1, .subject_prefix = "" };
    struct message *notice = NULL;
    if (address == NULL)
        return status_fail(STATUS_NO_MEMORY, "organiser");
    if (address[0] == '\0' || ascii_equal_nocase(address, edit->sending.address))
        return STATUS_OK;
    TRY(meeting_build_forward_notification(mem, source, work->recipients, work->count, edit->sending.name, edit->sending.address, work->now, &notice));
    TRY(notice_field(mem, work, source->props, &cover.fields));
    bool save_copy = edit->sending.save_copy;
    edit->sending.save_copy = false; /* the person has sent one mail */
    enum status status = meeting_sending_add_covered(mem, &edit->sending, notice, &cover);
    edit->sending.save_copy = save_copy;
    return status;
}

static enum status apply_forward(TALLOC_CTX *mem, struct meeting_edit *edit, struct message *message, struct message **created, enum edit_outcome *outcome)
{
    const struct forward_work *work = edit->data;
    const struct message *source = NULL;
    (void)created;
    *outcome = EDIT_NOTHING;
    TRY(source_of(mem, work, message, &source));
    if (meeting_organizer_address(source->props)[0] == '\0' || meeting_is_cancelled(source->props))
        return status_fail(STATUS_INVALID_ARGUMENT, "no meeting to send on");
    TRY(send_request(mem, edit, work, source));
    return tell_organizer(mem, edit, work, source);
}

static enum status forward(TALLOC_CTX *mem, struct session *session, const struct object_id *id, struct forward_work *work, bool save_copy)
{
    TRY(meeting_target_find(mem, session, id, RIGHT_READ_ANY, 0, &work->target));
    if (work->target.kind != MEETING_MESSAGE_NONE && work->target.kind != MEETING_MESSAGE_REQUEST)
        return status_fail(STATUS_INVALID_ARGUMENT, "neither a request nor a calendar item");
    struct meeting_edit edit = { .session = session, .mailbox = work->target.mailbox, .item = work->target.item, .any = RIGHT_READ_ANY, .apply = apply_forward,
                                 .data = work };
    TRY(meeting_sending_open(mem, session, &edit.mailbox, true, &edit.sending));
    edit.sending.save_copy = save_copy;
    return meeting_edit_run(mem, &edit);
}

enum status meeting_forward(struct session *session, const struct object_id *id, const struct recipient *recipients, size_t count, const char *body,
                            const char *body_html, bool save_copy)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct forward_work work = { .recipients = recipients, .count = count, .body = body, .body_html = body_html, .now = clock_now() };
    enum status status = count > 0 ? STATUS_OK : status_fail(STATUS_MISSING_RECIPIENTS, "nobody to forward to");
    if (status == STATUS_OK)
        status = mem != NULL ? forward(mem, session, id, &work, save_copy) : status_fail(STATUS_NO_MEMORY, "forward");
    talloc_free(mem);
    return status;
}

/* ---- reading the notice ---- */

static enum status read_addresses(struct message *notice, struct slice list)
{
    struct slice head, rest = list;
    for (bool more = true; more;) {
        more = slice_split(rest, ',', &head, &rest);
        char *address = slice_text(notice, slice_trim(head));
        struct recipient entry = { .type = RECIPIENT_CC, .display_name = "", .address_type = "SMTP", .address = address, .smtp_address = address };
        if (address != NULL && mime_address_is_valid(address, true) && message_add_recipient(notice, &entry) == NULL)
            return status_fail(STATUS_NO_MEMORY, "attendee");
    }
    return STATUS_OK;
}

enum status meeting_forward_notice(TALLOC_CTX *mem, const struct bag *props, struct slice mime, struct message **out)
{
    struct mime_field field;
    struct slice head, list, id = { 0 };
    char *unfolded = NULL;
    *out = NULL;
    if (!mime_field_find(mime, MEETING_FORWARD_FIELD, 0, &field))
        return STATUS_OK;
    TRY(mime_words_decode(mem, field.value, &unfolded));
    if (!slice_split(slice_of_text(unfolded), ';', &head, &list) || head.length > ID_CAP || hex_decode(mem, slice_trim(head), &id) != STATUS_OK || id.length < 20) {
        status_chain_clear();
        return STATUS_OK;
    }
    struct message *notice = message_new(mem);
    if (notice == NULL)
        return status_fail(STATUS_NO_MEMORY, "notice");
    TRY(bag_merge(notice->props, props));
    TRY(bag_set_string(notice->props, PROP_MESSAGE_CLASS, meeting_message_class(MEETING_MESSAGE_FORWARDED)));
    TRY(bag_set_bytes(notice->props, PROP_GLOBAL_OBJECT_ID, id));
    bag_remove(notice->props, PROP_CLEAN_GLOBAL_OBJECT_ID);
    TRY(read_addresses(notice, list));
    *out = notice;
    return STATUS_OK;
}
