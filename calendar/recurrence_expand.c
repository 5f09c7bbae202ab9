/* Occurrences of a series in time. */
#include <stdlib.h>

#include "recurrence_private.h"

enum { EXPAND_LIMIT = 1000, LUNAR_LIMIT = 200 /* new moons cost a tenth of a millisecond */, ZONE_SLACK_DAYS = 2 };

static const struct time_zone *zone_or_utc(const struct time_zone *zone)
{
    return zone != NULL ? zone : time_zone_utc();
}

/* An end that the clock change moved to or before the start keeps the length instead. */
static void settle_instants(struct occurrence *out, const struct time_zone *zone)
{
    out->starts = time_zone_to_instant(zone, out->start);
    out->ends = time_zone_to_instant(zone, out->end);
    if (out->end >= out->start && (out->ends < out->starts || (out->ends == out->starts && out->end > out->start)))
        out->ends = out->starts + (out->end - out->start);
}

static struct occurrence of_day(const struct series *series, const struct time_zone *zone, int64_t day, int64_t number)
{
    const struct recurrence *recurrence = series->recurrence;
    local_time midnight = day * INSTANT_PER_DAY;
    struct occurrence found = { .start = midnight + recurrence->start_minute * INSTANT_PER_MINUTE, .end = midnight + recurrence->end_minute * INSTANT_PER_MINUTE };
    found.original_start = found.start;
    found.index = number < UINT32_MAX ? (uint32_t)number + 1 : 0;
    settle_instants(&found, zone);
    return found;
}

static uint32_t index_of(const struct series *series, const struct occurrence *occurrence)
{
    int64_t number;
    if (occurrence->index != 0)
        return occurrence->index;
    return series_has(series, day_of_local(occurrence->original_start), &number) && number < UINT32_MAX ? (uint32_t)number + 1 : 0;
}

static struct occurrence of_exception(const struct series *series, const struct time_zone *zone, const struct recurrence_exception *exception, bool with_index)
{
    struct occurrence found = { .original_start = exception->original_start, .start = exception->start, .end = exception->end, .exception = exception };
    if (with_index)
        found.index = index_of(series, &found);
    settle_instants(&found, zone);
    return found;
}

/* ---- windows ---- */
struct expansion {
    const struct series *series;
    const struct time_zone *zone;
    const struct occurrence_query *query;
    size_t limit;
    struct occurrence *found;
    size_t count, room;
};

static bool touches(const struct occurrence *occurrence, const struct occurrence_query *query)
{
    if (occurrence->ends <= occurrence->starts)
        return occurrence->starts >= query->from && occurrence->starts < query->to;
    return occurrence->starts < query->to && occurrence->ends > query->from;
}

static enum status add(TALLOC_CTX *mem, struct expansion *expansion, struct occurrence occurrence)
{
    if (!touches(&occurrence, expansion->query))
        return STATUS_OK;
    if (expansion->count == expansion->room) {
        expansion->room = expansion->room * 2 + 16;
        expansion->found = talloc_realloc_size(mem, expansion->found, expansion->room * sizeof *expansion->found);
        if (expansion->found == NULL)
            return status_fail(STATUS_NO_MEMORY, "occurrences");
    }
    expansion->found[expansion->count++] = occurrence;
    return STATUS_OK;
}

/* Days of the wall clock that may touch the window; a few more at both ends, which the exact comparison drops. */
static int64_t day_near(instant when, int64_t slack)
{
    int64_t day = when < 0 ? 0 : when / INSTANT_PER_DAY;
    day += slack;
    return day < 0 ? 0 : day > DAY_LAST ? DAY_LAST : day;
}

static enum status add_pattern(TALLOC_CTX *mem, struct expansion *expansion)
{
    const struct series *series = expansion->series;
    int64_t lasts = (int64_t)series->recurrence->end_minute / 1440 + 1, day;
    int64_t first = day_near(expansion->query->from, -(lasts + ZONE_SLACK_DAYS)), last = day_near(expansion->query->to, ZONE_SLACK_DAYS);
    for (int64_t number = series_number(series, first); series_day(series, number, &day) && day <= last; number++) {
        if (series_is_deleted(series, day) || series_exception(series, day) != NULL)
            continue;
        TRY(add(mem, expansion, of_day(series, expansion->zone, day, number)));
        if (expansion->count > expansion->limit)
            break;
    }
    return STATUS_OK;
}

static int by_start(const void *left, const void *right)
{
    const struct occurrence *a = left, *b = right;
    if (a->starts != b->starts)
        return a->starts < b->starts ? -1 : 1;
    return a->original_start < b->original_start ? -1 : a->original_start > b->original_start;
}

