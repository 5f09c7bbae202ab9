/* Filling in and changing a recurrence. */
#include <stdlib.h>

#include "recurrence_private.h"

static bool pattern_is_valid(const struct recurrence *recurrence)
{
    bool is_month = recurrence->frequency == RECUR_MONTHLY || recurrence->frequency == RECUR_YEARLY;
    bool has_days = recurrence->weekdays != 0 && recurrence->weekdays <= WEEKDAYS_ALL;
    switch (recurrence->pattern) {
    case RECUR_BY_DAY:
        return recurrence->frequency == RECUR_DAILY;
    case RECUR_BY_WEEK:
        return has_days && (recurrence->frequency == RECUR_DAILY || recurrence->frequency == RECUR_WEEKLY);
    case RECUR_BY_MONTH_DAY:
    case RECUR_HIJRI_MONTH_DAY:
        return is_month && recurrence->day_of_month >= 1 && recurrence->day_of_month <= 31;
    case RECUR_BY_NTH:
    case RECUR_HIJRI_NTH:
        return is_month && has_days && recurrence->nth >= 1 && recurrence->nth <= 5;
    case RECUR_BY_MONTH_END:
    case RECUR_HIJRI_MONTH_END:
        return is_month;
    default:
        return false;
    }
}

enum { INTERVAL_MAX = 1 << 24 };

bool recurrence_is_valid(const struct recurrence *recurrence)
{
    int64_t first = day_of_local(recurrence->first_date), lasts = (int64_t)recurrence->end_minute - recurrence->start_minute;
    return pattern_is_valid(recurrence) && recurrence->interval >= 1 && recurrence->interval <= INTERVAL_MAX && recurrence->first_weekday <= 6 &&
           recurrence->month <= 13 && first >= 0 && first <= DAY_LAST && recurrence->start_minute < 1440 && lasts >= 0 && lasts <= RECURRENCE_SPAN_MAX &&
           recurrence->end <= RECUR_END_AFTER_COUNT && (recurrence->end != RECUR_END_AFTER_COUNT || recurrence->count > 0) &&
           recurrence->deleted_count <= RECURRENCE_DATES_MAX && recurrence->exception_count <= RECURRENCE_DATES_MAX;
}

