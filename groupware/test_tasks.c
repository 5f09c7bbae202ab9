/* Tasks: states and dates that agree, series that go on when an instance is completed; notes; follow-up flags. */
#include "fixture.h"

#include "bourse/calendar/recurrence.h"
#include "bourse/groupware/find.h"
#include "bourse/groupware/flag.h"
#include "bourse/model/properties.h"

static instant at(const char *when)
{
    instant out = 0;
    assert_true(instant_parse(when, &out));
    return out;
}

static struct object_id fresh_folder(struct fixture *f, struct session *session, const char *name)
{
    struct folder *folder = NULL;
    struct object_id top = fixture_folder(session, FOLDER_ROLE_IPM_SUBTREE);
    OK(folder_create(f->mem, session, &top, name, "IPF.Task", NULL, &folder));
    return folder->id;
}

static struct item *create(struct fixture *f, struct session *session, const struct object_id *folder, const char *class, const struct bag *props)
{
    struct message *message = message_new(f->mem);
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    OK(bag_merge(message->props, props));
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, class));
    OK(item_create(f->mem, session, folder, message, &options, &item));
    OK(item_get(f->mem, session, &item->id, ITEM_ALL, &item));
    return item;
}

static struct item *change(struct fixture *f, struct session *session, const struct object_id *id, const struct bag *set)
{
    struct item_change wanted = { .set = set };
    struct item *item = NULL;
    OK(item_update(f->mem, session, id, 0, CONFLICT_ALWAYS_OVERWRITE, &wanted, &item));
    OK(item_get(f->mem, session, id, ITEM_ALL, &item));
    return item;
}

static double percent(const struct item *item)
{
    const struct value *value = bag_get(item->message->props, PROP_PERCENT_COMPLETE);
    assert_non_null(value);
    return value->float64;
}

enum what { STATUS_IS, PERCENT_IS, COMPLETE_IS, DATE_IS };

static void put(struct bag *bag, enum what what, double number)
{
    struct value share = { .tag = PROP_PERCENT_COMPLETE, .float64 = number };
    if (what == STATUS_IS)
        OK(bag_set_int32(bag, PROP_TASK_STATUS, (int32_t)number));
    else if (what == PERCENT_IS)
        OK(bag_set(bag, &share));
    else if (what == COMPLETE_IS)
        OK(bag_set_bool(bag, PROP_TASK_COMPLETE, number > 0));
    else
        OK(bag_set_time(bag, PROP_TASK_DATE_COMPLETED, at("2026-03-04T15:00:00Z")));
}

static void state_is_one_thing(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "states");
    struct item *item = create(f, alice, &folder, "IPM.Task", bag_new(f->mem));
    assert_int_equal(bag_int32(item->message->props, PROP_TASK_STATUS, -1), 0);
    assert_string_equal(bag_string(item->message->props, PROP_TASK_OWNER, ""), session_display_name(alice));
    assert_false(bag_bool(item->message->props, PROP_TASK_F_RECURRING, true));
    static const struct {
        enum what what;
        double number;
        int32_t status;
        double percent;
        bool complete;
    } steps[] = { /* each on top of the one before */
        { PERCENT_IS, 0.5, 1, 0.5, false }, { PERCENT_IS, 1.0, 2, 1.0, true }, { COMPLETE_IS, 0, 0, 0.0, false }, { STATUS_IS, 2, 2, 1.0, true },
        { STATUS_IS, 1, 1, 0.0, false },    { COMPLETE_IS, 1, 2, 1.0, true },  { PERCENT_IS, 0.25, 1, 0.25, false }, { DATE_IS, 0, 2, 1.0, true },
        { STATUS_IS, 3, 3, 0.0, false },    { PERCENT_IS, 0.0, 3, 0.0, false }, { STATUS_IS, 0, 0, 0.0, false },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        struct bag *set = bag_new(f->mem);
        put(set, steps[i].what, steps[i].number);
        item = change(f, alice, &item->id, set);
        const struct bag *props = item->message->props;
        assert_int_equal(bag_int32(props, PROP_TASK_STATUS, -1), steps[i].status);
        assert_true(percent(item) == steps[i].percent);
        assert_int_equal(bag_bool(props, PROP_TASK_COMPLETE, !steps[i].complete), steps[i].complete);
        assert_int_equal(bag_has(props, PROP_TASK_DATE_COMPLETED), steps[i].complete);
        assert_int_equal(bag_int32(props, PROP_FLAG_STATUS, 0), steps[i].complete ? 1 : 0);
        assert_int_equal(bag_int32(props, PROP_TASK_VERSION, 0), (int32_t)i + 1);
    }
    struct bag *wrong = bag_new(f->mem);
    struct item_change bad = { .set = wrong };
    OK(bag_set_int32(wrong, PROP_TASK_STATUS, 5));
    assert_int_equal(item_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &bad, &item), STATUS_INVALID_PROPERTY);
}

