/* Arithmetic of patterns: from an occurrence's number to its day and back, without walking there. */
#include "recurrence_private.h"

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t modulo(int64_t a, int64_t b)
{
    return a - floor_divide(a, b) * b;
}

static int64_t month_number(local_time when)
{
    struct civil_date date = civil_of_local(when);
    return (int64_t)(date.year - 1601) * 12 + date.month - 1;
}

static struct month_span gregorian_month(int64_t number)
{
    int32_t year = (int32_t)(1601 + floor_divide(number, 12)), month = (int32_t)modulo(number, 12) + 1;
    return (struct month_span){ local_of_civil((struct civil_date){ year, month, 1 }) / INSTANT_PER_DAY, days_of_month(year, month) };
}

static int weekday_of(int64_t day)
{
    return (int)modulo(day + 1, 7); /* day 0 was a Monday */
}

int64_t pattern_day(const struct recurrence *recurrence, struct month_span month)
{
    int64_t last = month.first + month.days - 1, day;
    uint32_t nth = recurrence->nth;
    switch (recurrence->pattern) {
    case RECUR_BY_MONTH_END:
    case RECUR_HIJRI_MONTH_END:
        return last;
    case RECUR_BY_NTH:
    case RECUR_HIJRI_NTH:
        break;
    default:
        day = month.first + recurrence->day_of_month - 1;
        return day < last ? day : last;
    }
    if (nth >= 5) {
        for (day = last; (recurrence->weekdays >> weekday_of(day) & 1) == 0;)
            day--;
        return day;
    }
    for (day = month.first;; day++)
        if ((recurrence->weekdays >> weekday_of(day) & 1) != 0 && --nth == 0)
            return day;
}

/* ---- phase ---- */
static int64_t week_start(int64_t day, uint32_t first_weekday)
{
    return day - modulo(weekday_of(day) - (int64_t)first_weekday, 7);
}

static int64_t months_of_period(const struct recurrence *recurrence)
{
    return (int64_t)recurrence->interval * (recurrence->frequency == RECUR_YEARLY ? 12 : 1);
}

static int64_t first_month(const struct recurrence *recurrence)
{
    int64_t number = month_number(recurrence->first_date);
    return recurrence->frequency == RECUR_YEARLY && recurrence->month != 0 ? number - modulo(number, 12) + recurrence->month - 1 : number;
}

uint32_t recurrence_first_date_time(const struct recurrence *recurrence)
{
    int64_t first = day_of_local(recurrence->first_date), interval = recurrence->interval;
    if (recurrence->pattern == RECUR_BY_DAY)
        return (uint32_t)(modulo(first, interval) * 1440);
    if (recurrence->pattern == RECUR_BY_WEEK)
        return (uint32_t)(modulo(week_start(first, recurrence->first_weekday), interval * 7) * 1440);
    return (uint32_t)(gregorian_month(modulo(month_number(recurrence->first_date), months_of_period(recurrence))).first * 1440);
}

uint32_t recurrence_phase(const struct recurrence *recurrence)
{
    const struct recurrence_blob *blob = recurrence->blob;
    bool same = blob != NULL && blob->frequency == recurrence->frequency && blob->pattern == recurrence->pattern && blob->interval == recurrence->interval &&
                blob->first_weekday == recurrence->first_weekday && blob->first_date == recurrence->first_date;
    return same ? blob->first_date_time : recurrence_first_date_time(recurrence);
}

/* ---- opening ---- */
static void open_days(struct series *series, int64_t first, int64_t phase_day)
{
    series->step = series->recurrence->interval;
    series->base = first + modulo(phase_day - first, series->step);
}

static void open_weeks(struct series *series, int64_t first, uint32_t phase)
{
    const struct recurrence *recurrence = series->recurrence;
    series->kind = SERIES_WEEKS;
    series->step = (int64_t)recurrence->interval * 7;
    series->base = week_start(first, recurrence->first_weekday);
    /* its own phase is no delay: of intervals beyond the calendar's end it does not even fit */
    int64_t late = phase != recurrence_first_date_time(recurrence) ? modulo(series->base - phase / 1440, series->step) : 0;
    if (late % 7 == 0 && late > 0)
        series->base += series->step - late;
    for (int32_t i = 0; i < 7; i++)
        if ((recurrence->weekdays >> ((recurrence->first_weekday + (uint32_t)i) % 7) & 1) != 0)
            series->week[series->week_count++] = i;
}

static void open_months(struct series *series, uint32_t phase)
{
    const struct recurrence *recurrence = series->recurrence;
    series->kind = SERIES_MONTHS;
    series->step = months_of_period(recurrence);
    series->base = first_month(recurrence);
    int64_t late = phase != recurrence_first_date_time(recurrence) ? modulo(series->base - month_number((local_time)phase * INSTANT_PER_MINUTE), series->step) : 0;
    if (late > 0)
        series->base += series->step - late;
}

static bool in_order(const struct recurrence *recurrence)
{
    for (size_t i = 1; i < recurrence->deleted_count; i++)
        if (recurrence->deleted[i] <= recurrence->deleted[i - 1])
            return false;
    for (size_t i = 1; i < recurrence->exception_count; i++)
        if (day_of_local(recurrence->exceptions[i].original_start) <= day_of_local(recurrence->exceptions[i - 1].original_start))
            return false;
    return true;
}

