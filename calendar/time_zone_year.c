/* Yearly rules: when the clock changes in a given year. */
#include "time_zone_private.h"

static instant seconds(int32_t count)
{
    return (instant)count * INSTANT_PER_SECOND;
}

local_time year_change_at(const struct year_change *change, int32_t year)
{
    struct civil_date date = { year, change->month, 1 };
    if (change->year != 0) {
        date.day = change->week;
        return local_of_civil(date) + seconds(change->second);
    }
    int32_t day = 1 + (change->weekday - local_weekday(local_of_civil(date)) + 7) % 7 + (change->week - 1) * 7;
    while (day > days_of_month(year, change->month))
        day -= 7;
    date.day = day;
    return local_of_civil(date) + seconds(change->second);
}

const struct year_rule *year_rule_for(const struct year_rule *rules, size_t count, int32_t year)
{
    size_t i = 0;
    while (i + 1 < count && rules[i + 1].from_year <= year)
        i++;
    return &rules[i];
}

struct span_list {
    struct zone_span *spans;
    size_t count;
};

/* From wall clock time `when` of the clock before. */
static void change_clock(struct span_list *list, local_time when, int32_t offset, bool is_daylight)
{
    struct zone_span span = { INT64_MIN, offset, is_daylight };
    if (list->count > 0) {
        struct zone_span *last = &list->spans[list->count - 1];
        if (last->offset == offset && last->is_daylight == is_daylight)
            return;
        span.begins = when - seconds(last->offset);
        if (span.begins <= last->begins) { /* rules that overtake each other: the later one holds */
            span.begins = last->begins;
            *last = span;
            return;
        }
    }
    list->spans[list->count++] = span;
}

/* Changes at or before the first moment of the year are not changes but say how the year begins: so Windows writes years in which a zone's standard time
 * changes. */
static void add_year(struct span_list *list, const struct year_rule *rule, int32_t year)
{
    local_time first = local_of_civil((struct civil_date){ year, 1, 1 });
    bool changes = rule->has_daylight && (rule->standard.year == 0 || rule->standard.year == year) && (rule->daylight.year == 0 || rule->daylight.year == year);
    if (!changes) {
        change_clock(list, first, rule->standard_offset, false);
        return;
    }
    local_time standard = year_change_at(&rule->standard, year), daylight = year_change_at(&rule->daylight, year);
    bool daylight_last = daylight > standard;
    local_time early = daylight_last ? standard : daylight, late = daylight_last ? daylight : standard;
    bool in_daylight = early > first || late <= first ? daylight_last : !daylight_last;
    change_clock(list, first, in_daylight ? rule->daylight_offset : rule->standard_offset, in_daylight);
    if (early > first)
        change_clock(list, early, daylight_last ? rule->standard_offset : rule->daylight_offset, !daylight_last);
    if (late > first)
        change_clock(list, late, daylight_last ? rule->daylight_offset : rule->standard_offset, daylight_last);
}

size_t year_rules_spans(const struct year_rule *rules, size_t count, int32_t year, struct zone_span out[YEAR_SPANS_MAX])
{
    struct span_list list = { .spans = out };
    for (int32_t y = year - 1; y <= year + 1; y++)
        add_year(&list, year_rule_for(rules, count, y), y);
    return list.count;
}

static bool change_of_moment(const struct zone_moment *moment, struct year_change *out)
{
    *out = (struct year_change){ .year = moment->is_absolute ? moment->year : 0, .month = moment->month, .weekday = moment->weekday,
                                 .week = moment->week_or_day, .second = moment->hour * 3600 + moment->minute * 60 + moment->second };
    if (out->second == 24 * 3600 - 1) /* Windows has no 24:00 and writes 23:59:59.999 */
        out->second++;
    bool possible = moment->month >= 1 && moment->month <= 12 && moment->weekday <= 6 && moment->hour <= 24 && moment->minute <= 59 && moment->second <= 59;
    if (!possible || moment->week_or_day == 0)
        return false;
    if (!moment->is_absolute)
        return moment->week_or_day <= 5;
    return moment->year >= 1601 && moment->year <= 9999 && moment->week_or_day <= days_of_month(moment->year, moment->month);
}

enum { BIAS_MAX = 26 * 60 }; /* Samoa crossed the date line: its year 2011 spans 25 hours */

static bool bias_is_possible(int64_t bias)
{
    return bias >= -BIAS_MAX && bias <= BIAS_MAX;
}

bool year_rule_of_zone_rule(const struct zone_rule *rule, struct year_rule *out)
{
    int64_t standard = (int64_t)rule->bias + rule->standard_bias, daylight = rule->has_daylight ? (int64_t)rule->bias + rule->daylight_bias : standard;
    if (!bias_is_possible(rule->bias) || !bias_is_possible(rule->standard_bias) || !bias_is_possible(rule->daylight_bias) || !bias_is_possible(standard) ||
        !bias_is_possible(daylight))
        return false;
    *out = (struct year_rule){ .from_year = rule->from_year, .standard_offset = (int32_t)(-60 * standard), .daylight_offset = (int32_t)(-60 * daylight),
                               .has_daylight = rule->has_daylight };
    return !rule->has_daylight || (change_of_moment(&rule->standard_begins, &out->standard) && change_of_moment(&rule->daylight_begins, &out->daylight));
}

bool zone_rule_equal(const struct zone_rule *a, const struct zone_rule *b)
{
    struct year_rule x, y;
    if (!year_rule_of_zone_rule(a, &x) || !year_rule_of_zone_rule(b, &y) || x.standard_offset != y.standard_offset || x.has_daylight != y.has_daylight)
        return false;
    return !x.has_daylight || (x.daylight_offset == y.daylight_offset && memcmp(&x.standard, &y.standard, sizeof x.standard) == 0 &&
                               memcmp(&x.daylight, &y.daylight, sizeof x.daylight) == 0);
}