static void dates_stay_in_order(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "dates");
    struct bag *set = bag_new(f->mem);
    OK(bag_set_time(set, PROP_TASK_START_DATE, at("2026-03-10T00:00:00Z")));
    OK(bag_set_time(set, PROP_TASK_DUE_DATE, at("2026-03-12T00:00:00Z")));
    struct item *item = create(f, alice, &folder, "IPM.Task", set);
    assert_int_equal(bag_time(item->message->props, PROP_COMMON_END, 0), at("2026-03-12T00:00:00Z"));
    set = bag_new(f->mem);
    OK(bag_set_time(set, PROP_TASK_DUE_DATE, at("2026-03-08T13:00:00Z")));
    item = change(f, alice, &item->id, set);
    assert_int_equal(bag_time(item->message->props, PROP_TASK_DUE_DATE, 0), at("2026-03-08T00:00:00Z"));
    assert_int_equal(bag_time(item->message->props, PROP_TASK_START_DATE, 0), at("2026-03-08T00:00:00Z"));
    set = bag_new(f->mem);
    OK(bag_set_time(set, PROP_COMMON_START, at("2026-03-19T23:00:00Z"))); /* midnight of the 20th in Berlin */
    item = change(f, alice, &item->id, set);
    assert_int_equal(bag_time(item->message->props, PROP_TASK_START_DATE, 0), at("2026-03-20T00:00:00Z"));
    assert_int_equal(bag_time(item->message->props, PROP_TASK_DUE_DATE, 0), at("2026-03-20T00:00:00Z"));
    assert_int_equal(bag_time(item->message->props, PROP_COMMON_START, 0), at("2026-03-19T23:00:00Z"));
    struct item_change removal = { .remove = (prop_tag[]){ PROP_TASK_DUE_DATE }, .remove_count = 1 };
    OK(item_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &removal, &item));
    OK(item_get(f->mem, alice, &item->id, ITEM_ALL, &item));
    assert_false(bag_has(item->message->props, PROP_COMMON_END));
}

static struct slice pattern(struct fixture *f, struct recurrence *recurrence)
{
    struct buffer *blob = buffer_new(f->mem, 65536);
    struct slice out = { 0 };
    OK(recurrence_complete(recurrence));
    OK(recurrence_pattern_pack(recurrence, blob));
    OK(buffer_take(blob, f->mem, &out));
    return out;
}

static struct item *series(struct fixture *f, struct session *session, const struct object_id *folder, struct recurrence *recurrence, const char *start)
{
    struct bag *props = bag_new(f->mem);
    recurrence->first_date = at(start);
    OK(bag_set_bytes(props, PROP_TASK_RECURRENCE, pattern(f, recurrence)));
    OK(bag_set_string(props, PROP_SUBJECT, "again"));
    OK(bag_set_time(props, PROP_TASK_START_DATE, at(start)));
    OK(bag_set_time(props, PROP_TASK_DUE_DATE, at(start) + INSTANT_PER_DAY));
    OK(bag_set_bool(props, PROP_REMINDER_SET, true));
    OK(bag_set_time(props, PROP_REMINDER_TIME, at(start) + 8 * INSTANT_PER_HOUR));
    return create(f, session, folder, "IPM.Task", props);
}

static struct item *complete(struct fixture *f, struct session *session, const struct item *item, const char *when)
{
    struct bag *set = bag_new(f->mem);
    OK(bag_set_bool(set, PROP_TASK_COMPLETE, true));
    if (when != NULL)
        OK(bag_set_time(set, PROP_TASK_DATE_COMPLETED, at(when)));
    return change(f, session, &item->id, set);
}

