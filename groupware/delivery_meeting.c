/* Meeting mail that arrives: the calendar follows in the delivery's transaction [MS-OXOCAL] 3.1.4.7, 3.1.5. */
#include "bourse/base/log.h"
#include "bourse/model/properties.h"
#include "delivery_hooks.h"
#include "meeting_delegate.h"
#include "meeting_forward.h"
#include "meeting_import.h"
#include "meeting_store.h"

enum { FURTHER_MAX = 50 };

struct arrival {
    struct message *message;  /* whole */
    const char *address;      /* the mailbox's, as the message has it */
    struct message *further[FURTHER_MAX]; /* more answers in the same mail: to other days of the series */
    size_t further_count;
};

/* What one message does to the calendar, inside of the transaction. */
struct processing {
    TALLOC_CTX *mem;
    struct transaction *tx;
    const struct delivery_placed *placed;
    const struct arrival *arrival;
    struct message *message;      /* of the arrival's: that which is looked at */
    struct meeting_judgement judgement;
    int64_t item;                 /* in the calendar, 0: none */
    struct loaded_message found;
    instant now;
};

/* A message that cannot be understood stays mail; what the database says fails the delivery. */
static bool is_of_message(enum status status)
{
    return status != STATUS_OK && status_info(status)->fault != FAULT_TEMPORARY && status != STATUS_NO_MEMORY && status != STATUS_INTERNAL;
}

static enum status leave_out(const struct processing *work, enum status status)
{
    if (!is_of_message(status))
        return status;
    log_failure(EVENT_DELIVERY_HOOK, status, "meeting message %lld changes no calendar", (long long)work->placed->item);
    status_chain_clear();
    return STATUS_OK;
}

/* Occurrences that came before their series become its exceptions. */
static enum status adopt(struct processing *work, struct message *series)
{
    int64_t *lone = NULL;
    size_t count = 0;
    int64_t mailbox = work->placed->mailbox->id;
    if (!bag_has(series->props, PROP_APPOINTMENT_RECUR))
        return STATUS_OK;
    TRY(meeting_find_lone(work->mem, work->tx, mailbox, bag_bytes(series->props, PROP_CLEAN_GLOBAL_OBJECT_ID), 0, &lone, &count));
    for (size_t i = 0; i < count; i++) {
        struct loaded_message occurrence;
        TRY(meeting_load(work->mem, work->tx, mailbox, lone[i], &occurrence));
        enum status status = meeting_adopt_occurrence(series, occurrence.message);
        if (is_of_message(status)) {
            status_chain_clear(); /* not of this pattern: stays alone */
            continue;
        }
        TRY(status);
        TRY(store_message_delete(work->tx, mailbox, &lone[i], 1, STORE_DELETE_HARD, NULL, NULL));
    }
    return STATUS_OK;
}

static enum status enter_new(struct processing *work)
{
    struct message *item = NULL;
    int64_t id = 0;
    enum status status = meeting_item_of_request(work->mem, work->message, work->arrival->address, work->now, &item);
    if (status != STATUS_OK)
        return leave_out(work, status);
    if (work->judgement.verdict == VERDICT_NEW)
        TRY(adopt(work, item));
    return meeting_store_new(work->mem, work->tx, work->placed->mailbox->id, (int64_t)FOLDER_ROLE_CALENDAR, item, &id);
}

static enum status change_item(struct processing *work)
{
    bool changed = false;
    enum status status = meeting_apply(work->found.message, work->message, &work->judgement, work->now, &changed);
    if (status != STATUS_OK)
        return leave_out(work, status);
    return changed ? meeting_store_changed(work->mem, work->tx, work->placed->mailbox->id, work->item, &work->found) : STATUS_OK;
}

/* The message in the inbox says what became of it. */
static enum status mark(struct processing *work)
{
    struct loaded_message loaded;
    int64_t mailbox = work->placed->mailbox->id;
    if (work->judgement.verdict == VERDICT_NONE)
        return STATUS_OK;
    TRY(store_message_load(work->mem, work->tx, mailbox, work->placed->item, MESSAGE_WHOLE | MESSAGE_MIME_BYTES, &loaded));
    TRY(meeting_mark_message(loaded.message, &work->judgement));
    return meeting_store_changed(work->mem, work->tx, mailbox, work->placed->item, &loaded);
}

