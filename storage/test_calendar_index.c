/* Index rows of calendar items, reminders and contacts follow every way that an item is saved, moved, copied and deleted. */
#include "bourse/base/hash.h"
#include "bourse/storage/calendar.h"
#include "bourse/storage/check.h"
#include "fixture.h"

#define DAY INSTANT_PER_DAY
#define HOUR INSTANT_PER_HOUR
#define T0 (INT64_C(134000000000000000) / DAY * DAY) /* a midnight in 2025 */

static struct slice goid_of(struct fixture *f, int number)
{
    return slice_of_text(talloc_asprintf(f->mem, "clean global object id %d", number));
}

static struct message *appointment(struct fixture *f, const char *subject, instant starts, instant ends)
{
    struct message *message = fixture_message(f, subject, 0);
    OK(bag_set_string(message->props, (prop_tag)PROP_MESSAGE_CLASS, "IPM.Appointment"));
    OK(bag_set_time(message->props, (prop_tag)PROP_APPOINTMENT_START_WHOLE, starts));
    OK(bag_set_time(message->props, (prop_tag)PROP_APPOINTMENT_END_WHOLE, ends));
    OK(bag_set_int32(message->props, (prop_tag)PROP_BUSY_STATUS, 3));
    OK(bag_set_bytes(message->props, (prop_tag)PROP_CLEAN_GLOBAL_OBJECT_ID, goid_of(f, 1)));
    OK(bag_set_bool(message->props, (prop_tag)PROP_REMINDER_SET, true));
    OK(bag_set_time(message->props, (prop_tag)PROP_REMINDER_SIGNAL_TIME, starts - HOUR));
    return message;
}

static int64_t save(struct fixture *f, const struct message *message, int64_t folder)
{
    struct prepared_message *prepared = NULL;
    struct message_created created;
    OK(store_message_prepare(f->mem, f->store, message, &prepared));
    struct transaction *tx = fixture_write(f);
    OK(store_message_create(tx, f->mailbox, folder, prepared, &(struct message_place){ 0 }, &created));
    fixture_commit(tx);
    return created.item;
}

static void replace(struct fixture *f, int64_t item, const struct message *message)
{
    struct prepared_message *prepared = NULL;
    OK(store_message_prepare(f->mem, f->store, message, &prepared));
    struct transaction *tx = fixture_write(f);
    OK(store_message_replace(tx, f->mailbox, item, prepared, 0, NULL));
    fixture_commit(tx);
}

static size_t in_window(struct fixture *f, int64_t folder, instant from, instant to, struct calendar_row *first)
{
    struct calendar_row *rows = NULL;
    size_t count = 0;
    bool more = true;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_calendar_window(f->mem, tx, f->mailbox, folder, from, to, 0, &rows, &count, &more));
    talloc_free(tx);
    assert_false(more);
    for (size_t i = 1; i < count; i++)
        assert_true(rows[i].starts >= rows[i - 1].starts);
    if (first != NULL && count > 0)
        *first = rows[0];
    return count;
}

static size_t by_goid(struct fixture *f, int number, struct found_item *first)
{
    struct found_item *found = NULL;
    size_t count = 0;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_calendar_by_global_id(f->mem, tx, f->mailbox, goid_of(f, number), 0, &found, &count));
    talloc_free(tx);
    if (first != NULL && count > 0)
        *first = found[0];
    return count;
}

static size_t reminders(struct fixture *f, instant until)
{
    struct found_item *found = NULL;
    size_t count = 0;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_reminders_due(f->mem, tx, f->mailbox, until, NULL, 0, &found, &count));
    talloc_free(tx);
    return count;
}

static size_t contacts(struct fixture *f, const char *address, const char *prefix)
{
    struct found_item *found = NULL;
    size_t count = 0;
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(address != NULL ? store_contacts_by_address(f->mem, tx, f->mailbox, address, 0, &found, &count)
                       : store_contacts_by_file_as(f->mem, tx, f->mailbox, prefix, 0, &found, &count));
    talloc_free(tx);
    return count;
}

