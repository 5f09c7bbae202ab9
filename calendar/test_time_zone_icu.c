/* Every IANA zone against ICU's own data, from 1970 to 2100; and glibc's reading of the same zone files, which must agree without exception.
 * ICU's data have their own age: a zone whose rules were changed since may differ from 2022 on, and the history of some zones was corrected; how much may differ
 * is bounded here, so that a defect of ours, which would touch many zones, shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <time.h>
#include <unicode/ucal.h>

#include "bourse/calendar/time_zone.h"

static const char *const ids[] = {
#define IANA_ZONE(id, windows) id,
#include "iana_zones.def"
#undef IANA_ZONE
};
enum { ID_COUNT = sizeof ids / sizeof ids[0], FIRST_YEAR = 1970, LAST_YEAR = 2100, STEP_HOURS = 911 };
enum { CHANGED_SINCE = 2022, HISTORY_PERMILLE = 12, FUTURE_PERMILLE = 40 };

static instant year_begin(int year)
{
    return local_of_civil((struct civil_date){ year, 1, 1 });
}

static void glibc_agrees(void **state)
{
    size_t compared = 0;
    (void)state;
    for (size_t i = 0; i < ID_COUNT; i++) {
        const struct time_zone *zone = time_zone_by_id(ids[i]);
        if (zone == NULL)
            fail_msg("no zone %s", ids[i]);
        assert_int_equal(setenv("TZ", ids[i], 1), 0);
        tzset();
        for (instant when = year_begin(FIRST_YEAR) + (instant)i * INSTANT_PER_HOUR; when < year_begin(LAST_YEAR + 40); when += STEP_HOURS * INSTANT_PER_HOUR, compared++) {
            time_t seconds = (time_t)instant_to_unix(when);
            struct tm parts;
            localtime_r(&seconds, &parts);
            if (parts.tm_gmtoff != time_zone_offset(zone, when))
                fail_msg("%s at %lld: %d, glibc %ld", ids[i], (long long)seconds, (int)time_zone_offset(zone, when), parts.tm_gmtoff);
            if (time_zone_to_instant(zone, time_zone_to_local(zone, when)) != when && time_zone_offset(zone, when - 3 * INSTANT_PER_HOUR) == time_zone_offset(zone, when))
                fail_msg("%s at %lld: not back", ids[i], (long long)seconds);
        }
    }
    assert_true(compared > 500000);
}

static int32_t icu_offset(UCalendar *calendar, instant when)
{
    UErrorCode error = U_ZERO_ERROR;
    ucal_setMillis(calendar, (UDate)(when - INSTANT_UNIX_EPOCH) / 10000, &error);
    int32_t offset = ucal_get(calendar, UCAL_ZONE_OFFSET, &error) + ucal_get(calendar, UCAL_DST_OFFSET, &error);
    assert_true(U_SUCCESS(error));
    return offset / 1000;
}

static void icu_agrees(void **state)
{
    size_t history = 0, history_wrong = 0, future = 0, future_wrong = 0;
    (void)state;
    for (size_t i = 0; i < ID_COUNT; i++) {
        UErrorCode error = U_ZERO_ERROR;
        UChar id[64] = { 0 };
        for (size_t j = 0; ids[i][j] != '\0'; j++)
            id[j] = (UChar)ids[i][j];
        UCalendar *calendar = ucal_open(id, -1, "en", UCAL_GREGORIAN, &error);
        const struct time_zone *zone = time_zone_by_id(ids[i]);
        assert_non_null(zone);
        for (instant when = year_begin(FIRST_YEAR) + (instant)i * INSTANT_PER_HOUR; when < year_begin(LAST_YEAR); when += 5 * STEP_HOURS * INSTANT_PER_HOUR) {
            bool wrong = icu_offset(calendar, when) != time_zone_offset(zone, when), is_history = when < year_begin(CHANGED_SINCE);
            history += is_history;
            history_wrong += is_history && wrong;
            future += !is_history;
            future_wrong += !is_history && wrong;
        }
        ucal_close(calendar);
    }
    print_message("ICU differs at %zu of %zu moments before 2022, %zu of %zu after\n", history_wrong, history, future_wrong, future);
    assert_true(history_wrong * 1000 <= history * HISTORY_PERMILLE);
    assert_true(future_wrong * 1000 <= future * FUTURE_PERMILLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(glibc_agrees), cmocka_unit_test(icu_agrees) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
