#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>

#include "bourse/base/text.h"
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

static const char *hex_of(TALLOC_CTX *mem, struct buffer *out)
{
    struct buffer *hex = buffer_new(mem, 64 * 1024);
    hex_append(hex, buffer_slice(out));
    return buffer_text(hex);
}

static const char rules_of_berlin[] = "c4ffffff00000000c4ffffff00000a00000005000300000000000000000003000000050002000000000000" "00";

static void blobs_of_a_zone(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *out = buffer_new(mem, 64 * 1024);
    const struct time_zone *parsed;
    (void)state;
    assert_int_equal(time_zone_struct_pack(zone("Europe/Berlin"), 2026, out), STATUS_OK);
    assert_string_equal(hex_of(mem, out), "c4ffffff00000000c4ffffff0000" "00000a00000005000300000000000000" "0000" "00000300000005000200000000000000");
    assert_int_equal(time_zone_struct_parse(mem, buffer_slice(out), &parsed), STATUS_OK);
    assert_int_equal(time_zone_offset(parsed, local(2026, 7, 1, 0, 0)), 7200);
    assert_int_equal(time_zone_offset(parsed, local(4000, 1, 1, 0, 0)), 3600);
    buffer_reset(out);
    assert_int_equal(time_zone_definition_pack(zone("Europe/Berlin"), 2026, true, out), STATUS_OK);
    assert_true(strncmp(hex_of(mem, out), "0201340002001700" "57002e0020004500750072006f0070006500200053007400" "61006e0064006100720064002000540069006d006500" "0100" "02013e000300", 122 - 2) == 0);
    assert_non_null(strstr(hex_of(mem, out), rules_of_berlin));
    assert_int_equal(time_zone_definition_parse(mem, buffer_slice(out), &parsed), STATUS_OK);
    assert_ptr_equal(parsed, zone("W. Europe Standard Time"));
    for (size_t length = 0; length < buffer_length(out); length++)
        assert_int_equal(time_zone_definition_parse(mem, slice_part(buffer_slice(out), 0, length), &parsed), STATUS_MALFORMED);
    buffer_reset(out);
    assert_int_equal(time_zone_activesync_pack(zone("America/New_York"), 2026, out), STATUS_OK);
    assert_int_equal(buffer_length(out), 172);
    assert_int_equal(time_zone_activesync_parse(mem, buffer_slice(out), &parsed), STATUS_OK);
    assert_ptr_equal(parsed, zone("Eastern Standard Time"));
    assert_int_equal(time_zone_activesync_parse(mem, slice_part(buffer_slice(out), 0, 171), &parsed), STATUS_MALFORMED);
    uint8_t empty[172] = { 0 };
    assert_int_equal(time_zone_activesync_parse(mem, slice_of(empty, sizeof empty), &parsed), STATUS_OK);
    assert_int_equal(time_zone_offset(parsed, local(2026, 7, 1, 0, 0)), 0);
    talloc_free(mem);
}

/* A known name with other rules keeps the rules. */
static void names_do_not_hide_rules(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *out = buffer_new(mem, 64 * 1024);
    const struct time_zone *odd, *parsed;
    struct zone_rule rule = { .from_year = 1601, .bias = -77 };
    (void)state;
    assert_int_equal(time_zone_of_rules(mem, "W. Europe Standard Time", &rule, 1, &odd), STATUS_OK);
    assert_int_equal(time_zone_definition_pack(odd, 2026, false, out), STATUS_OK);
    assert_int_equal(time_zone_definition_parse(mem, buffer_slice(out), &parsed), STATUS_OK);
    assert_int_equal(time_zone_offset(parsed, local(2026, 7, 1, 0, 0)), 77 * 60);
    rule.bias = 2000;
    assert_int_equal(time_zone_of_rules(mem, "", &rule, 1, &odd), STATUS_INVALID_ARGUMENT);
    rule = (struct zone_rule){ .has_daylight = true, .standard_begins = { .month = 13, .week_or_day = 1 }, .daylight_begins = { .month = 1, .week_or_day = 1 } };
    assert_int_equal(time_zone_of_rules(mem, "", &rule, 1, &odd), STATUS_INVALID_ARGUMENT);
    talloc_free(mem);
}

/* Windows' own rules for this year say the same as the zone files, but for zones that governments changed since either list was made. */
static void windows_rules_agree(void **state)
{
    size_t wrong = 0;
    (void)state;
    assert_int_equal(time_zone_windows_count(), 141);
    for (size_t i = 0; i < time_zone_windows_count(); i++) {
        const struct time_zone *windows = time_zone_windows_at(i), *known = zone(time_zone_id(windows));
        size_t differs = 0;
        for (int day = 0; day < 365; day++) {
            instant when = local(2026, 1, 1, 12, 0) + day * INSTANT_PER_DAY;
            differs += time_zone_offset(windows, when) != time_zone_offset(known, when);
        }
        if (differs > 0)
            print_message("%s differs on %zu days\n", time_zone_id(windows), differs);
        wrong += differs > 0;
    }
    assert_true(wrong <= 3);
    assert_null(time_zone_windows_at(time_zone_windows_count()));
}

/* The rules of each year, made into a zone again, keep each hour of zones with at most two changes a year (Egypt and Morocco had four). */
static void rules_keep_the_clock(void **state)
{
    static const char *const names[] = { "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Jerusalem", "America/Santiago", "Asia/Kolkata", "Europe/Moscow",
                                         "Asia/Beirut", "America/Havana", "Europe/Dublin", "Pacific/Auckland" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct zone_rule *rules;
        const struct time_zone *made;
        size_t count, wrong = 0;
        assert_int_equal(time_zone_rules(mem, zone(names[i]), 2000, 2045, &rules, &count), STATUS_OK);
        assert_int_equal(time_zone_of_rules(mem, "", rules, count, &made), STATUS_OK);
        for (instant when = local(2000, 1, 2, 0, 0); when < local(2045, 12, 30, 0, 0); when += 11 * INSTANT_PER_HOUR)
            wrong += time_zone_offset(made, when) != time_zone_offset(zone(names[i]), when);
        if (wrong > 0)
            fail_msg("%s: %zu moments of %zu rules", names[i], wrong, count);
        talloc_free(mem);
    }
}

enum { THREADS = 4 };
static const char *const raced[] = { "Europe/Paris", "Romance Standard Time", "Asia/Tokyo", "America/Bogota", "Pacific Standard Time", "Africa/Lagos", "Mid-Atlantic Standard Time" };
enum { RACED = sizeof raced / sizeof raced[0] };

static void *look_up_all(void *out)
{
    const struct time_zone **zones = out;
    for (size_t i = 0; i < RACED; i++)
        zones[i] = time_zone_by_id(raced[i]);
    return NULL;
}

/* Zones that nobody has asked for yet, by several threads at once. */
static void threads_get_the_same_zone(void **state)
{
    static const struct time_zone *found[THREADS][RACED];
    pthread_t threads[THREADS];
    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_up_all, found[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        for (size_t j = 0; j < RACED; j++)
            assert_true(found[i][j] != NULL && found[i][j] == found[0][j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(threads_get_the_same_zone), cmocka_unit_test(ids_are_found), cmocka_unit_test(wall_clocks_become_instants), cmocka_unit_test(blobs_of_a_zone),
                                       cmocka_unit_test(names_do_not_hide_rules), cmocka_unit_test(windows_rules_agree), cmocka_unit_test(rules_keep_the_clock) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