static void an_appointment_is_found_in_windows_that_it_touches(void **state)
{
    struct fixture *f = *state;
    int64_t calendar = fixture_role(f, STORE_ROLE_CALENDAR);
    struct calendar_row row = { 0 };
    int64_t item = save(f, appointment(f, "touch", T0 + 9 * HOUR, T0 + 10 * HOUR), calendar);
    assert_int_equal(in_window(f, calendar, T0, T0 + DAY, &row), 1);
    assert_int_equal(row.item, item);
    assert_int_equal(row.starts, T0 + 9 * HOUR);
    assert_int_equal(row.ends, T0 + 10 * HOUR);
    assert_int_equal(row.busy_status, 3);
    assert_false(row.is_recurring);
    assert_int_equal(in_window(f, calendar, T0 + 9 * HOUR + 1, T0 + 9 * HOUR + 2, NULL), 1);
    assert_int_equal(in_window(f, calendar, T0, T0 + 9 * HOUR, NULL), 0);       /* ends before it */
    assert_int_equal(in_window(f, calendar, T0 + 10 * HOUR, T0 + DAY, NULL), 0); /* begins when it is over */
    assert_int_equal(in_window(f, f->inbox, T0, T0 + DAY, NULL), 0);
    /* what is empty touches the window that it starts in */
    save(f, appointment(f, "empty", T0 + 2 * DAY, T0 + 2 * DAY), calendar);
    assert_int_equal(in_window(f, calendar, T0 + 2 * DAY, T0 + 3 * DAY, NULL), 1);
    assert_int_equal(in_window(f, calendar, T0 + DAY, T0 + 2 * DAY, NULL), 0);
    /* long ones and those of exactly a week lie in different indexes */
    save(f, appointment(f, "week", T0 + 20 * DAY, T0 + 27 * DAY), calendar);
    save(f, appointment(f, "long", T0 + 20 * DAY, T0 + 27 * DAY + 1), calendar);
    assert_int_equal(in_window(f, calendar, T0 + 27 * DAY - 1, T0 + 30 * DAY, NULL), 2);
    assert_int_equal(in_window(f, calendar, T0 + 27 * DAY, T0 + 30 * DAY, NULL), 1);
    assert_int_equal(in_window(f, calendar, T0 + 19 * DAY, T0 + 20 * DAY + 1, NULL), 2);
    fixture_check(f);
}

