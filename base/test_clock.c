#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "bourse/base/attributes.h"
#include "bourse/base/clock.h"

static void unix_time_and_back(void **state)
{
    (void)state;
    assert_true(instant_from_unix(0) == INSTANT_UNIX_EPOCH);
    assert_true(instant_to_unix(INSTANT_UNIX_EPOCH - 1) == -1);
    assert_true(instant_to_unix(INSTANT_UNIX_EPOCH + INSTANT_PER_SECOND - 1) == 0);
    assert_true(instant_to_unix(instant_from_unix(-12345)) == -12345);
}

/* Every form against the C library's calendar. */
static void formats_agree_with_the_system(void **state)
{
    (void)state;
    char ours[INSTANT_MAIL_SIZE], theirs[64];
    for (int64_t seconds = -11644473600; seconds < INT64_C(253402300799); seconds += 86400 * 29 + 12347) {
        time_t when = seconds;
        struct tm parts;
        gmtime_r(&when, &parts);
        strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%SZ", &parts);
        assert_string_equal(instant_format(instant_from_unix(seconds), ours), theirs);
        instant back = 0;
        assert_true(instant_parse(theirs, &back));
        assert_true(back == instant_from_unix(seconds));
        strftime(theirs, sizeof theirs, "%a, %d %b %Y %H:%M:%S +0000", &parts);
        assert_string_equal(instant_format_mail(instant_from_unix(seconds), ours), theirs);
    }
}

static void parses_all_forms_of_date_time(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *same;
    } good[] = {
        { "2026-11-21T22:51:00Z", "2026-11-21T22:51:00Z" },
        { "2026-11-21T22:51:00", "2026-11-21T22:51:00Z" },
        { "2026-11-21T22:51:00.5Z", "2026-11-21T22:51:00.500Z" },
        { "2026-11-21T22:51:00.123456789Z", "2026-11-21T22:51:00.123Z" },
        { "2026-11-21T22:51:00+01:00", "2026-11-21T21:51:00Z" },
        { "2026-12-31T23:30:00-05:30", "2027-01-01T05:00:00Z" },
        { "2024-02-29T24:00:00Z", "2024-03-01T00:00:00Z" },
        { " 2026-11-21T22:51:00Z\n", "2026-11-21T22:51:00Z" },
        { "1601-01-01T00:00:00Z", "1601-01-01T00:00:00Z" },
        { "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        char out[INSTANT_TEXT_SIZE];
        instant when;
        assert_true(instant_parse(good[i].text, &when));
        assert_string_equal(instant_format_precise(when, out), good[i].same);
    }
}

static void refuses_what_is_no_date_time(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026-11-21",
        "2026-11-21 22:51:00Z",
        "2026-13-21T22:51:00Z",
        "2026-02-29T22:51:00Z",
        "2026-11-00T22:51:00Z",
        "2026-11-21T24:00:01Z",
        "2026-11-21T22:60:00Z",
        "2026-11-21T22:51:60Z",
        "2026-11-21T22:51:00.Z",
        "2026-11-21T22:51:00+15:00",
        "2026-11-21T22:51:00+01:60",
        "2026-11-21T22:51:00Zx",
        "20261-11-21T22:51:00Z",
        "1600-12-31T23:59:59Z",
        "9999-12-31T23:59:59-00:01",
        "-2026-11-21T22:51:00Z",
        "2026-1-21T22:51:00Z",
    };
    instant when;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_false(instant_parse(bad[i], &when));
    assert_false(instant_parse(NULL, &when));
}

static void out_of_range_is_clamped(void **state)
{
    (void)state;
    char out[INSTANT_TEXT_SIZE];
    assert_string_equal(instant_format(-1, out), "1601-01-01T00:00:00Z");
    assert_string_equal(instant_format(INT64_MAX, out), "9999-12-31T23:59:59Z");
}

static void tests_turn_the_clock(void **state)
{
    (void)state;
    clock_test_freeze(instant_from_unix(1000));
    int64_t before = clock_monotonic_us();
    assert_true(clock_now() == instant_from_unix(1000));
    clock_test_advance(5 * INSTANT_PER_MINUTE);
    assert_true(clock_now() == instant_from_unix(1300));
    assert_true(clock_monotonic_us() == before + INT64_C(300000000));
    clock_test_release();
    assert_true(clock_now() > instant_from_unix(1600000000));
}

static void real_clock_goes_on(void **state)
{
    (void)state;
    int64_t first = clock_monotonic_us();
    instant now = clock_now();
    assert_true(clock_monotonic_us() >= first);
    assert_in_range((uintmax_t)(instant_to_unix(now) - time(NULL) + 2), 0, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unix_time_and_back),
        cmocka_unit_test(formats_agree_with_the_system),
        cmocka_unit_test(parses_all_forms_of_date_time),
        cmocka_unit_test(refuses_what_is_no_date_time),
        cmocka_unit_test(out_of_range_is_clamped),
        cmocka_unit_test(tests_turn_the_clock),
        cmocka_unit_test(real_clock_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
