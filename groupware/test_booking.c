/* Rooms answer requests: policy, conflicts, series, changes and cancellations, and fifty who want the same hour. */
#include <pthread.h>

#include "bourse/calendar/meeting.h"
#include "bourse/groupware/availability.h"
#include "bourse/groupware/booking.h"
#include "bourse/groupware/calendar.h"
#include "bourse/model/properties.h"
#include "meeting_send.h"
#include "outbox_fixture.h"

#define ROOM "room-hopper@example.test"

enum { WRITERS = 50, HOURS = 5 };

static const struct meeting_options to_all = { .notice = MEETING_SEND_TO_ALL };

static int base_day; /* each test has a month of its own */

/* Nine o'clock UTC, so many days ahead. */
static instant morning(int day)
{
    instant now = clock_now();
    return now - now % INSTANT_PER_DAY + (base_day + day + 1) * INSTANT_PER_DAY + 9 * INSTANT_PER_HOUR;
}

static struct message *appointment(TALLOC_CTX *mem, const char *subject, instant starts, int minutes)
{
    struct message *message = message_new(mem);
    struct recipient room = { .type = RECIPIENT_BCC, .display_name = "Hopper", .address_type = "SMTP", .address = ROOM, .smtp_address = ROOM };
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    OK(bag_set_string(message->props, PROP_SUBJECT, subject));
    OK(bag_set_string(message->props, PROP_BODY, "what it is about"));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_START_WHOLE, starts));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_END_WHOLE, starts + minutes * INSTANT_PER_MINUTE));
    assert_non_null(message_add_recipient(message, &room));
    return message;
}

static void make_daily(struct message *message, instant starts, uint32_t count)
{
    struct buffer *packed = buffer_new(message, 65536), *zone = buffer_new(message, 65536);
    struct recurrence pattern = { .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 1, .end = count > 0 ? RECUR_END_AFTER_COUNT : RECUR_END_NEVER,
                                  .count = count, .first_date = local_midnight(starts), .last_date = local_midnight(starts), .start_minute = 540,
                                  .end_minute = 600 };
    OK(recurrence_complete(&pattern));
    OK(recurrence_pack(&pattern, packed));
    OK(time_zone_definition_pack(time_zone_utc(), 2026, true, zone));
    OK(bag_set_bytes(message->props, PROP_APPOINTMENT_RECUR, buffer_slice(packed)));
    OK(bag_set_bytes(message->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, buffer_slice(zone)));
}

static struct item *book(struct fixture *f, struct session *session, const struct message *message)
{
    struct object_id folder = fixture_folder(session, FOLDER_ROLE_CALENDAR);
    struct item *item = NULL;
    OK(calendar_create(f->mem, session, &folder, message, &to_all, &item));
    outbox_pump(f);
    return item;
}

/* What the organiser's item says of the room's answer. */
static enum response_status answer_of(struct fixture *f, struct session *session, const struct object_id *id)
{
    struct item *item = NULL;
    OK(item_get(f->mem, session, id, ITEM_ALL, &item));
    ptrdiff_t room = meeting_find_attendee(item->message, ROOM);
    assert_true(room >= 0);
    const struct bag *props = item->message->recipients[room].props;
    return props != NULL ? (enum response_status)bag_int32(props, PROP_RECIPIENT_TRACK_STATUS, 0) : RESPONSE_NONE;
}

static struct item_page *room_view(struct fixture *f, instant from, instant to)
{
    struct session *room = fixture_session(f, "room-hopper");
    struct object_id folder = fixture_folder(room, FOLDER_ROLE_CALENDAR);
    struct calendar_window window = { .from = from, .to = to, .parts = ITEM_ALL };
    struct item_page *page = NULL;
    OK(calendar_view(f->mem, room, &folder, &window, &page));
    return page;
}

static void option(struct fixture *f, const char *name, const char *value)
{
    OK(booking_policy_set(f->groupware, ROOM, name, value));
}

static int fresh(void **state)
{
    base_day += 30;
    if (base_day > 120)
        base_day = 1;
    return fixture_test(state);
}