static void index_rows_follow_the_item(void **state)
{
    struct fixture *f = *state;
    int64_t calendar = fixture_role(f, STORE_ROLE_CALENDAR), other = fixture_role(f, STORE_ROLE_DELETED_ITEMS);
    struct found_item found = { 0 };
    struct message_moved moved;
    int64_t item = save(f, appointment(f, "follow", T0, T0 + HOUR), calendar);
    assert_int_equal(by_goid(f, 1, &found), 1);
    assert_int_equal(found.item, item);
    assert_int_equal(found.folder, calendar);
    assert_int_equal(reminders(f, T0), 1);
    assert_int_equal(reminders(f, T0 - HOUR - 1), 0);
    /* replaced: another time, another id, no reminder */
    struct message *later = appointment(f, "later", T0 + 5 * DAY, T0 + 6 * DAY);
    OK(bag_set_bytes(later->props, (prop_tag)PROP_CLEAN_GLOBAL_OBJECT_ID, goid_of(f, 2)));
    OK(bag_set_bool(later->props, (prop_tag)PROP_REMINDER_SET, false));
    replace(f, item, later);
    assert_int_equal(in_window(f, calendar, T0, T0 + DAY, NULL), 0);
    assert_int_equal(in_window(f, calendar, T0 + 5 * DAY, T0 + 6 * DAY, NULL), 1);
    assert_int_equal(by_goid(f, 1, NULL), 0);
    assert_int_equal(by_goid(f, 2, NULL), 1);
    assert_int_equal(reminders(f, INT64_MAX), 0);
    replace(f, item, appointment(f, "back", T0, T0 + HOUR));
    /* moved */
    struct transaction *tx = fixture_write(f);
    OK(store_message_move(tx, f->mailbox, &item, NULL, 1, other, &moved));
    fixture_commit(tx);
    assert_int_equal(in_window(f, calendar, T0, T0 + DAY, NULL), 0);
    assert_int_equal(in_window(f, other, T0, T0 + DAY, NULL), 1);
    assert_int_equal(by_goid(f, 1, &found), 1);
    assert_int_equal(found.item, moved.item);
    assert_int_equal(found.folder, other);
    /* copied, also into another mailbox */
    int64_t first = f->mailbox, source = moved.item, second = fixture_new_mailbox(f);
    f->mailbox = second;
    int64_t foreign = fixture_role(f, STORE_ROLE_CALENDAR);
    f->mailbox = first;
    tx = fixture_write(f);
    OK(store_message_copy_to(tx, first, &source, 1, first, calendar, &moved));
    OK(store_mailbox_lock(tx, second, NULL));
    OK(store_message_copy_to(tx, first, &source, 1, second, foreign, NULL));
    fixture_commit(tx);
    assert_int_equal(by_goid(f, 1, NULL), 2);
    assert_int_equal(in_window(f, calendar, T0, T0 + DAY, NULL), 1);
    assert_int_equal(reminders(f, T0), 2);
    fixture_check(f);
    f->mailbox = second;
    assert_int_equal(in_window(f, foreign, T0, T0 + DAY, NULL), 1);
    assert_int_equal(reminders(f, T0), 1);
    fixture_check(f);
    f->mailbox = first;
    /* soft-deleted: not found any more; purged: rows go */
    tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, (int64_t[]){ moved.item, source }, 2, STORE_DELETE_SOFT, NULL, NULL));
    fixture_commit(tx);
    assert_int_equal(by_goid(f, 1, NULL), 0);
    assert_int_equal(reminders(f, T0), 0);
    assert_int_equal(in_window(f, calendar, T0, T0 + DAY, NULL), 0);
    fixture_check(f);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM cal_index WHERE mailbox_id = %lld", (long long)f->mailbox), 2);
    int64_t gone[2] = { fixture_number(f, "SELECT min(message_id) FROM cal_index WHERE mailbox_id = %lld", (long long)f->mailbox),
                        fixture_number(f, "SELECT max(message_id) FROM cal_index WHERE mailbox_id = %lld", (long long)f->mailbox) };
    tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, gone, 2, STORE_DELETE_HARD, NULL, NULL));
    fixture_commit(tx);
    assert_int_equal(fixture_number(f, "SELECT (SELECT count(*) FROM cal_index WHERE mailbox_id = %lld) + (SELECT count(*) FROM reminder WHERE mailbox_id = %lld)",
                                    (long long)f->mailbox, (long long)f->mailbox), 0);
    fixture_check(f);
}

static void a_series_is_found_by_its_range(void **state)
{
    struct fixture *f = *state;
    int64_t calendar = fixture_role(f, STORE_ROLE_CALENDAR);
    struct message *series = appointment(f, "series", T0 + 9 * HOUR, T0 + 10 * HOUR);
    uint8_t blob[9000] = { 4, 0x30, 4, 0x30 }; /* so large that it is stored apart */
    OK(bag_set_bytes(series->props, (prop_tag)PROP_APPOINTMENT_RECUR, slice_of(blob, sizeof blob)));
    OK(bag_set_time(series->props, (prop_tag)PROP_CLIP_START, T0));
    OK(bag_set_time(series->props, (prop_tag)PROP_CLIP_END, T0 + 100 * DAY));
    struct calendar_row row = { 0 };
    save(f, series, calendar);
    assert_int_equal(in_window(f, calendar, T0 + 50 * DAY, T0 + 51 * DAY, &row), 1);
    assert_true(row.is_recurring);
    assert_int_equal(in_window(f, calendar, T0 + 110 * DAY, T0 + 111 * DAY, NULL), 0);
    fixture_check(f);
    /* its properties come with the window of many calendars, stored values too */
    struct calendar_range ranges[2] = { { f->mailbox, f->inbox }, { f->mailbox, calendar } };
    struct calendar_content *contents = NULL;
    size_t count = 0;
    bool cut[2];
    save(f, appointment(f, "single", T0 + 50 * DAY, T0 + 50 * DAY + HOUR), calendar);
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_calendar_windows(f->mem, tx, ranges, 2, T0 + 50 * DAY, T0 + 51 * DAY, 10, goid_of(f, 1), &contents, &count, cut));
    assert_int_equal(count, 2);
    assert_int_equal(contents[0].range, 1);
    assert_true(contents[0].row.is_recurring && contents[0].is_meant);
    assert_int_equal(bag_bytes(contents[0].props, (prop_tag)PROP_APPOINTMENT_RECUR).length, sizeof blob);
    OK(store_calendar_windows(f->mem, tx, ranges, 2, T0 + 50 * DAY, T0 + 51 * DAY, 1, goid_of(f, 7), &contents, &count, cut));
    assert_int_equal(count, 1);
    assert_false(cut[0]);
    assert_true(cut[1]);
    assert_false(contents[0].is_meant);
    OK(store_calendar_windows(f->mem, tx, ranges, 2, T0 + 50 * DAY, T0 + 51 * DAY, 10, goid_of(f, 7), &contents, &count, cut));
    assert_non_null(contents[1].props);
    assert_string_equal(contents[1].subject, "single");
    talloc_free(tx);
}

