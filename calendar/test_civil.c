#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bourse/calendar/time_zone.h"

/* Every day from 1601 to 4500, counted on. */
static void every_day_has_its_date(void **state)
{
    local_time day = 0;
    int weekday = 1;
    (void)state;
    for (int32_t year = 1601; year <= 4500; year++)
        for (int32_t month = 1; month <= 12; month++)
            for (int32_t of_month = 1; of_month <= days_of_month(year, month); of_month++, day += INSTANT_PER_DAY, weekday = (weekday + 1) % 7) {
                struct civil_date date = civil_of_local(day + INSTANT_PER_DAY - 1);
                if (date.year != year || date.month != month || date.day != of_month || local_of_civil(date) != day || local_weekday(day) != weekday)
                    fail_msg("%d-%d-%d", (int)year, (int)month, (int)of_month);
            }
    assert_int_equal(civil_of_local(day).year, 4501);
}

static void known_dates(void **state)
{
    struct civil_date date = civil_of_local(INSTANT_UNIX_EPOCH);
    (void)state;
    assert_true(date.year == 1970 && date.month == 1 && date.day == 1);
    assert_int_equal(local_weekday(INSTANT_UNIX_EPOCH), 4);
    assert_int_equal(local_minutes(INSTANT_UNIX_EPOCH), 194074560);
    assert_true(local_of_minutes(194074560) == INSTANT_UNIX_EPOCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_day_has_its_date), cmocka_unit_test(known_dates) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
