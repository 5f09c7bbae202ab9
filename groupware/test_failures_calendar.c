/* Calls about meetings and occurrences with one of their SQL statements failing; see failing_fixture.h. A call counts as done when calendars, mail and copies of
 * both sides say so; mail goes through the queue before that is asked. */
#include "failing_fixture.h"

#include <stdio.h>

#include "bourse/calendar/meeting.h"
#include "bourse/groupware/calendar.h"
#include "bourse/model/properties.h"

static const struct meeting_options to_all = { .notice = MEETING_SEND_TO_ALL, .save_copy = true };

static instant tomorrow(void)
{
    instant now = clock_now();
    return now - now % INSTANT_PER_DAY + INSTANT_PER_DAY + 9 * INSTANT_PER_HOUR;
}

/* ---- stages ---- */

static struct message *meeting(struct stage *stage)
{
    struct message *message = stage_draft(stage, "bob@example.test");
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_START_WHOLE, tomorrow()));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_END_WHOLE, tomorrow() + INSTANT_PER_HOUR));
    return message;
}

static void recur(struct stage *stage, struct message *message)
{
    local_time first = local_midnight((local_time)tomorrow());
    struct recurrence pattern = { .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 1, .end = RECUR_END_AFTER_COUNT, .count = 10,
                                  .first_date = first, .last_date = first, .start_minute = 9 * 60, .end_minute = 10 * 60 };
    struct buffer *packed = buffer_new(stage->f->mem, 4096), *zone = buffer_new(stage->f->mem, 4096);
    OK(recurrence_complete(&pattern));
    OK(recurrence_pack(&pattern, packed));
    OK(time_zone_definition_pack(time_zone_utc(), 2026, true, zone));
    OK(bag_set_bytes(message->props, PROP_APPOINTMENT_RECUR, buffer_slice(packed)));
    OK(bag_set_bytes(message->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, buffer_slice(zone)));
    OK(bag_set_bool(message->props, PROP_RECURRING, true));
}

static void hold(struct stage *stage, const struct message *message)
{
    struct object_id folder = fixture_folder(stage->alice, FOLDER_ROLE_CALENDAR);
    struct item *item = NULL;
    OK(calendar_create(stage->f->mem, stage->alice, &folder, message, &to_all, &item));
    outbox_pump(stage->f);
    stage->meeting = item->id;
    stage->entry = outbox_find(stage->f, stage->bob, FOLDER_ROLE_CALENDAR, stage->subject)->id;
    stage->request = outbox_find(stage->f, stage->bob, FOLDER_ROLE_INBOX, stage->subject)->id;
}

static void prepare_meeting(struct stage *stage)
{
    hold(stage, meeting(stage));
}

static struct object_id third_of(const struct object_id *series)
{
    struct object_id id = *series;
    id.occurrence = local_minutes((local_time)tomorrow() + 2 * INSTANT_PER_DAY);
    return id;
}

/* The meeting is the third of a series. */
static void prepare_occurrence(struct stage *stage)
{
    struct message *message = meeting(stage);
    recur(stage, message);
    hold(stage, message);
    stage->meeting = third_of(&stage->meeting);
    stage->entry = third_of(&stage->entry);
}

/* ---- what there is ---- */

static int count_named(struct stage *stage, struct session *session, enum folder_role role, const char *prefix)
{
    struct stage named = *stage;
    snprintf(named.subject, sizeof named.subject, "%s%s", prefix, stage->subject);
    return stage_count_subject(&named, session, role);
}

static struct item *item_of(struct stage *stage, struct session *session, const struct object_id *id)
{
    struct item *item = NULL;
    enum status status = item_get(stage->f->mem, session, id, ITEM_ALL, &item);
    return status == STATUS_OK ? item : NULL;
}

static int is_moved(struct stage *stage, struct session *session, const struct object_id *id)
{
    struct item *item = item_of(stage, session, id);
    instant usual = tomorrow() + (id->occurrence != 0 ? 2 * INSTANT_PER_DAY : 0);
    assert_non_null(item);
    return bag_time(item->message->props, PROP_APPOINTMENT_START_WHOLE, 0) == usual + INSTANT_PER_HOUR;
}

