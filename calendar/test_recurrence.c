/* Meaning of recurrences: windows far away, hostile rules, moved and deleted occurrences, clock changes, calendars that are not Gregorian. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <time.h>

#include "recurrence_private.h"

#ifdef __SANITIZE_ADDRESS__
enum { HOSTILE_MS = 150, MICROSECONDS_FAR = 2000 };
#else
enum { HOSTILE_MS = 50, MICROSECONDS_FAR = 500 };
#endif

static local_time local(int year, int month, int day, int hour, int minute)
{
    return local_of_civil((struct civil_date){ year, month, day }) + hour * INSTANT_PER_HOUR + minute * INSTANT_PER_MINUTE;
}

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct recurrence daily(int year)
{
    return (struct recurrence){ .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 1, .first_date = local(year, 1, 1, 0, 0), .start_minute = 540, .end_minute = 600 };
}

static size_t expand(TALLOC_CTX *mem, const struct recurrence *recurrence, const char *zone, instant from, instant to, struct occurrence **out)
{
    struct occurrence_query query = { .from = from, .to = to, .with_index = true };
    size_t count;
    bool more;
    assert_int_equal(recurrence_expand(mem, recurrence, time_zone_by_id(zone), &query, out, &count, &more), STATUS_OK);
    return count;
}

static void far_windows_are_near(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recurrence series = daily(1990);
    struct occurrence *found;
    (void)state;
    assert_int_equal(expand(mem, &series, "Europe/Berlin", local(4000, 1, 1, 0, 0), local(4000, 2, 1, 0, 0), &found), 31);
    double begin = milliseconds();
    for (int i = 0; i < 100; i++)
        assert_int_equal(expand(mem, &series, "Europe/Berlin", local(4000, 1, 1, 0, 0), local(4000, 2, 1, 0, 0), &found), 31);
    assert_true((milliseconds() - begin) * 1000 / 100 < MICROSECONDS_FAR);
    assert_int_equal(found[0].index, (local(4000, 1, 1, 0, 0) - local(1990, 1, 1, 0, 0)) / INSTANT_PER_DAY + 1);
    assert_true(found[0].start == local(4000, 1, 1, 9, 0) && found[0].starts == local(4000, 1, 1, 8, 0));
    assert_int_equal(expand(mem, &series, "UTC", local(4500, 12, 30, 0, 0), local(4600, 1, 1, 0, 0), &found), 2);
    assert_int_equal(expand(mem, &series, "UTC", local(1700, 1, 1, 0, 0), local(1990, 1, 1, 0, 0), &found), 0);
    talloc_free(mem);
}

static void limits_are_told(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recurrence series = daily(1990);
    struct occurrence_query query = { .from = 0, .to = INT64_MAX };
    struct occurrence *found;
    size_t count;
    bool more;
    (void)state;
    assert_int_equal(recurrence_expand(mem, &series, NULL, &query, &found, &count, &more), STATUS_OK);
    assert_true(count == 1000 && more && found[0].index == 0);
    query.limit = 3;
    series.end = RECUR_END_AFTER_COUNT;
    series.count = 3;
    assert_int_equal(recurrence_expand(mem, &series, NULL, &query, &found, &count, &more), STATUS_OK);
    assert_true(count == 3 && !more);
    series.count = 4;
    assert_int_equal(recurrence_expand(mem, &series, NULL, &query, &found, &count, &more), STATUS_OK);
    assert_true(count == 3 && more);
    talloc_free(mem);
}

static void moved_ones_are_where_they_are(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recurrence *series = recurrence_copy(mem, &(struct recurrence){ .frequency = RECUR_WEEKLY, .pattern = RECUR_BY_WEEK, .weekdays = WEEKDAY_MONDAY, .interval = 1,
                                                      .first_date = local(2026, 3, 2, 0, 0), .start_minute = 600, .end_minute = 660 });
    struct recurrence_exception moved = { .original_start = local(2026, 3, 9, 0, 0), .start = local(2026, 3, 13, 8, 0), .end = local(2026, 3, 13, 9, 0), .subject = "Friday" };
    struct occurrence *found, one;
    (void)state;
    assert_int_equal(recurrence_modify(mem, series, &moved), STATUS_OK);
    assert_int_equal(expand(mem, series, "UTC", local(2026, 3, 9, 0, 0), local(2026, 3, 10, 0, 0), &found), 0);
    assert_int_equal(expand(mem, series, "UTC", local(2026, 3, 13, 0, 0), local(2026, 3, 14, 0, 0), &found), 1);
    assert_true(found[0].original_start == local(2026, 3, 9, 10, 0) && found[0].index == 2 && strcmp(found[0].exception->subject, "Friday") == 0);
    static const struct {
        int month, day, hour;
        enum status status;
    } rows[] = { { 3, 15, 23, STATUS_OK }, { 3, 16, 0, STATUS_OCCURRENCE_CROSSING }, { 3, 17, 8, STATUS_OCCURRENCE_CROSSING }, { 3, 2, 20, STATUS_OCCURRENCE_CROSSING },
                 { 3, 1, 8, STATUS_OCCURRENCE_CROSSING }, { 3, 3, 0, STATUS_OK } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        moved.start = local(2026, rows[i].month, rows[i].day, rows[i].hour, 0);
        moved.end = moved.start + INSTANT_PER_MINUTE;
        assert_int_equal(recurrence_modify(mem, series, &moved), rows[i].status);
    }
    moved.end = local(2026, 3, 16, 10, 1); /* into the next one */
    assert_int_equal(recurrence_modify(mem, series, &moved), STATUS_OCCURRENCE_CROSSING);
    moved.end = moved.start - 1;
    assert_int_equal(recurrence_modify(mem, series, &moved), STATUS_INVALID_ARGUMENT);
    moved.original_start = local(2026, 3, 10, 0, 0);
    moved.end = moved.start;
    assert_int_equal(recurrence_modify(mem, series, &moved), STATUS_OCCURRENCE_NOT_FOUND);
    assert_int_equal(series->exception_count, 1);
    assert_int_equal(recurrence_delete(mem, series, local(2026, 3, 9, 17, 0)), STATUS_OK);
    assert_int_equal(recurrence_delete(mem, series, local(2026, 3, 9, 10, 0)), STATUS_OCCURRENCE_DELETED);
    assert_true(series->exception_count == 0 && series->deleted_count == 1);
    assert_int_equal(recurrence_find(series, NULL, local(2026, 3, 9, 10, 0), &one), STATUS_OCCURRENCE_DELETED);
    assert_int_equal(recurrence_find_index(series, NULL, 2, &one), STATUS_OCCURRENCE_DELETED);
    assert_int_equal(recurrence_find_index(series, NULL, 0, &one), STATUS_OCCURRENCE_NOT_FOUND);
    assert_int_equal(recurrence_find(series, NULL, local(2026, 3, 10, 10, 0), &one), STATUS_OCCURRENCE_NOT_FOUND);
    assert_int_equal(recurrence_last(series, NULL, &one), STATUS_OK);
    assert_true(one.starts == INT64_MAX);
    talloc_free(mem);
}