/* Day of match `match` of the pattern; matches may lie before first_date. */
static bool match_day(const struct series *series, int64_t match, int64_t *day)
{
    int64_t period = match, most = series->kind == SERIES_MONTHS ? 12 * 2900 : series->kind == SERIES_LUNAR ? LUNAR_MONTHS_MAX : DAY_LAST;
    if (series->kind == SERIES_WEEKS)
        period = match / series->week_count;
    if (period > floor_divide(most - (series->kind == SERIES_LUNAR ? 0 : series->base), series->step))
        return false;
    struct month_span month;
    switch (series->kind) {
    case SERIES_DAYS:
        *day = series->base + period * series->step;
        return true;
    case SERIES_WEEKS:
        *day = series->base + period * series->step + series->week[match % series->week_count];
        return true;
    case SERIES_MONTHS:
        *day = pattern_day(series->recurrence, gregorian_month(series->base + period * series->step));
        return true;
    default:
        if (!lunar_month(series->lunar, period, &month))
            return false;
        *day = pattern_day(series->recurrence, month);
        return true;
    }
}

static void set_end(struct series *series)
{
    const struct recurrence *recurrence = series->recurrence;
    series->last_day = DAY_LAST;
    series->count = INT64_MAX;
    if (recurrence->end == RECUR_END_BY_DATE && day_of_local(recurrence->last_date) < DAY_LAST)
        series->last_day = day_of_local(recurrence->last_date);
    if (recurrence->end == RECUR_END_AFTER_COUNT)
        series->count = recurrence->count;
}

static enum status open_pattern(struct series *series, uint32_t phase)
{
    const struct recurrence *recurrence = series->recurrence;
    int64_t first = day_of_local(recurrence->first_date), day;
    series->kind = SERIES_DAYS;
    series->skipped = series->week_count = 0;
    if (recurrence->pattern == RECUR_BY_DAY)
        open_days(series, first, phase / 1440);
    else if (recurrence->pattern == RECUR_BY_WEEK)
        open_weeks(series, first, phase);
    else if (lunar_is_wanted(recurrence)) {
        series->kind = SERIES_LUNAR;
        series->step = recurrence->interval;
        series->lunar = lunar_open(recurrence);
        if (series->lunar == NULL)
            return status_fail(STATUS_NO_MEMORY, "calendar of type %u", (unsigned)recurrence->calendar_type);
    } else
        open_months(series, phase);
    while (series->skipped < 8 && match_day(series, series->skipped, &day) && day < first)
        series->skipped++;
    return STATUS_OK;
}

enum status series_open(struct series *series, const struct recurrence *recurrence)
{
    *series = (struct series){ .recurrence = recurrence };
    if (!recurrence_is_valid(recurrence))
        return status_fail(STATUS_INVALID_RECURRENCE, "frequency %#x pattern %#x interval %u", (unsigned)recurrence->frequency, (unsigned)recurrence->pattern,
                           (unsigned)recurrence->interval);
    int64_t day;
    uint32_t own = recurrence_first_date_time(recurrence), phase = recurrence_phase(recurrence);
    set_end(series);
    TRY(open_pattern(series, own));
    bool first_is_match = match_day(series, series->skipped, &day) && day == day_of_local(recurrence->first_date);
    if (phase != own && !first_is_match && series->lunar == NULL)
        TRY(open_pattern(series, phase));
    series->is_sorted = in_order(recurrence);
    return STATUS_OK;
}

void series_close(struct series *series)
{
    if (series->lunar != NULL)
        lunar_close(series->lunar);
}

bool series_day(const struct series *series, int64_t number, int64_t *day)
{
    return number >= 0 && number < series->count && number < INT64_C(1) << 40 && match_day(series, number + series->skipped, day) && *day <= series->last_day;
}

/* ---- back ---- */
static int64_t match_near(const struct series *series, int64_t day)
{
    switch (series->kind) {
    case SERIES_DAYS:
        return floor_divide(day - series->base, series->step);
    case SERIES_WEEKS:
        return floor_divide(day - series->base, series->step) * series->week_count;
    case SERIES_MONTHS:
        return floor_divide(month_number(day * INSTANT_PER_DAY) - series->base, series->step);
    default:
        return lunar_estimate(series->lunar, day);
    }
}

int64_t series_number(const struct series *series, int64_t day)
{
    int64_t match = match_near(series, day), found;
    if (match < series->skipped)
        match = series->skipped;
    while (match_day(series, match, &found) && found < day)
        match++;
    return match - series->skipped;
}

bool series_has(const struct series *series, int64_t day, int64_t *number)
{
    int64_t found;
    *number = series_number(series, day);
    return series_day(series, *number, &found) && found == day;
}

bool series_is_deleted(const struct series *series, int64_t day)
{
    const struct recurrence *recurrence = series->recurrence;
    size_t low = 0, high = recurrence->deleted_count;
    if (!series->is_sorted) {
        while (low < high && day_of_local(recurrence->deleted[low]) != day)
            low++;
        return low < high;
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (day_of_local(recurrence->deleted[middle]) < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < recurrence->deleted_count && day_of_local(recurrence->deleted[low]) == day;
}

const struct recurrence_exception *series_exception(const struct series *series, int64_t day)
{
    const struct recurrence *recurrence = series->recurrence;
    size_t low = 0, high = recurrence->exception_count;
    while (series->is_sorted && low < high) {
        size_t middle = (low + high) / 2;
        if (day_of_local(recurrence->exceptions[middle].original_start) < day)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < recurrence->exception_count; low++) {
        if (day_of_local(recurrence->exceptions[low].original_start) == day)
            return &recurrence->exceptions[low];
        if (series->is_sorted)
            break;
    }
    return NULL;
}
