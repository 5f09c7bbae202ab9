/* Booking of rooms and equipment: behind the calendar part of a delivery (delivery_meeting.c), which has entered the request tentatively, in the same transaction
 * and under the lock of the mailbox. So whoever comes second sees the first one's booking. */
#include "bourse/base/log.h"
#include "bourse/base/memory.h"
#include "bourse/calendar/global_id.h"
#include "bourse/model/properties.h"
#include "booking_decide.h"
#include "delivery_hooks.h"
#include "meeting_import.h"
#include "meeting_send.h"
#include "meeting_store.h"

/* What is known before the transaction. */
struct booking {
    struct booking_policy policy;
    const struct message *message;   /* the meeting message, whole */
    enum meeting_message kind;
    const char *address, *name;      /* of the room */
    enum booking_right right;        /* of the organiser */
    bool is_outside;                 /* the organiser is not in the directory */
};

struct work {
    TALLOC_CTX *mem;
    struct transaction *tx;
    const struct delivery_placed *placed;
    const struct booking *booking;
    int64_t item;
    struct loaded_message found;
    instant now;
};

static enum status save(struct work *work)
{
    return meeting_store_changed(work->mem, work->tx, work->placed->mailbox->id, work->item, &work->found);
}

static enum status remove_item(struct work *work)
{
    return store_message_delete(work->tx, work->placed->mailbox->id, &work->item, 1, STORE_DELETE_SOFT, NULL, NULL);
}

/* ---- the answer ---- */

/* [RFC 3834] 5: nobody asked a person; other programs shall not answer it. */
static enum status mark_automatic(struct work *work, struct slice mime, struct slice *out)
{
    struct buffer *marked = buffer_new(work->mem, mime.length + 256);
    if (marked == NULL)
        return status_fail(STATUS_NO_MEMORY, "answer");
    buffer_printf(marked, "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n");
    buffer_append_slice(marked, mime);
    TRY(buffer_status(marked));
    *out = buffer_slice(marked);
    return STATUS_OK;
}

static enum status send_answer(struct work *work, const struct message *item, const struct meeting_reply *reply)
{
    struct message *answer = NULL;
    struct slice mime = { 0 };
    const char *domain = strchr(work->booking->address, '@');
    const char **to = array_new(work->mem, const char *, 1);
    if (to == NULL)
        return status_fail(STATUS_NO_MEMORY, "answer");
    to[0] = talloc_strdup(work->mem, meeting_organizer_address(work->booking->message->props));
    if (to[0] == NULL || to[0][0] == '\0')
        return STATUS_OK;
    TRY(meeting_build_response(work->mem, item, reply, &answer));
    TRY(meeting_mime(work->mem, work->placed->groupware, answer, domain != NULL ? domain + 1 : "localhost", &mime));
    TRY(mark_automatic(work, mime, &mime));
    struct outgoing mail = { .sender = "", .origin = work->booking->address, .mime = mime, .recipients = to, .recipient_count = 1 };
    TRY(outbox_prepare(work->mem, work->placed->groupware, &mail)); /* short: nothing is written apart */
    return outbox_put(work->mem, work->tx, work->placed->groupware, &mail, NULL);
}

static struct meeting_reply reply_of(const struct work *work, enum response_status status, const char *text)
{
    return (struct meeting_reply){ .status = status, .name = work->booking->name, .address = work->booking->address, .body = text, .now = work->now };
}

/* ---- keeping a booking ---- */

static enum status dress(struct work *work, struct message *item)
{
    const struct booking_policy *policy = &work->booking->policy;
    const char *organizer = meeting_organizer_name(item->props);
    if (organizer[0] == '\0')
        organizer = meeting_organizer_address(item->props);
    if (policy->organizer_in_subject && organizer[0] != '\0')
        TRY(bag_set_string(item->props, PROP_SUBJECT, talloc_strdup(work->mem, organizer)));
    if (policy->remove_private && bag_int32(item->props, PROP_SENSITIVITY, 0) != 0)
        TRY(bag_set_int32(item->props, PROP_SENSITIVITY, 0));
    if (!policy->delete_comments)
        return STATUS_OK;
    bag_remove(item->props, PROP_BODY);
    bag_remove(item->props, PROP_HTML);
    bag_remove(item->props, PROP_RTF_COMPRESSED);
    size_t kept = 0;
    for (size_t i = 0; i < item->attachment_count; i++)
        if (exception_is_attachment(&item->attachments[i]))
            item->attachments[kept++] = item->attachments[i];
    item->attachment_count = kept;
    return STATUS_OK;
}