static enum status process(struct processing *work)
{
    TRY(meeting_find(work->mem, work->tx, work->placed->mailbox->id, work->message->props, &work->item, &work->found));
    enum status status = meeting_judge(work->mem, work->item != 0 ? work->found.message : NULL, work->message, work->arrival->address, &work->judgement);
    if (status != STATUS_OK)
        return leave_out(work, status);
    if (work->judgement.verdict == VERDICT_NEW || work->judgement.verdict == VERDICT_NEW_OCCURRENCE)
        TRY(enter_new(work));
    else if (work->item != 0)
        TRY(change_item(work));
    return work->message == work->arrival->message ? mark(work) : STATUS_OK; /* the mail in the inbox is about the first one */
}

static enum status run(TALLOC_CTX *mem, struct transaction *tx, const struct delivery_placed *placed, void *data)
{
    TALLOC_CTX *step = talloc_new(mem);
    if (step == NULL)
        return status_fail(STATUS_NO_MEMORY, "meeting message");
    struct arrival *arrival = data;
    struct processing work = { .mem = step, .tx = tx, .placed = placed, .arrival = arrival, .message = arrival->message, .now = clock_now() };
    TRY(process(&work));
    for (size_t i = 0; i < arrival->further_count; i++) {
        work = (struct processing){ .mem = step, .tx = tx, .placed = placed, .arrival = arrival, .message = arrival->further[i], .now = work.now };
        TRY(process(&work));
    }
    return STATUS_OK;
}

static enum status read_further(struct delivery_step *step, struct arrival *arrival)
{
    struct message *message = NULL;
    do {
        TRY(meeting_import_further(step->mem, step->mime, arrival->further_count + 1, &message));
        if (message != NULL)
            arrival->further[arrival->further_count++] = message;
    } while (message != NULL && arrival->further_count < FURTHER_MAX);
    return STATUS_OK;
}

/* A mail that tells of a forward is ordinary mail but for its class and what it does to the list of attendees. */
static enum status plan_forward_notice(struct delivery_step *step)
{
    struct arrival *arrival = talloc_zero(step->mem, struct arrival);
    struct message *notice = NULL;
    TRY(meeting_forward_notice(step->mem, step->message->props, step->mime, &notice));
    if (notice == NULL)
        return STATUS_OK;
    struct bag *set = delivery_set(step);
    if (arrival == NULL || set == NULL)
        return status_fail(STATUS_NO_MEMORY, "forward notification");
    TRY(bag_set_string(set, PROP_MESSAGE_CLASS, meeting_message_class(MEETING_MESSAGE_FORWARDED)));
    TRY(bag_set_bytes(set, PROP_GLOBAL_OBJECT_ID, bag_bytes(notice->props, PROP_GLOBAL_OBJECT_ID)));
    *arrival = (struct arrival){ .message = notice, .address = step->address };
    return delivery_add_also(step, run, arrival);
}

enum status delivery_hook_meeting(struct delivery_step *step)
{
    const char *message_class = bag_string(step->message->props, PROP_MESSAGE_CLASS, "");
    if (step->is_junk || step->is_handled)
        return STATUS_OK;
    if (meeting_message_of_class(message_class) == MEETING_MESSAGE_NONE)
        return plan_forward_notice(step);
    struct meeting_plan plan = { 0 };
    TRY(meeting_delegate_plan(step, &plan));
    if (plan.is_delegate_copy || !plan.is_automatic)
        return STATUS_OK;
    struct arrival *arrival = talloc_zero(step->mem, struct arrival);
    if (arrival == NULL)
        return status_fail(STATUS_NO_MEMORY, "meeting message");
    TRY(meeting_import_whole(step->mem, step->mime, &arrival->message));
    arrival->address = step->address;
    enum meeting_message kind = meeting_message_of_class(message_class);
    if (kind == MEETING_MESSAGE_ACCEPTED || kind == MEETING_MESSAGE_TENTATIVE || kind == MEETING_MESSAGE_DECLINED)
        TRY(read_further(step, arrival));
    return delivery_add_also(step, run, arrival);
}