static size_t count_complete(struct fixture *f, struct session *session, const struct object_id *folder, const struct item *series)
{
    struct item **items = NULL;
    size_t count = fixture_list(f, session, folder, &items), complete_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct item *item = NULL;
        OK(item_get(f->mem, session, &items[i]->id, ITEM_ALL, &item));
        if (item->id.item == series->id.item)
            continue;
        assert_true(bag_bool(item->message->props, PROP_TASK_COMPLETE, false));
        assert_true(bag_bool(item->message->props, PROP_TASK_DEAD_OCCURRENCE, false));
        assert_false(bag_bool(item->message->props, PROP_TASK_F_RECURRING, true));
        assert_false(bag_has(item->message->props, PROP_TASK_RECURRENCE));
        assert_string_equal(bag_string(item->message->props, PROP_SUBJECT, ""), "again");
        complete_count++;
    }
    return complete_count;
}

static void series_goes_on(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "series");
    struct recurrence weekly = { .frequency = RECUR_WEEKLY, .pattern = RECUR_BY_WEEK, .interval = 1, .weekdays = WEEKDAY_MONDAY | WEEKDAY_THURSDAY,
                                 .end = RECUR_END_AFTER_COUNT, .count = 3 };
    struct item *item = series(f, alice, &folder, &weekly, "2026-03-02T00:00:00Z");
    assert_true(bag_bool(item->message->props, PROP_TASK_F_RECURRING, false));
    item = complete(f, alice, item, NULL);
    const struct bag *props = item->message->props;
    assert_false(bag_bool(props, PROP_TASK_COMPLETE, true));
    assert_int_equal(bag_time(props, PROP_TASK_START_DATE, 0), at("2026-03-05T00:00:00Z"));
    assert_int_equal(bag_time(props, PROP_TASK_DUE_DATE, 0), at("2026-03-06T00:00:00Z"));
    assert_int_equal(bag_time(props, PROP_REMINDER_TIME, 0), at("2026-03-05T08:00:00Z"));
    assert_true(bag_bool(props, PROP_REMINDER_SET, false));
    assert_int_equal(count_complete(f, alice, &folder, item), 1);
    item = complete(f, alice, item, NULL);
    assert_int_equal(bag_time(item->message->props, PROP_TASK_START_DATE, 0), at("2026-03-09T00:00:00Z"));
    item = complete(f, alice, item, NULL); /* the third and last */
    assert_true(bag_bool(item->message->props, PROP_TASK_COMPLETE, false));
    assert_true(bag_bool(item->message->props, PROP_TASK_DEAD_OCCURRENCE, false));
    assert_int_equal(count_complete(f, alice, &folder, item), 2);
    complete(f, alice, item, NULL);
    assert_int_equal(count_complete(f, alice, &folder, item), 2);
}

/* The completed instance and the series both have what was attached, small or large. */
static void completed_instance_keeps_attachments(void **state)
{
    enum { LARGE = 300000 };
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "attached"), ids[2];
    struct recurrence daily = { .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 2, .end = RECUR_END_NEVER };
    struct item *item = series(f, alice, &folder, &daily, "2026-03-02T00:00:00Z"), **items = NULL, *after = NULL;
    char *large = talloc_zero_size(f->mem, LARGE);
    memset(large, 'x', LARGE);
    struct attachment files[2] = { { .props = bag_new(f->mem), .content = ATTACHMENT_BYTES, .bytes = slice_of_text("small"), .number = -1 },
                                   { .props = bag_new(f->mem), .content = ATTACHMENT_BYTES, .bytes = slice_of(large, LARGE), .number = -1 } };
    OK(bag_set_string(files[0].props, PROP_ATTACH_LONG_FILENAME, "small.txt"));
    OK(bag_set_string(files[1].props, PROP_ATTACH_LONG_FILENAME, "large.txt"));
    OK(attachment_create(f->mem, alice, &item->id, files, 2, ids, &after));
    item = complete(f, alice, item, NULL);
    assert_int_equal(bag_time(item->message->props, PROP_TASK_START_DATE, 0), at("2026-03-04T00:00:00Z"));
    assert_int_equal(fixture_list(f, alice, &folder, &items), 2);
    for (size_t i = 0; i < 2; i++) {
        OK(item_get(f->mem, alice, &items[i]->id, ITEM_ALL, &after));
        assert_int_equal(after->message->attachment_count, 2);
        for (size_t n = 0; n < 2; n++) {
            struct attachment *got = NULL;
            struct object_id id = after->id;
            id.kind = OBJECT_ATTACHMENT;
            id.attachment_depth = 1;
            id.attachments[0] = after->message->attachments[n].number;
            OK(attachment_get(f->mem, alice, &id, true, &got));
            assert_int_equal(got->bytes.length, n == 0 ? 5 : LARGE);
        }
    }
}