static int is_cancelled(struct stage *stage, const struct object_id *entry)
{
    struct item *item = item_of(stage, stage->bob, entry);
    assert_non_null(item);
    return meeting_is_cancelled(item->message->props);
}

static int all_alike(const int *facts, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (facts[i] != facts[0]) {
            for (size_t k = 0; k < count; k++)
                print_message("fact %zu: %d\n", k, facts[k]);
            return 2;
        }
    return facts[0];
}
#define ALL_ALIKE(...) all_alike((const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

/* ---- calls ---- */

/* A meeting with its request and the copy of that. */
static enum status run_create(struct stage *stage)
{
    struct item *item = NULL;
    return calendar_create(stage->f->mem, stage->alice, &stage->to, meeting(stage), &to_all, &item);
}

static int is_created(struct stage *stage)
{
    outbox_pump(stage->f);
    return ALL_ALIKE(stage_count_in(stage, &stage->to), stage_count_subject(stage, stage->alice, FOLDER_ROLE_SENT_ITEMS),
                     stage_count_subject(stage, stage->bob, FOLDER_ROLE_INBOX), stage_count_subject(stage, stage->bob, FOLDER_ROLE_CALENDAR));
}

static enum status run_update(struct stage *stage)
{
    struct bag *set = bag_new(stage->f->mem);
    struct item_change change = { .set = set };
    struct item *item = NULL;
    instant start = tomorrow() + INSTANT_PER_HOUR + (stage->meeting.occurrence != 0 ? 2 * INSTANT_PER_DAY : 0);
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, start));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, start + INSTANT_PER_HOUR));
    return calendar_update(stage->f->mem, stage->alice, &stage->meeting, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &to_all, &item);
}

static int is_updated(struct stage *stage)
{
    outbox_pump(stage->f);
    return ALL_ALIKE(is_moved(stage, stage->alice, &stage->meeting), is_moved(stage, stage->bob, &stage->entry),
                     stage_count_subject(stage, stage->alice, FOLDER_ROLE_SENT_ITEMS) - 1, stage_count_subject(stage, stage->bob, FOLDER_ROLE_INBOX) - 1);
}

static enum status run_cancel(struct stage *stage)
{
    return meeting_cancel(stage->alice, &stage->meeting, "no time", NULL, &to_all);
}

static enum status run_delete(struct stage *stage)
{
    return calendar_delete(stage->alice, &stage->meeting, DELETE_MOVE_TO_DELETED, &to_all);
}

static int is_gone(struct stage *stage)
{
    outbox_pump(stage->f);
    return ALL_ALIKE(item_of(stage, stage->alice, &stage->meeting) == NULL, is_cancelled(stage, &stage->entry),
                     count_named(stage, stage->alice, FOLDER_ROLE_SENT_ITEMS, "Canceled: "), count_named(stage, stage->bob, FOLDER_ROLE_INBOX, "Canceled: "));
}

static enum status answer(struct stage *stage, const struct object_id *id, enum meeting_response response)
{
    struct meeting_answer given = { .response = response, .body = "well", .send = true, .save_copy = true };
    return meeting_respond(stage->bob, id, &given, NULL);
}

static int tracked(struct stage *stage, enum response_status wanted)
{
    struct item *mine = item_of(stage, stage->alice, &stage->meeting);
    ptrdiff_t at = mine != NULL ? meeting_find_attendee(mine->message, "bob@example.test") : -1;
    assert_true(at >= 0);
    const struct bag *props = mine->message->recipients[at].props;
    return props != NULL && bag_int32(props, PROP_RECIPIENT_TRACK_STATUS, 0) == (int32_t)wanted;
}

static enum status run_accept(struct stage *stage)
{
    return answer(stage, &stage->request, MEETING_ACCEPT);
}

