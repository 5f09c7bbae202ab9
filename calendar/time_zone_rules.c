/* A zone's history as Windows rules, one a year, and zones made of such rules. */
#include "time_zone_private.h"

/* What happened in one year. */
struct year_shape {
    int32_t standard_offset, daylight_offset;
    bool has_daylight;
    local_time standard_begins, daylight_begins;
};

struct clock_change {
    local_time at; /* on the clock before */
    int32_t offset;
};

enum { CHANGES_MAX = 16 };

static local_time first_of(int32_t year)
{
    return local_of_civil((struct civil_date){ year, 1, 1 });
}

/* Changes in local `year`; *initial is the offset at its start. */
static size_t changes_of(const struct time_zone *zone, int32_t year, struct clock_change out[CHANGES_MAX], int32_t *initial)
{
    struct zone_span space[YEAR_SPANS_MAX];
    size_t count, found = 0;
    const struct zone_span *spans = zone_spans_near(zone, first_of(year) + 180 * INSTANT_PER_DAY, space, &count);
    size_t low = 0, high = count; /* the first span that begins less than two days before the year */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (spans[middle].begins < first_of(year) - 2 * INSTANT_PER_DAY)
            low = middle + 1;
        else
            high = middle;
    }
    *initial = spans[low > 0 ? low - 1 : 0].offset;
    for (size_t i = low > 0 ? low : 1; i < count && found < CHANGES_MAX; i++) {
        local_time at = spans[i].begins + (instant)spans[i - 1].offset * INSTANT_PER_SECOND;
        if (at >= first_of(year + 1))
            break;
        if (at <= first_of(year))
            *initial = spans[i].offset;
        else if (spans[i].offset != spans[i - 1].offset)
            out[found++] = (struct clock_change){ at, spans[i].offset };
    }
    return found;
}

/* A rule has two changes a year. A year with one begins with the other on its first day; of a year with more (two daylight times, as Morocco had)
 * the first and the last count. */
static struct year_shape shape_of(const struct time_zone *zone, int32_t year)
{
    struct clock_change changes[CHANGES_MAX];
    int32_t initial;
    size_t count = changes_of(zone, year, changes, &initial);
    struct year_shape shape = { .standard_offset = initial, .daylight_offset = initial };
    if (count == 0)
        return shape;
    struct clock_change early = { first_of(year), initial }, late = changes[count - 1];
    if (count > 1 && changes[0].offset != late.offset)
        early = changes[0];
    if (early.offset == late.offset)
        return shape;
    bool daylight_last = late.offset > early.offset;
    const struct clock_change *standard = daylight_last ? &early : &late, *daylight = daylight_last ? &late : &early;
    return (struct year_shape){ standard->offset, daylight->offset, true, standard->at, daylight->at };
}

/* The zone's own yearly rule when it says the same; else the simplest one that gives this date. */
static struct zone_moment moment_of(const struct time_zone *zone, local_time at)
{
    struct civil_date date = civil_of_local(at);
    int32_t second = (int32_t)((at - local_midnight(at)) / INSTANT_PER_SECOND);
    struct year_change found = { .month = date.month, .weekday = local_weekday(at), .second = second,
                                 .week = date.day + 7 > days_of_month(date.year, date.month) ? 5 : (date.day - 1) / 7 + 1 };
    const struct year_rule *rule = zone->rule_count > 0 ? &zone->rules[zone->rule_count - 1] : NULL;
    const struct year_change *own[] = { rule != NULL ? &rule->standard : NULL, rule != NULL ? &rule->daylight : NULL };
    for (size_t i = 0; i < 2 && rule != NULL && rule->has_daylight; i++)
        if (own[i]->year == 0 && own[i]->second >= 0 && own[i]->second <= 24 * 3600 && year_change_at(own[i], date.year) == at)
            found = *own[i];
    if (found.second == 24 * 3600)
        found.second--; /* 23:59:59, read back as midnight */
    return (struct zone_moment){ .month = (uint16_t)found.month, .weekday = (uint16_t)found.weekday, .week_or_day = (uint16_t)found.week,
                                 .hour = (uint16_t)(found.second / 3600), .minute = (uint16_t)(found.second / 60 % 60), .second = (uint16_t)(found.second % 60) };
}

static struct zone_rule rule_of(const struct time_zone *zone, const struct year_shape *shape, int32_t year)
{
    struct zone_rule rule = { .from_year = (uint16_t)year, .bias = -shape->standard_offset / 60, .daylight_bias = -60, .has_daylight = shape->has_daylight };
    if (!rule.has_daylight)
        return rule;
    rule.daylight_bias = (shape->standard_offset - shape->daylight_offset) / 60;
    rule.standard_begins = moment_of(zone, shape->standard_begins);
    rule.daylight_begins = moment_of(zone, shape->daylight_begins);
    return rule;
}

