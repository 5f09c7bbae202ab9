/* Free/busy: rights, groups, series, digits, working hours, suggestions; the number of statements. */
#include "fixture.h"

#include "bourse/calendar/global_id.h"
#include "bourse/groupware/access.h"
#include "bourse/groupware/availability.h"
#include "bourse/groupware/calendar.h"
#include "bourse/model/properties.h"
#include "bourse/storage/store.h"

/* A Monday of its own for each test, 08:00 UTC. */
static instant monday;

static int fresh(void **state)
{
    static int weeks;
    local_time day = local_of_civil((struct civil_date){ 2027, 3, 1 }) + 7 * INSTANT_PER_DAY * weeks++;
    monday = day + 8 * INSTANT_PER_HOUR;
    return fixture_test(state);
}

static struct item *save(struct fixture *f, struct session *session, const char *subject, instant starts, int minutes, int32_t busy, int32_t sensitivity)
{
    struct object_id folder = fixture_folder(session, FOLDER_ROLE_CALENDAR);
    struct message *message = message_new(f->mem);
    struct item *item = NULL;
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    OK(bag_set_string(message->props, PROP_SUBJECT, subject));
    OK(bag_set_string(message->props, PROP_LID_LOCATION, "there"));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_START_WHOLE, starts));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_END_WHOLE, starts + minutes * INSTANT_PER_MINUTE));
    OK(bag_set_int32(message->props, PROP_BUSY_STATUS, busy));
    OK(bag_set_int32(message->props, PROP_SENSITIVITY, sensitivity));
    OK(item_create(f->mem, session, &folder, message, &(struct item_create_options){ 0 }, &item));
    return item;
}

static struct item *save_daily(struct fixture *f, struct session *session, const char *subject, instant starts, uint32_t count)
{
    struct object_id folder = fixture_folder(session, FOLDER_ROLE_CALENDAR);
    struct message *message = message_new(f->mem);
    struct buffer *packed = buffer_new(f->mem, 4096);
    struct item *item = NULL;
    uint32_t minute = (uint32_t)(starts % INSTANT_PER_DAY / INSTANT_PER_MINUTE);
    struct recurrence pattern = { .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 1, .end = RECUR_END_AFTER_COUNT, .count = count,
                                  .first_date = local_midnight(starts), .last_date = local_midnight(starts), .start_minute = minute, .end_minute = minute + 60 };
    OK(recurrence_complete(&pattern));
    OK(recurrence_pack(&pattern, packed));
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    OK(bag_set_string(message->props, PROP_SUBJECT, subject));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_START_WHOLE, starts));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_END_WHOLE, starts + INSTANT_PER_HOUR));
    OK(bag_set_bytes(message->props, PROP_APPOINTMENT_RECUR, buffer_slice(packed)));
    OK(item_create(f->mem, session, &folder, message, &(struct item_create_options){ 0 }, &item));
    return item;
}

static struct availability *ask_many(struct fixture *f, struct session *session, const char *const *addresses, size_t count, int hours, const char *ignore)
{
    struct availability_query query = { .addresses = addresses, .count = count, .from = monday, .to = monday + hours * INSTANT_PER_HOUR, .slot_minutes = 30,
                                        .ignore_global_id_hex = ignore };
    struct availability *out = NULL;
    OK(availability_get(f->mem, session, &query, &out));
    return out;
}

static struct availability *ask(struct fixture *f, struct session *session, const char *address, int hours)
{
    return ask_many(f, session, &address, 1, hours, NULL);
}

static void share(struct session *session, uint32_t rights)
{
    struct object_id folder = fixture_folder(session, FOLDER_ROLE_CALENDAR);
    OK(permissions_set(session, &folder, &(struct permission){ .kind = PERMISSION_DEFAULT, .display_name = "", .rights = rights }, 1));
}

