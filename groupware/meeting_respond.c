/* The attendee's answers, and what a meeting message belongs to [MS-OXOCAL] 3.1.4.7, 3.1.4.8. */
#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"
#include "bourse/groupware/calendar.h"
#include "bourse/model/properties.h"
#include "meeting_edit.h"
#include "meeting_target.h"

/* ---- answering ---- */

struct reply_work {
    struct meeting_target target;
    const struct meeting_answer *answer;
    struct meeting_reply reply;
    instant now;
};

static enum response_status status_of(enum meeting_response response)
{
    return response == MEETING_ACCEPT ? RESPONSE_ACCEPTED : response == MEETING_TENTATIVE ? RESPONSE_TENTATIVE : RESPONSE_DECLINED;
}

static enum status check_answerable(const struct bag *item)
{
    if (meeting_is_organizer(item))
        return status_fail(meeting_is_meeting(item) ? STATUS_IS_ORGANIZER : STATUS_INVALID_ARGUMENT, "nothing to answer");
    return meeting_is_cancelled(item) ? status_fail(STATUS_MEETING_CANCELLED, "cancelled") : STATUS_OK;
}

/* An organiser that wants no answers gets none, but for another time proposed. */
static bool wants_mail(const struct reply_work *work, const struct message *item, bool changed)
{
    bool is_requested = bag_bool(item->props, PROP_RESPONSE_REQUESTED, true) || work->reply.proposed_start != 0;
    return work->answer->send && changed && is_requested && meeting_organizer_address(item->props)[0] != '\0';
}

/* The answer in the item (or occurrence), and its mail. */
static enum status answer_in(TALLOC_CTX *mem, struct meeting_edit *edit, struct reply_work *work, struct message *item, bool *changed)
{
    struct message *response = NULL;
    TRY(check_answerable(item->props));
    TRY(meeting_apply_reply(item, &work->reply, changed));
    if (!wants_mail(work, item, *changed))
        return STATUS_OK;
    TRY(meeting_build_response(mem, item, &work->reply, &response));
    const char *organizer = talloc_strdup(mem, meeting_organizer_address(item->props));
    if (organizer == NULL)
        return status_fail(STATUS_NO_MEMORY, "organiser");
    return meeting_sending_add(mem, &edit->sending, response, &organizer, 1);
}

static enum status answer_occurrence(TALLOC_CTX *mem, struct meeting_edit *edit, struct reply_work *work, struct message *master, enum edit_outcome *outcome)
{
    struct message *occurrence = NULL;
    bool changed = false, is_last = false;
    TRY(exception_read(mem, master, work->target.original_start, &occurrence));
    TRY(answer_in(mem, edit, work, occurrence, &changed));
    *outcome = changed ? EDIT_REPLACE : EDIT_NOTHING;
    if (!changed)
        return STATUS_OK;
    if (work->reply.status != RESPONSE_DECLINED)
        return exception_put(master, work->target.original_start, occurrence);
    TRY(exception_delete(master, work->target.original_start, &is_last));
    if (is_last)
        *outcome = EDIT_REMOVE;
    return STATUS_OK;
}

static enum status answer_item(TALLOC_CTX *mem, struct meeting_edit *edit, struct reply_work *work, struct message *item, enum edit_outcome *outcome)
{
    bool changed = false;
    TRY(answer_in(mem, edit, work, item, &changed));
    *outcome = changed ? EDIT_REPLACE : EDIT_NOTHING;
    return STATUS_OK;
}

/* A request without an item in the calendar: the answer makes one. */
static enum status answer_request(TALLOC_CTX *mem, struct meeting_edit *edit, struct reply_work *work, struct message **created, enum edit_outcome *outcome)
{
    bool changed = false;
    if (work->target.kind != MEETING_MESSAGE_REQUEST)
        return status_fail(STATUS_ITEM_NOT_FOUND, "no calendar item to answer");
    if (work->target.judgement.verdict == VERDICT_OWN)
        return status_fail(STATUS_IS_ORGANIZER, "a request of one's own");
    TRY(meeting_item_of_request(mem, work->target.message, work->reply.address, work->now, created));
    TRY(answer_in(mem, edit, work, *created, &changed));
    *outcome = EDIT_CREATE;
    return STATUS_OK;
}

static enum status apply_answer(TALLOC_CTX *mem, struct meeting_edit *edit, struct message *message, struct message **created, enum edit_outcome *outcome)
{
    struct reply_work *work = edit->data;
    if (message == NULL)
        return answer_request(mem, edit, work, created, outcome);
    return work->target.is_occurrence ? answer_occurrence(mem, edit, work, message, outcome) : answer_item(mem, edit, work, message, outcome);
}

