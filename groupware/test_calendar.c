/* Calendars: windows, occurrences as items, what is derived, private items, several editors of one series. */
#include <pthread.h>

#include "fixture.h"

#include "bourse/calendar/exception.h"
#include "bourse/groupware/access.h"
#include "bourse/groupware/calendar.h"
#include "bourse/groupware/delegate.h"
#include "bourse/model/properties.h"
#include "bourse/storage/store.h"

enum { DAYS = 10 };

/* 2025-03-25 09:00 in Berlin, five days before the clocks change. */
static local_time first_start(void)
{
    return local_of_civil((struct civil_date){ 2025, 3, 25 }) + 9 * INSTANT_PER_HOUR;
}

static const struct time_zone *berlin(void)
{
    return time_zone_by_id("Europe/Berlin");
}

static instant at(local_time when)
{
    return time_zone_to_instant(berlin(), when);
}

static struct object_id fresh_calendar(struct fixture *f, struct session *session, const char *name)
{
    struct folder *folder = NULL;
    struct object_id top = fixture_folder(session, FOLDER_ROLE_CALENDAR);
    OK(folder_create(f->mem, session, &top, name, "IPF.Appointment", NULL, &folder));
    return folder->id;
}

static struct message *appointment(TALLOC_CTX *mem, const char *subject, instant starts, int minutes)
{
    struct message *message = message_new(mem);
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Appointment"));
    OK(bag_set_string(message->props, PROP_SUBJECT, subject));
    OK(bag_set_string(message->props, PROP_BODY, "agenda"));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_START_WHOLE, starts));
    OK(bag_set_time(message->props, PROP_APPOINTMENT_END_WHOLE, starts + minutes * INSTANT_PER_MINUTE));
    return message;
}

static void make_daily(struct message *message, uint32_t count)
{
    struct buffer *recur = buffer_new(message, 65536), *zone = buffer_new(message, 65536);
    struct recurrence pattern = {
        .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 1, .end = count > 0 ? RECUR_END_AFTER_COUNT : RECUR_END_NEVER, .count = count,
        .first_date = local_midnight(first_start()), .start_minute = 540, .end_minute = 570,
    };
    OK(recurrence_complete(&pattern));
    OK(recurrence_pack(&pattern, recur));
    OK(time_zone_definition_pack(berlin(), 2025, true, zone));
    OK(bag_set_bytes(message->props, PROP_APPOINTMENT_RECUR, buffer_slice(recur)));
    OK(bag_set_bytes(message->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, buffer_slice(zone)));
}

static struct item *save(struct fixture *f, struct session *session, const struct object_id *folder, const struct message *message)
{
    struct item *item = NULL;
    OK(item_create(f->mem, session, folder, message, &(struct item_create_options){ .is_read = true }, &item));
    return item;
}

static struct item *daily(struct fixture *f, struct session *session, const struct object_id *folder, const char *subject)
{
    struct message *message = appointment(f->mem, subject, at(first_start()), 30);
    make_daily(message, DAYS);
    return save(f, session, folder, message);
}

static struct object_id occurrence(const struct item *series, int day)
{
    struct object_id id = series->id;
    id.occurrence = local_minutes(first_start() + day * INSTANT_PER_DAY);
    return id;
}

static struct item_page *view(struct fixture *f, struct session *session, const struct object_id *folder, int from_day, int to_day, unsigned parts)
{
    struct item_page *page = NULL;
    local_time day = local_midnight(first_start());
    struct calendar_window window = { .from = at(day + from_day * INSTANT_PER_DAY), .to = at(day + to_day * INSTANT_PER_DAY), .parts = parts };
    OK(calendar_view(f->mem, session, folder, &window, &page));
    return page;
}

static instant start_of(const struct item *item)
{
    return bag_time(item->message->props, PROP_APPOINTMENT_START_WHOLE, 0);
}

static const char *subject_of(const struct item *item)
{
    return bag_string(item->message->props, PROP_SUBJECT, "");
}