/* ---- completing ---- */
static int by_time(const void *left, const void *right)
{
    const local_time *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static int by_original(const void *left, const void *right)
{
    const struct recurrence_exception *a = left, *b = right;
    return by_time(&a->original_start, &b->original_start);
}

/* Deleted dates ascending, each once, midnights, none of them an exception's. */
static void sort_dates(struct recurrence *recurrence)
{
    size_t kept = 0, exception = 0;
    for (size_t i = 0; i < recurrence->deleted_count; i++)
        recurrence->deleted[i] = local_midnight(recurrence->deleted[i]);
    if (recurrence->deleted_count > 1)
        qsort(recurrence->deleted, recurrence->deleted_count, sizeof recurrence->deleted[0], by_time);
    if (recurrence->exception_count > 1)
        qsort(recurrence->exceptions, recurrence->exception_count, sizeof recurrence->exceptions[0], by_original);
    for (size_t i = 0; i < recurrence->deleted_count; i++) {
        local_time day = recurrence->deleted[i];
        while (exception < recurrence->exception_count && local_midnight(recurrence->exceptions[exception].original_start) < day)
            exception++;
        bool is_modified = exception < recurrence->exception_count && local_midnight(recurrence->exceptions[exception].original_start) == day;
        if (!is_modified && (kept == 0 || recurrence->deleted[kept - 1] != day))
            recurrence->deleted[kept++] = day;
    }
    recurrence->deleted_count = kept;
}

static enum status complete_end(struct recurrence *recurrence, const struct series *series)
{
    int64_t day;
    if (!series_day(series, 0, &day))
        return status_fail(STATUS_INVALID_RECURRENCE, "the series has no occurrence");
    recurrence->first_date = day * INSTANT_PER_DAY;
    int64_t number = series_number(series, series->last_day + 1);
    if (recurrence->end == RECUR_END_BY_DATE)
        recurrence->count = (uint32_t)number;
    if (recurrence->end == RECUR_END_AFTER_COUNT) {
        number = number < series->count ? number : series->count;
        if (series_day(series, number - 1, &day))
            recurrence->last_date = day * INSTANT_PER_DAY;
    }
    if (recurrence->end == RECUR_END_NEVER) {
        recurrence->count = 10; /* as Outlook writes it */
        recurrence->last_date = local_of_minutes((int32_t)RECURRENCE_NEVER);
    }
    return STATUS_OK;
}

enum status recurrence_complete(struct recurrence *recurrence)
{
    struct series series;
    recurrence->first_date = local_midnight(recurrence->first_date);
    if (recurrence->end == RECUR_END_BY_DATE)
        recurrence->last_date = local_midnight(recurrence->last_date);
    TRY(series_open(&series, recurrence));
    enum status status = complete_end(recurrence, &series);
    bool is_lunar = series.lunar != NULL;
    series_close(&series);
    TRY(status);
    if (recurrence->frequency == RECUR_YEARLY && !is_lunar)
        recurrence->month = (uint32_t)civil_of_local(recurrence->first_date).month;
    else if (recurrence->frequency == RECUR_YEARLY && recurrence->month == 0)
        recurrence->month = lunar_month_of(recurrence, recurrence->first_date);
    sort_dates(recurrence);
    return STATUS_OK;
}

/* ---- copying ---- */
static struct slice copy_slice(TALLOC_CTX *mem, struct slice from, bool *good)
{
    struct slice copy = slice_copy(mem, from);
    *good = *good && (copy.data != NULL || from.length == 0);
    return copy;
}

static const char *copy_text(TALLOC_CTX *mem, const char *text, bool *good)
{
    char *copy = text != NULL ? talloc_strdup(mem, text) : NULL;
    *good = *good && (copy != NULL || text == NULL);
    return copy;
}

static const struct exception_blob *copy_exception_blob(TALLOC_CTX *mem, const struct exception_blob *from, bool *good)
{
    struct exception_blob *blob = from != NULL ? talloc_memdup(mem, from, sizeof *from) : NULL;
    if (blob == NULL) {
        *good = *good && from == NULL;
        return NULL;
    }
    blob->ansi_subject = copy_slice(blob, from->ansi_subject, good);
    blob->ansi_location = copy_slice(blob, from->ansi_location, good);
    blob->wide_subject = copy_slice(blob, from->wide_subject, good);
    blob->wide_location = copy_slice(blob, from->wide_location, good);
    blob->subject = copy_text(blob, from->subject, good);
    blob->location = copy_text(blob, from->location, good);
    blob->highlight = copy_slice(blob, from->highlight, good);
    blob->block1 = copy_slice(blob, from->block1, good);
    blob->block2 = copy_slice(blob, from->block2, good);
    return blob;
}

static void copy_exception(TALLOC_CTX *mem, struct recurrence_exception *exception, bool *good)
{
    exception->subject = copy_text(mem, exception->subject, good);
    exception->location = copy_text(mem, exception->location, good);
    exception->blob = copy_exception_blob(mem, exception->blob, good);
}

struct recurrence *recurrence_copy(TALLOC_CTX *mem, const struct recurrence *from)
{
    bool good = true;
    struct recurrence *copy = talloc_memdup(mem, from, sizeof *from);
    if (copy == NULL)
        return NULL;
    copy->deleted = talloc_size(copy, (from->deleted_count + 1) * sizeof *from->deleted);
    copy->exceptions = talloc_size(copy, (from->exception_count + 1) * sizeof *from->exceptions);
    if (copy->deleted == NULL || copy->exceptions == NULL) {
        talloc_free(copy);
        return NULL;
    }
    for (size_t i = 0; i < from->deleted_count; i++)
        copy->deleted[i] = from->deleted[i];
    for (size_t i = 0; i < from->exception_count; i++) {
        copy->exceptions[i] = from->exceptions[i];
        copy_exception(copy, &copy->exceptions[i], &good);
    }
    struct recurrence_blob *blob = from->blob != NULL ? talloc_memdup(copy, from->blob, sizeof *from->blob) : NULL;
    if (blob != NULL) {
        blob->block1 = copy_slice(blob, from->blob->block1, &good);
        blob->block2 = copy_slice(blob, from->blob->block2, &good);
    }
    copy->blob = blob;
    if (good && (blob != NULL || from->blob == NULL))
        return copy;
    talloc_free(copy);
    return NULL;
}

/* ---- occurrences ---- */
static size_t exception_place(const struct recurrence *recurrence, local_time day)
{
    size_t i = 0;
    while (i < recurrence->exception_count && local_midnight(recurrence->exceptions[i].original_start) < day)
        i++;
    return i;
}

static bool is_exception(const struct recurrence *recurrence, size_t place, local_time day)
{
    return place < recurrence->exception_count && local_midnight(recurrence->exceptions[place].original_start) == day;
}

/* STATUS_OK when there is an occurrence of that day to change. */
static enum status look_up(const struct recurrence *recurrence, local_time when)
{
    struct occurrence found;
    return recurrence_find(recurrence, NULL, when, &found);
}

enum status recurrence_delete(TALLOC_CTX *mem, struct recurrence *recurrence, local_time original_start)
{
    local_time day = local_midnight(original_start);
    TRY(look_up(recurrence, day));
    if (recurrence->deleted_count >= RECURRENCE_DATES_MAX)
        return status_fail(STATUS_LIMIT_EXCEEDED, "deleted occurrences");
    local_time *deleted = talloc_size(mem, (recurrence->deleted_count + 1) * sizeof *deleted);
    if (deleted == NULL)
        return status_fail(STATUS_NO_MEMORY, "deleted occurrence");
    size_t at = 0, place = exception_place(recurrence, day);
    while (at < recurrence->deleted_count && recurrence->deleted[at] < day)
        at++;
    for (size_t i = 0; i < recurrence->deleted_count; i++)
        deleted[i < at ? i : i + 1] = recurrence->deleted[i];
    deleted[at] = day;
    recurrence->deleted = deleted;
    recurrence->deleted_count++;
    if (is_exception(recurrence, place, day)) {
        recurrence->exception_count--;
        for (size_t i = place; i < recurrence->exception_count; i++)
            recurrence->exceptions[i] = recurrence->exceptions[i + 1];
    }
    return STATUS_OK;
}

/* The nearest occurrence that is left before (-1) or after (1) number `number`; false: none. */
static bool neighbour(const struct series *series, int64_t number, int direction, struct occurrence *out)
{
    int64_t day;
    for (number += direction; series_day(series, number, &day); number += direction) {
        const struct recurrence *recurrence = series->recurrence;
        const struct recurrence_exception *exception = series_exception(series, day);
        if (exception == NULL && series_is_deleted(series, day))
            continue;
        out->start = exception != NULL ? exception->start : day * INSTANT_PER_DAY + recurrence->start_minute * INSTANT_PER_MINUTE;
        out->end = exception != NULL ? exception->end : day * INSTANT_PER_DAY + recurrence->end_minute * INSTANT_PER_MINUTE;
        return true;
    }
    return false;
}

/* Behind the previous one's end and before the next one's start, on a day of its own [MS-OXOCAL] 2.2.1.44. Series whose occurrences overlap anyway may go on. */
static enum status check_neighbours(const struct series *series, const struct recurrence_exception *exception)
{
    struct occurrence before, after;
    int64_t number, day = day_of_local(exception->original_start);
    bool in_pattern = series_has(series, day, &number);
    local_time start = day * INSTANT_PER_DAY + series->recurrence->start_minute * INSTANT_PER_MINUTE;
    local_time end = day * INSTANT_PER_DAY + series->recurrence->end_minute * INSTANT_PER_MINUTE;
    bool crosses = false;
    if (in_pattern && neighbour(series, number, -1, &before))
        crosses = local_midnight(exception->start) <= local_midnight(before.start) || (exception->start < before.end && start >= before.end);
    if (in_pattern && neighbour(series, number, 1, &after))
        crosses = crosses || local_midnight(exception->start) >= local_midnight(after.start) || (exception->end > after.start && end <= after.start);
    return crosses ? status_fail(STATUS_OCCURRENCE_CROSSING, "moved onto or past a neighbour") : STATUS_OK;
}

static enum status insert_exception(TALLOC_CTX *mem, struct recurrence *recurrence, size_t place)
{
    if (recurrence->exception_count >= RECURRENCE_DATES_MAX)
        return status_fail(STATUS_LIMIT_EXCEEDED, "modified occurrences");
    struct recurrence_exception *exceptions = talloc_size(mem, (recurrence->exception_count + 1) * sizeof *exceptions);
    if (exceptions == NULL)
        return status_fail(STATUS_NO_MEMORY, "modified occurrence");
    for (size_t i = 0; i < recurrence->exception_count; i++)
        exceptions[i < place ? i : i + 1] = recurrence->exceptions[i];
    recurrence->exceptions = exceptions;
    recurrence->exception_count++;
    return STATUS_OK;
}

enum status recurrence_modify(TALLOC_CTX *mem, struct recurrence *recurrence, const struct recurrence_exception *exception)
{
    struct series series;
    bool good = true;
    local_time day = local_midnight(exception->original_start);
    if (exception->end < exception->start || exception->end - exception->start > RECURRENCE_SPAN_MAX * INSTANT_PER_MINUTE || exception->start < 0 ||
        exception->end > (local_time)(DAY_LAST + 1) * INSTANT_PER_DAY)
        return status_fail(STATUS_INVALID_ARGUMENT, "exception ends before it starts or is too long");
    TRY(look_up(recurrence, day));
    TRY(series_open(&series, recurrence));
    enum status status = check_neighbours(&series, exception);
    series_close(&series);
    TRY(status);
    struct recurrence_exception copy = *exception;
    copy_exception(mem, &copy, &good);
    if (!good)
        return status_fail(STATUS_NO_MEMORY, "modified occurrence");
    copy.original_start = day + recurrence->start_minute * INSTANT_PER_MINUTE;
    size_t place = exception_place(recurrence, day);
    if (!is_exception(recurrence, place, day))
        TRY(insert_exception(mem, recurrence, place));
    recurrence->exceptions[place] = copy;
    return STATUS_OK;
}