enum status recurrence_expand(TALLOC_CTX *mem, const struct recurrence *recurrence, const struct time_zone *zone, const struct occurrence_query *query,
                              struct occurrence **out, size_t *count, bool *more)
{
    struct series series;
    struct expansion expansion = { &series, zone_or_utc(zone), query, query->limit == 0 || query->limit > EXPAND_LIMIT ? EXPAND_LIMIT : query->limit, NULL, 0, 0 };
    *out = NULL;
    *count = 0;
    *more = false;
    TRY(series_open(&series, recurrence));
    if (series.lunar != NULL && expansion.limit > LUNAR_LIMIT)
        expansion.limit = LUNAR_LIMIT;
    enum status status = query->from < query->to ? add_pattern(mem, &expansion) : STATUS_OK;
    size_t of_pattern = expansion.count;
    for (size_t i = 0; i < recurrence->exception_count && status == STATUS_OK; i++)
        status = add(mem, &expansion, of_exception(&series, expansion.zone, &recurrence->exceptions[i], false));
    if (expansion.count > of_pattern && status == STATUS_OK)
        qsort(expansion.found, expansion.count, sizeof *expansion.found, by_start);
    *more = expansion.count > expansion.limit;
    *count = *more ? expansion.limit : expansion.count;
    for (size_t i = 0; i < *count && status == STATUS_OK; i++)
        expansion.found[i].index = query->with_index ? index_of(&series, &expansion.found[i]) : 0;
    series_close(&series);
    if (status != STATUS_OK) {
        talloc_free(expansion.found);
        *count = 0;
        return status;
    }
    *out = expansion.found;
    return STATUS_OK;
}

/* ---- single ones ---- */
static enum status one_day(const struct series *series, const struct time_zone *zone, int64_t day, int64_t number, struct occurrence *out)
{
    const struct recurrence_exception *exception = series_exception(series, day);
    if (exception != NULL)
        *out = of_exception(series, zone, exception, true);
    else if (series_is_deleted(series, day))
        return status_fail(STATUS_OCCURRENCE_DELETED, "occurrence %d", (int)(number + 1));
    else
        *out = of_day(series, zone, day, number);
    return STATUS_OK;
}

enum status recurrence_find(const struct recurrence *recurrence, const struct time_zone *zone, local_time original_start, struct occurrence *out)
{
    struct series series;
    int64_t day = day_of_local(original_start), number;
    TRY(series_open(&series, recurrence));
    enum status status;
    if (series_has(&series, day, &number))
        status = one_day(&series, zone_or_utc(zone), day, number, out);
    else if (series_exception(&series, day) != NULL)
        status = one_day(&series, zone_or_utc(zone), day, -1, out);
    else
        status = status_fail(STATUS_OCCURRENCE_NOT_FOUND, "no occurrence on that day");
    series_close(&series);
    return status;
}

enum status recurrence_find_index(const struct recurrence *recurrence, const struct time_zone *zone, uint32_t index, struct occurrence *out)
{
    struct series series;
    int64_t day;
    TRY(series_open(&series, recurrence));
    enum status status = series_day(&series, (int64_t)index - 1, &day) ? one_day(&series, zone_or_utc(zone), day, (int64_t)index - 1, out)
                                                                         : status_fail(STATUS_OCCURRENCE_NOT_FOUND, "occurrence %u", (unsigned)index);
    series_close(&series);
    return status;
}

/* The better of `out` and an exception: the earlier start (direction 1), the later one (-1). */
static void take(struct occurrence *out, bool *found, const struct occurrence *candidate, int direction)
{
    if (!*found || (direction > 0 ? candidate->starts < out->starts : candidate->starts > out->starts))
        *out = *candidate;
    *found = true;
}

/* From `number` on in `direction`: the first one of the pattern that is left, unmodified, and starts after `after`; and all exceptions. */
static enum status nearest(const struct series *series, const struct time_zone *zone, int64_t number, int direction, instant after, struct occurrence *out)
{
    bool found = false;
    int64_t day;
    for (; series_day(series, number, &day); number += direction) {
        if (series_is_deleted(series, day) || series_exception(series, day) != NULL)
            continue;
        struct occurrence candidate = of_day(series, zone, day, number);
        if (candidate.starts <= after)
            continue;
        take(out, &found, &candidate, direction);
        break;
    }
    for (size_t i = 0; i < series->recurrence->exception_count; i++) {
        struct occurrence candidate = of_exception(series, zone, &series->recurrence->exceptions[i], false);
        if (candidate.starts > after)
            take(out, &found, &candidate, direction);
    }
    if (!found)
        return status_fail(STATUS_OCCURRENCE_NOT_FOUND, "none is left");
    if (out->exception != NULL)
        *out = of_exception(series, zone, out->exception, true);
    return STATUS_OK;
}

enum status recurrence_first(const struct recurrence *recurrence, const struct time_zone *zone, struct occurrence *out)
{
    struct series series;
    TRY(series_open(&series, recurrence));
    enum status status = nearest(&series, zone_or_utc(zone), 0, 1, INT64_MIN, out);
    series_close(&series);
    return status;
}

enum status recurrence_last(const struct recurrence *recurrence, const struct time_zone *zone, struct occurrence *out)
{
    struct series series;
    TRY(series_open(&series, recurrence));
    if (recurrence->end == RECUR_END_NEVER) {
        *out = (struct occurrence){ .original_start = INT64_MAX, .start = INT64_MAX, .end = INT64_MAX, .starts = INT64_MAX, .ends = INT64_MAX };
        series_close(&series);
        return STATUS_OK;
    }
    int64_t number = series_number(&series, series.last_day + 1) - 1;
    if (number >= series.count)
        number = series.count - 1;
    enum status status = nearest(&series, zone_or_utc(zone), number, -1, INT64_MIN, out);
    series_close(&series);
    return status;
}

enum status recurrence_next(const struct recurrence *recurrence, const struct time_zone *zone, instant after, struct occurrence *out)
{
    struct series series;
    TRY(series_open(&series, recurrence));
    int64_t number = series_number(&series, day_near(after, -(ZONE_SLACK_DAYS + 1)));
    enum status status = nearest(&series, zone_or_utc(zone), number, 1, after, out);
    series_close(&series);
    return status;
}