static enum status rename_to(TALLOC_CTX *mem, struct session *session, const struct object_id *id, int64_t seen, const char *subject)
{
    struct bag *set = bag_new(mem);
    struct item_change change = { .set = set };
    struct item *item = NULL;
    OK(bag_set_string(set, PROP_SUBJECT, subject));
    return item_update(mem, session, id, seen, seen != 0 ? CONFLICT_NEVER_OVERWRITE : CONFLICT_ALWAYS_OVERWRITE, &change, &item);
}

static struct item *get(struct fixture *f, struct session *session, const struct object_id *id, unsigned parts)
{
    struct item *item = NULL;
    OK(item_get(f->mem, session, id, parts, &item));
    return item;
}

static enum status get_status(struct fixture *f, struct session *session, const struct object_id *id)
{
    struct item *item = NULL;
    return item_get(f->mem, session, id, ITEM_ALL, &item);
}

static enum status delete_one(struct session *session, const struct object_id *id)
{
    enum status one = STATUS_OK;
    OK(item_delete(session, id, 1, DELETE_MOVE_TO_DELETED, &one));
    return one;
}

/* ---- views ---- */

static void a_view_shows_singles_and_occurrences_in_order(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_calendar(f, alice, "order");
    struct item *series = daily(f, alice, &folder, "series");
    save(f, alice, &folder, appointment(f->mem, "before", at(first_start() - INSTANT_PER_HOUR), 30));
    save(f, alice, &folder, appointment(f->mem, "over night", at(first_start() + 14 * INSTANT_PER_HOUR), 120));
    save(f, alice, &folder, appointment(f->mem, "outside", at(first_start() + 40 * INSTANT_PER_DAY), 30));
    struct item_page *page = view(f, alice, &folder, 0, 30, ITEM_PROPERTIES);
    assert_int_equal(page->count, DAYS + 2);
    assert_string_equal(subject_of(page->items[0]), "before");
    assert_string_equal(subject_of(page->items[1]), "series");
    assert_string_equal(subject_of(page->items[2]), "over night");
    assert_int_equal(page->items[0]->id.occurrence, 0);
    for (int day = 0; day < DAYS; day++) { /* the same wall clock before and after the change on day 5 */
        const struct item *item = page->items[day == 0 ? 1 : day + 2];
        assert_int_equal(item->id.item, series->id.item);
        assert_int_equal(item->id.occurrence, occurrence(series, day).occurrence);
        assert_int_equal(start_of(item), at(first_start() + day * INSTANT_PER_DAY));
    }
    assert_int_equal(start_of(page->items[7]) - start_of(page->items[6]), 23 * INSTANT_PER_HOUR);
    page = view(f, alice, &folder, 1, 2, 0);
    assert_int_equal(page->count, 2); /* the second occurrence, and what goes on over night */
    assert_string_equal(subject_of(page->items[0]), "over night");
    assert_int_equal(view(f, alice, &folder, DAYS, 30, 0)->count, 0);
    struct item_page *cut = NULL;
    struct calendar_window window = { .from = at(first_start()), .to = at(first_start() + 20 * INSTANT_PER_DAY), .limit = 5 };
    assert_int_equal(calendar_view(f->mem, alice, &folder, &window, &cut), STATUS_TOO_COMPLEX);
}

