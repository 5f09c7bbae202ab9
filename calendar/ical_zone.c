/* VTIMEZONE -> rules [MS-OXCICAL] 2.1.3.1.1.19, year by year. */
#include <stdlib.h>

#include "bourse/base/memory.h"
#include "ical_value.h"

enum { MAX_OBSERVANCES = 300, MAX_RULES = 200, LAST_FIXED_YEAR = 2100 };

/* A STANDARD or DAYLIGHT block. */
struct observance {
    bool is_daylight, has_rule;
    bool is_fixed_day;    /* the rule names a day of the month: no Windows form, each year gets a date */
    local_time starts;
    int32_t from, to;     /* seconds east */
    int32_t last_year;    /* of its rule */
    struct zone_moment moment;
    struct slice dates;   /* RDATE, data NULL when absent */
};

static struct zone_moment absolute_moment(local_time when)
{
    struct civil_date date = civil_of_local(when);
    int64_t second = (when - local_midnight(when)) / INSTANT_PER_SECOND;
    return (struct zone_moment){ .is_absolute = true, .year = (uint16_t)date.year, .month = (uint16_t)date.month, .week_or_day = (uint16_t)date.day,
                                 .hour = (uint16_t)(second / 3600), .minute = (uint16_t)(second / 60 % 60), .second = (uint16_t)(second % 60) };
}

/* "-1SU", "2SU", "SU" (with BYMONTHDAY=8,9,... that means the second one). False: not a weekday. */
static bool read_weekday(struct slice text, struct zone_moment *out)
{
    static const char names[] = "SUMOTUWETHFRSA";
    int32_t number = 0;
    if (text.length < 2 || (text.length > 2 && !ical_integer(slice_part(text, 0, text.length - 2), &number)))
        return false;
    for (uint16_t day = 0; day < 7; day++) {
        if (slice_equal_ascii_nocase(slice_part(text, text.length - 2, 2), slice_of(names + 2 * day, 2))) {
            out->weekday = day;
            out->week_or_day = (uint16_t)(number == -1 || number > 4 ? 5 : number > 0 ? number : out->week_or_day);
            return true;
        }
    }
    return false;
}

static void read_rule(struct slice rule, struct observance *out)
{
    struct slice part, name, value, weekday = { 0 };
    struct ical_time until;
    int32_t number, month_day = 0;
    while (list_next(&rule, ';', &part)) {
        if (!slice_split(part, '=', &name, &value))
            continue;
        if (slice_equal_ascii_nocase(name, slice_of_text("BYMONTH")) && ical_integer(value, &number) && number >= 1 && number <= 12)
            out->moment.month = (uint16_t)number;
        else if (slice_equal_ascii_nocase(name, slice_of_text("BYMONTHDAY")) && list_next(&value, ',', &part) && ical_integer(part, &number) && number > 0)
            month_day = number;
        else if (slice_equal_ascii_nocase(name, slice_of_text("UNTIL")) && ical_time_parse(value, &until))
            out->last_year = civil_of_local(until.local).year;
        else if (slice_equal_ascii_nocase(name, slice_of_text("BYDAY")))
            weekday = value;
    }
    out->has_rule = true;
    out->moment.week_or_day = (uint16_t)(month_day == 0 ? 1 : month_day >= 22 ? 5 : (month_day + 6) / 7);
    out->is_fixed_day = !read_weekday(weekday, &out->moment);
    out->moment.is_absolute = out->is_fixed_day;
    if (out->is_fixed_day)
        out->moment.week_or_day = (uint16_t)civil_of_local(out->starts).day;
    else
        out->moment.year = 0;
}

static bool read_observance(const struct text_block *block, struct observance *out)
{
    const struct text_line *start = block_find(block, "DTSTART"), *from = block_find(block, "TZOFFSETFROM"), *to = block_find(block, "TZOFFSETTO");
    const struct text_line *rule = block_find(block, "RRULE"), *dates = block_find(block, "RDATE");
    struct ical_time begins;
    if (start == NULL || to == NULL || !ical_time_parse(start->value, &begins) || !ical_offset_parse(to->value, &out->to))
        return false;
    if (from == NULL || !ical_offset_parse(from->value, &out->from))
        out->from = out->to;
    out->starts = begins.local;
    out->last_year = civil_of_local(begins.local).year;
    out->moment = absolute_moment(begins.local);
    if (dates != NULL)
        out->dates = dates->value;
    if (rule != NULL) {
        out->last_year = INT32_MAX;
        read_rule(rule->value, out);
    }
    return true;
}

static size_t read_observances(const struct text_block *zone, struct observance *out)
{
    const struct text_line *line;
    struct text_block inner;
    size_t count = 0;
    for (size_t at = zone->begin; count < MAX_OBSERVANCES && block_next(zone, &at, &line, &inner);) {
        if (line != NULL)
            continue;
        out[count] = (struct observance){ .is_daylight = slice_equal_ascii_nocase(block_name(&inner), slice_of_text("DAYLIGHT")) };
        if (read_observance(&inner, &out[count]))
            count++;
    }
    return count;
}