static void regenerating_series_counts_from_completion(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "regenerating");
    struct recurrence monthly = { .frequency = RECUR_MONTHLY, .pattern = RECUR_BY_MONTH_DAY, .interval = 1, .day_of_month = 31, .is_sliding = true,
                                  .end = RECUR_END_NEVER };
    struct item *item = series(f, alice, &folder, &monthly, "2026-01-05T00:00:00Z");
    item = complete(f, alice, item, "2026-01-31T10:00:00Z");
    assert_int_equal(bag_time(item->message->props, PROP_TASK_START_DATE, 0), at("2026-02-28T00:00:00Z"));
    assert_int_equal(count_complete(f, alice, &folder, item), 1);
}

static void notes_are_named_by_their_text(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fixture_folder(alice, FOLDER_ROLE_NOTES);
    struct bag *props = bag_new(f->mem);
    OK(bag_set_string(props, PROP_BODY, "\r\n Buy milk\r\nand bread"));
    struct item *item = create(f, alice, &folder, "IPM.StickyNote", props);
    assert_string_equal(bag_string(item->message->props, PROP_SUBJECT, ""), "Buy milk");
    assert_int_equal(bag_int32(item->message->props, PROP_ICON_INDEX, 0), 0x303);
    props = bag_new(f->mem);
    OK(bag_set_int32(props, PROP_NOTE_COLOR, 1));
    OK(bag_set_string(props, PROP_BODY, "Other"));
    item = change(f, alice, &item->id, props);
    assert_string_equal(bag_string(item->message->props, PROP_SUBJECT, ""), "Other");
    assert_int_equal(bag_int32(item->message->props, PROP_ICON_INDEX, 0), 0x301);
}

static void journal_items_last_as_long_as_they_say(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fixture_folder(alice, FOLDER_ROLE_JOURNAL);
    struct bag *props = bag_new(f->mem);
    OK(bag_set_time(props, PROP_LOG_START, at("2026-03-01T10:00:00Z")));
    OK(bag_set_time(props, PROP_LOG_END, at("2026-03-01T10:45:00Z")));
    OK(bag_set_string(props, PROP_LOG_TYPE, "Phone call"));
    struct item *item = create(f, alice, &folder, "IPM.Activity", props);
    assert_int_equal(bag_int32(item->message->props, PROP_LOG_DURATION, 0), 45);
    assert_string_equal(bag_string(item->message->props, PROP_LOG_TYPE, ""), "Phone call");
    props = bag_new(f->mem);
    OK(bag_set_int32(props, PROP_LOG_DURATION, 10));
    item = change(f, alice, &item->id, props);
    assert_int_equal(bag_time(item->message->props, PROP_LOG_END, 0), at("2026-03-01T10:10:00Z"));
    OK(bag_set_time(props, PROP_LOG_END, at("2026-03-01T09:00:00Z")));
    bag_remove(props, PROP_LOG_DURATION);
    struct item_change bad = { .set = props };
    assert_int_equal(item_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &bad, &item), STATUS_INVALID_PROPERTY);
}

