/* Conversions between wall clocks and instants. */
#include "time_zone_private.h"

static instant seconds(int32_t count)
{
    return (instant)count * INSTANT_PER_SECOND;
}

const struct zone_span *zone_spans_near(const struct time_zone *zone, int64_t when, struct zone_span space[YEAR_SPANS_MAX], size_t *count)
{
    if (zone->rule_count == 0 || when < zone->spans_end) {
        *count = zone->span_count;
        return zone->spans;
    }
    *count = year_rules_spans(zone->rules, zone->rule_count, civil_of_local(when).year, space);
    return space;
}

/* Index of the span in which `when` lies. */
static size_t span_at(const struct zone_span *spans, size_t count, instant when)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (spans[middle].begins <= when)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static struct zone_span look_up(const struct time_zone *zone, instant when)
{
    struct zone_span space[YEAR_SPANS_MAX];
    size_t count;
    const struct zone_span *spans = zone_spans_near(zone, when, space, &count);
    return spans[span_at(spans, count, when)];
}

int32_t time_zone_offset(const struct time_zone *zone, instant when)
{
    return look_up(zone, when).offset;
}

bool time_zone_is_daylight(const struct time_zone *zone, instant when)
{
    return look_up(zone, when).is_daylight;
}

local_time time_zone_to_local(const struct time_zone *zone, instant when)
{
    return when + seconds(look_up(zone, when).offset);
}

/* The first span whose clock has not passed `when` yet: either it shows it (the first of two, in an overlap), or it begins later already, then `when`
 * was left out and the clock before the gap counts. */
instant time_zone_to_instant(const struct time_zone *zone, local_time when)
{
    struct zone_span space[YEAR_SPANS_MAX];
    size_t count;
    const struct zone_span *spans = zone_spans_near(zone, when, space, &count);
    size_t i = span_at(spans, count, when - 2 * INSTANT_PER_DAY);
    while (i + 1 < count && when - seconds(spans[i].offset) >= spans[i + 1].begins)
        i++;
    if (i > 0 && when - seconds(spans[i].offset) < spans[i].begins)
        i--;
    return when - seconds(spans[i].offset);
}

const char *time_zone_id(const struct time_zone *zone)
{
    return zone->id;
}

const char *time_zone_windows_id(const struct time_zone *zone)
{
    return zone->windows_id;
}

const char *time_zone_iana_id(const struct time_zone *zone)
{
    return zone->iana_id;
}

const char *time_zone_display_name(const struct time_zone *zone)
{
    return zone->display_name;
}