static void digits_show_the_worst_of_what_overlaps(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    save(f, alice, "tentative", monday, 60, BUSY_TENTATIVE, 0);
    save(f, alice, "busy", monday + 45 * INSTANT_PER_MINUTE, 30, BUSY_BUSY, 0);
    save(f, alice, "away", monday + 2 * INSTANT_PER_HOUR, 10, BUSY_OUT_OF_OFFICE, 0);
    save(f, alice, "elsewhere", monday + 2 * INSTANT_PER_HOUR, 60, BUSY_WORKING_ELSEWHERE, 0);
    save(f, alice, "free", monday + 3 * INSTANT_PER_HOUR, 60, BUSY_FREE, 0);
    save(f, alice, "before", monday - INSTANT_PER_HOUR, 60, BUSY_BUSY, 0);
    struct availability *own = ask(f, alice, "alice@example.test", 4);
    OK(own->status);
    assert_int_equal(own->level, AVAILABILITY_DETAILS);
    assert_string_equal(own->merged, "12203400");
    assert_int_equal(own->event_count, 5);
    assert_string_equal(own->events[0].subject, "tentative");
    assert_string_equal(own->events[1].location, "there");
    assert_true(own->events[0].has_details);
    assert_int_equal(own->hours.weekdays, WEEKDAYS_WORKING);
}

static void rights_decide_what_is_told(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    save(f, alice, "open", monday, 30, BUSY_BUSY, 0);
    save(f, alice, "secret", monday + INSTANT_PER_HOUR, 30, BUSY_BUSY, 2);
    share(alice, RIGHT_FREE_BUSY_SIMPLE);
    struct availability *out = ask(f, bob, "alice@example.test", 2);
    OK(out->status);
    assert_int_equal(out->level, AVAILABILITY_TIMES);
    assert_string_equal(out->merged, "2020");
    assert_int_equal(out->event_count, 2);
    assert_string_equal(out->events[0].subject, "");
    assert_false(out->events[0].has_details);
    assert_int_equal(out->events[0].item.item, 0);
    share(alice, RIGHT_FREE_BUSY_SIMPLE | RIGHT_FREE_BUSY_DETAILED);
    out = ask(f, bob, "alice@example.test", 2);
    assert_int_equal(out->level, AVAILABILITY_DETAILS);
    assert_string_equal(out->events[0].subject, "open");
    assert_string_equal(out->events[1].subject, "");
    assert_true(out->events[1].is_private);
    share(alice, 0);
    out = ask(f, bob, "alice@example.test", 2);
    assert_int_equal(out->status, STATUS_ACCESS_DENIED);
    assert_string_equal(out->merged, "5555");
    assert_int_equal(out->event_count, 0);
    share(alice, RIGHT_FREE_BUSY_SIMPLE);
}

static void series_and_their_exceptions_count(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct item *series = save_daily(f, alice, "daily", monday - 3 * INSTANT_PER_DAY, 10), *out = NULL;
    struct object_id today = series->id;
    struct bag *set = bag_new(f->mem);
    struct item_change change = { .set = set };
    assert_string_equal(ask(f, bob, "alice@example.test", 2)->merged, "2200");
    today.occurrence = local_minutes((local_time)monday);
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, monday + INSTANT_PER_HOUR));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, monday + 2 * INSTANT_PER_HOUR));
    OK(bag_set_int32(set, PROP_BUSY_STATUS, BUSY_OUT_OF_OFFICE));
    OK(bag_set_string(set, PROP_SUBJECT, "moved"));
    OK(item_update(f->mem, alice, &today, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &out));
    struct availability *own = ask(f, alice, "alice@example.test", 2);
    assert_string_equal(own->merged, "0033");
    assert_string_equal(own->events[0].subject, "moved");
    assert_true(own->events[0].is_exception && own->events[0].is_recurring);
    assert_int_equal(own->events[0].item.occurrence, today.occurrence);
    /* the meeting that is being moved does not count */
    struct item *whole = NULL;
    OK(item_get(f->mem, alice, &series->id, ITEM_ALL, &whole));
    const char *address = "alice@example.test";
    char *id = global_id_text(f->mem, bag_bytes(whole->message->props, PROP_CLEAN_GLOBAL_OBJECT_ID));
    assert_string_equal(ask_many(f, alice, &address, 1, 2, id)->merged, "0000");
}

