/* The organiser's changes and the mail that they cause [MS-OXOCAL] 3.1.4.6 to 3.1.4.9. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/groupware/calendar.h"
#include "bourse/model/properties.h"
#include "folder_view.h"
#include "item_also.h"
#include "meeting_edit.h"

/* ---- who gets what ---- */

struct audience {
    const char **addresses;
    size_t count;
};

static const char *address_of(const struct recipient *recipient)
{
    return recipient->smtp_address[0] != '\0' ? recipient->smtp_address : recipient->address;
}

/* Those of `message` that `chosen` has (NULL: all attendees). Who has no mail address cannot be told. */
static enum status choose(TALLOC_CTX *mem, const struct message *message, const bool *chosen, const char *organizer, struct audience *out)
{
    *out = (struct audience){ .addresses = array_new(mem, const char *, message->recipient_count) };
    if (out->addresses == NULL)
        return status_fail(STATUS_NO_MEMORY, "attendees");
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct recipient *recipient = &message->recipients[i];
        bool is_wanted = (chosen == NULL || chosen[i]) && !meeting_is_organizer_entry(recipient);
        if (is_wanted && strchr(address_of(recipient), '@') != NULL && !ascii_equal_nocase(address_of(recipient), organizer))
            out->addresses[out->count++] = address_of(recipient);
    }
    return STATUS_OK;
}

static struct meeting_mail mail_of(const struct meeting_sending *sending, const struct message *item, instant now)
{
    struct meeting_mail mail = { .item = item, .now = now };
    if (sending->on_behalf) {
        mail.sender_name = session_display_name(sending->session);
        mail.sender_address = session_address(sending->session);
    }
    return mail;
}

static enum status send_request(TALLOC_CTX *mem, struct meeting_sending *sending, const struct meeting_mail *mail, const bool *chosen)
{
    struct audience to;
    struct message *message = NULL;
    TRY(choose(mem, mail->item, chosen, sending->address, &to));
    if (to.count == 0)
        return STATUS_OK;
    TRY(meeting_build_request(mem, mail, &message));
    return meeting_sending_add(mem, sending, message, to.addresses, to.count);
}

static enum status send_cancel(TALLOC_CTX *mem, struct meeting_sending *sending, const struct meeting_mail *mail)
{
    struct audience to;
    struct message *message = NULL;
    TRY(choose(mem, mail->item, mail->to, sending->address, &to));
    if (to.count == 0)
        return STATUS_OK;
    TRY(meeting_build_cancel(mem, mail, &message));
    return meeting_sending_add(mem, sending, message, to.addresses, to.count);
}

/* ---- saving with notices ---- */

struct notice_work {
    struct meeting_sending sending;
    struct meeting_options options;
    const struct object_id *id; /* of the changed item; NULL for a new one */
    instant now;
};

static enum status write_mail(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *mailbox, int64_t item, void *data)
{
    const struct notice_work *work = data;
    (void)mailbox, (void)item;
    return meeting_sending_write(mem, tx, &work->sending);
}

static enum status fill(struct notice_work *work, struct message *item)
{
    struct meeting_organizer organizer = { .name = work->sending.name, .address = work->sending.address };
    return meeting_fill_item(item, &organizer, work->now);
}

/* First request: the version that the item has is the one that is sent. */
static enum status invite(TALLOC_CTX *mem, struct notice_work *work, struct message *item)
{
    struct meeting_mail mail = mail_of(&work->sending, item, work->now);
    struct meeting_changes none = { 0 };
    if (!meeting_is_meeting(item->props) || !meeting_is_organizer(item->props) || work->options.notice == MEETING_SEND_TO_NONE)
        return STATUS_OK;
    if (work->id != NULL)
        TRY(meeting_advance(item, &none, work->now)); /* it was there before, perhaps published elsewhere */
    TRY(bag_set_bool(item->props, PROP_F_INVITED, true));
    return send_request(mem, &work->sending, &mail, NULL);
}

static enum status prepare_new(TALLOC_CTX *mem, const struct mailbox_key *mailbox, const struct message *before, struct message *after, void *data)
{
    (void)mailbox, (void)before;
    return invite(mem, data, after);
}

static enum status open_work(TALLOC_CTX *mem, struct session *session, const struct mailbox_key *key, const struct meeting_options *options,
                             struct notice_work *work)
{
    static const struct meeting_options none = { .notice = MEETING_SEND_TO_NONE };
    work->options = options != NULL ? *options : none;
    work->now = clock_now();
    TRY(meeting_sending_open(mem, session, key, work->options.notice != MEETING_SEND_TO_NONE, &work->sending));
    work->sending.save_copy = work->options.save_copy;
    return STATUS_OK;
}

