/* Journal items [MS-OXOJRNL] 2.2.1: start, end and duration agree, and are there. */
#include "bourse/model/properties.h"
#include "item_derive.h"

enum { ICON_JOURNAL = 0x601 /* conversation, what Outlook gives items without a type of its own */ };

static enum status derive_times(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    instant start = bag_time(props, PROP_LOG_START, bag_time(props, PROP_COMMON_START, clock_now()));
    int64_t minutes = bag_int32(props, PROP_LOG_DURATION, 0);
    bool sets_end = derive_changed(message, context, PROP_LOG_END) && bag_has(props, PROP_LOG_END);
    bool sets_duration = derive_changed(message, context, PROP_LOG_DURATION) && bag_has(props, PROP_LOG_DURATION);
    instant end = sets_end && !sets_duration ? bag_time(props, PROP_LOG_END, start) : start + (minutes > 0 ? minutes : 0) * INSTANT_PER_MINUTE;
    if (end < start || (end - start) / INSTANT_PER_MINUTE > INT32_MAX)
        return status_fail(STATUS_INVALID_PROPERTY, "a journal item that ends before it starts, or lasts too long");
    TRY(bag_set_time(props, PROP_LOG_START, start));
    TRY(bag_set_time(props, PROP_LOG_END, end));
    TRY(bag_set_time(props, PROP_COMMON_START, start));
    TRY(bag_set_time(props, PROP_COMMON_END, end));
    return bag_set_int32(props, PROP_LOG_DURATION, (int32_t)((end - start) / INSTANT_PER_MINUTE));
}

enum status derive_journal(struct message *message, struct derive_context *context)
{
    struct bag *props = message->props;
    TRY(derive_times(message, context));
    if (!bag_has(props, PROP_LOG_FLAGS))
        TRY(bag_set_int32(props, PROP_LOG_FLAGS, 0));
    return bag_has(props, PROP_ICON_INDEX) ? STATUS_OK : bag_set_int32(props, PROP_ICON_INDEX, ICON_JOURNAL);
}