static void groups_rooms_and_strangers(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob"), *dave = fixture_session(f, "dave");
    save(f, alice, "a", monday, 30, BUSY_TENTATIVE, 0);
    save(f, bob, "b", monday, 60, BUSY_BUSY, 0);
    const char *const addresses[] = { "sales@example.test", "room-hopper@example.test", "pat@partner.test", "nobody@example.test", "staff@example.test" };
    struct availability *out = ask_many(f, dave, addresses, 5, 1, NULL);
    OK(out[0].status);
    assert_string_equal(out[0].merged, "22");
    assert_int_equal(out[0].event_count, 0);
    OK(out[1].status);
    assert_string_equal(out[1].merged, "00");
    assert_string_equal(out[2].merged, "55");
    assert_int_equal(out[3].status, STATUS_RECIPIENT_NOT_FOUND);
    assert_string_equal(out[3].merged, "55");
    assert_string_equal(out[4].merged, "22"); /* a group of groups */
}

static void the_number_of_statements_does_not_grow(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    const char *const addresses[] = { "alice@example.test", "bob@example.test", "carol@example.test", "dave@example.test", "room-hopper@example.test",
                                      "info@example.test", "staff@example.test", "engineering@example.test" };
    fixture_session(f, "bob");
    fixture_session(f, "carol");
    ask_many(f, alice, addresses, 8, 24, NULL); /* the directory's answers are known from here on */
    uint64_t before = store_statement_count();
    ask_many(f, alice, addresses, 2, 24, NULL); /* her own calendar with details, times of another */
    uint64_t two = store_statement_count() - before;
    before = store_statement_count();
    ask_many(f, alice, addresses, 8, 24, NULL);
    assert_int_equal(store_statement_count() - before, two);
    assert_in_range(two, 1, 6);
}

static void limits_are_kept(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    const char *addresses[AVAILABILITY_TARGETS + 1];
    struct availability *out = NULL;
    for (size_t i = 0; i < AVAILABILITY_TARGETS + 1; i++)
        addresses[i] = "alice@example.test";
    struct availability_query query = { .addresses = addresses, .count = AVAILABILITY_TARGETS + 1, .from = monday, .to = monday + INSTANT_PER_DAY };
    assert_int_equal(availability_get(f->mem, alice, &query, &out), STATUS_TOO_COMPLEX);
    query.count = AVAILABILITY_TARGETS;
    OK(availability_get(f->mem, alice, &query, &out));
    query.count = 1;
    query.to = monday + (AVAILABILITY_DAYS + 1) * INSTANT_PER_DAY;
    assert_int_equal(availability_get(f->mem, alice, &query, &out), STATUS_TOO_COMPLEX);
    query.to = monday - 1;
    assert_int_equal(availability_get(f->mem, alice, &query, &out), STATUS_INVALID_ARGUMENT);
    query.to = monday + INSTANT_PER_DAY;
    query.slot_minutes = 4;
    assert_int_equal(availability_get(f->mem, alice, &query, &out), STATUS_INVALID_ARGUMENT);
}

static void working_hours_are_kept(void **state)
{
    struct fixture *f = *state;
    struct session *carol = fixture_session(f, "carol"), *dave = fixture_session(f, "dave");
    struct working_hours hours = { .zone = time_zone_by_id("Asia/Tokyo"), .weekdays = WEEKDAY_TUESDAY | WEEKDAY_SATURDAY, .start_minute = 600, .end_minute = 1200 }, out;
    OK(working_hours_set(carol, &hours));
    OK(working_hours_get(f->mem, dave, session_mailbox(carol), &out));
    assert_int_equal(out.weekdays, hours.weekdays);
    assert_int_equal(out.start_minute, 600);
    assert_int_equal(out.end_minute, 1200);
    assert_int_equal(time_zone_offset(out.zone, monday), 9 * 3600);
    assert_int_equal(ask(f, dave, "carol@example.test", 1)->hours.weekdays, hours.weekdays);
    hours.end_minute = 2000;
    assert_int_equal(working_hours_set(carol, &hours), STATUS_INVALID_ARGUMENT);
}