/* Does it begin in that year? Then *moment says when. */
static bool begins_in(const struct observance *o, int32_t year, struct zone_moment *moment)
{
    int32_t first = civil_of_local(o->starts).year;
    *moment = o->moment;
    if (o->has_rule && year >= first && year <= o->last_year) {
        moment->year = o->is_fixed_day ? (uint16_t)year : 0;
        return true;
    }
    struct slice rest = o->dates, item;
    struct ical_time date;
    while (list_next(&rest, ',', &item)) {
        if (ical_time_parse(item, &date) && civil_of_local(date.local).year == year) {
            *moment = absolute_moment(date.local);
            return true;
        }
    }
    return first == year;
}

/* The one that is in force at the year's end when none begins in it. */
static const struct observance *latest_before(const struct observance *all, size_t count, int32_t year)
{
    const struct observance *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (civil_of_local(all[i].starts).year <= year && (found == NULL || (found->is_daylight && !all[i].is_daylight) || (found->is_daylight == all[i].is_daylight && all[i].starts > found->starts)))
            found = &all[i];
    }
    return found != NULL ? found : &all[0];
}

static struct zone_rule rule_of_year(const struct observance *all, size_t count, int32_t year)
{
    const struct observance *chosen[2] = { NULL, NULL };
    struct zone_moment moments[2] = { { 0 }, { 0 } }, moment;
    for (size_t i = 0; i < count; i++) {
        const struct observance **slot = &chosen[all[i].is_daylight];
        if (begins_in(&all[i], year, &moment) && (*slot == NULL || all[i].starts > (*slot)->starts)) {
            *slot = &all[i];
            moments[all[i].is_daylight] = moment;
        }
    }
    struct zone_rule rule = { .from_year = (uint16_t)year };
    if (chosen[0] == NULL || chosen[1] == NULL) {
        const struct observance *only = chosen[0] != NULL ? chosen[0] : latest_before(all, count, year);
        rule.bias = -only->to / 60;
        return rule;
    }
    rule.bias = -chosen[0]->to / 60;
    rule.daylight_bias = -(chosen[1]->to - chosen[0]->to) / 60;
    rule.has_daylight = rule.daylight_bias != 0;
    rule.standard_begins = moments[0];
    rule.daylight_begins = moments[1];
    return rule;
}

static int by_year(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

/* Years in which something may change, ascending, each once. */
static size_t change_years(const struct observance *all, size_t count, int32_t *years, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t first = civil_of_local(all[i].starts).year;
        int32_t each[] = { first, first + 1, all[i].last_year == INT32_MAX ? first : all[i].last_year + 1 };
        for (size_t j = 0; j < ARRAY_LENGTH(each) && used < room; j++)
            years[used++] = each[j];
        for (int32_t y = first < 1970 ? 1970 : first; all[i].is_fixed_day && y <= all[i].last_year && y <= LAST_FIXED_YEAR && used < room; y++)
            years[used++] = y;
        struct slice rest = all[i].dates, item;
        struct ical_time date;
        while (used + 1 < room && list_next(&rest, ',', &item)) {
            if (ical_time_parse(item, &date)) {
                years[used++] = civil_of_local(date.local).year;
                years[used] = years[used - 1] + 1;
                used++;
            }
        }
    }
    qsort(years, used, sizeof *years, by_year);
    size_t kept = 0;
    for (size_t i = 0; i < used; i++) {
        if (kept == 0 || years[kept - 1] != years[i])
            years[kept++] = years[i];
    }
    return kept;
}

static bool are_same_moment(const struct zone_moment *a, const struct zone_moment *b)
{
    return a->is_absolute == b->is_absolute && a->year == b->year && a->month == b->month && a->weekday == b->weekday && a->week_or_day == b->week_or_day &&
           a->hour == b->hour && a->minute == b->minute && a->second == b->second;
}

/* Member by member but for the year that they begin in: also of rules that time_zone_of_rules will refuse. */
static bool are_written_alike(const struct zone_rule *a, const struct zone_rule *b)
{
    return a->bias == b->bias && a->standard_bias == b->standard_bias && a->daylight_bias == b->daylight_bias && a->has_daylight == b->has_daylight &&
           are_same_moment(&a->standard_begins, &b->standard_begins) && are_same_moment(&a->daylight_begins, &b->daylight_begins);
}

enum status ical_zone_of_block(TALLOC_CTX *mem, const struct text_block *block, const char *id, const struct time_zone **out)
{
    enum { MAX_YEARS = 2000 };
    struct observance *all = array_new(mem, struct observance, MAX_OBSERVANCES);
    int32_t *years = array_new(mem, int32_t, MAX_YEARS);
    struct zone_rule *rules = array_new(mem, struct zone_rule, MAX_RULES);
    if (all == NULL || years == NULL || rules == NULL)
        return status_fail(STATUS_NO_MEMORY, "zone");
    size_t count = read_observances(block, all), rule_count = 0;
    if (count == 0)
        return status_fail(STATUS_MALFORMED, "zone %s has no offsets", id);
    size_t year_count = change_years(all, count, years, MAX_YEARS);
    for (size_t i = 0; i < year_count && rule_count < MAX_RULES; i++) {
        struct zone_rule rule = rule_of_year(all, count, years[i]), *last = rule_count > 0 ? &rules[rule_count - 1] : NULL;
        if (last == NULL || !are_written_alike(last, &rule))
            rules[rule_count++] = rule;
    }
    enum status status = time_zone_of_rules(mem, id, rules, rule_count, out);
    talloc_free(all);
    talloc_free(years);
    talloc_free(rules);
    return status;
}