/* Times come from the index rows, of a series with all that its expansion needs; rows of older versions have it looked up. */
static void busy_times_come_from_index_rows(void **state)
{
    struct fixture *f = *state;
    int64_t calendar = fixture_role(f, STORE_ROLE_CALENDAR);
    struct message *series = appointment(f, "weekly", T0 + 9 * HOUR, T0 + 10 * HOUR);
    struct calendar_range ranges[2] = { { f->mailbox, f->inbox }, { f->mailbox, calendar } };
    static const char *const edits[] = { "", "UPDATE cal_index SET series = NULL WHERE mailbox_id = %lld" };
    bool cut[2];
    OK(bag_set_bytes(series->props, (prop_tag)PROP_APPOINTMENT_RECUR, slice_of_text("a pattern")));
    OK(bag_set_bytes(series->props, (prop_tag)PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, slice_of_text("a zone")));
    OK(bag_set_bytes(series->props, (prop_tag)PROP_CLEAN_GLOBAL_OBJECT_ID, goid_of(f, 2)));
    save(f, series, calendar);
    save(f, appointment(f, "single", T0 + 50 * DAY, T0 + 50 * DAY + HOUR), calendar);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    for (size_t i = 0; i < ARRAY_LENGTH(edits); i++) {
        struct calendar_busy *busy = NULL;
        size_t count = 0;
        if (edits[i][0] != '\0')
            fixture_execute(f, edits[i], (long long)f->mailbox);
        fixture_check(f);
        struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
        uint64_t before = store_statement_count();
        OK(store_calendar_busy(f->mem, tx, ranges, 2, T0 + 50 * DAY, T0 + 51 * DAY, 10, slice_of("", 0), &busy, &count, cut));
        assert_int_equal(store_statement_count() - before, 2 + i); /* BEGIN too */
        assert_int_equal(count, 2);
        const struct calendar_busy *weekly = &busy[busy[0].series == NULL], *single = &busy[busy[0].series != NULL];
        assert_true(slice_equal(bag_bytes(weekly->series, (prop_tag)PROP_APPOINTMENT_RECUR), slice_of_text("a pattern")));
        assert_true(slice_equal(bag_bytes(weekly->series, (prop_tag)PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR), slice_of_text("a zone")));
        assert_int_equal(weekly->busy_status, 3);
        assert_int_equal(single->starts, T0 + 50 * DAY);
        assert_int_equal(single->ends, T0 + 50 * DAY + HOUR);
        assert_int_equal(single->range, 1);
        OK(store_calendar_busy(f->mem, tx, ranges, 2, T0 + 50 * DAY, T0 + 51 * DAY, 10, goid_of(f, 2), &busy, &count, cut));
        assert_int_equal(count, 1);
        assert_null(busy[0].series);
        assert_false(cut[1]);
        OK(store_calendar_busy(f->mem, tx, ranges, 2, T0 + 50 * DAY, T0 + 51 * DAY, 1, slice_of("", 0), &busy, &count, cut));
        assert_true(cut[1] && !cut[0]);
        talloc_free(tx);
    }
#pragma GCC diagnostic pop
}

