/* Follow-up flags of what is not a task [MS-OXOFLAG]: PidTagFlagStatus leads, the rest follows. Every class; journal items, notes, appointments and meeting
 * messages have no flags. */
#include "bourse/calendar/time_zone.h"
#include "bourse/model/properties.h"
#include "item_derive.h"
#include "task_state.h"

/* [MS-OXOFLAG] 2.2.1.1, 2.2.1.2 (6 red), 2.2.1.6 (todoItem), 2.2.1.15 (what Outlook begins with). */
enum { FLAG_NONE = 0, FLAG_COMPLETE = 1, FLAG_SET = 2, COLOUR_RED = 6, TO_DO_ITEM = 1 };
#define SUB_ORDINAL "5555555"
#define REQUEST "Follow up"

static const prop_tag flag_tags[] = { /* what goes with the flag */
    PROP_FLAG_STATUS, PROP_FLAG_COMPLETE_TIME, PROP_FOLLOWUP_ICON, PROP_FLAG_REQUEST, PROP_TO_DO_ORDINAL_DATE, PROP_TO_DO_SUB_ORDINAL, PROP_TO_DO_TITLE,
    PROP_VALID_FLAG_STRING_PROOF, PROP_FLAG_STRING, PROP_TASK_STATUS, PROP_TASK_COMPLETE, PROP_PERCENT_COMPLETE, PROP_TASK_DATE_COMPLETED,
    PROP_TASK_START_DATE, PROP_TASK_DUE_DATE, PROP_COMMON_START, PROP_COMMON_END, PROP_REMINDER_TIME, PROP_REMINDER_SIGNAL_TIME,
};

static enum status set_text(struct bag *props, prop_tag tag, const char *text)
{
    return bag_text(props, tag).length > 0 ? STATUS_OK : bag_set_string(props, tag, text);
}

static enum status mark_to_do(struct bag *props, bool is_to_do)
{
    int32_t flags = bag_int32(props, PROP_TO_DO_ITEM_FLAGS, 0);
    flags = is_to_do ? flags | TO_DO_ITEM : flags & ~TO_DO_ITEM;
    if (flags != 0)
        return bag_set_int32(props, PROP_TO_DO_ITEM_FLAGS, flags);
    bag_remove(props, PROP_TO_DO_ITEM_FLAGS);
    return STATUS_OK;
}

static enum status be_in_to_do_list(struct message *message)
{
    struct bag *props = message->props;
    char *title = talloc_strdup(message, bag_string(props, PROP_SUBJECT, ""));
    if (title == NULL)
        return status_fail(STATUS_NO_MEMORY, "flag");
    if (title[0] != '\0')
        TRY(set_text(props, PROP_TO_DO_TITLE, title));
    talloc_free(title);
    TRY(set_text(props, PROP_FLAG_REQUEST, REQUEST));
    TRY(set_text(props, PROP_TO_DO_SUB_ORDINAL, SUB_ORDINAL));
    if (!bag_has(props, PROP_TO_DO_ORDINAL_DATE))
        TRY(bag_set_time(props, PROP_TO_DO_ORDINAL_DATE, clock_now()));
    if (bag_has(props, PROP_MESSAGE_DELIVERY_TIME))
        TRY(bag_set_time(props, PROP_VALID_FLAG_STRING_PROOF, bag_time(props, PROP_MESSAGE_DELIVERY_TIME, 0)));
    return mark_to_do(props, true);
}

/* [MS-OXOFLAG] 3.1.4.1.1 */
static enum status set(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    instant start = bag_time(props, PROP_TASK_START_DATE, 0), due = bag_time(props, PROP_TASK_DUE_DATE, 0);
    if (start != 0 && due != 0 && start > due && derive_changed(message, context, PROP_TASK_START_DATE) && derive_changed(message, context, PROP_TASK_DUE_DATE))
        return status_fail(STATUS_INVALID_ARGUMENT, "a flag is due before it starts");
    if (!bag_has(props, PROP_FOLLOWUP_ICON))
        TRY(bag_set_int32(props, PROP_FOLLOWUP_ICON, COLOUR_RED));
    bag_remove(props, PROP_FLAG_COMPLETE_TIME);
    TRY(task_state_open(props, TASK_NOT_STARTED, 0.0));
    return be_in_to_do_list(message);
}

/* [MS-OXOFLAG] 3.1.4.1.3: the minute of completion, and its day. */
static enum status complete(struct message *message)
{
    struct bag *props = message->props;
    instant when = bag_time(props, PROP_FLAG_COMPLETE_TIME, bag_time(props, PROP_TASK_DATE_COMPLETED, clock_now()));
    bag_remove(props, PROP_FOLLOWUP_ICON);
    TRY(bag_set_time(props, PROP_FLAG_COMPLETE_TIME, when - when % INSTANT_PER_MINUTE));
    TRY(task_state_complete(props, when));
    return be_in_to_do_list(message);
}

/* [MS-OXOFLAG] 3.1.4.1.4 */
static enum status clear(struct message *message)
{
    struct bag *props = message->props;
    for (size_t i = 0; i < ARRAY_LENGTH(flag_tags); i++)
        bag_remove(props, flag_tags[i]);
    if (bag_has(props, PROP_REMINDER_SET))
        TRY(bag_set_bool(props, PROP_REMINDER_SET, false));
    return mark_to_do(props, false);
}

static bool has_flags(const char *message_class)
{
    static const char *const without[] = { "IPM.Task", "IPM.Appointment", "IPM.Schedule", "IPM.Activity", "IPM.StickyNote" };
    for (size_t i = 0; i < ARRAY_LENGTH(without); i++)
        if (strncasecmp(message_class, without[i], strlen(without[i])) == 0)
            return false;
    return true;
}

/* A colour alone says "flagged" too: how old clients set flags. */
static int32_t wanted_status(const struct message *message, const struct derive_context *context)
{
    const struct bag *props = message->props;
    bool only_colour = derive_changed(message, context, PROP_FOLLOWUP_ICON) && !derive_changed(message, context, PROP_FLAG_STATUS);
    return only_colour && bag_int32(props, PROP_FOLLOWUP_ICON, 0) > 0 ? FLAG_SET : bag_int32(props, PROP_FLAG_STATUS, FLAG_NONE);
}

enum status derive_flag(struct message *message, struct derive_context *context)
{
    static const prop_tag leading[] = { PROP_FLAG_STATUS, PROP_FOLLOWUP_ICON };
    struct bag *props = message->props;
    if (!has_flags(bag_string(props, PROP_MESSAGE_CLASS, "")))
        return STATUS_OK;
    if (derive_changed_any(message, context, leading, ARRAY_LENGTH(leading))) {
        int32_t status = wanted_status(message, context);
        if (status < FLAG_NONE || status > FLAG_SET)
            return status_fail(STATUS_INVALID_PROPERTY, "flag status %d", (int)status);
        if (status == FLAG_NONE) /* reminders and dates of what was never flagged are not the flag's */
            return context->before != NULL && bag_int32(context->before, PROP_FLAG_STATUS, FLAG_NONE) != FLAG_NONE ? clear(message) : STATUS_OK;
        TRY(bag_set_int32(props, PROP_FLAG_STATUS, status));
        TRY(status == FLAG_SET ? set(message, context) : complete(message));
    }
    return bag_int32(props, PROP_FLAG_STATUS, FLAG_NONE) != FLAG_NONE ? task_dates_derive(message, context) : STATUS_OK;
}
