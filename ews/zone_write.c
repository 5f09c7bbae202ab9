#include "zones.h"

#include <stdio.h>

/* Until when answers tell of changes to come. */
#define LAST_YEAR 2100

static const char *const day_names[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
static const char *const month_names[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December" };
static const char *const week_names[] = { "First", "Second", "Third", "Fourth", "Last" };

const char *zone_id_of(const struct time_zone *zone)
{
    const char *windows = time_zone_windows_id(zone), *own = time_zone_id(zone);
    return windows[0] != '\0' ? windows : own[0] != '\0' ? own : "Customized Time Zone";
}

/* A zone as it is being written. */
struct zone_text {
    struct ews_call *call;
    const char *id;
    const struct zone_rule *rules;
    size_t count;
};

static const char *period_id(const struct zone_text *zone, const struct zone_rule *rule, const char *kind)
{
    return talloc_asprintf(zone->call->mem, "trule:Microsoft/Registry/%s/%u-%s", zone->id, rule->from_year, kind);
}

static void write_period(const struct zone_text *zone, const struct zone_rule *rule, const char *kind, int32_t bias)
{
    struct xml_writer *out = zone->call->out;
    xml_start(out, "t:Period");
    xml_attribute(out, "Bias", zone_minutes_text(zone->call->mem, bias));
    xml_attribute(out, "Name", kind);
    xml_attribute(out, "Id", period_id(zone, rule, kind));
    xml_end(out);
}

static void write_target(struct ews_call *call, const char *kind, const char *to)
{
    xml_start(call->out, "t:To");
    xml_attribute(call->out, "Kind", kind);
    xml_text(call->out, to);
    xml_end(call->out);
}

static void write_change(const struct zone_text *zone, const struct zone_rule *rule, const char *kind, const struct zone_moment *moment)
{
    struct xml_writer *out = zone->call->out;
    xml_start(out, moment->is_absolute ? "t:RecurringDateTransition" : "t:RecurringDayTransition");
    write_target(zone->call, "Period", period_id(zone, rule, kind));
    xml_element(out, "t:TimeOffset", zone_minutes_text(zone->call->mem, moment->hour * 60 + moment->minute));
    xml_element_int(out, "t:Month", moment->month);
    if (moment->is_absolute) {
        xml_element_int(out, "t:Day", moment->week_or_day);
    } else {
        xml_element(out, "t:DayOfWeek", day_names[moment->weekday % 7]);
        xml_element_int(out, "t:Occurrence", moment->week_or_day == 5 ? -1 : moment->week_or_day);
    }
    xml_end(out);
}

static bool daylight_is_later(const struct zone_rule *rule)
{
    return rule->daylight_begins.month > rule->standard_begins.month;
}

static void write_group(const struct zone_text *zone, const struct zone_rule *rule, size_t index)
{
    struct xml_writer *out = zone->call->out;
    xml_start(out, "t:TransitionsGroup");
    xml_attribute_int(out, "Id", (int64_t)index);
    if (rule->has_daylight) {
        bool later = daylight_is_later(rule);
        if (later)
            write_change(zone, rule, "Standard", &rule->standard_begins);
        write_change(zone, rule, "Daylight", &rule->daylight_begins);
        if (!later)
            write_change(zone, rule, "Standard", &rule->standard_begins);
    } else {
        xml_start(out, "t:Transition");
        write_target(zone->call, "Period", period_id(zone, rule, "Standard"));
        xml_end(out);
    }
    xml_end(out);
}

static void write_full(const struct zone_text *zone)
{
    struct xml_writer *out = zone->call->out;
    xml_start(out, "t:Periods");
    for (size_t i = 0; i < zone->count; i++) {
        write_period(zone, &zone->rules[i], "Standard", zone->rules[i].bias + zone->rules[i].standard_bias);
        if (zone->rules[i].has_daylight)
            write_period(zone, &zone->rules[i], "Daylight", zone->rules[i].bias + zone->rules[i].daylight_bias);
    }
    xml_end(out);
    xml_start(out, "t:TransitionsGroups");
    for (size_t i = 0; i < zone->count; i++)
        write_group(zone, &zone->rules[i], i);
    xml_end(out);
    xml_start(out, "t:Transitions");
    for (size_t i = 0; i < zone->count; i++) {
        xml_start(out, i == 0 ? "t:Transition" : "t:AbsoluteDateTransition");
        write_target(zone->call, "Group", talloc_asprintf(zone->call->mem, "%zu", i));
        if (i > 0)
            xml_element(out, "t:DateTime", talloc_asprintf(zone->call->mem, "%04u-01-01T00:00:00", zone->rules[i].from_year));
        xml_end(out);
    }
    xml_end(out);
}

/* Rules that cannot be had are no reason to fail an answer: it names the zone only. */
static bool rules_of(TALLOC_CTX *mem, const struct time_zone *zone, int from_year, int to_year, struct zone_rule **out, size_t *count)
{
    if (time_zone_rules(mem, zone, from_year, to_year, out, count) == STATUS_OK && *count > 0)
        return true;
    status_chain_clear();
    return false;
}

void zone_write_definition(struct ews_call *call, const char *element, const struct time_zone *zone, bool full, int from_year)
{
    struct zone_rule *rules = NULL;
    struct zone_text text = { .call = call, .id = zone_id_of(zone) };
    const char *name = time_zone_display_name(zone);
    xml_start(call->out, element);
    xml_attribute(call->out, "Id", text.id);
    xml_attribute(call->out, "Name", name[0] != '\0' ? name : text.id);
    if (full && rules_of(call->mem, zone, from_year, LAST_YEAR, &rules, &text.count)) {
        text.rules = rules;
        write_full(&text);
    }
    xml_end(call->out);
}

static const char *time_of_day(TALLOC_CTX *mem, const struct zone_moment *moment)
{
    return talloc_asprintf(mem, "%02u:%02u:%02u", moment->hour, moment->minute, moment->second);
}

/* [MS-OXWSMTGS] 2.2.4.36 TimeChangeType */
static void write_time_change(struct ews_call *call, const char *element, int32_t offset, const struct zone_moment *moment)
{
    struct xml_writer *out = call->out;
    xml_start(out, element);
    xml_element(out, "t:Offset", zone_minutes_text(call->mem, offset));
    if (moment->is_absolute) {
        xml_element(out, "t:AbsoluteDate", talloc_asprintf(call->mem, "%04u-%02u-%02u", moment->year, moment->month, moment->week_or_day));
    } else {
        xml_start(out, "t:RelativeYearlyRecurrence");
        xml_element(out, "t:DaysOfWeek", day_names[moment->weekday % 7]);
        xml_element(out, "t:DayOfWeekIndex", week_names[(moment->week_or_day + 4u) % 5]);
        xml_element(out, "t:Month", month_names[(moment->month + 11u) % 12]);
        xml_end(out);
    }
    xml_element(out, "t:Time", time_of_day(call->mem, moment));
    xml_end(out);
}

void zone_write_meeting(struct ews_call *call, const char *element, const struct time_zone *zone, int year)
{
    struct zone_rule *rules = NULL;
    size_t count = 0;
    xml_start(call->out, element);
    xml_attribute(call->out, "TimeZoneName", zone_id_of(zone));
    if (rules_of(call->mem, zone, year, year, &rules, &count)) {
        const struct zone_rule *rule = &rules[count - 1];
        xml_element(call->out, "t:BaseOffset", zone_minutes_text(call->mem, rule->bias));
        if (rule->has_daylight) {
            write_time_change(call, "t:Standard", rule->standard_bias, &rule->standard_begins);
            write_time_change(call, "t:Daylight", rule->daylight_bias, &rule->daylight_begins);
        }
    }
    xml_end(call->out);
}

static void write_serializable_time(struct ews_call *call, const char *element, int32_t bias, const struct zone_moment *moment)
{
    struct xml_writer *out = call->out;
    xml_start(out, element);
    xml_element_int(out, "t:Bias", bias);
    xml_element(out, "t:Time", time_of_day(call->mem, moment));
    xml_element_int(out, "t:DayOrder", moment->week_or_day);
    xml_element_int(out, "t:Month", moment->month);
    xml_element(out, "t:DayOfWeek", day_names[moment->weekday % 7]);
    if (moment->is_absolute)
        xml_element(out, "t:Year", talloc_asprintf(call->mem, "%u", moment->year));
    xml_end(out);
}

/* A zone without daylight saving time has changes in month 0 [MS-OXWAVLS] 2.2.4.21. */
void zone_write_serializable(struct ews_call *call, const char *element, const struct time_zone *zone, int year)
{
    struct zone_rule *rules = NULL, rule = { 0 };
    struct zone_moment none = { 0 };
    size_t count = 0;
    if (rules_of(call->mem, zone, year, year, &rules, &count))
        rule = rules[count - 1];
    xml_start(call->out, element);
    xml_element_int(call->out, "t:Bias", rule.bias + (rule.has_daylight ? 0 : rule.standard_bias));
    write_serializable_time(call, "t:StandardTime", rule.has_daylight ? rule.standard_bias : 0, rule.has_daylight ? &rule.standard_begins : &none);
    write_serializable_time(call, "t:DaylightTime", rule.has_daylight ? rule.daylight_bias : 0, rule.has_daylight ? &rule.daylight_begins : &none);
    xml_end(call->out);
}
