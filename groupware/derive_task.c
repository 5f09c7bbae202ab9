/* Tasks [MS-OXOTASK]. Completing an instance of a recurring task leaves a completed single task behind, and the item itself goes on as the series' next instance,
 * whatever protocol said "complete". */
#include "bourse/model/properties.h"
#include "item_derive.h"
#include "task_series.h"
#include "task_state.h"

/* [MS-OXOTASK] 2.2.2.1.1; PidTagFlagStatus of a completed task [MS-OXOFLAG] 2.2.1.1. */
enum { ICON_TASK = 0x500, ICON_RECURRING = 0x501, FLAG_COMPLETE = 1 };

static enum status set_number(struct bag *props, prop_tag tag, int32_t number)
{
    return bag_has(props, tag) ? STATUS_OK : bag_set_int32(props, tag, number);
}

static enum status set_flag(struct bag *props, prop_tag tag, bool flag)
{
    return bag_has(props, tag) ? STATUS_OK : bag_set_bool(props, tag, flag);
}

static enum status fill_defaults(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
#define NUMBER(tag, number) TRY(set_number(props, PROP_##tag, number));
#define FLAG(tag, flag) TRY(set_flag(props, PROP_##tag, flag));
#include "task_defaults.def"
#undef NUMBER
#undef FLAG
    if (!bag_has(props, PROP_TASK_OWNER) && context->session != NULL)
        TRY(bag_set_string(props, PROP_TASK_OWNER, session_display_name(context->session)));
    return STATUS_OK;
}

/* Who changed it when, and how often [MS-OXOTASK] 2.2.2.2.12, 2.2.2.2.11, 2.2.2.2.25. */
static enum status note_change(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    if (!derive_changed(message, context, PROP_TASK_VERSION))
        TRY(bag_set_int32(props, PROP_TASK_VERSION, (int32_t)(((uint32_t)bag_int32(props, PROP_TASK_VERSION, 0) + 1) & INT32_MAX)));
    if (context->session != NULL)
        TRY(bag_set_string(props, PROP_TASK_LAST_USER, session_display_name(context->session)));
    return bag_set_time(props, PROP_TASK_LAST_UPDATE, clock_now());
}

static enum status derive_recurring(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    bool is_recurring = bag_bytes(props, PROP_TASK_RECURRENCE).length > 0;
    TRY(bag_set_bool(props, PROP_TASK_F_RECURRING, is_recurring));
    if (!is_recurring)
        bag_remove(props, PROP_TASK_RECURRENCE);
    if (!is_recurring || !derive_changed(message, context, PROP_TASK_RECURRENCE))
        return STATUS_OK;
    TRY(task_series_begin(message));
    return derive_changed(message, context, PROP_TASK_DEAD_OCCURRENCE) ? STATUS_OK : bag_set_bool(props, PROP_TASK_DEAD_OCCURRENCE, false);
}

static enum status show_state(struct message *message)
{
    struct bag *props = message->props;
    bool is_recurring = bag_bool(props, PROP_TASK_F_RECURRING, false);
    TRY(bag_set_int32(props, PROP_ICON_INDEX, is_recurring ? ICON_RECURRING : ICON_TASK));
    if (!bag_bool(props, PROP_TASK_COMPLETE, false)) {
        bag_remove(props, PROP_FLAG_STATUS);
        bag_remove(props, PROP_FLAG_COMPLETE_TIME);
        return STATUS_OK;
    }
    TRY(bag_set_int32(props, PROP_FLAG_STATUS, FLAG_COMPLETE));
    return bag_set_time(props, PROP_FLAG_COMPLETE_TIME, bag_time(props, PROP_TASK_DATE_COMPLETED, clock_now()));
}

/* The instance that was completed, as a task of its own. */
static enum status completed_copy(struct message *message, struct message **out)
{
    struct message *copy = message_copy(message, message);
    if (copy == NULL)
        return status_fail(STATUS_NO_MEMORY, "completed task");
    bag_remove(copy->props, PROP_TASK_RECURRENCE);
    bag_remove(copy->props, PROP_TASK_GLOBAL_ID);
    bag_remove(copy->props, PROP_CREATION_TIME);
    TRY(bag_set_bool(copy->props, PROP_TASK_F_RECURRING, false));
    TRY(bag_set_bool(copy->props, PROP_TASK_DEAD_OCCURRENCE, true));
    TRY(show_state(copy));
    *out = copy;
    return STATUS_OK;
}

/* [MS-OXOTASK] 3.1.4: the pattern's last instance ends the series. */
static enum status go_on(struct message *message, struct derive_context *context)
{
    struct bag *props = message->props;
    struct derive_companion done = { .is_new = true };
    bool had_reminder = bag_bool(context->before, PROP_REMINDER_SET, false), found = false;
    TRY(completed_copy(message, &done.message));
    TRY(task_series_advance(message, bag_time(props, PROP_TASK_DATE_COMPLETED, clock_now()), &found));
    if (!found)
        return bag_set_bool(props, PROP_TASK_DEAD_OCCURRENCE, true);
    TRY(task_state_open(props, TASK_NOT_STARTED, 0.0));
    TRY(bag_set_bool(props, PROP_REMINDER_SET, had_reminder && bag_has(props, PROP_REMINDER_TIME)));
    TRY(bag_set_int32(props, PROP_TASK_ACTUAL_EFFORT, 0));
    return derive_add_companion(context, &done);
}

enum status derive_task(struct message *message, struct derive_context *context)
{
    struct bag *props = message->props;
    TRY(fill_defaults(message, context));
    TRY(derive_recurring(message, context));
    TRY(task_dates_derive(message, context));
    TRY(task_state_derive(message, context));
    TRY(note_change(message, context));
    bool was_open = context->before != NULL && !bag_bool(context->before, PROP_TASK_COMPLETE, false);
    if (was_open && bag_bool(props, PROP_TASK_COMPLETE, false) && bag_bool(props, PROP_TASK_F_RECURRING, false) &&
        !bag_bool(props, PROP_TASK_DEAD_OCCURRENCE, false))
        TRY(go_on(message, context));
    return show_state(message);
}
