/* What a meeting message means for a calendar [MS-OXOCAL] 3.1.5, [RFC 5546] 2.1.5, 3.2. */
#include "bourse/base/text.h"
#include "meeting_private.h"

struct judging {
    TALLOC_CTX *mem;
    const struct message *item;    /* of the calendar; NULL: none */
    const struct message *view;    /* what the message is about: the item, or the occurrence */
    const struct message *message;
    const char *own_address;
    struct meeting_judgement *out;
};

static enum status give(struct judging *judging, enum meeting_verdict verdict)
{
    judging->out->verdict = verdict;
    return STATUS_OK;
}

static bool is_organizer_of(const struct bag *item, const struct bag *message)
{
    const char *known = meeting_organizer_address(item), *said = meeting_organizer_address(message);
    return known[0] == '\0' || ascii_equal_nocase(known, said);
}

/* A message whose organiser is only claimed must come from the address that sent the first request. */
static bool is_proven(const struct judging *judging)
{
    const struct bag *item = judging->item->props, *message = judging->message->props;
    if (!bag_bool(message, MEETING_PROP_UNPROVEN, false))
        return true;
    const char *first = bag_string(item, PROP_SENDER_SMTP_ADDRESS, ""), *now = bag_string(message, PROP_SENDER_SMTP_ADDRESS, "");
    return first[0] != '\0' && ascii_equal_nocase(first, now);
}

/* Who was sent the request and is told that no answer is known starts anew, even when nothing else changed. */
static bool asks_again(const struct judging *judging)
{
    ptrdiff_t own = meeting_find_attendee(judging->message, judging->own_address);
    if (own < 0)
        return false;
    int32_t status = meeting_recipient_int(&judging->message->recipients[own], PROP_RECIPIENT_TRACK_STATUS, RESPONSE_NONE);
    struct meeting_version old = meeting_version_of(judging->view->props), new = meeting_version_of(judging->message->props);
    return new.sequence > old.sequence && status == RESPONSE_NOT_RESPONDED;
}

static enum status judge_update(struct judging *judging)
{
    struct meeting_version known = meeting_version_of(judging->view->props), said = meeting_version_of(judging->message->props);
    int order = meeting_version_compare(said, known);
    uint32_t highlights = 0;
    if (order < 0)
        return give(judging, VERDICT_STALE);
    TRY(meeting_highlights(judging->mem, judging->view, judging->message, &highlights));
    /* The exception of a series may carry the series' own version [RFC 5546] 3.2.2.1. */
    bool first_of_occurrence = judging->out->is_occurrence && exception_attachment(judging->item, judging->out->original_start) == NULL;
    if (order == 0 && !(first_of_occurrence && (highlights & CHANGED_SIGNIFICANT) != 0))
        return give(judging, VERDICT_SAME);
    judging->out->highlights = highlights;
    bool is_full = (highlights & CHANGED_SIGNIFICANT) != 0 || meeting_is_cancelled(judging->view->props) || asks_again(judging);
    return give(judging, is_full ? VERDICT_UPDATE_FULL : VERDICT_UPDATE_INFORMATIONAL);
}

/* The view of the occurrence that the message is about; *found false when the series has no such one (any more). */
static enum status find_view(struct judging *judging, bool *found)
{
    struct civil_date date;
    *found = true;
    judging->view = judging->item;
    if (judging->item == NULL || !meeting_instance_date(judging->message->props, &date))
        return STATUS_OK;
    if (!bag_has(judging->item->props, PROP_APPOINTMENT_RECUR)) {
        struct civil_date known = { 0 };
        bool same = meeting_instance_date(judging->item->props, &known) && local_of_civil(known) == local_of_civil(date);
        *found = same;
        return STATUS_OK;
    }
    struct message *occurrence = NULL;
    judging->out->is_occurrence = true;
    judging->out->original_start = local_of_civil(date);
    enum status status = exception_read(judging->mem, judging->item, local_of_civil(date), &occurrence);
    judging->view = occurrence;
    *found = status == STATUS_OK;
    return status == STATUS_OCCURRENCE_NOT_FOUND || status == STATUS_OCCURRENCE_DELETED ? STATUS_OK : status;
}

