/* Time zones, times and recurrence between XML and what calendar understands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "recurrences.h"
#include "soap.h"
#include "zones.h"

static struct ews_call *new_call(TALLOC_CTX *mem)
{
    struct ews_call *call = talloc_zero(mem, struct ews_call);
    assert_non_null(call);
    call->mem = call;
    call->version = EWS_NEWEST;
    call->version_name = "Exchange2016";
    assert_int_equal(soap_prepare(call), STATUS_OK);
    return call;
}

static const struct xml_node *parsed(struct ews_call *call, const char *inner)
{
    const struct xml_node *root;
    assert_int_equal(xml_parse(call, slice_of_text(talloc_asprintf(call, "<t:x xmlns:t='%s'>%s</t:x>", EWS_NS_TYPES, inner)), NULL, &root), STATUS_OK);
    return root;
}

static void durations_are_minutes(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int32_t minutes;
    } cases[] = { { "PT8H", true, 480 }, { "-PT1H30M", true, -90 }, { "P0DT8H0M0.0S", true, 480 }, { "P1D", true, 1440 }, { "PT90M", true, 90 }, { "P1M", false, 0 },
                  { "8H", false, 0 }, { "PT", true, 0 }, { "PTH", false, 0 }, { "PT99999999H", false, 0 } };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int32_t minutes = 0;
        assert_int_equal(zone_parse_minutes(cases[i].text, &minutes), cases[i].good);
        if (cases[i].good)
            assert_int_equal(minutes, cases[i].minutes);
    }
}

static void times_without_offset_are_of_the_zone(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct ews_call *call = new_call(mem);
    instant local, utc;
    char text[INSTANT_TEXT_SIZE];
    (void)state;
    assert_true(zone_parse_time(call, NULL, "2026-07-01T09:00:00", &utc));
    assert_string_equal(instant_format(utc, text), "2026-07-01T09:00:00Z");
    call->zone = time_zone_by_id("Europe/Berlin");
    assert_non_null(call->zone);
    assert_true(zone_parse_time(call, NULL, "2026-07-01T09:00:00", &local));
    assert_string_equal(instant_format(local, text), "2026-07-01T07:00:00Z");
    assert_true(zone_parse_time(call, NULL, "2026-07-01T09:00:00Z", &utc));
    assert_string_equal(instant_format(utc, text), "2026-07-01T09:00:00Z");
    assert_true(zone_parse_time(call, time_zone_by_id("Tokyo Standard Time"), "2026-07-01T09:00:00", &local));
    assert_string_equal(instant_format(local, text), "2026-07-01T00:00:00Z");
    assert_false(zone_parse_time(call, NULL, "yesterday", &local));
    talloc_free(mem);
}

static void bad_zones_are_refused(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct ews_call *call = new_call(mem);
    const struct time_zone *zone = NULL;
    static const char *const bad[] = { "<t:z/>", "<t:z Id='Nowhere'/>", "<t:z Id='x'><t:Periods><t:Period Id='a' Bias='PT99H'/></t:Periods><t:Transitions><t:Transition><t:To Kind='Period'>a</t:To>"
                                       "</t:Transition></t:Transitions></t:z>",
                                       "<t:z Id='x'><t:Periods><t:Period Id='a' Bias='PT1H'/></t:Periods><t:Transitions><t:Transition><t:To Kind='Group'>7</t:To></t:Transition></t:Transitions></t:z>" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        enum status status = zone_read_definition(call, parsed(call, bad[i])->child, &zone);
        assert_int_equal(status, STATUS_INVALID_ARGUMENT);
        assert_string_equal(ews_code_name(call, status), "ErrorTimeZone");
        ews_forget(call);
    }
    assert_int_equal(zone_read_definition(call, parsed(call, "<t:z Id='x'><t:Periods><t:Period Id='a' Bias='-PT3H'/></t:Periods><t:Transitions><t:Transition><t:To Kind='Period'>a</t:To>"
                                                             "</t:Transition></t:Transitions></t:z>")->child, &zone), STATUS_OK);
    assert_int_equal(time_zone_offset(zone, clock_now()), 3 * 3600);
    talloc_free(mem);
}

/* What was read is written as it stood. */
static void patterns_come_back(void **state)
{
    static const char *const patterns[] = {
        "<t:RelativeYearlyRecurrence><t:DaysOfWeek>Weekday</t:DaysOfWeek><t:DayOfWeekIndex>Last</t:DayOfWeekIndex><t:Month>October</t:Month></t:RelativeYearlyRecurrence>",
        "<t:AbsoluteYearlyRecurrence><t:DayOfMonth>1</t:DayOfMonth><t:Month>May</t:Month></t:AbsoluteYearlyRecurrence>",
        "<t:RelativeMonthlyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Tuesday</t:DaysOfWeek><t:DayOfWeekIndex>Second</t:DayOfWeekIndex></t:RelativeMonthlyRecurrence>",
        "<t:AbsoluteMonthlyRecurrence><t:Interval>3</t:Interval><t:DayOfMonth>31</t:DayOfMonth></t:AbsoluteMonthlyRecurrence>",
        "<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Monday Friday</t:DaysOfWeek><t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence>",
        "<t:DailyRecurrence><t:Interval>9</t:Interval></t:DailyRecurrence>",
        "<t:YearlyRegeneration><t:Interval>2</t:Interval></t:YearlyRegeneration>",
    };
    TALLOC_CTX *mem = talloc_new(NULL);
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(patterns); i++) {
        struct ews_call *call = new_call(mem);
        struct recurrence *recurrence = NULL;
        const char *range = "<t:NoEndRecurrence><t:StartDate>2026-10-05</t:StartDate></t:NoEndRecurrence>";
        assert_int_equal(recurrence_read(call, parsed(call, talloc_asprintf(call, "%s%s", patterns[i], range)), &recurrence), STATUS_OK);
        assert_int_equal(soap_begin(call), STATUS_OK);
        xml_start(call->out, "t:x");
        xml_namespace(call->out, "t", EWS_NS_TYPES);
        recurrence_write(call, "t:Recurrence", recurrence);
        assert_int_equal(xml_writer_finish(call->out), STATUS_OK);
        assert_non_null(strstr(buffer_text(call->buffer), patterns[i]));
    }
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_minutes),
        cmocka_unit_test(times_without_offset_are_of_the_zone),
        cmocka_unit_test(bad_zones_are_refused),
        cmocka_unit_test(patterns_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
