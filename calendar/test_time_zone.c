#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bourse/calendar/time_zone.h"
#include "time_zone_private.h"

static local_time local(int year, int month, int day, int hour, int minute)
{
    return local_of_civil((struct civil_date){ year, month, day }) + hour * INSTANT_PER_HOUR + minute * INSTANT_PER_MINUTE;
}

static const struct time_zone *zone(const char *id)
{
    const struct time_zone *found = time_zone_by_id(id);
    if (found == NULL)
        fail_msg("no zone %s", id);
    return found;
}

static void ids_are_found(void **state)
{
    static const struct {
        const char *id, *windows, *iana;
    } rows[] = {
        { "W. Europe Standard Time", "W. Europe Standard Time", "Europe/Berlin" },
        { "w. europe standard time", "W. Europe Standard Time", "Europe/Berlin" },
        { "europe/berlin", "W. Europe Standard Time", "Europe/Berlin" },
        { "Asia/Calcutta", "India Standard Time", "Asia/Calcutta" },
        { "Asia/Kolkata", "India Standard Time", "Asia/Kolkata" },
        { "India Standard Time", "India Standard Time", "Asia/Kolkata" },
        { "US/Pacific", "Pacific Standard Time", "US/Pacific" },
        { "tzone://Microsoft/Utc", "UTC", "Etc/UTC" },
        { "utc", "UTC", "Etc/UTC" },
        { "/freeassociation.sourceforge.net/America/New_York", "Eastern Standard Time", "America/New_York" },
        { "/citadel.org/20210210_1/America/Argentina/Buenos_Aires", "Argentina Standard Time", "America/Argentina/Buenos_Aires" },
        { "(GMT+01.00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "W. Europe Standard Time", "Europe/Berlin" },
        { "Kamchatka Standard Time", "Kamchatka Standard Time", "Asia/Kamchatka" },
        { "Mid-Atlantic Standard Time", "Mid-Atlantic Standard Time", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(time_zone_windows_id(zone(rows[i].id)), rows[i].windows);
        assert_string_equal(time_zone_iana_id(zone(rows[i].id)), rows[i].iana);
    }
    static const char *const unknown[] = { "", "Customized Time Zone", "Europe", "../../etc/passwd", "right/Europe/Berlin", "Europe/Nowhere", "/", "//", "(UTC) Nowhere", "zone.tab" };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_null(time_zone_by_id(unknown[i]));
    assert_null(time_zone_by_id(NULL));
    assert_ptr_equal(zone("Europe/Berlin"), zone("EUROPE/BERLIN"));
    assert_string_equal(time_zone_id(zone("europe/berlin")), "Europe/Berlin");
    assert_string_equal(time_zone_display_name(zone("Europe/Berlin")), "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna");
}

/* Local time and the UTC offset in minutes that it must get. */
static void wall_clocks_become_instants(void **state)
{
    static const struct {
        const char *zone;
        int year, month, day, hour, minute, offset;
    } rows[] = {
        { "Europe/Berlin", 2026, 3, 29, 1, 59, 60 }, { "Europe/Berlin", 2026, 3, 29, 2, 0, 60 }, { "Europe/Berlin", 2026, 3, 29, 2, 59, 60 },
        { "Europe/Berlin", 2026, 3, 29, 3, 0, 120 }, { "Europe/Berlin", 2026, 10, 25, 1, 59, 120 }, { "Europe/Berlin", 2026, 10, 25, 2, 30, 120 },
        { "Europe/Berlin", 2026, 10, 25, 3, 0, 60 }, { "Australia/Lord_Howe", 2026, 4, 5, 1, 45, 660 }, { "Australia/Lord_Howe", 2026, 4, 5, 2, 0, 630 },
        { "Australia/Lord_Howe", 2026, 10, 4, 2, 15, 630 }, { "Australia/Lord_Howe", 2026, 10, 4, 2, 30, 660 }, { "Pacific/Apia", 2011, 12, 29, 12, 0, -600 },
        { "Pacific/Apia", 2011, 12, 30, 12, 0, -600 }, { "Pacific/Apia", 2011, 12, 31, 0, 0, 840 }, { "Asia/Kolkata", 4400, 7, 1, 0, 0, 330 },
        { "America/New_York", 4400, 7, 1, 0, 0, -240 }, { "America/New_York", 4400, 12, 31, 23, 59, -300 }, { "America/Santiago", 3000, 1, 1, 0, 0, -180 },
        { "Europe/Dublin", 2026, 7, 1, 0, 0, 60 }, { "Africa/Casablanca", 2026, 3, 1, 0, 0, 0 }, { "Asia/Jerusalem", 2077, 7, 1, 0, 0, 180 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        local_time when = local(rows[i].year, rows[i].month, rows[i].day, rows[i].hour, rows[i].minute);
        instant got = time_zone_to_instant(zone(rows[i].zone), when);
        if (when - got != rows[i].offset * INSTANT_PER_MINUTE)
            fail_msg("row %zu %s: %d minutes", i, rows[i].zone, (int)((when - got) / INSTANT_PER_MINUTE));
    }
    assert_true(time_zone_is_daylight(zone("Europe/Dublin"), local(2026, 7, 1, 0, 0)));
    assert_false(time_zone_is_daylight(zone("Europe/Dublin"), local(2026, 1, 1, 0, 0)));
    assert_true(time_zone_is_daylight(zone("Europe/Dublin"), local(2126, 7, 1, 0, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ids_are_found), cmocka_unit_test(wall_clocks_become_instants) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