static void what_is_derived_follows_the_pattern(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_calendar(f, alice, "derived");
    struct item *series = get(f, alice, &daily(f, alice, &folder, "series")->id, ITEM_ALL);
    const struct bag *props = series->message->props;
    assert_int_equal(bag_time(props, PROP_CLIP_START, 0), at(first_start()));
    assert_int_equal(bag_time(props, PROP_CLIP_END, 0), at(first_start() + (DAYS - 1) * INSTANT_PER_DAY) + 30 * INSTANT_PER_MINUTE);
    assert_true(bag_bool(props, PROP_RECURRING, false));
    assert_int_equal(bag_int32(props, PROP_RECURRENCE_TYPE, 0), 1);
    assert_int_equal(bag_int32(props, PROP_ICON_INDEX, 0), 0x401);
    assert_int_equal(bag_int32(props, PROP_APPOINTMENT_DURATION, 0), 30);
    assert_int_equal(bag_time(props, PROP_COMMON_END, 0), at(first_start()) + 30 * INSTANT_PER_MINUTE);
    assert_true(bag_bytes(props, PROP_CLEAN_GLOBAL_OBJECT_ID).length > 0);
    /* another start moves the whole pattern */
    struct bag *set = bag_new(f->mem);
    struct item_change change = { .set = set };
    struct item *item = NULL;
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, at(first_start() + INSTANT_PER_HOUR)));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, at(first_start() + 2 * INSTANT_PER_HOUR)));
    OK(item_update(f->mem, alice, &series->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item));
    struct item_page *page = view(f, alice, &folder, 0, 30, ITEM_PROPERTIES);
    assert_int_equal(page->count, DAYS);
    assert_int_equal(start_of(page->items[9]), at(first_start() + 9 * INSTANT_PER_DAY + INSTANT_PER_HOUR));
    assert_int_equal(bag_int32(page->items[9]->message->props, PROP_APPOINTMENT_DURATION, 0), 60);
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, at(first_start())));
    assert_int_equal(item_update(f->mem, alice, &series->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item), STATUS_INVALID_PROPERTY);
    struct message *broken = appointment(f->mem, "broken", at(first_start()), 30);
    OK(bag_set_bytes(broken->props, PROP_APPOINTMENT_RECUR, slice_of_text("no pattern")));
    assert_int_equal(item_create(f->mem, alice, &folder, broken, &(struct item_create_options){ 0 }, &item), STATUS_INVALID_RECURRENCE);
    /* a series that is no more */
    prop_tag gone = PROP_APPOINTMENT_RECUR;
    change = (struct item_change){ .remove = &gone, .remove_count = 1 };
    OK(item_update(f->mem, alice, &series->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item));
    assert_int_equal(view(f, alice, &folder, 0, 30, 0)->count, 1);
    assert_int_equal(get(f, alice, &series->id, ITEM_ALL)->message->attachment_count, 0);
}

static void reminders_follow_the_next_start(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_calendar(f, alice, "reminders");
    struct message *message = appointment(f->mem, "endless", at(first_start()), 30);
    make_daily(message, 0);
    OK(bag_set_bool(message->props, PROP_REMINDER_SET, true));
    OK(bag_set_int32(message->props, PROP_REMINDER_DELTA, 20));
    struct item *item = get(f, alice, &save(f, alice, &folder, message)->id, ITEM_ALL);
    instant signal = bag_time(item->message->props, PROP_REMINDER_SIGNAL_TIME, 0), now = clock_now();
    assert_true(signal + 20 * INSTANT_PER_MINUTE > now && signal < now + INSTANT_PER_DAY + INSTANT_PER_HOUR);
    assert_int_equal(local_minutes(time_zone_to_local(berlin(), signal)) % 1440, 540 - 20);
    /* snoozed by the client: stays; another subject changes nothing about it */
    struct bag *set = bag_new(f->mem);
    struct item_change change = { .set = set };
    OK(bag_set_time(set, PROP_REMINDER_SIGNAL_TIME, now + INSTANT_PER_MINUTE));
    OK(item_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item));
    OK(rename_to(f->mem, alice, &item->id, 0, "snoozed"));
    assert_int_equal(bag_time(get(f, alice, &item->id, ITEM_ALL)->message->props, PROP_REMINDER_SIGNAL_TIME, 0), now + INSTANT_PER_MINUTE);
    struct message *past = appointment(f->mem, "past", at(first_start()), 30);
    make_daily(past, DAYS);
    OK(bag_set_bool(past->props, PROP_REMINDER_SET, true));
    assert_false(bag_bool(get(f, alice, &save(f, alice, &folder, past)->id, ITEM_ALL)->message->props, PROP_REMINDER_SET, true));
}