/* Single occurrences of an accepted series that others have. */
static enum status decline_conflicts(struct work *work, const struct booking_decision *decision)
{
    bool is_last = false;
    for (size_t i = 0; i < decision->conflict_count; i++) {
        struct message *occurrence = NULL;
        local_time when = decision->conflicts[i].original_start;
        TRY(exception_read(work->mem, work->found.message, when, &occurrence));
        struct meeting_reply reply = reply_of(work, RESPONSE_DECLINED, "It is booked already at that time.");
        TRY(send_answer(work, occurrence, &reply));
        TRY(exception_delete(work->found.message, when, &is_last));
    }
    return STATUS_OK;
}

static enum status accept(struct work *work, const struct booking_decision *decision)
{
    bool changed = false;
    struct meeting_reply reply = reply_of(work, RESPONSE_ACCEPTED, decision->text);
    TRY(meeting_apply_reply(work->found.message, &reply, &changed));
    TRY(send_answer(work, work->found.message, &reply));
    TRY(decline_conflicts(work, decision));
    TRY(dress(work, work->found.message));
    return save(work);
}

static enum status decline(struct work *work, const struct booking_decision *decision)
{
    struct meeting_reply reply = reply_of(work, RESPONSE_DECLINED, decision->text);
    TRY(send_answer(work, work->found.message, &reply));
    return remove_item(work);
}

static enum status decide(struct work *work, const struct message *item, struct booking_decision *out)
{
    struct booking_question question = {
        .policy = &work->booking->policy, .right = work->booking->right, .is_outside = work->booking->is_outside, .item = item,
        .mailbox = work->placed->mailbox->id, .folder = work->found.row.folder, .now = work->now,
    };
    return booking_decide(work->mem, work->tx, &question, out);
}

/* ---- one occurrence ---- */

static bool is_open(const struct message *item)
{
    return bag_int32(item->props, PROP_RESPONSE_STATUS, RESPONSE_NONE) == RESPONSE_NOT_RESPONDED && !meeting_is_cancelled(item->props);
}

/* A changed occurrence of a booked series is answered alone; refused, the room is not taken on that day. */
static enum status answer_occurrence(struct work *work, local_time when)
{
    struct message *occurrence = NULL;
    struct booking_decision decision;
    bool changed = false, is_last = false;
    enum status status = exception_read(work->mem, work->found.message, when, &occurrence);
    if (status == STATUS_OCCURRENCE_DELETED || status == STATUS_OCCURRENCE_NOT_FOUND) {
        status_chain_clear();
        return STATUS_OK;
    }
    TRY(status);
    if (!is_open(occurrence))
        return STATUS_OK;
    TRY(decide(work, occurrence, &decision));
    struct meeting_reply reply = reply_of(work, decision.verdict == BOOKING_ACCEPT ? RESPONSE_ACCEPTED : RESPONSE_DECLINED, decision.text);
    if (decision.verdict == BOOKING_WAIT)
        return STATUS_OK;
    TRY(meeting_apply_reply(occurrence, &reply, &changed));
    TRY(send_answer(work, occurrence, &reply));
    if (decision.verdict == BOOKING_ACCEPT) {
        TRY(dress(work, occurrence));
        TRY(exception_put(work->found.message, when, occurrence));
        return save(work);
    }
    TRY(exception_delete(work->found.message, when, &is_last));
    return is_last ? remove_item(work) : save(work);
}

static enum status cancel(struct work *work, bool is_occurrence, local_time when)
{
    bool is_last = false;
    if (!is_occurrence)
        return meeting_is_cancelled(work->found.message->props) ? remove_item(work) : STATUS_OK;
    enum status status = exception_delete(work->found.message, when, &is_last);
    if (status == STATUS_OCCURRENCE_DELETED || status == STATUS_OCCURRENCE_NOT_FOUND) {
        status_chain_clear();
        return STATUS_OK;
    }
    TRY(status);
    return is_last ? remove_item(work) : save(work);
}

