/* Reminders: what is due, snoozed, dismissed; series go on to the next occurrence. */
#include "outbox_fixture.h"

#include "bourse/calendar/recurrence.h"
#include "bourse/groupware/access.h"
#include "bourse/groupware/reminder.h"
#include "bourse/model/properties.h"

static const struct guid own = { { 0 } };

static struct item *make(struct fixture *f, struct session *session, enum folder_role role, const char *class, const char *subject, instant signal, struct bag *more)
{
    struct object_id folder = fixture_folder(session, role);
    struct message *message = message_new(f->mem);
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, class));
    OK(bag_set_string(message->props, PROP_SUBJECT, subject));
    OK(bag_set_bool(message->props, PROP_REMINDER_SET, true));
    OK(bag_set_time(message->props, PROP_REMINDER_SIGNAL_TIME, signal));
    if (more != NULL)
        OK(bag_merge(message->props, more));
    OK(item_create(f->mem, session, &folder, message, &options, &item));
    return item;
}

static size_t due(struct fixture *f, struct session *session, instant until, struct reminder **out)
{
    size_t count = 0;
    OK(reminders_due(f->mem, session, own, until, 100, out, &count));
    return count;
}

static void tasks_and_mail_remind_until_dismissed(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct reminder *list = NULL;
    instant now = clock_now();
    struct item *task = make(f, alice, FOLDER_ROLE_TASKS, "IPM.Task", "task", now - 2 * INSTANT_PER_MINUTE, NULL);
    struct item *mail = make(f, alice, FOLDER_ROLE_INBOX, "IPM.Note", "mail", now - INSTANT_PER_MINUTE, NULL);
    make(f, alice, FOLDER_ROLE_INBOX, "IPM.Note", "later", now + INSTANT_PER_HOUR, NULL);
    make(f, alice, FOLDER_ROLE_DELETED_ITEMS, "IPM.Note", "deleted", now - INSTANT_PER_HOUR, NULL);
    assert_int_equal(due(f, alice, now, &list), 2);
    assert_string_equal(list[0].subject, "task");
    assert_string_equal(list[1].subject, "mail");
    OK(reminder_snooze(alice, &task->id, now + INSTANT_PER_MINUTE));
    assert_int_equal(due(f, alice, now, &list), 1);
    assert_int_equal(due(f, alice, now + INSTANT_PER_MINUTE, &list), 2);
    OK(reminder_dismiss(alice, &mail->id));
    OK(reminder_dismiss(alice, &mail->id)); /* again does nothing */
    OK(reminder_dismiss(alice, &task->id));
    assert_int_equal(due(f, alice, now + INSTANT_PER_MINUTE, &list), 0);
    assert_int_equal(due(f, alice, now + 2 * INSTANT_PER_HOUR, &list), 1);
    assert_int_equal(reminder_snooze(alice, &mail->id, now + INSTANT_PER_MINUTE), STATUS_NOT_FOUND);
    assert_int_equal(reminder_snooze(alice, &list[0].id, now - 1), STATUS_INVALID_ARGUMENT);
}

/* Every day for five days from the day before yesterday. */
static struct bag *daily(struct fixture *f, instant first)
{
    struct bag *bag = bag_new(f->mem);
    struct buffer *blob = buffer_new(f->mem, 4096);
    uint32_t minute = (uint32_t)((first - local_midnight(first)) / INSTANT_PER_MINUTE);
    struct recurrence pattern = { .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 1, .end = RECUR_END_AFTER_COUNT, .count = 5,
                                  .first_date = local_midnight(first), .start_minute = minute, .end_minute = minute + 30 };
    OK(recurrence_complete(&pattern));
    OK(recurrence_pack(&pattern, blob));
    OK(bag_set_bytes(bag, PROP_APPOINTMENT_RECUR, buffer_slice(blob)));
    OK(bag_set_bool(bag, PROP_RECURRING, true));
    OK(bag_set_time(bag, PROP_APPOINTMENT_START_WHOLE, first));
    OK(bag_set_time(bag, PROP_APPOINTMENT_END_WHOLE, first + 30 * INSTANT_PER_MINUTE));
    OK(bag_set_int32(bag, PROP_REMINDER_DELTA, 10));
    OK(bag_set_time(bag, PROP_REMINDER_TIME, first));
    return bag;
}

static void a_series_goes_on_to_its_next_occurrence(void **state)
{
    struct fixture *f = *state;
    struct session *bob = fixture_session(f, "bob");
    struct reminder *list = NULL;
    instant now = clock_now();
    now -= now % INSTANT_PER_MINUTE;
    clock_test_freeze(now);
    instant first = now + 5 * INSTANT_PER_MINUTE - 2 * INSTANT_PER_DAY;
    make(f, bob, FOLDER_ROLE_CALENDAR, "IPM.Appointment", "standup", first - 10 * INSTANT_PER_MINUTE, daily(f, first));
    assert_int_equal(due(f, bob, now, &list), 1);
    assert_true(list[0].starts <= now + 5 * INSTANT_PER_MINUTE);
    assert_int_equal(list[0].ends - list[0].starts, 30 * INSTANT_PER_MINUTE);
    assert_int_not_equal(list[0].master.item, 0);
    struct object_id shown = list[0].id;
    OK(reminder_dismiss(bob, &shown)); /* those of the days before are not shown one by one */
    assert_int_equal(due(f, bob, now, &list), 1);
    assert_int_equal(list[0].starts, now + 5 * INSTANT_PER_MINUTE);
    assert_int_equal(list[0].signal, now - 5 * INSTANT_PER_MINUTE);
    OK(reminder_dismiss(bob, &shown)); /* the first occurrence again: nothing */
    assert_int_equal(due(f, bob, now, &list), 1);
    OK(reminder_dismiss(bob, &list[0].id));
    assert_int_equal(due(f, bob, now, &list), 0);
    assert_int_equal(due(f, bob, now + INSTANT_PER_DAY, &list), 1);
    assert_int_equal(list[0].starts, now + 5 * INSTANT_PER_MINUTE + INSTANT_PER_DAY);
    clock_test_freeze(now + 10 * INSTANT_PER_DAY);
    OK(reminder_dismiss(bob, &list[0].id)); /* the series is over */
    assert_int_equal(due(f, bob, now + 20 * INSTANT_PER_DAY, &list), 0);
    clock_test_release();
}

static void others_see_none(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct object_id inbox = fixture_folder(alice, FOLDER_ROLE_INBOX);
    struct item *item = make(f, alice, FOLDER_ROLE_INBOX, "IPM.Note", "mine", clock_now() - 1, NULL);
    struct permission all = { .kind = PERMISSION_PERSON, .person = session_principal(bob), .rights = 0x7FB };
    struct reminder *list = NULL;
    size_t count = 0;
    OK(permissions_set(alice, &inbox, &all, 1));
    assert_int_equal(reminders_due(f->mem, bob, session_mailbox(alice), clock_now(), 10, &list, &count), STATUS_ACCESS_DENIED);
    assert_int_equal(reminder_dismiss(bob, &item->id), STATUS_ACCESS_DENIED);
    assert_int_equal(reminder_snooze(bob, &item->id, clock_now() + INSTANT_PER_HOUR), STATUS_ACCESS_DENIED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_test, fixture_test_end)
    const struct CMUnitTest tests[] = { TEST(tasks_and_mail_remind_until_dismissed), TEST(a_series_goes_on_to_its_next_occurrence), TEST(others_see_none) };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
