/* The rules of meetings: which message counts (table), what it does, and many orders of mail against a small model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"
#include "meeting_private.h"

#define NOON INT64_C(134397360000000000) /* 2026-11-21 12:00 */
#define BOSS "boss@example.test"
#define WORKER "worker@example.test"
#define OTHER "other@elsewhere.test"

#define OK(call) assert_int_equal((call), STATUS_OK)

static int setup(void **state)
{
    *state = talloc_new(NULL);
    return *state == NULL;
}

static int teardown(void **state)
{
    talloc_free(*state);
    return 0;
}

static void add_person(struct message *message, const char *address, enum recipient_type type)
{
    struct recipient person = { .type = type, .display_name = address, .address_type = "SMTP", .address = address, .smtp_address = address };
    assert_non_null(message_add_recipient(message, &person));
}

static struct message *organized(TALLOC_CTX *mem, instant start, instant now)
{
    struct message *item = message_new(mem);
    struct meeting_organizer organizer = { "Boss", BOSS };
    OK(bag_set_string(item->props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    OK(bag_set_string(item->props, PROP_SUBJECT, "Plan"));
    OK(bag_set_string(item->props, PROP_NORMALIZED_SUBJECT, "Plan"));
    OK(bag_set_string(item->props, PROP_LID_LOCATION, "Room 1"));
    OK(bag_set_string(item->props, PROP_BODY, "Agenda"));
    OK(bag_set_time(item->props, PROP_APPOINTMENT_START_WHOLE, start));
    OK(bag_set_time(item->props, PROP_APPOINTMENT_END_WHOLE, start + INSTANT_PER_HOUR));
    add_person(item, WORKER, RECIPIENT_TO);
    add_person(item, OTHER, RECIPIENT_CC);
    OK(meeting_fill_item(item, &organizer, now));
    return item;
}

/* A daily series of ten. */
static struct message *organized_series(TALLOC_CTX *mem, instant start, instant now)
{
    struct message *item = organized(mem, start, now);
    local_time local = (local_time)start;
    struct recurrence pattern = { .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 1, .end = RECUR_END_AFTER_COUNT, .count = 10,
                                  .first_date = local_midnight(local), .last_date = local_midnight(local),
                                  .start_minute = (uint32_t)((local - local_midnight(local)) / INSTANT_PER_MINUTE) };
    struct buffer *packed = buffer_new(mem, 4096), *zone = buffer_new(mem, 4096);
    pattern.end_minute = pattern.start_minute + 60;
    OK(recurrence_complete(&pattern));
    OK(recurrence_pack(&pattern, packed));
    OK(bag_set_bytes(item->props, PROP_APPOINTMENT_RECUR, buffer_slice(packed)));
    OK(time_zone_definition_pack(time_zone_utc(), 2026, true, zone));
    OK(bag_set_bytes(item->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, buffer_slice(zone)));
    OK(bag_set_bool(item->props, PROP_RECURRING, true));
    return item;
}

static struct message *request_of(TALLOC_CTX *mem, const struct message *item, instant now)
{
    struct message *message = NULL;
    struct meeting_mail mail = { .item = item, .now = now };
    OK(meeting_build_request(mem, &mail, &message));
    return message;
}

static struct message *cancel_of(TALLOC_CTX *mem, const struct message *item, instant now)
{
    struct message *message = NULL;
    struct meeting_mail mail = { .item = item, .now = now };
    OK(meeting_build_cancel(mem, &mail, &message));
    return message;
}

static struct message *entered(TALLOC_CTX *mem, const struct message *request, instant now)
{
    struct message *item = NULL;
    OK(meeting_item_of_request(mem, request, WORKER, now, &item));
    return item;
}

static struct meeting_judgement judged(TALLOC_CTX *mem, const struct message *item, const struct message *message)
{
    struct meeting_judgement judgement;
    OK(meeting_judge(mem, item, message, WORKER, &judgement));
    return judgement;
}

static enum meeting_verdict deliver(TALLOC_CTX *mem, struct message **item, const struct message *message, instant now)
{
    struct meeting_judgement judgement = judged(mem, *item, message);
    bool changed = false;
    if (judgement.verdict == VERDICT_NEW || judgement.verdict == VERDICT_NEW_OCCURRENCE)
        *item = entered(mem, message, now);
    else if (*item != NULL)
        OK(meeting_apply(*item, message, &judgement, now, &changed));
    return judgement.verdict;
}

static struct meeting_reply reply_as(enum response_status status, instant now)
{
    return (struct meeting_reply){ .status = status, .name = "Worker", .address = WORKER, .now = now };
}

static struct message *answer(TALLOC_CTX *mem, struct message *item, enum response_status status, instant now, bool *changed)
{
    struct meeting_reply reply = reply_as(status, now);
    struct message *message = NULL;
    OK(meeting_apply_reply(item, &reply, changed));
    OK(meeting_build_response(mem, item, &reply, &message));
    return message;
}

static int32_t number(const struct message *message, prop_tag tag)
{
    return bag_int32(message->props, tag, -1);
}

static int32_t tracked(const struct message *item, const char *address)
{
    ptrdiff_t at = meeting_find_attendee(item, address);
    assert_true(at >= 0);
    return meeting_recipient_int(&item->recipients[at], PROP_RECIPIENT_TRACK_STATUS, -1);
}

/* ---- one by one ---- */

static void organizer_item_is_filled(void **state)
{
    struct message *item = organized(*state, NOON, NOON - INSTANT_PER_DAY);
    assert_int_equal(number(item, PROP_APPOINTMENT_STATE_FLAGS), MEETING_STATE_MEETING);
    assert_int_equal(number(item, PROP_RESPONSE_STATUS), RESPONSE_ORGANIZED);
    assert_true(meeting_is_organizer(item->props));
    assert_int_equal(item->recipient_count, 3);
    assert_true(meeting_is_organizer_entry(&item->recipients[2]));
    assert_string_equal(bag_string(item->props, PROP_ALL_ATTENDEES_STRING, ""), WORKER "; " OTHER);
    assert_true(slice_equal(bag_bytes(item->props, PROP_GLOBAL_OBJECT_ID), bag_bytes(item->props, PROP_CLEAN_GLOBAL_OBJECT_ID)));
}

static void request_becomes_a_tentative_item(void **state)
{
    struct message *item = organized(*state, NOON, NOON - INSTANT_PER_DAY), *request = request_of(*state, item, NOON - INSTANT_PER_DAY);
    assert_string_equal(bag_string(request->props, PROP_MESSAGE_CLASS, ""), "IPM.Schedule.Meeting.Request");
    assert_string_equal(meeting_method(request), "REQUEST");
    assert_int_equal(request->recipient_count, 2);
    assert_int_equal(judged(*state, NULL, request).verdict, VERDICT_NEW);
    struct message *entry = entered(*state, request, NOON - INSTANT_PER_DAY);
    assert_string_equal(bag_string(entry->props, PROP_MESSAGE_CLASS, ""), "IPM.Appointment");
    assert_int_equal(number(entry, PROP_APPOINTMENT_STATE_FLAGS), MEETING_STATE_MEETING | MEETING_STATE_RECEIVED);
    assert_int_equal(number(entry, PROP_RESPONSE_STATUS), RESPONSE_NOT_RESPONDED);
    assert_int_equal(number(entry, PROP_BUSY_STATUS), 1);
    assert_int_equal(number(entry, PROP_INTENDED_BUSY_STATUS), 2);
    assert_false(meeting_is_organizer(entry->props));
    assert_string_equal(meeting_organizer_address(entry->props), BOSS);
    assert_int_equal(entry->recipient_count, 3);
}

static void own_request_and_foreign_organizer_are_ignored(void **state)
{
    struct message *item = organized(*state, NOON, NOON), *request = request_of(*state, item, NOON);
    assert_int_equal(judged(*state, item, request).verdict, VERDICT_OWN);
    struct message *entry = entered(*state, request, NOON), *forged = request_of(*state, item, NOON + INSTANT_PER_HOUR);
    OK(bag_set_time(forged->props, PROP_OWNER_CRITICAL_CHANGE, NOON + INSTANT_PER_HOUR));
    OK(meeting_set_organizer(forged->props, "Mallory", "mallory@bad.test"));
    assert_int_equal(judged(*state, entry, forged).verdict, VERDICT_WRONG_ORGANIZER);
    struct message *cancel = cancel_of(*state, item, NOON);
    OK(meeting_set_sender(cancel->props, "Mallory", "mallory@bad.test"));
    OK(bag_set_bool(cancel->props, MEETING_PROP_UNPROVEN, true));
    assert_int_equal(judged(*state, entry, cancel).verdict, VERDICT_WRONG_ORGANIZER);
    OK(meeting_set_sender(cancel->props, "Boss", BOSS));
    assert_int_equal(judged(*state, entry, cancel).verdict, VERDICT_CANCEL);
}

/* sequence and DTSTAMP of what is known and of what comes; start moved? */
static const struct {
    uint32_t known_sequence, sequence;
    int known_stamp, stamp; /* minutes; -1: none */
    bool moved;
    enum meeting_verdict verdict;
} versions[] = {
    { 0, 0, 0, 0, false, VERDICT_SAME },
    { 0, 0, 0, 0, true, VERDICT_SAME },
    { 0, 0, 0, 1, false, VERDICT_UPDATE_INFORMATIONAL },
    { 0, 0, 0, 1, true, VERDICT_UPDATE_FULL },
    { 0, 0, 1, 0, false, VERDICT_STALE },
    { 0, 0, 1, 0, true, VERDICT_STALE },
    { 0, 1, 0, 0, false, VERDICT_UPDATE_INFORMATIONAL },
    { 0, 1, 1, 0, true, VERDICT_UPDATE_FULL }, /* the sequence beats the time stamp */
    { 1, 0, 0, 5, true, VERDICT_STALE },
    { 5, 4, 0, 9, true, VERDICT_STALE },
    { 5, 5, -1, 3, true, VERDICT_SAME },       /* an unknown time is no difference */
    { 5, 5, 3, -1, true, VERDICT_SAME },
    { 5, 6, 3, -1, true, VERDICT_UPDATE_FULL },
    { 0x7FFFFFFF, 0x7FFFFFFF, 0, 1, true, VERDICT_UPDATE_FULL },
};

static void set_version(struct message *message, uint32_t sequence, int stamp)
{
    OK(bag_set_int32(message->props, PROP_APPOINTMENT_SEQUENCE, (int32_t)sequence));
    bag_remove(message->props, PROP_OWNER_CRITICAL_CHANGE);
    if (stamp >= 0)
        OK(bag_set_time(message->props, PROP_OWNER_CRITICAL_CHANGE, NOON + stamp * INSTANT_PER_MINUTE));
}

static void sequence_and_time_stamp_decide(void **state)
{
    struct message *item = organized(*state, NOON, NOON);
    for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
        struct message *request = request_of(*state, item, NOON), *entry = entered(*state, request, NOON);
        set_version(entry, versions[i].known_sequence, versions[i].known_stamp);
        set_version(request, versions[i].sequence, versions[i].stamp);
        if (versions[i].moved)
            OK(bag_set_time(request->props, PROP_APPOINTMENT_START_WHOLE, NOON + INSTANT_PER_HOUR / 2));
        if (judged(*state, entry, request).verdict != versions[i].verdict)
            fail_msg("row %zu: verdict %d", i, (int)judged(*state, entry, request).verdict);
    }
}

static void update_keeps_what_is_the_attendees(void **state)
{
    struct message *item = organized(*state, NOON, NOON - INSTANT_PER_DAY), *entry = entered(*state, request_of(*state, item, NOON), NOON - INSTANT_PER_DAY);
    struct meeting_changes changes = { .is_significant = false };
    bool changed = false;
    const char *categories[] = { "mine" };
    OK(bag_set_strings(entry->props, PROP_KEYWORDS, categories, 1));
    OK(bag_set_int32(entry->props, PROP_REMINDER_DELTA, 60));
    OK(bag_set_string(entry->props, PROP_BODY, "Agenda\nmy own note"));
    answer(*state, entry, RESPONSE_ACCEPTED, NOON, &changed);
    OK(bag_set_string(item->props, PROP_SUBJECT, "Plan B"));
    OK(bag_set_string(item->props, PROP_NORMALIZED_SUBJECT, "Plan B"));
    OK(meeting_advance(item, &changes, NOON));
    assert_int_equal(deliver(*state, &entry, request_of(*state, item, NOON), NOON), VERDICT_UPDATE_INFORMATIONAL);
    assert_string_equal(bag_string(entry->props, PROP_SUBJECT, ""), "Plan B");
    assert_int_equal(number(entry, PROP_RESPONSE_STATUS), RESPONSE_ACCEPTED);
    assert_int_equal(number(entry, PROP_BUSY_STATUS), 2);
    assert_int_equal(number(entry, PROP_REMINDER_DELTA), 60);
    assert_true(bag_has(entry->props, PROP_KEYWORDS));
    assert_string_equal(bag_string(entry->props, PROP_BODY, ""), "Agenda\nmy own note");
    OK(bag_set_string(item->props, PROP_BODY, "New agenda"));
    changes.is_significant = true;
    OK(bag_set_time(item->props, PROP_APPOINTMENT_START_WHOLE, NOON + INSTANT_PER_HOUR / 4));
    OK(meeting_advance(item, &changes, NOON + INSTANT_PER_HOUR));
    assert_int_equal(deliver(*state, &entry, request_of(*state, item, NOON), NOON), VERDICT_UPDATE_FULL);
    assert_string_equal(bag_string(entry->props, PROP_BODY, ""), "New agenda");
    assert_int_equal(number(entry, PROP_RESPONSE_STATUS), RESPONSE_NOT_RESPONDED);
    assert_int_equal(number(entry, PROP_BUSY_STATUS), 1);
}

static void response_is_tracked_once(void **state)
{
    struct message *item = organized(*state, NOON, NOON), *entry = entered(*state, request_of(*state, item, NOON), NOON);
    bool changed = false;
    struct message *response = answer(*state, entry, RESPONSE_ACCEPTED, NOON + INSTANT_PER_HOUR, &changed);
    assert_true(changed);
    assert_string_equal(meeting_method(response), "REPLY");
    assert_string_equal(bag_string(response->props, PROP_SUBJECT, ""), "Accepted: Plan");
    assert_int_equal(response->recipient_count, 1);
    assert_string_equal(response->recipients[0].smtp_address, BOSS);
    assert_int_equal(deliver(*state, &item, response, NOON), VERDICT_RESPONSE);
    assert_int_equal(tracked(item, WORKER), RESPONSE_ACCEPTED);
    assert_int_equal(tracked(item, OTHER), RESPONSE_NONE);
    assert_int_equal(deliver(*state, &item, response, NOON), VERDICT_SAME);
    answer(*state, entry, RESPONSE_ACCEPTED, NOON + 2 * INSTANT_PER_HOUR, &changed);
    assert_false(changed); /* the storm brake: nothing to send */
    OK(meeting_set_organizer(response->props, "Stranger", "stranger@bad.test"));
    assert_int_equal(judged(*state, item, response).verdict, VERDICT_STRANGER);
    assert_int_equal(judged(*state, NULL, response).verdict, VERDICT_UNKNOWN_MEETING);
    assert_int_equal(judged(*state, entry, response).verdict, VERDICT_NOT_ORGANIZER);
}

static void counter_proposal_reaches_the_organizer(void **state)
{
    struct message *item = organized(*state, NOON, NOON), *entry = entered(*state, request_of(*state, item, NOON), NOON), *response = NULL;
    struct meeting_reply reply = reply_as(RESPONSE_TENTATIVE, NOON + INSTANT_PER_MINUTE);
    bool changed = false;
    reply.proposed_start = NOON + INSTANT_PER_DAY;
    reply.proposed_end = NOON + INSTANT_PER_DAY + INSTANT_PER_HOUR;
    OK(meeting_apply_reply(entry, &reply, &changed));
    OK(meeting_build_response(*state, entry, &reply, &response));
    assert_string_equal(meeting_method(response), "COUNTER");
    assert_string_equal(bag_string(response->props, PROP_SUBJECT, ""), "New Time Proposed: Plan");
    struct meeting_judgement judgement = judged(*state, item, response);
    assert_true(judgement.is_counter);
    assert_int_equal(deliver(*state, &item, response, NOON), VERDICT_RESPONSE);
    ptrdiff_t at = meeting_find_attendee(item, WORKER);
    assert_true(bag_bool(item->recipients[at].props, PROP_RECIPIENT_PROPOSED, false));
    assert_int_equal(bag_time(item->recipients[at].props, PROP_RECIPIENT_PROPOSED_START_TIME, 0), reply.proposed_start);
    assert_int_equal(number(item, PROP_APPOINTMENT_PROPOSAL_NUMBER), 1);
    assert_int_equal(deliver(*state, &item, response, NOON), VERDICT_SAME);
    assert_int_equal(bag_time(item->props, PROP_APPOINTMENT_START_WHOLE, 0), NOON); /* only proposed */
}

static void cancellation_marks_and_renewal_revives(void **state)
{
    struct message *item = organized(*state, NOON, NOON), *entry = entered(*state, request_of(*state, item, NOON), NOON);
    struct meeting_changes changes = { .is_significant = true };
    OK(meeting_cancel_item(item, NOON + INSTANT_PER_HOUR));
    struct message *cancel = cancel_of(*state, item, NOON);
    assert_string_equal(meeting_method(cancel), "CANCEL");
    assert_int_equal(deliver(*state, &entry, cancel, NOON), VERDICT_CANCEL);
    assert_true(meeting_is_cancelled(entry->props));
    assert_int_equal(number(entry, PROP_BUSY_STATUS), 0);
    assert_false(bag_bool(entry->props, PROP_REMINDER_SET, true));
    assert_string_equal(bag_string(entry->props, PROP_SUBJECT, ""), "Canceled: Plan");
    assert_int_equal(deliver(*state, &entry, cancel, NOON), VERDICT_SAME);
    OK(meeting_advance(item, &changes, NOON + 2 * INSTANT_PER_HOUR));
    assert_int_equal(deliver(*state, &entry, request_of(*state, item, NOON), NOON), VERDICT_UPDATE_FULL);
    assert_false(meeting_is_cancelled(entry->props));
    assert_string_equal(bag_string(entry->props, PROP_SUBJECT, ""), "Plan");
    assert_int_equal(deliver(*state, &entry, cancel, NOON), VERDICT_STALE);
}

static void changes_are_told_apart(void **state)
{
    static const struct { prop_tag tag; const char *text; uint32_t highlight; bool significant; } rows[] = {
        { PROP_LID_LOCATION, "Room 2", CHANGED_LOCATION, true }, { PROP_SUBJECT, "Other", CHANGED_SUBJECT, false }, { PROP_BODY, "Other", CHANGED_BODY, false },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct message *before = organized(*state, NOON, NOON), *after = message_copy(*state, before);
        struct meeting_changes changes;
        OK(bag_set_string(after->props, rows[i].tag, rows[i].text));
        if (rows[i].tag == PROP_SUBJECT)
            OK(bag_set_string(after->props, PROP_NORMALIZED_SUBJECT, rows[i].text));
        OK(meeting_compare(*state, before, after, &changes));
        assert_int_equal(changes.highlights, rows[i].highlight);
        assert_int_equal(changes.is_significant, rows[i].significant);
        assert_true(changes.any);
    }
    struct message *before = organized(*state, NOON, NOON), *after = message_copy(*state, before);
    struct meeting_changes changes;
    OK(meeting_compare(*state, before, after, &changes));
    assert_false(changes.any);
    after->recipient_count = 0;
    add_person(after, WORKER, RECIPIENT_TO);
    add_person(after, "new@example.test", RECIPIENT_TO);
    OK(bag_set_int32(meeting_recipient_props(before, &before->recipients[0]), PROP_RECIPIENT_TRACK_STATUS, RESPONSE_ACCEPTED));
    OK(meeting_keep_tracking(before, after));
    assert_int_equal(tracked(after, WORKER), RESPONSE_ACCEPTED);
    assert_int_equal(after->recipient_count, 3);
    OK(meeting_compare(*state, before, after, &changes));
    assert_int_equal(changes.added_count, 1);
    assert_int_equal(changes.removed_count, 1);
    assert_true(changes.added[1] && changes.removed[1]);
    assert_false(changes.is_significant);
}

/* ---- series ---- */

static local_time day(int index)
{
    return (local_time)(NOON + index * INSTANT_PER_DAY);
}

static void exception_reads_as_it_was_put(void **state)
{
    struct message *series = organized_series(*state, NOON, NOON), *occurrence = NULL, *again = NULL, *neighbour = NULL;
    bool is_last = true;
    OK(exception_read(*state, series, day(2), &occurrence));
    assert_int_equal(bag_time(occurrence->props, PROP_APPOINTMENT_START_WHOLE, 0), NOON + 2 * INSTANT_PER_DAY);
    OK(bag_set_string(occurrence->props, PROP_LID_LOCATION, "Garden"));
    OK(bag_set_string(occurrence->props, PROP_BODY, "outside"));
    OK(bag_set_time(occurrence->props, PROP_APPOINTMENT_START_WHOLE, NOON + 2 * INSTANT_PER_DAY + INSTANT_PER_HOUR));
    OK(bag_set_time(occurrence->props, PROP_APPOINTMENT_END_WHOLE, NOON + 2 * INSTANT_PER_DAY + 3 * INSTANT_PER_HOUR));
    add_person(occurrence, "guest@example.test", RECIPIENT_TO);
    OK(exception_put(series, day(2), occurrence));
    OK(exception_read(*state, series, day(2), &again));
    assert_string_equal(bag_string(again->props, PROP_LID_LOCATION, ""), "Garden");
    assert_string_equal(bag_string(again->props, PROP_BODY, ""), "outside");
    assert_int_equal(bag_time(again->props, PROP_APPOINTMENT_START_WHOLE, 0), NOON + 2 * INSTANT_PER_DAY + INSTANT_PER_HOUR);
    assert_int_equal(bag_time(again->props, PROP_APPOINTMENT_END_WHOLE, 0), NOON + 2 * INSTANT_PER_DAY + 3 * INSTANT_PER_HOUR);
    assert_true(meeting_find_attendee(again, "guest@example.test") >= 0);
    assert_int_equal(series->attachment_count, 1);
    OK(exception_put(series, day(2), again));
    assert_int_equal(series->attachment_count, 1);
    OK(exception_read(*state, series, day(3), &neighbour));
    assert_string_equal(bag_string(neighbour->props, PROP_LID_LOCATION, ""), "Room 1");
    assert_int_equal(meeting_find_attendee(neighbour, "guest@example.test"), -1);
    OK(exception_delete(series, day(2), &is_last));
    assert_false(is_last);
    assert_int_equal(series->attachment_count, 0);
    assert_int_equal(exception_read(*state, series, day(2), &again), STATUS_OCCURRENCE_DELETED);
    assert_int_equal(exception_read(*state, series, day(40), &again), STATUS_OCCURRENCE_NOT_FOUND);
    for (int i = 0; i < 10; i++)
        if (i != 2)
            OK(exception_delete(series, day(i), &is_last));
    assert_true(is_last);
}

static struct message *moved_occurrence(TALLOC_CTX *mem, struct message *series, int index, instant now)
{
    struct message *before = NULL, *after = NULL;
    struct meeting_changes changes;
    OK(exception_read(mem, series, day(index), &before));
    OK(exception_read(mem, series, day(index), &after));
    OK(bag_set_time(after->props, PROP_APPOINTMENT_START_WHOLE, NOON + index * INSTANT_PER_DAY + INSTANT_PER_HOUR));
    OK(bag_set_time(after->props, PROP_APPOINTMENT_END_WHOLE, NOON + index * INSTANT_PER_DAY + 2 * INSTANT_PER_HOUR));
    OK(meeting_compare(mem, before, after, &changes));
    OK(meeting_advance(after, &changes, now));
    OK(exception_put(series, day(index), after));
    return after;
}

static void occurrence_is_changed_answered_and_cancelled(void **state)
{
    struct message *series = organized_series(*state, NOON, NOON - INSTANT_PER_DAY);
    struct message *entry = entered(*state, request_of(*state, series, NOON - INSTANT_PER_DAY), NOON - INSTANT_PER_DAY), *view = NULL;
    bool changed = false;
    answer(*state, entry, RESPONSE_ACCEPTED, NOON - INSTANT_PER_HOUR, &changed);
    struct message *after = moved_occurrence(*state, series, 4, NOON - INSTANT_PER_HOUR), *request = request_of(*state, after, NOON);
    assert_false(bag_has(request->props, PROP_APPOINTMENT_RECUR));
    struct meeting_judgement judgement = judged(*state, entry, request);
    assert_true(judgement.is_occurrence);
    assert_int_equal(judgement.original_start, local_midnight(day(4)));
    assert_int_equal(deliver(*state, &entry, request, NOON), VERDICT_UPDATE_FULL);
    assert_int_equal(deliver(*state, &entry, request, NOON), VERDICT_SAME);
    OK(exception_read(*state, entry, day(4), &view));
    assert_int_equal(bag_time(view->props, PROP_APPOINTMENT_START_WHOLE, 0), NOON + 4 * INSTANT_PER_DAY + INSTANT_PER_HOUR);
    assert_int_equal(number(view, PROP_RESPONSE_STATUS), RESPONSE_NOT_RESPONDED);
    assert_int_equal(number(entry, PROP_RESPONSE_STATUS), RESPONSE_ACCEPTED);
    struct message *response = answer(*state, view, RESPONSE_DECLINED, NOON, &changed);
    OK(exception_put(entry, day(4), view));
    assert_int_equal(deliver(*state, &series, response, NOON), VERDICT_RESPONSE);
    OK(exception_read(*state, series, day(4), &view));
    assert_int_equal(tracked(view, WORKER), RESPONSE_DECLINED);
    assert_int_equal(tracked(series, WORKER), RESPONSE_NONE);
    OK(meeting_cancel_item(view, NOON + INSTANT_PER_HOUR));
    assert_int_equal(deliver(*state, &entry, cancel_of(*state, view, NOON), NOON), VERDICT_CANCEL);
    OK(exception_read(*state, entry, day(4), &view));
    assert_true(meeting_is_cancelled(view->props));
    assert_false(meeting_is_cancelled(entry->props));
}

static void lone_occurrence_waits_for_its_series(void **state)
{
    struct message *series = organized_series(*state, NOON, NOON), *after = moved_occurrence(*state, series, 4, NOON), *lone = NULL, *entry = NULL, *view = NULL;
    struct message *request = request_of(*state, after, NOON);
    assert_int_equal(deliver(*state, &lone, request, NOON), VERDICT_NEW_OCCURRENCE);
    assert_int_equal(judged(*state, lone, request).verdict, VERDICT_SAME);
    struct message *whole = request_of(*state, series, NOON);
    whole->attachment_count = 0; /* told without its exceptions */
    assert_int_equal(judged(*state, lone, whole).verdict, VERDICT_NEW);
    entry = entered(*state, whole, NOON);
    OK(meeting_adopt_occurrence(entry, lone));
    OK(exception_read(*state, entry, day(4), &view));
    assert_int_equal(bag_time(view->props, PROP_APPOINTMENT_START_WHOLE, 0), NOON + 4 * INSTANT_PER_DAY + INSTANT_PER_HOUR);
    assert_int_equal(judged(*state, entry, request).verdict, VERDICT_SAME);
}

static void small_change_of_the_series_keeps_own_occurrences(void **state)
{
    struct message *series = organized_series(*state, NOON, NOON), *entry = entered(*state, request_of(*state, series, NOON), NOON), *view = NULL;
    struct meeting_changes changes = { 0 };
    bool changed = false, is_last = false;
    OK(exception_read(*state, entry, day(1), &view));
    answer(*state, view, RESPONSE_DECLINED, NOON, &changed);
    OK(exception_put(entry, day(1), view));
    OK(exception_delete(entry, day(2), &is_last));
    OK(bag_set_string(series->props, PROP_BODY, "more"));
    OK(meeting_advance(series, &changes, NOON + INSTANT_PER_HOUR));
    assert_int_equal(deliver(*state, &entry, request_of(*state, series, NOON), NOON), VERDICT_UPDATE_INFORMATIONAL);
    OK(exception_read(*state, entry, day(1), &view));
    assert_int_equal(number(view, PROP_RESPONSE_STATUS), RESPONSE_DECLINED);
    assert_int_equal(exception_read(*state, entry, day(2), &view), STATUS_OCCURRENCE_DELETED);
    assert_string_equal(bag_string(entry->props, PROP_BODY, ""), "more");
}

static void answer_to_a_changed_occurrence_survives_a_small_change_of_the_series(void **state)
{
    struct message *series = organized_series(*state, NOON, NOON), *after = moved_occurrence(*state, series, 4, NOON), *view = NULL;
    struct message *entry = entered(*state, request_of(*state, series, NOON), NOON);
    struct meeting_changes changes = { 0 };
    bool changed = false;
    assert_int_equal(judged(*state, entry, request_of(*state, after, NOON)).verdict, VERDICT_SAME); /* it came with the series */
    OK(exception_read(*state, entry, day(4), &view));
    assert_int_equal(bag_time(view->props, PROP_APPOINTMENT_START_WHOLE, 0), NOON + 4 * INSTANT_PER_DAY + INSTANT_PER_HOUR);
    answer(*state, view, RESPONSE_TENTATIVE, NOON, &changed);
    OK(exception_put(entry, day(4), view));
    OK(bag_set_string(series->props, PROP_BODY, "more"));
    OK(meeting_advance(series, &changes, NOON + INSTANT_PER_HOUR));
    assert_int_equal(deliver(*state, &entry, request_of(*state, series, NOON), NOON), VERDICT_UPDATE_INFORMATIONAL);
    OK(exception_read(*state, entry, day(4), &view));
    assert_int_equal(number(view, PROP_RESPONSE_STATUS), RESPONSE_TENTATIVE);
    assert_int_equal(bag_time(view->props, PROP_APPOINTMENT_START_WHOLE, 0), NOON + 4 * INSTANT_PER_DAY + INSTANT_PER_HOUR);
}

static void sequence_of_series_passes_that_of_occurrences(void **state)
{
    struct message *series = organized_series(*state, NOON, NOON);
    struct meeting_changes changes = { .is_significant = true };
    moved_occurrence(*state, series, 4, NOON + INSTANT_PER_MINUTE);
    struct message *twice = moved_occurrence(*state, series, 5, NOON + 2 * INSTANT_PER_MINUTE);
    uint32_t sent = meeting_version_of(twice->props).sequence;
    OK(meeting_advance(series, &changes, NOON + INSTANT_PER_HOUR));
    assert_true(meeting_version_of(series->props).sequence > sent);
}

static void forward_notification_names_new_attendees(void **state)
{
    struct message *item = organized(*state, NOON, NOON), *request = request_of(*state, item, NOON), *notice = NULL;
    struct recipient friend = { .type = RECIPIENT_TO, .display_name = "Friend", .address_type = "SMTP", .address = "friend@example.test",
                                .smtp_address = "friend@example.test" };
    OK(meeting_build_forward_notification(*state, request, &friend, 1, "Worker", WORKER, NOON, &notice));
    assert_string_equal(notice->recipients[0].smtp_address, BOSS);
    assert_int_equal(deliver(*state, &item, notice, NOON), VERDICT_FORWARDED);
    assert_int_equal(tracked(item, "friend@example.test"), RESPONSE_NOT_RESPONDED);
    assert_int_equal(item->recipient_count, 4);
}

/* ---- many orders ---- */

enum { ORDERS = 400, STEPS = 24, MAIL_MAX = 64 };

/* What the two sides should think, kept as plain numbers. */
struct model {
    uint32_t sequence;      /* organiser */
    instant stamp, start;
    int32_t tracked;
    instant tracked_at;
    bool has_entry, entry_cancelled; /* attendee */
    uint32_t entry_sequence;
    instant entry_stamp, entry_start;
    int32_t entry_status;
};

struct mail {
    struct message *message;
    enum meeting_message kind;
    uint32_t sequence;
    instant stamp, start, when;
    int32_t status;
};

struct world {
    TALLOC_CTX *mem;
    struct message *item, *entry;
    struct model model;
    struct mail mail[MAIL_MAX];
    size_t mail_count;
    instant now;
    uint64_t seed;
    bool is_cancelled;
};

static uint32_t roll(struct world *world, uint32_t sides)
{
    world->seed = world->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(world->seed >> 33) % sides;
}

static void post(struct world *world, struct mail mail)
{
    if (world->mail_count < MAIL_MAX)
        world->mail[world->mail_count++] = mail;
}

static void organizer_changes(struct world *world, bool is_significant)
{
    struct meeting_changes changes = { .is_significant = is_significant };
    struct model *model = &world->model;
    if (is_significant)
        model->start += INSTANT_PER_HOUR;
    OK(bag_set_time(world->item->props, PROP_APPOINTMENT_START_WHOLE, model->start));
    OK(meeting_advance(world->item, &changes, world->now));
    model->sequence += is_significant;
    model->stamp = world->now;
    if (is_significant) {
        model->tracked = RESPONSE_NONE;
        model->tracked_at = 0;
    }
    post(world, (struct mail){ .message = request_of(world->mem, world->item, world->now), .kind = MEETING_MESSAGE_REQUEST, .sequence = model->sequence,
                               .stamp = model->stamp, .start = model->start });
}

static void organizer_cancels(struct world *world)
{
    struct model *model = &world->model;
    OK(meeting_cancel_item(world->item, world->now));
    model->sequence++;
    model->stamp = world->now;
    world->is_cancelled = true;
    post(world, (struct mail){ .message = cancel_of(world->mem, world->item, world->now), .kind = MEETING_MESSAGE_CANCEL, .sequence = model->sequence,
                               .stamp = model->stamp });
}

static void attendee_answers(struct world *world)
{
    static const enum response_status all[] = { RESPONSE_ACCEPTED, RESPONSE_TENTATIVE, RESPONSE_DECLINED };
    enum response_status status = all[roll(world, 3)];
    bool changed = false;
    if (!world->model.has_entry || world->model.entry_cancelled)
        return;
    struct message *response = answer(world->mem, world->entry, status, world->now, &changed);
    assert_int_equal(changed, world->model.entry_status != (int32_t)status);
    world->model.entry_status = (int32_t)status;
    if (changed)
        post(world, (struct mail){ .message = response, .kind = meeting_message_of_status(status), .sequence = world->model.entry_sequence,
                                   .when = world->now, .status = (int32_t)status });
}

static int order_of(const struct model *model, const struct mail *mail)
{
    if (mail->sequence != model->entry_sequence)
        return mail->sequence < model->entry_sequence ? -1 : 1;
    return mail->stamp < model->entry_stamp ? -1 : mail->stamp > model->entry_stamp;
}

static void expect_request(struct model *model, const struct mail *mail)
{
    int order = model->has_entry ? order_of(model, mail) : 1;
    bool moved = !model->has_entry || model->entry_start != mail->start || model->entry_cancelled;
    if (order <= 0)
        return;
    if (moved)
        model->entry_status = RESPONSE_NOT_RESPONDED;
    model->has_entry = true;
    model->entry_cancelled = false;
    model->entry_sequence = mail->sequence;
    model->entry_stamp = mail->stamp;
    model->entry_start = mail->start;
}

static void expect_cancel(struct model *model, const struct mail *mail)
{
    if (!model->has_entry || order_of(model, mail) < 0)
        return;
    model->entry_cancelled = true;
    model->entry_sequence = mail->sequence;
    model->entry_stamp = mail->stamp;
}

static void expect_response(struct model *model, const struct mail *mail)
{
    if (mail->sequence != model->sequence || mail->when < model->tracked_at || model->tracked == mail->status)
        return;
    model->tracked = mail->status;
    model->tracked_at = mail->when;
}

static void mail_arrives(struct world *world, size_t index)
{
    const struct mail *mail = &world->mail[index];
    bool to_organizer = meeting_message_is_response(mail->kind);
    if (to_organizer)
        expect_response(&world->model, mail);
    else if (mail->kind == MEETING_MESSAGE_REQUEST)
        expect_request(&world->model, mail);
    else
        expect_cancel(&world->model, mail);
    deliver(world->mem, to_organizer ? &world->item : &world->entry, mail->message, world->now);
}

static void compare(const struct world *world, int order, int step)
{
    const struct model *model = &world->model;
    bool same = meeting_version_of(world->item->props).sequence == model->sequence && tracked(world->item, WORKER) == model->tracked &&
                (world->entry != NULL) == model->has_entry;
    if (same && world->entry != NULL)
        same = meeting_is_cancelled(world->entry->props) == model->entry_cancelled && number(world->entry, PROP_RESPONSE_STATUS) == model->entry_status &&
               bag_time(world->entry->props, PROP_APPOINTMENT_START_WHOLE, 0) == model->entry_start;
    if (!same)
        fail_msg("order %d step %d: sequence %u/%u tracked %d/%d status %d/%d", order, step, (unsigned)meeting_version_of(world->item->props).sequence,
                 (unsigned)model->sequence, (int)tracked(world->item, WORKER), (int)model->tracked,
                 world->entry != NULL ? (int)number(world->entry, PROP_RESPONSE_STATUS) : -1, (int)model->entry_status);
}

static void random_step(struct world *world)
{
    uint32_t what = roll(world, 12);
    world->now += INSTANT_PER_MINUTE;
    if (what < 2 && !world->is_cancelled)
        organizer_changes(world, what == 0);
    else if (what == 2 && !world->is_cancelled && roll(world, 3) == 0)
        organizer_cancels(world);
    else if (what < 5)
        attendee_answers(world);
    else if (world->mail_count > 0) /* any mail, any order, any number of times */
        mail_arrives(world, roll(world, (uint32_t)world->mail_count));
}

static void run_order(TALLOC_CTX *mem, int order)
{
    struct world world = { .mem = mem, .now = NOON - INSTANT_PER_DAY, .seed = (uint64_t)order * 7919 + 17 };
    world.item = organized(mem, NOON, world.now);
    world.model = (struct model){ .stamp = world.now, .start = NOON, .tracked = RESPONSE_NONE };
    post(&world, (struct mail){ .message = request_of(mem, world.item, world.now), .kind = MEETING_MESSAGE_REQUEST, .stamp = world.now, .start = NOON });
    for (int step = 0; step < STEPS; step++) {
        random_step(&world);
        compare(&world, order, step);
    }
    for (size_t i = 0; i < world.mail_count; i++) { /* all that is under way arrives in the end: both sides agree */
        mail_arrives(&world, i);
        compare(&world, order, STEPS + (int)i);
    }
    assert_int_equal(meeting_version_of(world.entry->props).sequence, world.model.sequence);
    assert_int_equal(meeting_is_cancelled(world.entry->props), world.is_cancelled);
}

static void all_orders_of_mail_end_alike(void **state)
{
    for (int order = 0; order < ORDERS; order++) {
        TALLOC_CTX *mem = talloc_new(*state);
        run_order(mem, order);
        talloc_free(mem);
    }
}

static void mail_key_tells_versions_and_people_apart(void **state)
{
    struct message *item = organized(*state, NOON, NOON), *request = request_of(*state, item, NOON);
    struct hash256 key, same, other, changed;
    OK(meeting_mail_key(request, WORKER, &key));
    OK(meeting_mail_key(request_of(*state, item, NOON + INSTANT_PER_HOUR), "Worker@Example.test", &same));
    OK(meeting_mail_key(request, OTHER, &other));
    OK(bag_set_int32(request->props, PROP_APPOINTMENT_SEQUENCE, 1));
    OK(meeting_mail_key(request, WORKER, &changed));
    assert_true(hash_equal(key, same));
    assert_false(hash_equal(key, other));
    assert_false(hash_equal(key, changed));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(organizer_item_is_filled), TEST(request_becomes_a_tentative_item), TEST(own_request_and_foreign_organizer_are_ignored),
        TEST(sequence_and_time_stamp_decide), TEST(update_keeps_what_is_the_attendees), TEST(response_is_tracked_once),
        TEST(counter_proposal_reaches_the_organizer), TEST(cancellation_marks_and_renewal_revives), TEST(changes_are_told_apart),
        TEST(exception_reads_as_it_was_put), TEST(occurrence_is_changed_answered_and_cancelled), TEST(lone_occurrence_waits_for_its_series),
        TEST(small_change_of_the_series_keeps_own_occurrences), TEST(sequence_of_series_passes_that_of_occurrences),
        TEST(answer_to_a_changed_occurrence_survives_a_small_change_of_the_series),
        TEST(forward_notification_names_new_attendees), TEST(all_orders_of_mail_end_alike), TEST(mail_key_tells_versions_and_people_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
