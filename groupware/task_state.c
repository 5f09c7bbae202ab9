#include "task_state.h"

#include "bourse/calendar/time_zone.h"
#include "bourse/model/properties.h"

static double percent_of(const struct bag *props)
{
    const struct value *value = bag_get(props, PROP_PERCENT_COMPLETE);
    return value != NULL ? value->float64 : 0.0;
}

static enum status set_percent(struct bag *props, double percent)
{
    struct value value = { .tag = PROP_PERCENT_COMPLETE, .float64 = percent };
    return bag_set(props, &value);
}

enum status task_state_complete(struct bag *props, instant when)
{
    TRY(bag_set_int32(props, PROP_TASK_STATUS, TASK_COMPLETE));
    TRY(set_percent(props, 1.0));
    TRY(bag_set_bool(props, PROP_TASK_COMPLETE, true));
    TRY(bag_set_bool(props, PROP_REMINDER_SET, false));
    return bag_set_time(props, PROP_TASK_DATE_COMPLETED, local_midnight(when != 0 ? when : clock_now()));
}

enum status task_state_open(struct bag *props, enum task_status status, double percent)
{
    TRY(bag_set_int32(props, PROP_TASK_STATUS, (int32_t)status));
    TRY(set_percent(props, percent));
    TRY(bag_set_bool(props, PROP_TASK_COMPLETE, false));
    bag_remove(props, PROP_TASK_DATE_COMPLETED);
    return STATUS_OK;
}

/* What was changed decides, the plainest word first: complete or not, status, percentage, date of completion. */
static bool wants_complete(const struct message *message, const struct derive_context *context)
{
    const struct bag *props = message->props;
    if (derive_changed(message, context, PROP_TASK_COMPLETE) && (context->before != NULL || bag_bool(props, PROP_TASK_COMPLETE, false)))
        return bag_bool(props, PROP_TASK_COMPLETE, false);
    if (derive_changed(message, context, PROP_TASK_STATUS) && (context->before != NULL || bag_int32(props, PROP_TASK_STATUS, 0) == TASK_COMPLETE))
        return bag_int32(props, PROP_TASK_STATUS, TASK_NOT_STARTED) == TASK_COMPLETE;
    if (derive_changed(message, context, PROP_PERCENT_COMPLETE) && (context->before != NULL || percent_of(props) >= 1.0))
        return percent_of(props) >= 1.0;
    if (derive_changed(message, context, PROP_TASK_DATE_COMPLETED))
        return bag_has(props, PROP_TASK_DATE_COMPLETED);
    return bag_bool(props, PROP_TASK_COMPLETE, false);
}

static enum status open_as_told(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    int32_t status = bag_int32(props, PROP_TASK_STATUS, TASK_NOT_STARTED);
    double percent = percent_of(props);
    bool sets_percent = derive_changed(message, context, PROP_PERCENT_COMPLETE), sets_status = derive_changed(message, context, PROP_TASK_STATUS);
    if (percent >= 1.0) /* was complete: what it was before is not known */
        percent = 0.0;
    if (status == TASK_COMPLETE)
        status = percent > 0.0 ? TASK_IN_PROGRESS : TASK_NOT_STARTED;
    if (sets_percent && !sets_status && percent > 0.0 && status == TASK_NOT_STARTED)
        status = TASK_IN_PROGRESS;
    if (sets_percent && !sets_status && percent <= 0.0 && status == TASK_IN_PROGRESS)
        status = TASK_NOT_STARTED;
    if (sets_status && !sets_percent && status == TASK_NOT_STARTED)
        percent = 0.0;
    return task_state_open(props, (enum task_status)status, percent);
}

enum status task_state_derive(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    int32_t status = bag_int32(props, PROP_TASK_STATUS, TASK_NOT_STARTED);
    double percent = percent_of(props);
    if (status < TASK_NOT_STARTED || status > TASK_DEFERRED)
        return status_fail(STATUS_INVALID_PROPERTY, "task status %d", (int)status);
    if (!(percent >= 0.0 && percent <= 1.0))
        return status_fail(STATUS_INVALID_PROPERTY, "task percentage out of range");
    if (wants_complete(message, context))
        return task_state_complete(props, bag_time(props, PROP_TASK_DATE_COMPLETED, 0));
    return open_as_told(message, context);
}

/* Both forms of a date: the local day, and the instant it begins. Clients that know the zone say both; without a zone they are the same. */
static enum status mirror_date(struct message *message, const struct derive_context *context, prop_tag day, prop_tag common)
{
    struct bag *props = message->props;
    bool sets_day = derive_changed(message, context, day), sets_common = derive_changed(message, context, common);
    if (sets_day && !bag_has(props, day) && !(sets_common && bag_has(props, common)))
        bag_remove(props, common);
    else if (sets_common && !bag_has(props, common) && !sets_day)
        bag_remove(props, day);
    else if (sets_common && bag_has(props, common) && (!sets_day || !bag_has(props, day)))
        TRY(bag_set_time(props, day, local_midnight(bag_time(props, common, 0) + INSTANT_PER_DAY / 2)));
    if (bag_has(props, day))
        TRY(bag_set_time(props, day, local_midnight(bag_time(props, day, 0))));
    if (sets_day && bag_has(props, day) && (!sets_common || !bag_has(props, common)))
        TRY(bag_set_time(props, common, bag_time(props, day, 0)));
    return STATUS_OK;
}

/* [MS-OXOTASK] 2.2.2.2.4: a task does not start after it is due. */
static enum status order_dates(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    if (!bag_has(props, PROP_TASK_START_DATE) || !bag_has(props, PROP_TASK_DUE_DATE) ||
        bag_time(props, PROP_TASK_START_DATE, 0) <= bag_time(props, PROP_TASK_DUE_DATE, 0))
        return STATUS_OK;
    bool due_wins = derive_changed(message, context, PROP_TASK_DUE_DATE) || derive_changed(message, context, PROP_COMMON_END);
    prop_tag from = due_wins ? PROP_TASK_DUE_DATE : PROP_TASK_START_DATE, to = due_wins ? PROP_TASK_START_DATE : PROP_TASK_DUE_DATE;
    prop_tag from_common = due_wins ? PROP_COMMON_END : PROP_COMMON_START, to_common = due_wins ? PROP_COMMON_START : PROP_COMMON_END;
    TRY(bag_set_time(props, to, bag_time(props, from, 0)));
    return bag_set_time(props, to_common, bag_time(props, from_common, bag_time(props, from, 0)));
}

static enum status derive_signal(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    static const prop_tag tags[] = { PROP_REMINDER_SET, PROP_REMINDER_TIME };
    bool is_due = derive_changed_any(message, context, tags, ARRAY_LENGTH(tags)) && !derive_changed(message, context, PROP_REMINDER_SIGNAL_TIME);
    if (!bag_bool(props, PROP_REMINDER_SET, false) || !bag_has(props, PROP_REMINDER_TIME) || (!is_due && bag_has(props, PROP_REMINDER_SIGNAL_TIME)))
        return STATUS_OK;
    return bag_set_time(props, PROP_REMINDER_SIGNAL_TIME, bag_time(props, PROP_REMINDER_TIME, 0));
}

enum status task_dates_derive(struct message *message, const struct derive_context *context)
{
    TRY(mirror_date(message, context, PROP_TASK_START_DATE, PROP_COMMON_START));
    TRY(mirror_date(message, context, PROP_TASK_DUE_DATE, PROP_COMMON_END));
    TRY(order_dates(message, context));
    return derive_signal(message, context);
}