/* Would this rule have made this year? Biases have whole minutes. */
static bool explains(const struct zone_rule *rule, const struct year_shape *shape, int32_t year)
{
    struct year_rule inner;
    if (!year_rule_of_zone_rule(rule, &inner) || inner.has_daylight != shape->has_daylight || inner.standard_offset / 60 != shape->standard_offset / 60)
        return false;
    return !inner.has_daylight || (inner.daylight_offset / 60 == shape->daylight_offset / 60 && year_change_at(&inner.standard, year) == shape->standard_begins &&
                                   year_change_at(&inner.daylight, year) == shape->daylight_begins);
}

struct zone_rule zone_rule_of_year(const struct time_zone *zone, int32_t year)
{
    if (zone->given != NULL)
        return zone->given[year_rule_for(zone->rules, zone->rule_count, year) - zone->rules];
    struct year_shape shape = shape_of(zone, year);
    return rule_of(zone, &shape, year);
}

static enum status given_rules(TALLOC_CTX *mem, const struct time_zone *zone, int from_year, int to_year, struct zone_rule **out, size_t *count)
{
    size_t first = (size_t)(year_rule_for(zone->rules, zone->rule_count, from_year) - zone->rules);
    size_t last = (size_t)(year_rule_for(zone->rules, zone->rule_count, to_year) - zone->rules);
    *count = last - first + 1;
    *out = talloc_memdup(mem, zone->given + first, *count * sizeof **out);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "rules of a zone");
}

enum status time_zone_rules(TALLOC_CTX *mem, const struct time_zone *zone, int from_year, int to_year, struct zone_rule **out, size_t *count)
{
    *count = 0;
    if (from_year < 1601 || to_year > 4500 || from_year > to_year)
        return status_fail(STATUS_INVALID_ARGUMENT, "rules from %d to %d", from_year, to_year);
    if (zone->given != NULL)
        return given_rules(mem, zone, from_year, to_year, out, count);
    struct zone_rule *rules = NULL;
    for (int year = from_year; year <= to_year; year++) {
        struct year_shape shape = shape_of(zone, year);
        if (*count > 0 && explains(&rules[*count - 1], &shape, year))
            continue;
        rules = talloc_realloc_size(mem, rules, (*count + 1) * sizeof *rules);
        if (rules == NULL)
            return status_fail(STATUS_NO_MEMORY, "rules of a zone");
        rules[(*count)++] = rule_of(zone, &shape, year);
    }
    *out = rules;
    return STATUS_OK;
}

bool zones_agree(const struct time_zone *a, const struct time_zone *b, int32_t year)
{
    struct year_shape x = shape_of(a, year), y = shape_of(b, year);
    if (x.standard_offset / 60 != y.standard_offset / 60 || x.has_daylight != y.has_daylight)
        return false;
    return !x.has_daylight || (x.daylight_offset / 60 == y.daylight_offset / 60 && x.standard_begins / INSTANT_PER_MINUTE == y.standard_begins / INSTANT_PER_MINUTE &&
                               x.daylight_begins / INSTANT_PER_MINUTE == y.daylight_begins / INSTANT_PER_MINUTE);
}

enum { RULES_MAX = 1024 };

enum status time_zone_of_rules(TALLOC_CTX *mem, const char *id, const struct zone_rule *rules, size_t count, const struct time_zone **out)
{
    if (count == 0 || count > RULES_MAX)
        return status_fail(STATUS_INVALID_ARGUMENT, "%zu rules", count);
    struct time_zone *zone = talloc_zero(mem, struct time_zone);
    struct year_rule *inner = zone != NULL ? talloc_size(zone, count * sizeof *inner) : NULL;
    if (inner == NULL)
        return status_fail(STATUS_NO_MEMORY, "time zone");
    for (size_t i = 0; i < count; i++) {
        bool possible = year_rule_of_zone_rule(&rules[i], &inner[i]) && (i == 0 || rules[i].from_year > rules[i - 1].from_year);
        if (!possible) {
            talloc_free(zone);
            return status_fail(STATUS_INVALID_ARGUMENT, "impossible time zone rule %zu", i);
        }
    }
    zone->rules = inner;
    zone->rule_count = count;
    zone->spans_end = INT64_MIN;
    zone->given = talloc_memdup(zone, rules, count * sizeof *rules);
    zone->id = talloc_strdup(zone, id != NULL ? id : "");
    if (zone->given == NULL || zone->id == NULL)
        return status_fail(STATUS_NO_MEMORY, "time zone");
    if (!zone_names_of(zone->id, zone) && !zone_names_of(windows_id_of_rule(&rules[count - 1]), zone)) {
        zone->windows_id = zone->iana_id = "";
        zone->display_name = zone->id;
    }
    *out = zone;
    return STATUS_OK;
}