static enum status answer(struct work *work)
{
    struct booking_decision decision;
    if (!is_open(work->found.message))
        return STATUS_OK;
    TRY(decide(work, work->found.message, &decision));
    if (decision.verdict == BOOKING_WAIT)
        return STATUS_OK;
    return decision.verdict == BOOKING_ACCEPT ? accept(work, &decision) : decline(work, &decision);
}

static enum status run(TALLOC_CTX *mem, struct transaction *tx, const struct delivery_placed *placed, void *data)
{
    TALLOC_CTX *step = talloc_new(mem);
    if (step == NULL)
        return status_fail(STATUS_NO_MEMORY, "booking");
    struct work work = { .mem = step, .tx = tx, .placed = placed, .booking = data, .now = clock_now() };
    struct civil_date date;
    const struct bag *props = work.booking->message->props;
    TRY(meeting_find(step, tx, placed->mailbox->id, props, &work.item, &work.found));
    if (work.item == 0)
        return STATUS_OK;
    bool is_series = bag_has(work.found.message->props, PROP_APPOINTMENT_RECUR);
    bool is_occurrence = is_series && global_id_date(bag_bytes(props, PROP_GLOBAL_OBJECT_ID), &date);
    local_time when = is_occurrence ? local_of_civil(date) : 0;
    if (work.booking->kind == MEETING_MESSAGE_CANCEL)
        return cancel(&work, is_occurrence, when);
    return is_occurrence ? answer_occurrence(&work, when) : answer(&work);
}

/* ---- before the transaction ---- */

static enum status find_right(struct delivery_step *step, struct booking *booking)
{
    struct recipient_entry *organizer = NULL;
    bool direct = false, on_request = false;
    const char *address = meeting_organizer_address(booking->message->props);
    enum status status = address[0] != '\0' ? recipient_by_address(step->mem, step->groupware->directory, address, &organizer) : STATUS_RECIPIENT_NOT_FOUND;
    booking->is_outside = status == STATUS_RECIPIENT_NOT_FOUND;
    if (booking->is_outside) {
        status_chain_clear();
        booking->right = booking->policy.allow_outside ? BOOKING_DIRECT : BOOKING_NOT;
        return STATUS_OK;
    }
    TRY(status);
    TRY(booking_names(step->mem, step->groupware, booking->policy.books_directly, organizer, &direct));
    if (!direct)
        TRY(booking_names(step->mem, step->groupware, booking->policy.books_on_request, organizer, &on_request));
    booking->right = direct ? BOOKING_DIRECT : on_request ? BOOKING_ON_REQUEST : BOOKING_NOT;
    return STATUS_OK;
}

static enum status read_policy(struct delivery_step *step, struct booking_policy *out)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(step->mem, step->groupware->store, TRANSACTION_READ, &tx));
    enum status status = booking_policy_load(step->mem, tx, step->mailbox->id, out);
    talloc_free(tx);
    return status;
}

enum status delivery_hook_booking(struct delivery_step *step)
{
    enum meeting_message kind = meeting_message_of_class(bag_string(step->message->props, PROP_MESSAGE_CLASS, ""));
    struct recipient_entry *room = NULL;
    struct message *message = NULL;
    if (step->is_junk || step->is_handled || (kind != MEETING_MESSAGE_REQUEST && kind != MEETING_MESSAGE_CANCEL))
        return STATUS_OK;
    TRY(recipient_by_guid(step->mem, step->groupware->directory, step->mailbox->owner, &room));
    if (room->kind != RECIPIENT_ROOM && room->kind != RECIPIENT_EQUIPMENT)
        return STATUS_OK;
    struct booking *booking = talloc_zero(step->mem, struct booking);
    if (booking == NULL)
        return status_fail(STATUS_NO_MEMORY, "booking");
    TRY(meeting_import_whole(step->mem, step->mime, &message));
    *booking = (struct booking){ .message = message, .kind = kind, .address = room->address != NULL ? room->address : step->address, .name = room->display_name };
    TRY(read_policy(step, &booking->policy));
    TRY(find_right(step, booking));
    if (!booking->policy.automatic)
        return STATUS_OK;
    step->is_handled = true; /* a room has no rules and is never out of office */
    return delivery_add_also(step, run, booking);
}