static void all_gone(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recurrence series = daily(2026);
    struct occurrence one;
    (void)state;
    series.end = RECUR_END_AFTER_COUNT;
    series.count = 2;
    assert_int_equal(recurrence_complete(&series), STATUS_OK);
    assert_true(series.last_date == local(2026, 1, 2, 0, 0));
    assert_int_equal(recurrence_delete(mem, &series, local(2026, 1, 1, 0, 0)), STATUS_OK);
    assert_int_equal(recurrence_first(&series, NULL, &one), STATUS_OK);
    assert_int_equal(one.index, 2);
    assert_int_equal(recurrence_delete(mem, &series, local(2026, 1, 2, 0, 0)), STATUS_OK);
    assert_int_equal(recurrence_first(&series, NULL, &one), STATUS_OCCURRENCE_NOT_FOUND);
    assert_int_equal(recurrence_last(&series, NULL, &one), STATUS_OCCURRENCE_NOT_FOUND);
    assert_int_equal(recurrence_next(&series, NULL, 0, &one), STATUS_OCCURRENCE_NOT_FOUND);
    talloc_free(mem);
}

/* In a gap: the start moves on, the length stays; in an overlap the first of the two. */
static void clock_changes(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recurrence series = daily(2026);
    struct occurrence *found;
    (void)state;
    series.start_minute = 150;
    series.end_minute = 180;
    assert_int_equal(expand(mem, &series, "Europe/Berlin", local(2026, 3, 29, 0, 0), local(2026, 3, 29, 12, 0), &found), 1);
    assert_true(found[0].starts == local(2026, 3, 29, 1, 30) && found[0].ends == local(2026, 3, 29, 2, 0));
    assert_int_equal(expand(mem, &series, "Europe/Berlin", local(2026, 10, 25, 0, 0), local(2026, 10, 25, 12, 0), &found), 1);
    assert_true(found[0].starts == local(2026, 10, 25, 0, 30) && found[0].ends == local(2026, 10, 25, 2, 0));
    talloc_free(mem);
}