/* An occurrence that the series does not have: from outside the pattern, or deleted by the attendee and changed since. */
static enum status judge_missing_occurrence(struct judging *judging)
{
    struct meeting_version known = meeting_version_of(judging->item->props), said = meeting_version_of(judging->message->props);
    judging->out->is_occurrence = false;
    return give(judging, meeting_version_compare(said, known) <= 0 ? VERDICT_STALE : VERDICT_NEW_OCCURRENCE);
}

static enum status judge_request(struct judging *judging, bool found)
{
    struct civil_date date;
    bool has_date = meeting_instance_date(judging->message->props, &date);
    if (judging->item == NULL && ascii_equal_nocase(meeting_organizer_address(judging->message->props), judging->own_address))
        return give(judging, VERDICT_OWN);
    if (judging->item == NULL)
        return give(judging, has_date ? VERDICT_NEW_OCCURRENCE : VERDICT_NEW);
    if (!is_organizer_of(judging->item->props, judging->message->props))
        return give(judging, VERDICT_WRONG_ORGANIZER);
    if (meeting_is_organizer(judging->item->props))
        return give(judging, VERDICT_OWN);
    if (!is_proven(judging))
        return give(judging, VERDICT_WRONG_ORGANIZER);
    struct civil_date lone;
    if (!has_date && meeting_instance_date(judging->item->props, &lone))
        return give(judging, VERDICT_NEW); /* the series of an occurrence that stood alone */
    return found ? judge_update(judging) : judge_missing_occurrence(judging);
}

static enum status judge_cancel(struct judging *judging, bool found)
{
    struct civil_date date, lone;
    if (judging->item == NULL)
        return give(judging, VERDICT_UNKNOWN_MEETING);
    if (!is_organizer_of(judging->item->props, judging->message->props) || !is_proven(judging))
        return give(judging, VERDICT_WRONG_ORGANIZER);
    if (meeting_is_organizer(judging->item->props))
        return give(judging, VERDICT_OWN);
    bool is_whole = !meeting_instance_date(judging->message->props, &date);
    if (!found)
        return give(judging, VERDICT_UNKNOWN_MEETING);
    struct meeting_version known = meeting_version_of(judging->view->props), said = meeting_version_of(judging->message->props);
    int order = meeting_version_compare(said, known);
    bool is_lone = is_whole && meeting_instance_date(judging->item->props, &lone); /* the whole series goes, and with it this one */
    if (meeting_is_cancelled(judging->view->props) && order <= 0)
        return give(judging, VERDICT_SAME);
    return give(judging, order < 0 && !is_lone ? VERDICT_STALE : VERDICT_CANCEL);
}

/* ---- responses ---- */

/* [MS-OXOCAL] 3.1.5.2: answers to an older version than the organiser's. */
static bool is_response_stale(const struct bag *item, const struct bag *response)
{
    uint32_t known = meeting_version_of(item).sequence;
    struct meeting_version said = meeting_version_of(response);
    instant sent = bag_time(item, PROP_APPOINTMENT_SEQUENCE_TIME, 0);
    if (said.sequence != known)
        return said.sequence < known;
    return said.critical_change != 0 && sent != 0 && said.critical_change / INSTANT_PER_SECOND < sent / INSTANT_PER_SECOND;
}

static instant answered_at(const struct bag *response)
{
    return bag_time(response, PROP_ATTENDEE_CRITICAL_CHANGE, bag_time(response, PROP_CLIENT_SUBMIT_TIME, 0));
}