static void the_first_gets_the_room_and_the_second_is_declined(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct item *first = book(f, alice, appointment(f->mem, "first", morning(0), 60));
    struct item *second = book(f, bob, appointment(f->mem, "second", morning(0) + 30 * INSTANT_PER_MINUTE, 60));
    struct item *after = book(f, bob, appointment(f->mem, "after", morning(0) + INSTANT_PER_HOUR, 60)); /* touches, does not overlap */
    assert_int_equal(answer_of(f, alice, &first->id), RESPONSE_ACCEPTED);
    assert_int_equal(answer_of(f, bob, &second->id), RESPONSE_DECLINED);
    assert_int_equal(answer_of(f, bob, &after->id), RESPONSE_ACCEPTED);
    struct item_page *page = room_view(f, morning(0), morning(1));
    assert_int_equal(page->count, 2);
    const struct bag *props = page->items[0]->message->props;
    assert_int_equal(bag_int32(props, PROP_RESPONSE_STATUS, 0), RESPONSE_ACCEPTED);
    assert_int_equal(bag_int32(props, PROP_BUSY_STATUS, 0), BUSY_BUSY);
    assert_string_not_equal(bag_string(props, PROP_SUBJECT, ""), "first"); /* the organiser's name */
    assert_null(strstr(bag_string(props, PROP_BODY, ""), "what it is about"));
    struct item *answer = outbox_find(f, bob, FOLDER_ROLE_INBOX, "Declined: second");
    assert_non_null(answer);
    assert_null(outbox_find(f, fixture_session(f, "room-hopper"), FOLDER_ROLE_SENT_ITEMS, "Declined: second"));
}

static void changes_and_cancellations_are_followed(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct item *taken = book(f, bob, appointment(f->mem, "taken", morning(1), 60));
    struct item *item = book(f, alice, appointment(f->mem, "moving", morning(0), 60)), *out = NULL;
    struct bag *set = bag_new(f->mem);
    struct item_change change = { .set = set };
    assert_int_equal(answer_of(f, bob, &taken->id), RESPONSE_ACCEPTED);
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, morning(0) + 2 * INSTANT_PER_HOUR));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, morning(0) + 3 * INSTANT_PER_HOUR));
    OK(calendar_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &to_all, &out));
    outbox_pump(f);
    assert_int_equal(answer_of(f, alice, &item->id), RESPONSE_ACCEPTED);
    struct item_page *page = room_view(f, morning(0), morning(1));
    assert_int_equal(page->count, 1);
    assert_int_equal(bag_time(page->items[0]->message->props, PROP_APPOINTMENT_START_WHOLE, 0), morning(0) + 2 * INSTANT_PER_HOUR);
    /* onto somebody else's hour: declined, and the old hour is free again */
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, morning(1)));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, morning(1) + INSTANT_PER_HOUR));
    OK(calendar_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &to_all, &out));
    outbox_pump(f);
    assert_int_equal(answer_of(f, alice, &item->id), RESPONSE_DECLINED);
    assert_int_equal(room_view(f, morning(0), morning(1))->count, 0);
    assert_int_equal(room_view(f, morning(1), morning(2))->count, 1);
    OK(calendar_delete(bob, &taken->id, DELETE_MOVE_TO_DELETED, &to_all));
    outbox_pump(f);
    assert_int_equal(room_view(f, morning(1), morning(2))->count, 0);
}

static void the_policy_decides(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *carol = fixture_session(f, "carol");
    struct booking_policy *policy = NULL;
    assert_int_equal(booking_policy_set(f->groupware, ROOM, "no_such", "on"), STATUS_INVALID_ARGUMENT);
    assert_int_equal(booking_policy_set(f->groupware, ROOM, "window_days", "5000"), STATUS_INVALID_ARGUMENT);
    assert_int_equal(booking_policy_set(f->groupware, ROOM, "automatic", "yes"), STATUS_INVALID_ARGUMENT);
    assert_int_equal(booking_policy_set(f->groupware, "alice@example.test", "automatic", "on"), STATUS_INVALID_ARGUMENT);
    option(f, "maximum_minutes", "90");
    option(f, "books_directly", "sales@example.test"); /* alice and bob */
    OK(booking_policy_get(f->mem, f->groupware, ROOM, &policy));
    assert_int_equal(policy->maximum_minutes, 90);
    assert_int_equal(policy->window_days, 180);
    assert_non_null(strstr(booking_policy_text(f->mem, policy), "books_directly = sales@example.test"));
    assert_int_equal(answer_of(f, alice, &book(f, alice, appointment(f->mem, "short", morning(0), 90))->id), RESPONSE_ACCEPTED);
    assert_int_equal(answer_of(f, alice, &book(f, alice, appointment(f->mem, "long", morning(1), 91))->id), RESPONSE_DECLINED);
    assert_int_equal(answer_of(f, carol, &book(f, carol, appointment(f->mem, "not hers", morning(2), 30))->id), RESPONSE_DECLINED);
    option(f, "books_on_request", "carol@example.test");
    assert_int_equal(answer_of(f, carol, &book(f, carol, appointment(f->mem, "waits", morning(3), 30))->id), RESPONSE_NONE);
    assert_int_equal(room_view(f, morning(3), morning(4))->count, 1); /* tentative */
    option(f, "books_directly", "");
    option(f, "window_days", "3");
    assert_int_equal(answer_of(f, alice, &book(f, alice, appointment(f->mem, "too far", morning(5), 30))->id), RESPONSE_DECLINED);
    option(f, "window_days", "");
    option(f, "maximum_minutes", "");
    option(f, "books_on_request", "");
    option(f, "working_hours_only", "on");
    assert_int_equal(answer_of(f, alice, &book(f, alice, appointment(f->mem, "night", morning(6) - 8 * INSTANT_PER_HOUR, 30))->id), RESPONSE_DECLINED);
    option(f, "working_hours_only", "");
    option(f, "allow_conflicts", "on");
    assert_int_equal(answer_of(f, alice, &book(f, alice, appointment(f->mem, "both", morning(0), 30))->id), RESPONSE_ACCEPTED);
    option(f, "allow_conflicts", "");
    option(f, "automatic", "off");
    assert_int_equal(answer_of(f, alice, &book(f, alice, appointment(f->mem, "by hand", morning(8), 30))->id), RESPONSE_NONE);
    option(f, "automatic", "");
    assert_int_equal(answer_of(f, alice, &book(f, alice, appointment(f->mem, "over", clock_now() - INSTANT_PER_DAY, 30))->id), RESPONSE_DECLINED);
}