/* First days of months of other calendars, as published tables have them. */
static void other_calendars(void **state)
{
    static const struct {
        enum recurrence_frequency frequency;
        enum recurrence_pattern pattern;
        uint16_t type;
        struct civil_date first;
        uint32_t interval, day, month;
        struct civil_date expected[3];
    } rows[] = {
        { RECUR_YEARLY, RECUR_BY_MONTH_DAY, 0x0F, { 2024, 1, 1 }, 1, 1, 1, { { 2024, 2, 10 }, { 2025, 1, 29 }, { 2026, 2, 17 } } }, /* Chinese new year */
        { RECUR_YEARLY, RECUR_BY_MONTH_DAY, 0x14, { 2024, 1, 1 }, 1, 15, 8, { { 2024, 9, 17 }, { 2025, 10, 6 }, { 2026, 9, 25 } } }, /* Chuseok */
        { RECUR_YEARLY, RECUR_HIJRI_MONTH_DAY, 0x17, { 2024, 1, 1 }, 1, 1, 9, { { 2024, 3, 11 }, { 2025, 3, 1 }, { 2026, 2, 18 } } }, /* 1 Ramadan, Umm al-Qura */
        { RECUR_YEARLY, RECUR_BY_MONTH_DAY, 0x08, { 2024, 1, 1 }, 1, 1, 1, { { 2024, 10, 3 }, { 2025, 9, 23 }, { 2026, 9, 12 } } }, /* Rosh Hashanah */
        { RECUR_YEARLY, RECUR_BY_MONTH_DAY, 0x10, { 2024, 1, 1 }, 1, 1, 1, { { 2024, 3, 21 }, { 2025, 3, 22 }, { 2026, 3, 22 } } }, /* Chaitra 1 */
        { RECUR_MONTHLY, RECUR_HIJRI_MONTH_DAY, 0x17, { 2025, 3, 1 }, 1, 1, 0, { { 2025, 3, 1 }, { 2025, 3, 30 }, { 2025, 4, 29 } } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct recurrence series = { .frequency = rows[i].frequency, .pattern = rows[i].pattern, .calendar_type = rows[i].type, .interval = rows[i].interval, .month = rows[i].month,
                                     .day_of_month = rows[i].day, .first_date = local_of_civil(rows[i].first), .end_minute = 30 };
        assert_int_equal(recurrence_complete(&series), STATUS_OK);
        for (uint32_t j = 0; j < 3; j++) {
            struct occurrence found;
            assert_int_equal(recurrence_find_index(&series, NULL, j + 1, &found), STATUS_OK);
            struct civil_date date = civil_of_local(found.start);
            if (local_of_civil(date) != local_of_civil(rows[i].expected[j]))
                fail_msg("row %zu: %d-%d-%d", i, (int)date.year, (int)date.month, (int)date.day);
            struct occurrence again;
            assert_int_equal(recurrence_find(&series, NULL, found.start, &again), STATUS_OK);
            assert_int_equal(again.index, j + 1);
        }
    }
}

static void check_hostile(const struct recurrence *series, const char *name)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct occurrence_query everything = { .from = 0, .to = INT64_MAX, .with_index = true };
    struct occurrence *found, one;
    size_t count;
    bool more;
    double begin = milliseconds();
    enum status results[4];
    results[0] = recurrence_expand(mem, series, time_zone_by_id("Europe/Berlin"), &everything, &found, &count, &more);
    double expanded = milliseconds();
    results[1] = recurrence_last(series, NULL, &one);
    results[2] = recurrence_next(series, NULL, local(4400, 1, 1, 0, 0), &one);
    results[3] = recurrence_find_index(series, NULL, UINT32_MAX, &one);
    assert_true(results[0] == STATUS_OK && results[1] == STATUS_OK && results[3] == STATUS_OCCURRENCE_NOT_FOUND);
    assert_true(results[2] == STATUS_OK || results[2] == STATUS_OCCURRENCE_NOT_FOUND);
    double searched = milliseconds();
    if (expanded - begin > HOSTILE_MS || searched - expanded > HOSTILE_MS)
        fail_msg("%s (calendar %u): %.1f ms to expand, %.1f ms to find", name, (unsigned)series->calendar_type, expanded - begin, searched - expanded);
    talloc_free(mem);
}