/* ---- occurrences ---- */

static void one_occurrence_is_changed_and_the_others_stay(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_calendar(f, alice, "change");
    struct item *series = daily(f, alice, &folder, "series"), *item = NULL;
    struct object_id third = occurrence(series, 2);
    struct bag *set = bag_new(f->mem);
    struct item_change change = { .set = set };
    OK(bag_set_string(set, PROP_SUBJECT, "moved"));
    OK(bag_set_string(set, PROP_BODY, "another text"));
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, at(first_start() + 2 * INSTANT_PER_DAY + 3 * INSTANT_PER_HOUR)));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, at(first_start() + 2 * INSTANT_PER_DAY + 4 * INSTANT_PER_HOUR)));
    OK(item_update(f->mem, alice, &third, series->change_number, CONFLICT_NEVER_OVERWRITE, &change, &item));
    assert_true(item->change_number > series->change_number);
    assert_int_equal(item->id.occurrence, third.occurrence);
    item = get(f, alice, &third, ITEM_ALL);
    assert_string_equal(subject_of(item), "moved");
    assert_string_equal(bag_string(item->message->props, PROP_BODY, ""), "another text");
    assert_int_equal(start_of(item), at(first_start() + 2 * INSTANT_PER_DAY + 3 * INSTANT_PER_HOUR));
    assert_int_equal(bag_int32(item->message->props, PROP_APPOINTMENT_DURATION, 0), 60);
    assert_false(item->has_attachments);
    struct object_id second = occurrence(series, 1);
    item = get(f, alice, &second, ITEM_ALL);
    assert_string_equal(subject_of(item), "series");
    assert_string_equal(bag_string(item->message->props, PROP_BODY, ""), "agenda");
    item = get(f, alice, &series->id, ITEM_ALL);
    assert_string_equal(subject_of(item), "series");
    assert_int_equal(item->message->attachment_count, 0); /* the exception is not shown */
    assert_false(item->has_attachments);
    struct item_page *page = view(f, alice, &folder, 2, 3, ITEM_ALL);
    assert_int_equal(page->count, 1);
    assert_string_equal(subject_of(page->items[0]), "moved");
    /* an old change key */
    assert_int_equal(rename_to(f->mem, alice, &second, series->change_number, "late"), STATUS_CONFLICT);
    /* onto its neighbour's day */
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, at(first_start() + 3 * INSTANT_PER_DAY)));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, at(first_start() + 3 * INSTANT_PER_DAY + INSTANT_PER_HOUR)));
    assert_int_equal(item_update(f->mem, alice, &third, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item), STATUS_OCCURRENCE_CROSSING);
    struct object_id none = occurrence(series, DAYS + 1);
    assert_int_equal(get_status(f, alice, &none), STATUS_OCCURRENCE_NOT_FOUND);
    struct item *single = save(f, alice, &folder, appointment(f->mem, "single", at(first_start()), 10));
    none = single->id;
    none.occurrence = third.occurrence;
    assert_int_equal(get_status(f, alice, &none), STATUS_OCCURRENCE_NOT_FOUND);
    assert_int_equal(rename_to(f->mem, alice, &none, 0, "none"), STATUS_OCCURRENCE_NOT_FOUND);
    struct object_id by_index;
    OK(calendar_occurrence_by_index(alice, &series->id, 3, &by_index));
    assert_int_equal(by_index.occurrence, third.occurrence);
    assert_int_equal(calendar_occurrence_by_index(alice, &series->id, DAYS + 1, &by_index), STATUS_OCCURRENCE_NOT_FOUND);
}