static enum status create(TALLOC_CTX *mem, TALLOC_CTX *step, struct session *session, const struct object_id *folder, const struct message *message,
                          const struct meeting_options *options, struct item **out)
{
    struct mailbox_key key;
    struct notice_work work = { 0 };
    struct item_create_options create_options = { .is_read = true };
    struct item_also also = { .prepare = prepare_new, .write = write_mail, .data = &work };
    struct message *copy = message_copy(step, message);
    if (copy == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar item");
    TRY(session_locate(session, folder->mailbox, &key));
    TRY(open_work(step, session, &key, options, &work));
    if (!bag_has(copy->props, PROP_MESSAGE_CLASS))
        TRY(bag_set_string(copy->props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    TRY(fill(&work, copy));
    return item_create_also(mem, session, folder, copy, &create_options, &also, out);
}

enum status calendar_create(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, const struct message *message,
                            const struct meeting_options *options, struct item **out)
{
    TALLOC_CTX *step = talloc_new(mem);
    enum status status = step != NULL ? create(mem, step, session, folder, message, options, out) : status_fail(STATUS_NO_MEMORY, "calendar item");
    talloc_free(step);
    return status;
}

/* ---- updates ---- */

/* Exceptions must be at hand to be told to the attendees. */
static enum status load_exceptions(TALLOC_CTX *mem, const struct notice_work *work, const struct mailbox_key *mailbox, struct message *before, struct message *after)
{
    struct transaction *tx = NULL;
    if (work->id->occurrence != 0)
        return STATUS_OK;
    TRY(transaction_begin(mem, work->sending.session->groupware->store, TRANSACTION_READ, &tx));
    enum status status = meeting_make_whole(mem, tx, mailbox->id, work->id->item, before);
    if (status == STATUS_OK)
        status = meeting_make_whole(mem, tx, mailbox->id, work->id->item, after);
    talloc_free(tx);
    return status;
}

static enum status tell_removed(TALLOC_CTX *mem, struct notice_work *work, const struct message *before, const struct message *after,
                                const struct meeting_changes *changes)
{
    struct message *cancelled = message_copy(mem, before);
    struct meeting_version version = meeting_version_of(after->props);
    if (changes->removed_count == 0)
        return STATUS_OK;
    if (cancelled == NULL)
        return status_fail(STATUS_NO_MEMORY, "cancellation");
    TRY(bag_set_int32(cancelled->props, PROP_APPOINTMENT_SEQUENCE, (int32_t)version.sequence));
    TRY(bag_set_time(cancelled->props, PROP_OWNER_CRITICAL_CHANGE, version.critical_change));
    struct meeting_mail mail = mail_of(&work->sending, cancelled, work->now);
    mail.to = changes->removed;
    return send_cancel(mem, &work->sending, &mail);
}

static enum status tell_changed(TALLOC_CTX *mem, struct notice_work *work, const struct message *before, const struct message *after,
                                const struct meeting_changes *changes)
{
    bool to_all = work->options.notice == MEETING_SEND_TO_ALL || changes->is_significant;
    struct meeting_mail mail = mail_of(&work->sending, after, work->now);
    mail.before = before;
    mail.highlights = changes->highlights;
    mail.is_informational = !changes->is_significant;
    if (!to_all && changes->added_count == 0)
        return STATUS_OK;
    return send_request(mem, &work->sending, &mail, to_all ? NULL : changes->added);
}

/* Who was never invited is now. */
static bool is_first_request(const struct message *before)
{
    return !meeting_is_meeting(before->props) || !bag_bool(before->props, PROP_F_INVITED, false);
}

static enum status update_meeting(TALLOC_CTX *mem, struct notice_work *work, const struct message *before, struct message *after)
{
    struct meeting_changes changes;
    TRY(meeting_compare(mem, before, after, &changes));
    if (work->options.notice == MEETING_SEND_TO_NONE)
        return STATUS_OK;
    if (is_first_request(before))
        return invite(mem, work, after);
    if (!changes.any)
        return STATUS_OK;
    TRY(meeting_advance(after, &changes, work->now));
    TRY(tell_changed(mem, work, before, after, &changes));
    return tell_removed(mem, work, before, after, &changes);
}

static enum status prepare_update(TALLOC_CTX *mem, const struct mailbox_key *mailbox, const struct message *before, struct message *after, void *data)
{
    struct notice_work *work = data;
    struct message *old = message_copy(mem, before);
    work->sending.posts = NULL; /* of an attempt that came too late */
    work->sending.count = 0;
    if (old == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar item");
    if (strncasecmp(bag_string(after->props, PROP_MESSAGE_CLASS, ""), "IPM.Appointment", 15) != 0 || !meeting_is_organizer(before->props))
        return STATUS_OK;
    TRY(load_exceptions(mem, work, mailbox, old, after));
    if (work->id->occurrence == 0)
        TRY(exception_prune(after));
    TRY(meeting_keep_tracking(old, after));
    TRY(fill(work, after));
    bool is_meeting = meeting_is_meeting(after->props) || meeting_is_meeting(old->props);
    return is_meeting ? update_meeting(mem, work, old, after) : STATUS_OK;
}

enum status calendar_update(TALLOC_CTX *mem, struct session *session, const struct object_id *id, int64_t expected_change,
                            enum conflict_resolution resolution, const struct item_change *change, const struct meeting_options *options, struct item **out)
{
    TALLOC_CTX *step = talloc_new(mem);
    struct mailbox_key key;
    struct notice_work work = { .id = id };
    struct item_also also = { .prepare = prepare_update, .write = write_mail, .data = &work };
    enum status status = step != NULL ? session_locate(session, id->mailbox, &key) : status_fail(STATUS_NO_MEMORY, "calendar item");
    if (status == STATUS_OK)
        status = open_work(step, session, &key, options, &work);
    if (status == STATUS_OK)
        status = item_update_also(mem, session, id, expected_change, resolution, change, &also, out);
    talloc_free(step);
    return status;
}

/* ---- cancelling ---- */

struct cancel_work {
    const struct object_id *id;
    const char *body, *body_html;
    bool must_organize;  /* CancelCalendarItem; else a deletion */
    bool is_silent;
    instant now;
};

static bool is_to_be_told(const struct cancel_work *work, const struct message *item)
{
    const struct bag *props = item->props;
    return !work->is_silent && meeting_is_meeting(props) && meeting_is_organizer(props) && !meeting_is_cancelled(props) &&
           bag_bool(props, PROP_F_INVITED, true);
}

static enum status tell_cancelled(TALLOC_CTX *mem, struct meeting_edit *edit, const struct cancel_work *work, struct message *item)
{
    if (!is_to_be_told(work, item))
        return STATUS_OK;
    TRY(meeting_cancel_item(item, work->now));
    struct meeting_mail mail = mail_of(&edit->sending, item, work->now);
    mail.body = work->body;
    mail.body_html = work->body_html;
    return send_cancel(mem, &edit->sending, &mail);
}

static enum status cancel_occurrence(TALLOC_CTX *mem, struct meeting_edit *edit, const struct cancel_work *work, struct message *master,
                                     enum edit_outcome *outcome)
{
    struct message *occurrence = NULL;
    local_time start = local_of_minutes(work->id->occurrence);
    bool is_last = false;
    TRY(exception_read(mem, master, start, &occurrence));
    TRY(tell_cancelled(mem, edit, work, occurrence));
    /* What is sent about the series later must be newer than this. */
    int32_t sent = bag_int32(occurrence->props, PROP_APPOINTMENT_LAST_SEQUENCE, 0);
    if (sent > bag_int32(master->props, PROP_APPOINTMENT_LAST_SEQUENCE, 0))
        TRY(bag_set_int32(master->props, PROP_APPOINTMENT_LAST_SEQUENCE, sent));
    TRY(exception_delete(master, start, &is_last));
    *outcome = is_last ? EDIT_REMOVE : EDIT_REPLACE;
    return STATUS_OK;
}

static enum status apply_cancel(TALLOC_CTX *mem, struct meeting_edit *edit, struct message *message, struct message **created, enum edit_outcome *outcome)
{
    const struct cancel_work *work = edit->data;
    (void)created;
    *outcome = EDIT_REMOVE;
    if (work->must_organize && !(meeting_is_organizer(message->props) && meeting_is_meeting(message->props)))
        return status_fail(STATUS_NOT_ORGANIZER, "not the organiser's meeting");
    if (work->id->occurrence != 0)
        return cancel_occurrence(mem, edit, work, message, outcome);
    return tell_cancelled(mem, edit, work, message);
}

static enum status run_cancel(struct session *session, const struct cancel_work *work, enum delete_mode mode, const struct meeting_options *options)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct meeting_edit edit = { .session = session, .item = work->id->item, .any = RIGHT_READ_ANY | RIGHT_DELETE_ANY, .own = RIGHT_DELETE_OWN,
                                 .remove_mode = mode, .apply = apply_cancel, .data = (void *)work };
    enum status status = session_locate(session, work->id->mailbox, &edit.mailbox);
    if (status == STATUS_OK)
        status = meeting_sending_open(mem, session, &edit.mailbox, !work->is_silent, &edit.sending);
    edit.sending.save_copy = options != NULL && options->save_copy;
    if (status == STATUS_OK)
        status = meeting_edit_run(mem, &edit);
    talloc_free(mem);
    return status;
}

enum status calendar_delete(struct session *session, const struct object_id *id, enum delete_mode mode, const struct meeting_options *options)
{
    struct cancel_work work = { .id = id, .now = clock_now(), .is_silent = options == NULL || options->notice == MEETING_SEND_TO_NONE };
    return run_cancel(session, &work, mode, options);
}

enum status meeting_cancel(struct session *session, const struct object_id *id, const char *body, const char *body_html, const struct meeting_options *options)
{
    struct cancel_work work = { .id = id, .body = body, .body_html = body_html, .must_organize = true, .now = clock_now() };
    return run_cancel(session, &work, DELETE_MOVE_TO_DELETED, options);
}