static void fill_reply(struct reply_work *work, const struct meeting_edit *edit)
{
    const struct meeting_answer *answer = work->answer;
    work->reply = (struct meeting_reply){
        .status = status_of(answer->response), .name = edit->sending.name, .address = edit->sending.address, .body = answer->body, .body_html = answer->body_html,
        .proposed_start = answer->proposed_start, .proposed_end = answer->proposed_end, .now = work->now,
    };
    if (edit->sending.on_behalf) {
        work->reply.sender_name = session_display_name(edit->session);
        work->reply.sender_address = session_address(edit->session);
    }
}

static enum status check_target(const struct meeting_target *target)
{
    if (target->kind != MEETING_MESSAGE_NONE && target->kind != MEETING_MESSAGE_REQUEST)
        return status_fail(STATUS_INVALID_ARGUMENT, "neither a request nor a calendar item");
    if (target->kind == MEETING_MESSAGE_REQUEST && target->judgement.verdict == VERDICT_STALE)
        return status_fail(STATUS_MEETING_OUT_OF_DATE, "the calendar has a newer version");
    if (target->judgement.verdict == VERDICT_WRONG_ORGANIZER)
        return status_fail(STATUS_INVALID_ARGUMENT, "the request does not come from the meeting's organiser");
    return STATUS_OK;
}

/* An update that delivery did not apply (automatic processing is off) counts before its answer. */
static bool is_unapplied_update(const struct meeting_target *target)
{
    return target->judgement.verdict == VERDICT_UPDATE_FULL || target->judgement.verdict == VERDICT_UPDATE_INFORMATIONAL;
}

static enum status apply_update_and_answer(TALLOC_CTX *mem, struct meeting_edit *edit, struct message *message, struct message **created,
                                           enum edit_outcome *outcome)
{
    struct reply_work *work = edit->data;
    struct meeting_judgement judgement;
    bool changed = false;
    if (message != NULL && is_unapplied_update(&work->target)) {
        TRY(meeting_judge(mem, message, work->target.message, work->reply.address, &judgement));
        TRY(meeting_apply(message, work->target.message, &judgement, work->now, &changed));
    }
    TRY(apply_answer(mem, edit, message, created, outcome));
    if (changed && *outcome == EDIT_NOTHING)
        *outcome = EDIT_REPLACE;
    return STATUS_OK;
}

/* The delegate's own copy lies in another mailbox: it goes after the answer is kept. */
static enum status dispose_copy(struct session *session, const struct object_id *id)
{
    enum status gone = STATUS_OK;
    TRY(item_delete(session, id, 1, DELETE_MOVE_TO_DELETED, &gone));
    return gone == STATUS_ITEM_NOT_FOUND ? STATUS_OK : gone;
}

static enum status respond(TALLOC_CTX *mem, struct session *session, const struct object_id *id, const struct meeting_answer *answer,
                           struct object_id *calendar_item)
{
    struct reply_work work = { .answer = answer, .now = clock_now() };
    TRY(meeting_target_find(mem, session, id, RIGHT_READ_ANY | RIGHT_EDIT_ANY, RIGHT_EDIT_OWN, &work.target));
    TRY(check_target(&work.target));
    struct meeting_edit edit = { .session = session, .mailbox = work.target.mailbox, .item = work.target.item, .any = RIGHT_EDIT_ANY, .own = RIGHT_EDIT_OWN,
                                 .dispose = work.target.is_copy ? 0 : work.target.message_item, .remove_mode = DELETE_MOVE_TO_DELETED,
                                 .apply = apply_update_and_answer, .data = &work,
                                 /* a declined meeting leaves the calendar [MS-OXOCAL] 3.1.4.8.4 */
                                 .then_remove = answer->response == MEETING_DECLINE && !work.target.is_occurrence };
    if (work.target.judgement.verdict == VERDICT_NEW || work.target.judgement.verdict == VERDICT_NEW_OCCURRENCE)
        edit.item = 0;
    TRY(meeting_sending_open(mem, session, &edit.mailbox, answer->send, &edit.sending));
    edit.sending.save_copy = answer->save_copy;
    fill_reply(&work, &edit);
    TRY(meeting_edit_run(mem, &edit));
    if (work.target.is_copy)
        TRY(dispose_copy(session, id));
    if (calendar_item != NULL && edit.result_item != 0 && !edit.is_removed && !edit.then_remove)
        *calendar_item = (struct object_id){ .kind = OBJECT_ITEM, .mailbox = edit.mailbox.guid, .folder = edit.result_folder, .item = edit.result_item };
    if (calendar_item != NULL && calendar_item->item != 0 && work.target.is_occurrence && answer->response != MEETING_DECLINE)
        calendar_item->occurrence = id->occurrence != 0 ? id->occurrence : 0;
    return STATUS_OK;
}

enum status meeting_respond(struct session *session, const struct object_id *id, const struct meeting_answer *answer, struct object_id *calendar_item)
{
    TALLOC_CTX *mem = talloc_new(session);
    if (calendar_item != NULL)
        *calendar_item = (struct object_id){ 0 };
    enum status status = mem != NULL ? respond(mem, session, id, answer, calendar_item) : status_fail(STATUS_NO_MEMORY, "answer");
    talloc_free(mem);
    return status;
}