static void deleted_occurrences_are_gone_and_the_last_takes_the_series(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_calendar(f, alice, "delete");
    struct item *series = daily(f, alice, &folder, "series");
    for (int day = 1; day < DAYS; day++) {
        struct object_id id = occurrence(series, day);
        OK(delete_one(alice, &id));
        assert_int_equal(get_status(f, alice, &id), STATUS_OCCURRENCE_DELETED);
        assert_int_equal(delete_one(alice, &id), STATUS_OCCURRENCE_DELETED);
        assert_int_equal(view(f, alice, &folder, 0, 30, 0)->count, (size_t)(DAYS - day));
    }
    struct object_id last = occurrence(series, 0);
    OK(delete_one(alice, &last));
    assert_int_equal(view(f, alice, &folder, 0, 30, 0)->count, 0);
    assert_int_equal(get_status(f, alice, &series->id), STATUS_ITEM_NOT_FOUND);
}

static void occurrences_stay_in_their_series_and_are_copied_out_of_it(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_calendar(f, alice, "move"), other = fresh_calendar(f, alice, "move target");
    struct item *series = daily(f, alice, &folder, "series");
    struct object_id ids[3] = { occurrence(series, 1), series->id, occurrence(series, 4) }, new_ids[3] = { 0 };
    enum status statuses[3];
    OK(rename_to(f->mem, alice, &ids[0], 0, "copied"));
    OK(item_copy(alice, ids, 3, &other, new_ids, statuses));
    for (int i = 0; i < 3; i++)
        OK(statuses[i]);
    struct item *copy = get(f, alice, &new_ids[0], ITEM_ALL);
    assert_string_equal(subject_of(copy), "copied");
    assert_int_equal(start_of(copy), at(first_start() + INSTANT_PER_DAY));
    assert_false(bag_has(copy->message->props, PROP_APPOINTMENT_RECUR));
    assert_false(bag_bool(copy->message->props, PROP_IS_EXCEPTION, false));
    assert_int_equal(view(f, alice, &other, 0, 30, 0)->count, DAYS + 2);
    OK(item_move(alice, ids, 3, &other, new_ids, statuses));
    assert_int_equal(statuses[0], STATUS_OCCURRENCE_STAYS);
    OK(statuses[1]);
    assert_int_equal(statuses[2], STATUS_OCCURRENCE_STAYS);
    series->id = new_ids[1];
    struct object_id moved = occurrence(series, 1);
    assert_string_equal(subject_of(get(f, alice, &moved, 0)), "copied"); /* its exceptions went along */
    struct slice mime = { 0 };
    OK(item_mime(f->mem, alice, &moved, &mime));
    assert_true(mime.length > 0);
    assert_non_null(memmem(mime.data, mime.length, "copied", 6));
    OK(item_mime(f->mem, alice, &series->id, &mime));
    assert_null(memmem(mime.data, mime.length, "copied", 6));
    enum status read = STATUS_OK;
    OK(item_mark_read(alice, &moved, 1, false, &read));
    OK(read);
    assert_false(get(f, alice, &series->id, 0)->is_read);
}