static void hostile_rules_end(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recurrence series = daily(1990);
    (void)state;
    series.end_minute = series.start_minute + RECURRENCE_SPAN_MAX;
    check_hostile(&series, "ten years a day");
    series = daily(1990);
    series.interval = 1 << 24;
    check_hostile(&series, "a long interval");
    series.deleted = talloc_array(mem, local_time, RECURRENCE_DATES_MAX);
    series.deleted_count = RECURRENCE_DATES_MAX;
    series.interval = 1;
    for (size_t i = 0; i < RECURRENCE_DATES_MAX; i++)
        series.deleted[i] = series.first_date + (local_time)i * INSTANT_PER_DAY;
    check_hostile(&series, "179 years deleted");
    series.deleted_count = 0;
    series.exceptions = talloc_zero_size(mem, RECURRENCE_DATES_MAX * sizeof *series.exceptions);
    series.exception_count = RECURRENCE_DATES_MAX;
    for (size_t i = 0; i < RECURRENCE_DATES_MAX; i++) {
        series.exceptions[i].original_start = series.first_date + (local_time)i * INSTANT_PER_DAY;
        series.exceptions[i].start = series.exceptions[i].end = series.first_date + (local_time)(RECURRENCE_DATES_MAX - i) * INSTANT_PER_DAY;
    }
    check_hostile(&series, "all moved");
    for (uint16_t type = 0x06; type <= 0x17; type++) {
        struct recurrence lunar = { .frequency = RECUR_MONTHLY, .pattern = RECUR_BY_MONTH_DAY, .calendar_type = type, .interval = 1, .day_of_month = 30,
                                    .first_date = local(1990, 1, 1, 0, 0), .end_minute = 30 };
        check_hostile(&lunar, "months of the moon");
        lunar.frequency = RECUR_YEARLY;
        lunar.month = 13;
        check_hostile(&lunar, "years of the moon");
    }
    talloc_free(mem);
}

/* FirstDateTime decides the phase when StartDate is no occurrence; else it does not matter. */
static void phase_of_the_blob(void **state)
{
    struct recurrence_blob blob = { .frequency = RECUR_DAILY, .pattern = RECUR_BY_DAY, .interval = 5, .first_date = local(2026, 1, 1, 0, 0) };
    struct recurrence series = daily(2026);
    struct occurrence one;
    (void)state;
    series.interval = 5;
    series.blob = &blob;
    blob.first_date_time = (recurrence_first_date_time(&series) + 2 * 1440) % (5 * 1440);
    assert_int_equal(recurrence_first(&series, NULL, &one), STATUS_OK);
    assert_true(one.start == local(2026, 1, 1, 9, 0));
    series = (struct recurrence){ .frequency = RECUR_MONTHLY, .pattern = RECUR_BY_MONTH_DAY, .interval = 4, .day_of_month = 15, .first_date = local(2026, 1, 20, 0, 0), .blob = &blob };
    blob = (struct recurrence_blob){ .frequency = RECUR_MONTHLY, .pattern = RECUR_BY_MONTH_DAY, .interval = 4, .first_date = series.first_date };
    blob.first_date_time = (uint32_t)local_minutes(local(1601, 3, 1, 0, 0)); /* March, July, November */
    assert_int_equal(recurrence_first(&series, NULL, &one), STATUS_OK);
    assert_true(local_midnight(one.start) == local(2026, 3, 15, 0, 0));
    series.blob = NULL;
    assert_int_equal(recurrence_first(&series, NULL, &one), STATUS_OK);
    assert_true(local_midnight(one.start) == local(2026, 5, 15, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_windows_are_near), cmocka_unit_test(limits_are_told), cmocka_unit_test(moved_ones_are_where_they_are), cmocka_unit_test(all_gone),
        cmocka_unit_test(clock_changes), cmocka_unit_test(other_calendars), cmocka_unit_test(hostile_rules_end), cmocka_unit_test(phase_of_the_blob),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