static void reminder_without_flag_stays(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id folder = fresh_folder(f, alice, "reminders");
    struct bag *props = bag_new(f->mem);
    OK(bag_set_int32(props, PROP_FLAG_STATUS, 0));
    OK(bag_set_time(props, PROP_REMINDER_TIME, at("2026-05-01T07:00:00Z")));
    struct item *item = create(f, alice, &folder, "IPM.Note", props);
    item = change(f, alice, &item->id, props);
    assert_int_equal(bag_time(item->message->props, PROP_REMINDER_TIME, 0), at("2026-05-01T07:00:00Z"));
}

static void flags_bring_what_belongs_to_them(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct object_id folder = fresh_folder(f, alice, "flags");
    struct bag *props = bag_new(f->mem);
    OK(bag_set_string(props, PROP_SUBJECT, "RE: offer"));
    struct item *item = create(f, alice, &folder, "IPM.Note", props), *after = NULL;
    struct flag flag = { .due = at("2026-05-02T00:00:00Z"), .reminder = at("2026-05-01T07:00:00Z") };
    OK(flag_set(f->mem, alice, &item->id, &flag, &after));
    OK(item_get(f->mem, alice, &item->id, ITEM_ALL, &after));
    const struct bag *got = after->message->props;
    assert_int_equal(bag_int32(got, PROP_FLAG_STATUS, 0), 2);
    assert_int_equal(bag_int32(got, PROP_FOLLOWUP_ICON, 0), 6);
    assert_int_equal(bag_int32(got, PROP_TO_DO_ITEM_FLAGS, 0), 1);
    assert_string_equal(bag_string(got, PROP_FLAG_REQUEST, ""), "Follow up");
    assert_string_equal(bag_string(got, PROP_TO_DO_TITLE, ""), "RE: offer");
    assert_int_equal(bag_time(got, PROP_TASK_START_DATE, 0), flag.due);
    assert_int_equal(bag_time(got, PROP_COMMON_END, 0), flag.due);
    assert_int_equal(bag_time(got, PROP_REMINDER_SIGNAL_TIME, 0), flag.reminder);
    OK(flag_complete(f->mem, alice, &item->id, at("2026-04-30T10:15:20Z"), &after));
    OK(item_get(f->mem, alice, &item->id, ITEM_ALL, &after));
    got = after->message->props;
    assert_int_equal(bag_int32(got, PROP_FLAG_STATUS, 0), 1);
    assert_int_equal(bag_time(got, PROP_FLAG_COMPLETE_TIME, 0), at("2026-04-30T10:15:00Z"));
    assert_int_equal(bag_time(got, PROP_TASK_DATE_COMPLETED, 0), at("2026-04-30T00:00:00Z"));
    assert_int_equal(bag_int32(got, PROP_TASK_STATUS, 0), 2);
    assert_false(bag_has(got, PROP_FOLLOWUP_ICON));
    assert_false(bag_bool(got, PROP_REMINDER_SET, true));
    OK(flag_clear(f->mem, alice, &item->id, &after));
    OK(item_get(f->mem, alice, &item->id, ITEM_ALL, &after));
    got = after->message->props;
    static const prop_tag gone[] = { PROP_FLAG_STATUS, PROP_FLAG_COMPLETE_TIME, PROP_FLAG_REQUEST, PROP_TASK_STATUS, PROP_TASK_START_DATE, PROP_COMMON_END,
                                     PROP_TO_DO_TITLE, PROP_TASK_DATE_COMPLETED, PROP_PERCENT_COMPLETE };
    for (size_t i = 0; i < ARRAY_LENGTH(gone); i++)
        assert_true(!bag_has(got, gone[i]) || (gone[i] == PROP_FLAG_STATUS && bag_int32(got, gone[i], 1) == 0));
    flag.start = flag.due + INSTANT_PER_DAY;
    assert_int_equal(flag_set(f->mem, alice, &item->id, &flag, &after), STATUS_INVALID_ARGUMENT);
    flag.start = 0;
    assert_int_equal(flag_set(f->mem, bob, &item->id, &flag, &after), STATUS_ITEM_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(state_is_one_thing, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(dates_stay_in_order, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(series_goes_on, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(completed_instance_keeps_attachments, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(regenerating_series_counts_from_completion, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(notes_are_named_by_their_text, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(journal_items_last_as_long_as_they_say, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(reminder_without_flag_stays, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(flags_bring_what_belongs_to_them, fixture_test, fixture_test_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