static void an_occurrence_has_attachments_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_calendar(f, alice, "attach"), ids[2], series_id;
    struct item *series = daily(f, alice, &folder, "series"), *item = NULL;
    char *large = talloc_zero_array(f->mem, char, 20001);
    memset(large, 'l', 20000);
    struct attachment of_series = { .number = -1, .props = bag_new(f->mem), .content = ATTACHMENT_BYTES, .bytes = slice_of(large, 20000), .size = 20000 };
    struct attachment own = { .number = -1, .props = bag_new(f->mem), .content = ATTACHMENT_BYTES, .bytes = slice_of_text("own"), .size = 3 };
    OK(bag_set_string(of_series.props, PROP_ATTACH_LONG_FILENAME, "series.bin"));
    OK(bag_set_string(own.props, PROP_ATTACH_LONG_FILENAME, "own.txt"));
    OK(attachment_create(f->mem, alice, &series->id, &of_series, 1, &series_id, &item));
    struct object_id third = occurrence(series, 2), fourth = occurrence(series, 3);
    OK(attachment_create(f->mem, alice, &third, &own, 1, ids, &item));
    assert_int_equal(ids[0].occurrence, third.occurrence);
    assert_int_equal(item->message->attachment_count, 2);
    assert_true(item->has_attachments);
    item = get(f, alice, &third, ITEM_ALL);
    assert_int_equal(item->message->attachment_count, 2);
    struct attachment *loaded = NULL;
    OK(attachment_get(f->mem, alice, &ids[0], true, &loaded));
    assert_true(slice_equal(loaded->bytes, slice_of_text("own")));
    struct object_id inherited = ids[0];
    inherited.attachments[0] = item->message->attachments[0].number;
    OK(attachment_get(f->mem, alice, &inherited, true, &loaded));
    assert_int_equal(loaded->bytes.length, 20000);
    assert_int_equal(get(f, alice, &fourth, ITEM_ALL)->message->attachment_count, 1);
    inherited.occurrence = fourth.occurrence;
    inherited.attachments[0] = series_id.attachments[0];
    OK(attachment_get(f->mem, alice, &inherited, true, &loaded)); /* where it is kept apart */
    assert_int_equal(loaded->bytes.length, 20000);
    assert_int_equal(get(f, alice, &series->id, ITEM_ALL)->message->attachment_count, 1);
    OK(attachment_delete(f->mem, alice, &ids[0], &item));
    assert_int_equal(get(f, alice, &third, ITEM_ALL)->message->attachment_count, 1);
    assert_int_equal(attachment_get(f->mem, alice, &ids[0], true, &loaded), STATUS_ATTACHMENT_NOT_FOUND);
}

/* ---- rights ---- */

static void private_appointments_show_only_their_time(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct object_id folder = fresh_calendar(f, alice, "private");
    struct message *secret = appointment(f->mem, "secret", at(first_start()), 30);
    OK(bag_set_int32(secret->props, PROP_SENSITIVITY, 2));
    struct item *item = save(f, alice, &folder, secret), *out = NULL;
    struct message *secret_series = appointment(f->mem, "secret series", at(first_start()), 30);
    make_daily(secret_series, 3);
    OK(bag_set_int32(secret_series->props, PROP_SENSITIVITY, 2));
    struct item *series = save(f, alice, &folder, secret_series);
    struct object_id second = occurrence(series, 1), target = fixture_folder(bob, FOLDER_ROLE_CALENDAR), copy;
    OK(rename_to(f->mem, alice, &second, 0, "secret exception"));
    assert_int_equal(get_status(f, bob, &item->id), STATUS_ITEM_NOT_FOUND);
    OK(permissions_set(alice, &folder, &(struct permission){ .person = session_principal(bob), .kind = PERMISSION_PERSON, .display_name = "Bob",
                                                             .rights = RIGHT_READ_ANY | RIGHT_FOLDER_VISIBLE | RIGHT_EDIT_ANY }, 1));
    struct item_page *page = view(f, bob, &folder, 0, 30, ITEM_ALL);
    assert_int_equal(page->count, 4);
    for (size_t i = 0; i < page->count; i++) {
        assert_string_equal(subject_of(page->items[i]), "Private Appointment");
        assert_false(bag_has(page->items[i]->message->props, PROP_BODY));
        assert_true(start_of(page->items[i]) != 0);
    }
    struct slice pattern = bag_bytes(get(f, bob, &series->id, ITEM_ALL)->message->props, PROP_APPOINTMENT_RECUR);
    assert_true(pattern.length > 0);
    assert_null(memmem(pattern.data, pattern.length, "exception", 9));
    struct slice mime = { 0 };
    assert_int_equal(item_mime(f->mem, bob, &item->id, &mime), STATUS_ACCESS_DENIED);
    assert_int_equal(rename_to(f->mem, bob, &second, 0, "mine"), STATUS_ACCESS_DENIED);
    enum status status = STATUS_OK;
    OK(item_copy(bob, &item->id, 1, &target, &copy, &status));
    assert_int_equal(status, STATUS_ACCESS_DENIED);
    struct find_query query = { .limit = 10 };
    OK(item_find(f->mem, bob, &folder, &query, &page));
    assert_int_equal(page->count, 2);
    for (size_t i = 0; i < page->count; i++)
        assert_string_equal(subject_of(page->items[i]), "Private Appointment");
    /* its owner, and a delegate who may see private items */
    assert_string_equal(subject_of(get(f, alice, &item->id, 0)), "secret");
    struct mailbox_delegate delegate = { .person = session_principal(bob), .display_name = "Bob", .sees_private = true };
    for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
        delegate.rights[i] = DELEGATE_RIGHTS_UNCHANGED;
    OK(delegate_add(alice, session_mailbox(alice), &delegate));
    bob = fixture_session(f, "bob");
    OK(item_get(f->mem, bob, &item->id, ITEM_ALL, &out));
    assert_string_equal(subject_of(out), "secret");
    OK(delegate_remove(alice, session_mailbox(alice), session_principal(bob)));
}