/* ---- finding, removing ---- */

/* The id of an occurrence has the exact start on the series' wall clock. */
static enum status occurrence_minutes(TALLOC_CTX *mem, struct session *session, struct meeting_target *target, int32_t *out)
{
    struct transaction *tx = NULL;
    struct loaded_message loaded;
    struct message *occurrence = NULL;
    TRY(transaction_begin(mem, session->groupware->store, TRANSACTION_READ, &tx));
    enum status status = meeting_load(mem, tx, target->mailbox.id, target->item, &loaded);
    if (status == STATUS_OK)
        status = exception_read(mem, loaded.message, target->original_start, &occurrence);
    talloc_free(tx);
    if (status != STATUS_OK)
        return status_add(STATUS_ITEM_NOT_FOUND, "occurrence");
    const struct time_zone *zone = series_zone(mem, loaded.message->props);
    *out = local_minutes(time_zone_to_local(zone, bag_time(occurrence->props, PROP_LID_EXCEPTION_REPLACE_TIME, 0)));
    return STATUS_OK;
}

static enum status calendar_item(TALLOC_CTX *mem, struct session *session, const struct object_id *request, struct object_id *out)
{
    struct meeting_target target;
    struct transaction *tx = NULL;
    struct item_row row;
    TRY(meeting_target_find(mem, session, request, RIGHT_READ_ANY, 0, &target));
    if (target.item == 0)
        return status_fail(STATUS_ITEM_NOT_FOUND, "nothing in the calendar");
    *out = (struct object_id){ .kind = OBJECT_ITEM, .mailbox = target.mailbox.guid, .item = target.item };
    if (target.is_occurrence)
        TRY(occurrence_minutes(mem, session, &target, &out->occurrence));
    TRY(transaction_begin(mem, session->groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_rows_get(mem, tx, target.mailbox.id, &target.item, 1, false, &row);
    talloc_free(tx);
    out->folder = row.folder;
    return status == STATUS_OK && row.item == 0 ? status_fail(STATUS_ITEM_NOT_FOUND, "calendar item") : status;
}

enum status meeting_calendar_item(struct session *session, const struct object_id *request, struct object_id *out)
{
    TALLOC_CTX *mem = talloc_new(session);
    *out = (struct object_id){ 0 };
    enum status status = mem != NULL ? calendar_item(mem, session, request, out) : status_fail(STATUS_NO_MEMORY, "calendar item");
    talloc_free(mem);
    return status;
}

struct remove_work {
    struct meeting_target target;
};

static enum status apply_remove(TALLOC_CTX *mem, struct meeting_edit *edit, struct message *message, struct message **created, enum edit_outcome *outcome)
{
    const struct remove_work *work = edit->data;
    bool is_last = false;
    (void)mem, (void)created;
    *outcome = EDIT_REMOVE;
    if (message == NULL)
        *outcome = EDIT_NOTHING;
    if (message == NULL || !work->target.is_occurrence)
        return STATUS_OK;
    enum status status = exception_delete(message, work->target.original_start, &is_last);
    if (status == STATUS_OCCURRENCE_DELETED || status == STATUS_OCCURRENCE_NOT_FOUND) {
        *outcome = EDIT_NOTHING;
        return STATUS_OK;
    }
    *outcome = is_last ? EDIT_REMOVE : EDIT_REPLACE;
    return status;
}

static enum status remove_cancelled(TALLOC_CTX *mem, struct session *session, const struct object_id *cancellation)
{
    struct remove_work work;
    TRY(meeting_target_find(mem, session, cancellation, RIGHT_READ_ANY | RIGHT_DELETE_ANY, RIGHT_DELETE_OWN, &work.target));
    if (work.target.kind != MEETING_MESSAGE_CANCEL)
        return status_fail(STATUS_INVALID_ARGUMENT, "no cancellation");
    bool is_foreign = work.target.judgement.verdict == VERDICT_WRONG_ORGANIZER || work.target.judgement.verdict == VERDICT_OWN ||
                      work.target.judgement.verdict == VERDICT_STALE;
    struct meeting_edit edit = { .session = session, .mailbox = work.target.mailbox, .item = is_foreign ? 0 : work.target.item,
                                 .any = RIGHT_READ_ANY | RIGHT_DELETE_ANY, .own = RIGHT_DELETE_OWN, .dispose = work.target.is_copy ? 0 : work.target.message_item,
                                 .remove_mode = DELETE_MOVE_TO_DELETED, .apply = apply_remove, .data = &work };
    return meeting_edit_run(mem, &edit);
}

enum status meeting_remove(struct session *session, const struct object_id *cancellation)
{
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = mem != NULL ? remove_cancelled(mem, session, cancellation) : status_fail(STATUS_NO_MEMORY, "cancellation");
    talloc_free(mem);
    return status;
}
