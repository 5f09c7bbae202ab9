#include "task_series.h"

#include "bourse/calendar/recurrence.h"
#include "bourse/model/properties.h"

enum { PATTERN_CAP = 64 * 1024, MONTHS_OF_YEAR = 12, DAYS_OF_WEEK = 7 };

static enum status pattern_of(struct message *message, struct recurrence **out)
{
    enum status status = recurrence_pattern_parse(message, bag_bytes(message->props, PROP_TASK_RECURRENCE), out);
    return status == STATUS_OK || status == STATUS_NO_MEMORY ? status : status_fail(STATUS_INVALID_PROPERTY, "recurrence of a task");
}

static enum status save_pattern(struct message *message, const struct recurrence *recurrence)
{
    struct buffer *blob = buffer_new(message, PATTERN_CAP);
    if (blob == NULL)
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    enum status status = recurrence_pattern_pack(recurrence, blob);
    if (status == STATUS_OK)
        status = buffer_status(blob);
    if (status == STATUS_OK)
        status = bag_set_bytes(message->props, PROP_TASK_RECURRENCE, buffer_slice(blob));
    talloc_free(blob);
    return status;
}

/* The day that the pattern counts: the start, or the due date of a task without one. */
static instant anchor_of(const struct bag *props)
{
    return local_midnight(bag_time(props, PROP_TASK_START_DATE, bag_time(props, PROP_TASK_DUE_DATE, 0)));
}

static local_time add_months(local_time day, uint32_t months)
{
    struct civil_date date = civil_of_local(day);
    int32_t month = date.month - 1 + (int32_t)months;
    date.year += month / MONTHS_OF_YEAR;
    date.month = month % MONTHS_OF_YEAR + 1;
    if (date.day > days_of_month(date.year, date.month))
        date.day = days_of_month(date.year, date.month);
    return local_of_civil(date);
}

/* A regenerating task comes again an interval after the day of completion. */
static local_time regenerate(const struct recurrence *recurrence, local_time completed)
{
    uint32_t interval = recurrence->interval > 0 ? recurrence->interval : 1;
    uint32_t most = 12 * 999; /* what clients let users choose, so that the sum stays a date */
    interval = interval < most ? interval : most;
    switch (recurrence->frequency) {
    case RECUR_DAILY:
        return completed + (local_time)interval * INSTANT_PER_DAY;
    case RECUR_WEEKLY:
        return completed + (local_time)interval * DAYS_OF_WEEK * INSTANT_PER_DAY;
    case RECUR_MONTHLY:
        return add_months(completed, interval);
    case RECUR_YEARLY:
        return add_months(completed, interval >= MONTHS_OF_YEAR && interval % MONTHS_OF_YEAR == 0 ? interval : interval * MONTHS_OF_YEAR);
    }
    return completed + INSTANT_PER_DAY;
}

static bool sliding_next(struct recurrence *recurrence, instant completed, local_time *next)
{
    *next = regenerate(recurrence, local_midnight(completed));
    if (recurrence->end == RECUR_END_BY_DATE && *next > recurrence->last_date)
        return false;
    if (recurrence->end == RECUR_END_AFTER_COUNT && recurrence->count <= 1)
        return false;
    recurrence->count -= recurrence->end == RECUR_END_AFTER_COUNT;
    recurrence->first_date = *next;
    return true;
}

static enum status pattern_next(const struct recurrence *recurrence, instant anchor, local_time *next, bool *found)
{
    struct occurrence occurrence;
    enum status status = recurrence_next(recurrence, time_zone_utc(), anchor + INSTANT_PER_DAY - 1, &occurrence);
    *found = status == STATUS_OK;
    if (*found)
        *next = local_midnight(occurrence.start);
    return status == STATUS_OCCURRENCE_NOT_FOUND || status == STATUS_OCCURRENCE_DELETED ? STATUS_OK : status;
}

static enum status move_dates(struct bag *props, int64_t by)
{
    static const prop_tag dates[] = { PROP_TASK_START_DATE, PROP_TASK_DUE_DATE, PROP_COMMON_START, PROP_COMMON_END, PROP_REMINDER_TIME,
                                      PROP_REMINDER_SIGNAL_TIME };
    for (size_t i = 0; i < ARRAY_LENGTH(dates); i++)
        if (bag_has(props, dates[i]))
            TRY(bag_set_time(props, dates[i], bag_time(props, dates[i], 0) + by));
    return STATUS_OK;
}

enum status task_series_advance(struct message *message, instant completed, bool *found)
{
    struct recurrence *recurrence = NULL;
    local_time next = 0;
    instant anchor = anchor_of(message->props);
    TRY(pattern_of(message, &recurrence));
    if (recurrence->is_sliding)
        *found = sliding_next(recurrence, completed, &next);
    else
        TRY(pattern_next(recurrence, anchor != 0 ? anchor : recurrence->first_date, &next, found));
    if (!*found)
        return STATUS_OK;
    if (recurrence->is_sliding)
        TRY(save_pattern(message, recurrence));
    talloc_free(recurrence);
    if (anchor == 0)
        return bag_set_time(message->props, PROP_TASK_DUE_DATE, next);
    return move_dates(message->props, next - anchor);
}

enum status task_series_begin(struct message *message)
{
    struct recurrence *recurrence = NULL;
    TRY(pattern_of(message, &recurrence));
    local_time first = recurrence->first_date;
    talloc_free(recurrence);
    if (anchor_of(message->props) != 0)
        return STATUS_OK;
    TRY(bag_set_time(message->props, PROP_TASK_START_DATE, first));
    return bag_set_time(message->props, PROP_TASK_DUE_DATE, first);
}