static void series_are_taken_whole_in_part_or_not(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct message *endless = appointment(f->mem, "endless", morning(0), 60), *whole = appointment(f->mem, "ten days", morning(0), 60);
    make_daily(endless, morning(0), 0);
    make_daily(whole, morning(0), 10);
    assert_int_equal(answer_of(f, alice, &book(f, alice, endless)->id), RESPONSE_DECLINED);
    book(f, bob, appointment(f->mem, "in between", morning(4), 60));
    assert_int_equal(answer_of(f, alice, &book(f, alice, whole)->id), RESPONSE_DECLINED);
    assert_int_equal(room_view(f, morning(0), morning(10))->count, 1);
    option(f, "conflict_percent", "10");
    option(f, "conflict_occurrences", "1");
    struct message *again = appointment(f->mem, "in part", morning(0), 60);
    make_daily(again, morning(0), 10);
    struct item *series = book(f, alice, again);
    assert_int_equal(answer_of(f, alice, &series->id), RESPONSE_ACCEPTED);
    assert_int_equal(room_view(f, morning(0), morning(10))->count, 10); /* nine of the series, and bob's */
    struct object_id fifth = series->id;
    fifth.occurrence = local_minutes((local_time)morning(4));
    assert_int_equal(answer_of(f, alice, &fifth), RESPONSE_DECLINED);
    /* one occurrence moves to a free hour, another onto a taken one */
    struct bag *set = bag_new(f->mem);
    struct item_change change = { .set = set };
    struct item *out = NULL;
    struct object_id second = series->id;
    second.occurrence = local_minutes((local_time)morning(1));
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, morning(1) + 3 * INSTANT_PER_HOUR));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, morning(1) + 4 * INSTANT_PER_HOUR));
    OK(calendar_update(f->mem, alice, &second, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &to_all, &out));
    outbox_pump(f);
    assert_int_equal(answer_of(f, alice, &second), RESPONSE_ACCEPTED);
    struct item_page *page = room_view(f, morning(1), morning(2));
    assert_int_equal(page->count, 1);
    assert_int_equal(bag_time(page->items[0]->message->props, PROP_APPOINTMENT_START_WHOLE, 0), morning(1) + 3 * INSTANT_PER_HOUR);
    book(f, bob, appointment(f->mem, "other hour", morning(2) + 5 * INSTANT_PER_HOUR, 60));
    struct object_id third = series->id;
    third.occurrence = local_minutes((local_time)morning(2));
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, morning(2) + 5 * INSTANT_PER_HOUR));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, morning(2) + 6 * INSTANT_PER_HOUR));
    OK(calendar_update(f->mem, alice, &third, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &to_all, &out));
    outbox_pump(f);
    assert_int_equal(answer_of(f, alice, &third), RESPONSE_DECLINED);
    assert_int_equal(room_view(f, morning(2), morning(3))->count, 1);
    option(f, "conflict_percent", "");
    option(f, "conflict_occurrences", "");
    option(f, "allow_recurring", "off");
    struct message *none = appointment(f->mem, "no series", morning(15), 60);
    make_daily(none, morning(15), 2);
    assert_int_equal(answer_of(f, alice, &book(f, alice, none)->id), RESPONSE_DECLINED);
    option(f, "allow_recurring", "");
}