static int is_accepted(struct stage *stage)
{
    outbox_pump(stage->f);
    struct item *his = item_of(stage, stage->bob, &stage->entry);
    assert_non_null(his);
    return ALL_ALIKE(tracked(stage, RESPONSE_ACCEPTED), bag_int32(his->message->props, PROP_RESPONSE_STATUS, 0) == RESPONSE_ACCEPTED,
                     item_of(stage, stage->bob, &stage->request) == NULL, count_named(stage, stage->bob, FOLDER_ROLE_SENT_ITEMS, "Accepted: "),
                     count_named(stage, stage->alice, FOLDER_ROLE_INBOX, "Accepted: "));
}

static enum status run_decline(struct stage *stage)
{
    return answer(stage, &stage->entry, MEETING_DECLINE);
}

static int is_declined(struct stage *stage)
{
    outbox_pump(stage->f);
    return ALL_ALIKE(tracked(stage, RESPONSE_DECLINED), item_of(stage, stage->bob, &stage->entry) == NULL,
                     count_named(stage, stage->bob, FOLDER_ROLE_SENT_ITEMS, "Declined: "), count_named(stage, stage->alice, FOLDER_ROLE_INBOX, "Declined: "));
}

static enum status run_forward(struct stage *stage)
{
    struct recipient carol = { RECIPIENT_TO, "carol@example.test", "SMTP", "carol@example.test", "carol@example.test", NULL };
    return meeting_forward(stage->bob, &stage->entry, &carol, 1, "come too", NULL, true);
}

/* Carol has the meeting, and the organiser has her among the attendees. */
static int is_forwarded(struct stage *stage)
{
    outbox_pump(stage->f);
    struct session *carol = fixture_session(stage->f, "carol");
    struct item *mine = item_of(stage, stage->alice, &stage->meeting);
    return ALL_ALIKE(stage_count_subject(stage, carol, FOLDER_ROLE_CALENDAR), meeting_find_attendee(mine->message, "carol@example.test") >= 0,
                     count_named(stage, stage->bob, FOLDER_ROLE_SENT_ITEMS, "FW: "));
}

/* Without telling anybody. */
static enum status run_update_alone(struct stage *stage)
{
    struct bag *set = bag_new(stage->f->mem);
    struct item_change change = { .set = set };
    struct item *item = NULL;
    OK(bag_set_string(set, PROP_LID_LOCATION, "elsewhere"));
    return item_update(stage->f->mem, stage->bob, &stage->entry, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item);
}

static int is_elsewhere(struct stage *stage)
{
    struct item *his = item_of(stage, stage->bob, &stage->entry);
    return strcmp(bag_string(his->message->props, PROP_LID_LOCATION, ""), "elsewhere") == 0;
}

static enum status run_delete_alone(struct stage *stage)
{
    enum status one = STATUS_OK, status = item_delete(stage->bob, &stage->entry, 1, DELETE_HARD, &one);
    return status != STATUS_OK ? status : one;
}

static int is_gone_here(struct stage *stage)
{
    return item_of(stage, stage->bob, &stage->entry) == NULL;
}

static const struct call calls[] = {
    { "calendar_create", run_create, is_created, NULL },
    { "calendar_update", run_update, is_updated, prepare_meeting },
    { "calendar_update of an occurrence", run_update, is_updated, prepare_occurrence },
    { "calendar_delete", run_delete, is_gone, prepare_meeting },
    { "calendar_delete of an occurrence", run_delete, is_gone, prepare_occurrence },
    { "meeting_cancel", run_cancel, is_gone, prepare_meeting },
    { "meeting_respond, accept", run_accept, is_accepted, prepare_meeting },
    { "meeting_respond, decline", run_decline, is_declined, prepare_meeting },
    { "meeting_respond, decline an occurrence", run_decline, is_declined, prepare_occurrence },
    { "meeting_forward", run_forward, is_forwarded, prepare_meeting },
    { "item_update of an occurrence", run_update_alone, is_elsewhere, prepare_occurrence },
    { "item_delete of an occurrence", run_delete_alone, is_gone_here, prepare_occurrence },
};

static void calls_may_fail_at_any_statement(void **state)
{
    failing_statements(*state, calls, sizeof calls / sizeof calls[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(calls_may_fail_at_any_statement, fixture_test, fixture_test_end) };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