static struct message *contact(struct fixture *f, const char *file_as, const char *first, const char *second)
{
    struct message *message = fixture_message(f, file_as, 0);
    OK(bag_set_string(message->props, (prop_tag)PROP_MESSAGE_CLASS, "IPM.Contact"));
    OK(bag_set_string(message->props, (prop_tag)PROP_FILE_UNDER, file_as));
    OK(bag_set_string(message->props, (prop_tag)PROP_EMAIL1_EMAIL_ADDRESS, first));
    if (second != NULL) { /* a person of the directory */
        OK(bag_set_string(message->props, (prop_tag)PROP_EMAIL3_EMAIL_ADDRESS, "/o=Org/cn=Someone"));
        OK(bag_set_string(message->props, (prop_tag)PROP_EMAIL3_ORIGINAL_DISPLAY_NAME, second));
    }
    return message;
}

static void contacts_are_found_by_address_and_name(void **state)
{
    struct fixture *f = *state;
    int64_t folder = fixture_role(f, STORE_ROLE_CONTACTS);
    int64_t item = save(f, contact(f, "Ärmel, 100% Ann", "Ann@Example.Test", "someone@org.test"), folder);
    save(f, contact(f, "Ärmel, Bob", "bob@example.test", NULL), folder);
    assert_int_equal(contacts(f, "ann@example.test", NULL), 1);
    assert_int_equal(contacts(f, " SOMEONE@ORG.TEST", NULL), 1);
    assert_int_equal(contacts(f, "nobody@example.test", NULL), 0);
    assert_int_equal(contacts(f, "", NULL), 0);
    assert_int_equal(contacts(f, NULL, "ärm"), 2);
    assert_int_equal(contacts(f, NULL, "ärmel, 100%"), 1);
    assert_int_equal(contacts(f, NULL, "_rmel"), 0);
    replace(f, item, contact(f, "Ärmel, 100% Ann", "new@example.test", NULL));
    assert_int_equal(contacts(f, "ann@example.test", NULL), 0);
    assert_int_equal(contacts(f, "new@example.test", NULL), 1);
    /* a long name is cut, one that lies apart is none */
    char *name = talloc_array(f->mem, char, 6001);
    memset(name, 'x', 6000);
    name[6000] = '\0';
    int64_t apart = save(f, contact(f, name, "apart@example.test", NULL), folder);
    name[3000] = '\0';
    save(f, contact(f, name, "long@example.test", NULL), folder);
    assert_int_equal(contacts(f, NULL, "xxx"), 1);
    fixture_check(f);
    struct transaction *tx = fixture_write(f);
    OK(store_message_delete(tx, f->mailbox, &apart, 1, STORE_DELETE_SOFT, NULL, NULL));
    fixture_commit(tx);
    assert_int_equal(contacts(f, "apart@example.test", NULL), 0);
    fixture_check(f);
}

static void folder_associated_items_and_mail_have_no_rows(void **state)
{
    struct fixture *f = *state;
    struct prepared_message *prepared = NULL;
    struct message_created created;
    struct message *message = appointment(f, "hidden", T0, T0 + HOUR);
    OK(store_message_prepare(f->mem, f->store, message, &prepared));
    struct transaction *tx = fixture_write(f);
    OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ .is_fai = true }, &created));
    fixture_commit(tx);
    fixture_item(f, f->inbox, "mail");
    assert_int_equal(in_window(f, f->inbox, T0, T0 + DAY, NULL), 0);
    assert_int_equal(reminders(f, T0), 0);
    fixture_check(f);
}

/* ---- the checker ---- */

static void note(const struct check_finding *finding, void *data)
{
    size_t *counts = data;
    assert_string_equal(finding->kind, "item_index");
    counts[0]++;
    counts[1] += finding->repaired;
}