/* ---- promise 7 ---- */

struct writer {
    struct fixture *f;
    struct slice mime;
    enum status status;
    char cause[400];
};

/* A series that may go on beyond the window is compared with other bookings up to the window's end, and not behind it. */
static void a_series_is_compared_up_to_the_end_of_the_window(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    static const struct { int first, days; enum response_status answer; } cases[] = { { 130, 3, RESPONSE_ACCEPTED }, { 150, 10, RESPONSE_DECLINED } };
    for (size_t i = 0; i < 2; i++) {
        base_day = cases[i].first;
        struct item *single = book(f, bob, appointment(f->mem, "day five", morning(5), 60));
        struct message *message = appointment(f->mem, "endless", morning(0), 60);
        make_daily(message, morning(0), 0);
        assert_int_equal(answer_of(f, bob, &single->id), RESPONSE_ACCEPTED);
        option(f, "end_within_window", "off");
        option(f, "window_days", talloc_asprintf(f->mem, "%d", base_day + cases[i].days));
        struct item *series = book(f, alice, message);
        option(f, "end_within_window", "");
        option(f, "window_days", "");
        assert_int_equal(answer_of(f, alice, &series->id), cases[i].answer);
        OK(calendar_delete(alice, &series->id, DELETE_HARD, &to_all));
        outbox_pump(f);
    }
}

static void *deliver(void *data)
{
    struct writer *writer = data;
    TALLOC_CTX *mem = talloc_new(NULL);
    for (int attempt = 0; attempt < 20; attempt++) {
        struct envelope_recipient recipient = { .address = ROOM };
        struct envelope envelope = { .sender = "alice@example.test", .recipients = &recipient, .recipient_count = 1, .client = "test [127.0.0.1]",
                                     .protocol = "ESMTP", .greeting = "test" };
        writer->status = deliver_route(mem, writer->f->groupware, ROOM, &recipient.route);
        if (writer->status == STATUS_OK)
            writer->status = deliver_accept(mem, writer->f->groupware, &envelope, writer->mime);
        if (writer->status == STATUS_OK)
            writer->status = recipient.result;
        if (writer->status == STATUS_OK || status_info(writer->status)->fault != FAULT_TEMPORARY)
            break;
    }
    if (writer->status != STATUS_OK)
        status_chain_text(writer->cause, sizeof writer->cause);
    talloc_free(mem);
    return NULL;
}

/* A request as it would come by mail; the organiser has no item, for the answers are not looked at here. */
static struct slice request_mime(struct fixture *f, int number, instant starts)
{
    struct message *item = appointment(f->mem, talloc_asprintf(f->mem, "writer %d", number), starts, 60), *request = NULL;
    struct slice mime;
    OK(meeting_fill_item(item, &(struct meeting_organizer){ "Alice", "alice@example.test" }, clock_now()));
    OK(meeting_build_request(f->mem, &(struct meeting_mail){ .item = item, .now = clock_now() }, &request));
    OK(meeting_mime(f->mem, f->groupware, request, "example.test", &mime));
    return mime;
}

static void fifty_writers_never_double_book_the_room(void **state)
{
    struct fixture *f = *state;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    fixture_session(f, "room-hopper");
    for (int i = 0; i < WRITERS; i++) /* they overlap their neighbours in time */
        writers[i] = (struct writer){ .f = f, .mime = request_mime(f, i, morning(0) + (i % (2 * HOURS)) * 30 * INSTANT_PER_MINUTE) };
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, deliver, &writers[i]), 0);
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        if (writers[i].status != STATUS_OK)
            fail_msg("%s: %s", status_info(writers[i].status)->name, writers[i].cause);
    }
    struct item_page *page = room_view(f, morning(0), morning(1));
    assert_in_range(page->count, HOURS / 2, HOURS + 1);
    instant end = 0;
    for (size_t i = 0; i < page->count; i++) {
        const struct bag *props = page->items[i]->message->props;
        assert_int_equal(bag_int32(props, PROP_RESPONSE_STATUS, 0), RESPONSE_ACCEPTED);
        assert_true(bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0) >= end);
        end = bag_time(props, PROP_APPOINTMENT_END_WHOLE, 0);
    }
    size_t answers = 0, more;
    while ((more = outbox_pump(f)) > 0)
        answers += more;
    assert_int_equal(answers, WRITERS); /* each got one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_gets_the_room_and_the_second_is_declined, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(changes_and_cancellations_are_followed, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(the_policy_decides, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(series_are_taken_whole_in_part_or_not, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(fifty_writers_never_double_book_the_room, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(a_series_is_compared_up_to_the_end_of_the_window, fresh, fixture_test_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