static bool same_proposal(const struct recipient *recipient, const struct bag *response)
{
    bool had = recipient->props != NULL && bag_bool(recipient->props, PROP_RECIPIENT_PROPOSED, false);
    bool has = bag_bool(response, PROP_APPOINTMENT_COUNTER_PROPOSAL, false);
    if (!had || !has)
        return had == has;
    return bag_time(recipient->props, PROP_RECIPIENT_PROPOSED_START_TIME, 0) == bag_time(response, PROP_APPOINTMENT_PROPOSED_START_WHOLE, 0) &&
           bag_time(recipient->props, PROP_RECIPIENT_PROPOSED_END_TIME, 0) == bag_time(response, PROP_APPOINTMENT_PROPOSED_END_WHOLE, 0);
}

static enum status judge_answer(struct judging *judging)
{
    const struct bag *response = judging->message->props;
    ptrdiff_t attendee = meeting_find_attendee(judging->view, meeting_organizer_address(response));
    if (attendee < 0)
        return give(judging, VERDICT_STRANGER);
    const struct recipient *recipient = &judging->view->recipients[attendee];
    struct meeting_judgement *out = judging->out;
    out->attendee = attendee;
    out->status = meeting_response_status(out->kind);
    out->is_counter = bag_bool(response, PROP_APPOINTMENT_COUNTER_PROPOSAL, false);
    if (is_response_stale(judging->view->props, response))
        return give(judging, VERDICT_STALE);
    instant before = recipient->props != NULL ? bag_time(recipient->props, PROP_RECIPIENT_TRACK_STATUS_TIME, 0) : 0, now = answered_at(response);
    if (before != 0 && now != 0 && now / INSTANT_PER_SECOND < before / INSTANT_PER_SECOND)
        return give(judging, VERDICT_STALE);
    bool same = meeting_recipient_int(recipient, PROP_RECIPIENT_TRACK_STATUS, RESPONSE_NONE) == (int32_t)out->status && same_proposal(recipient, response);
    return give(judging, same ? VERDICT_SAME : VERDICT_RESPONSE);
}

static enum status judge_response(struct judging *judging, bool found)
{
    if (judging->item == NULL || !found)
        return give(judging, VERDICT_UNKNOWN_MEETING);
    if (!meeting_is_organizer(judging->item->props))
        return give(judging, VERDICT_NOT_ORGANIZER);
    return judge_answer(judging);
}

static enum status judge_forwarded(struct judging *judging, bool found)
{
    if (judging->item == NULL || !found)
        return give(judging, VERDICT_UNKNOWN_MEETING);
    if (!meeting_is_organizer(judging->item->props))
        return give(judging, VERDICT_NOT_ORGANIZER);
    bool is_attendee = meeting_find_attendee(judging->view, meeting_organizer_address(judging->message->props)) >= 0;
    return give(judging, is_attendee ? VERDICT_FORWARDED : VERDICT_STRANGER);
}

static enum status judge(struct judging *judging)
{
    bool found = false;
    enum meeting_message kind = meeting_message_of_class(bag_string(judging->message->props, PROP_MESSAGE_CLASS, ""));
    judging->out->kind = kind;
    bool has_id = bag_has(judging->message->props, PROP_GLOBAL_OBJECT_ID) || bag_has(judging->message->props, PROP_CLEAN_GLOBAL_OBJECT_ID);
    if (kind == MEETING_MESSAGE_NONE || !has_id)
        return give(judging, VERDICT_NONE);
    TRY(find_view(judging, &found));
    if (kind == MEETING_MESSAGE_REQUEST)
        return judge_request(judging, found);
    if (kind == MEETING_MESSAGE_CANCEL)
        return judge_cancel(judging, found);
    return kind == MEETING_MESSAGE_FORWARDED ? judge_forwarded(judging, found) : judge_response(judging, found);
}

enum status meeting_judge(TALLOC_CTX *mem, const struct message *item, const struct message *message, const char *own_address,
                          struct meeting_judgement *out)
{
    TALLOC_CTX *step = talloc_new(mem);
    if (step == NULL)
        return status_fail(STATUS_NO_MEMORY, "judgement");
    *out = (struct meeting_judgement){ .attendee = -1 };
    struct judging judging = { .mem = step, .item = item, .message = message, .own_address = own_address, .out = out };
    enum status status = judge(&judging);
    talloc_free(step);
    return status;
}