/* ---- several editors ---- */

/* What two clients see of each other's changes, one step after the other: nothing that was saved is lost, and who is late is told. */
static void two_editors_take_turns(void **state)
{
    struct fixture *f = *state;
    struct session *one = fixture_session(f, "alice"), *two = fixture_session(f, "alice");
    struct object_id folder = fresh_calendar(f, one, "turns");
    struct item *series = daily(f, one, &folder, "series"), *item = NULL;
    struct object_id a = occurrence(series, 2), b = occurrence(series, 5);
    int64_t seen = series->change_number;
    /* both saw the same version; different occurrences: the second one must read again */
    OK(rename_to(f->mem, one, &a, seen, "by one"));
    assert_int_equal(rename_to(f->mem, two, &b, seen, "by two"), STATUS_CONFLICT);
    OK(rename_to(f->mem, two, &b, get(f, two, &b, 0)->change_number, "by two"));
    assert_string_equal(subject_of(get(f, one, &a, 0)), "by one");
    assert_string_equal(subject_of(get(f, one, &b, 0)), "by two");
    /* one deletes what two changes */
    OK(delete_one(one, &a));
    assert_int_equal(rename_to(f->mem, two, &a, 0, "again"), STATUS_OCCURRENCE_DELETED);
    /* one changes the series' subject, two an occurrence: both stay */
    OK(rename_to(f->mem, one, &series->id, 0, "new name"));
    struct object_id c = occurrence(series, 7);
    OK(rename_to(f->mem, two, &c, 0, "own name"));
    assert_string_equal(subject_of(get(f, one, &c, 0)), "own name");
    assert_string_equal(subject_of(get(f, one, &b, 0)), "by two");
    struct object_id d = occurrence(series, 8);
    assert_string_equal(subject_of(get(f, two, &d, 0)), "new name");
    /* one moves the series in time: exceptions go, the deleted day stays out; an occurrence is known by its day */
    struct bag *set = bag_new(f->mem);
    struct item_change change = { .set = set };
    OK(bag_set_time(set, PROP_APPOINTMENT_START_WHOLE, at(first_start() + 2 * INSTANT_PER_HOUR)));
    OK(bag_set_time(set, PROP_APPOINTMENT_END_WHOLE, at(first_start() + 3 * INSTANT_PER_HOUR)));
    OK(item_update(f->mem, one, &series->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item));
    assert_int_equal(view(f, two, &folder, 0, 30, 0)->count, DAYS - 1);
    assert_int_equal(get_status(f, two, &a), STATUS_OCCURRENCE_DELETED);
    assert_string_equal(subject_of(get(f, two, &b, 0)), "new name");
    /* one deletes the series under two's hands */
    OK(delete_one(one, &series->id));
    assert_int_equal(rename_to(f->mem, two, &b, 0, "too late"), STATUS_ITEM_NOT_FOUND);
    assert_int_equal(delete_one(two, &b), STATUS_ITEM_NOT_FOUND);
}