static void wrong_rows_are_found_and_repaired(void **state)
{
    static const char *const defects[] = {
        "DELETE FROM cal_index WHERE mailbox_id = %lld",
        "UPDATE cal_index SET ends = ends + 1 WHERE mailbox_id = %lld",
        "UPDATE cal_index SET folder_id = 4 WHERE mailbox_id = %lld",
        "UPDATE cal_index SET goid_hash = 77, busy_status = 0 WHERE mailbox_id = %lld",
        "UPDATE cal_index SET series = 'other' WHERE mailbox_id = %lld",
        "UPDATE reminder SET signal_time = 5 WHERE mailbox_id = %lld",
        "DELETE FROM reminder WHERE mailbox_id = %lld",
        "UPDATE contact_index SET addresses = '{x}' WHERE mailbox_id = %lld",
        "DELETE FROM contact_index WHERE mailbox_id = %lld",
        "INSERT INTO cal_index SELECT mailbox_id, message_id, folder_id, 1, 2, 0, false, 0 FROM contact_index WHERE mailbox_id = %lld",
    };
    struct fixture *f = *state;
    int64_t calendar = fixture_role(f, STORE_ROLE_CALENDAR);
    struct check_result result;
    save(f, appointment(f, "checked", T0, T0 + HOUR), calendar);
    save(f, contact(f, "Checked", "checked@example.test", NULL), fixture_role(f, STORE_ROLE_CONTACTS));
    fixture_check(f);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    for (size_t i = 0; i < ARRAY_LENGTH(defects); i++) {
        size_t counts[2] = { 0 };
        fixture_execute(f, defects[i], (long long)f->mailbox);
        OK(check_mailbox(f->store, f->mailbox, false, false, note, counts, &result));
        assert_int_equal(counts[0], 1);
        assert_int_equal(counts[1], 0);
        OK(check_mailbox(f->store, f->mailbox, false, true, note, counts, &result));
        assert_int_equal(counts[1], 1);
        fixture_check(f);
    }
#pragma GCC diagnostic pop
    assert_int_equal(in_window(f, calendar, T0, T0 + DAY, NULL), 1);
    assert_int_equal(contacts(f, "checked@example.test", NULL), 1);
}

/* A window costs what it holds and not what the calendar holds. */
static void windows_of_a_large_calendar_read_little(void **state)
{
    struct fixture *f = *state;
    int64_t calendar = fixture_role(f, STORE_ROLE_CALENDAR);
    fixture_execute(f, "INSERT INTO cal_index SELECT %lld, 1000000 + n, %lld, %lld + n * 8640000000, %lld + n * 8640000000 + 36000000000, 2, false, n "
                       "FROM generate_series(1, 20000) n", (long long)f->mailbox, (long long)calendar, (long long)T0, (long long)T0);
    fixture_execute(f, "ANALYZE cal_index");
    char sql[900];
    snprintf(sql, sizeof sql, "EXPLAIN (ANALYZE, BUFFERS) SELECT message_id FROM cal_index c WHERE mailbox_id = %lld AND folder_id = %lld AND c.ends - c.starts <= 6048000000000"
             " AND c.starts > %lld - 6048000000000 AND c.starts < %lld AND (c.ends > %lld OR c.starts >= %lld)", (long long)f->mailbox, (long long)calendar,
             (long long)T0, (long long)(T0 + 30 * DAY), (long long)T0, (long long)T0);
    PGresult *plan = PQexec(f->admin, sql);
    assert_int_equal(PQresultStatus(plan), PGRES_TUPLES_OK);
    bool by_index = false;
    for (int i = 0; i < PQntuples(plan); i++)
        by_index = by_index || strstr(PQgetvalue(plan, i, 0), "cal_index_short") != NULL;
    PQclear(plan);
    assert_true(by_index);
    assert_in_range(in_window(f, calendar, T0 + 100 * DAY, T0 + 101 * DAY, NULL), 100, 105);
    fixture_execute(f, "DELETE FROM cal_index WHERE message_id > 1000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_appointment_is_found_in_windows_that_it_touches, fixture_mailbox),
        cmocka_unit_test_setup(index_rows_follow_the_item, fixture_mailbox),
        cmocka_unit_test_setup(a_series_is_found_by_its_range, fixture_mailbox),
        cmocka_unit_test_setup(busy_times_come_from_index_rows, fixture_mailbox),
        cmocka_unit_test_setup(contacts_are_found_by_address_and_name, fixture_mailbox),
        cmocka_unit_test_setup(folder_associated_items_and_mail_have_no_rows, fixture_mailbox),
        cmocka_unit_test_setup(wrong_rows_are_found_and_repaired, fixture_mailbox),
        cmocka_unit_test_setup(windows_of_a_large_calendar_read_little, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