static void suggestions_have_qualities(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob"), *dave = fixture_session(f, "dave");
    struct suggestion_attendee attendees[] = { { "alice@example.test", ATTENDEE_ORGANIZER }, { "bob@example.test", ATTENDEE_REQUIRED },
                                               { "dave@example.test", ATTENDEE_OPTIONAL }, { "room-hopper@example.test", ATTENDEE_ROOM } };
    struct suggestion_query query = { .attendees = attendees, .count = 4, .from = monday - 8 * INSTANT_PER_HOUR, .to = monday + 16 * INSTANT_PER_HOUR,
                                      .zone = time_zone_utc(), .duration_minutes = 60, .good_threshold_percent = 34, .per_day = 48, .minimum = SUGGESTION_POOR };
    struct suggestion_day *days = NULL;
    size_t count = 0;
    OK(working_hours_set(alice, &(struct working_hours){ .zone = time_zone_utc(), .weekdays = WEEKDAYS_WORKING, .start_minute = 480, .end_minute = 1020 }));
    save(f, alice, "organiser", monday, 60, BUSY_BUSY, 0);                          /* 8 to 9 */
    save(f, bob, "required", monday + 2 * INSTANT_PER_HOUR, 60, BUSY_BUSY, 0);      /* 10 to 11 */
    save(f, dave, "optional", monday + 4 * INSTANT_PER_HOUR, 60, BUSY_BUSY, 0);     /* 12 to 13 */
    OK(availability_suggest(f->mem, alice, &query, &days, &count));
    assert_int_equal(count, 1);
    assert_int_equal(days[0].count, 17); /* 8:00 to 16:00 each half hour */
    assert_int_equal(days[0].quality, SUGGESTION_EXCELLENT);
    for (size_t i = 0; i < days[0].count; i++) {
        const struct suggestion *one = &days[0].suggestions[i];
        int64_t half_hours = (one->starts - monday) / (30 * INSTANT_PER_MINUTE);
        enum suggestion_quality wanted = half_hours <= 1 ? SUGGESTION_FAIR : half_hours >= 3 && half_hours <= 5 ? SUGGESTION_GOOD
                                         : half_hours >= 7 && half_hours <= 9 ? SUGGESTION_GOOD : SUGGESTION_EXCELLENT;
        assert_int_equal(one->quality, wanted);
        assert_true(one->is_work_time);
        assert_int_equal(one->attendee_status[1], half_hours >= 3 && half_hours <= 5 ? BUSY_BUSY : BUSY_FREE);
        assert_true(i == 0 || one->quality >= days[0].suggestions[i - 1].quality);
    }
    query.minimum = SUGGESTION_EXCELLENT;
    query.per_day = 2;
    query.outside_hours_per_day = 1;
    OK(availability_suggest(f->mem, alice, &query, &days, &count));
    assert_int_equal(days[0].count, 3);
    query.good_threshold_percent = 50;
    assert_int_equal(availability_suggest(f->mem, alice, &query, &days, &count), STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(digits_show_the_worst_of_what_overlaps, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(rights_decide_what_is_told, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(series_and_their_exceptions_count, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(groups_rooms_and_strangers, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(the_number_of_statements_does_not_grow, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(limits_are_kept, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(working_hours_are_kept, fresh, fixture_test_end),
        cmocka_unit_test_setup_teardown(suggestions_have_qualities, fresh, fixture_test_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