struct editor {
    struct fixture *f;
    struct guid person;
    struct object_id ids[DAYS];
    size_t count;
    bool deletes;
    const char *text;
    enum status worst;
};

static void *edit(void *data)
{
    struct editor *editor = data;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct session *session = NULL;
    editor->worst = session_open(mem, editor->f->groupware, editor->person, &session);
    for (size_t i = 0; i < editor->count && editor->worst == STATUS_OK; i++) {
        enum status status = STATUS_CONFLICT, one = STATUS_OK;
        for (int attempt = 0; attempt < 50 && (status == STATUS_CONFLICT || status == STATUS_RETRY); attempt++) {
            status = editor->deletes ? item_delete(session, &editor->ids[i], 1, DELETE_MOVE_TO_DELETED, &one)
                                     : rename_to(mem, session, &editor->ids[i], 0, editor->text);
            status = status == STATUS_OK ? one : status;
        }
        editor->worst = status;
    }
    talloc_free(mem);
    return NULL;
}

/* All at once: every change of every editor is there in the end. */
static void three_editors_at_once_lose_nothing(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_calendar(f, alice, "three");
    struct item *series = daily(f, alice, &folder, "series");
    struct editor editors[3] = { { .text = "one" }, { .text = "two" }, { .deletes = true } };
    pthread_t threads[3];
    for (int day = 0; day < 9; day++)
        editors[day % 3].ids[editors[day % 3].count++] = occurrence(series, day);
    for (int i = 0; i < 3; i++) {
        editors[i].f = f;
        editors[i].person = session_principal(alice);
        pthread_create(&threads[i], NULL, edit, &editors[i]);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        OK(editors[i].worst);
    }
    struct item_page *page = view(f, alice, &folder, 0, 30, ITEM_PROPERTIES);
    assert_int_equal(page->count, DAYS - 3);
    for (int day = 0; day < DAYS; day++) {
        struct object_id id = occurrence(series, day);
        if (day < 9 && day % 3 == 2)
            assert_int_equal(get_status(f, alice, &id), STATUS_OCCURRENCE_DELETED);
        else
            assert_string_equal(subject_of(get(f, alice, &id, 0)), day == 9 ? "series" : day % 3 == 0 ? "one" : "two");
    }
}

/* A view asks a constant number of statements. */
static void a_view_asks_few_statements(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_calendar(f, alice, "statements");
    daily(f, alice, &folder, "first");
    save(f, alice, &folder, appointment(f->mem, "single", at(first_start()), 30));
    view(f, alice, &folder, 0, 30, ITEM_PROPERTIES);
    uint64_t before = store_statement_count();
    view(f, alice, &folder, 0, 30, ITEM_PROPERTIES);
    uint64_t few = store_statement_count() - before;
    for (int i = 0; i < 6; i++) {
        daily(f, alice, &folder, "more");
        save(f, alice, &folder, appointment(f->mem, "single", at(first_start()), 30));
    }
    before = store_statement_count();
    assert_int_equal(view(f, alice, &folder, 0, 30, ITEM_PROPERTIES)->count, 7 * DAYS + 7);
    assert_int_equal(store_statement_count() - before, few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_view_shows_singles_and_occurrences_in_order, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(what_is_derived_follows_the_pattern, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(reminders_follow_the_next_start, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(one_occurrence_is_changed_and_the_others_stay, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(deleted_occurrences_are_gone_and_the_last_takes_the_series, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(occurrences_stay_in_their_series_and_are_copied_out_of_it, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(an_occurrence_has_attachments_of_its_own, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(private_appointments_show_only_their_time, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(two_editors_take_turns, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(three_editors_at_once_lose_nothing, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(a_view_asks_few_statements, fixture_test, fixture_test_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
