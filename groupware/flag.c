#include "bourse/groupware/flag.h"

#include "bourse/model/properties.h"

/* Only what leads is set here; derive_flag.c knows the rest. [MS-OXOFLAG] 2.2.1.1 */
enum { FLAG_NONE = 0, FLAG_COMPLETE = 1, FLAG_SET = 2, COLOUR_RED = 6 };

static enum status update(TALLOC_CTX *mem, struct session *session, const struct object_id *item, const struct bag *set, struct item **out)
{
    struct item_change change = { .set = set };
    return item_update(mem, session, item, 0, CONFLICT_ALWAYS_OVERWRITE, &change, out);
}

static enum status fill(struct bag *set, const struct flag *flag)
{
    instant start = flag->start != 0 ? flag->start : flag->due, due = flag->due != 0 ? flag->due : flag->start;
    if (start > due)
        return status_fail(STATUS_INVALID_ARGUMENT, "a flag is due before it starts");
    TRY(bag_set_int32(set, PROP_FLAG_STATUS, FLAG_SET));
    TRY(bag_set_int32(set, PROP_FOLLOWUP_ICON, flag->colour != 0 ? flag->colour : COLOUR_RED));
    TRY(bag_set_string(set, PROP_FLAG_REQUEST, flag->request != NULL && flag->request[0] != '\0' ? flag->request : "Follow up"));
    if (start != 0) {
        TRY(bag_set_time(set, PROP_TASK_START_DATE, start));
        TRY(bag_set_time(set, PROP_TASK_DUE_DATE, due));
    }
    TRY(bag_set_bool(set, PROP_REMINDER_SET, flag->reminder != 0));
    return flag->reminder != 0 ? bag_set_time(set, PROP_REMINDER_TIME, flag->reminder) : STATUS_OK;
}

/* A flag without dates takes those of an older one away. */
enum status flag_set(TALLOC_CTX *mem, struct session *session, const struct object_id *item, const struct flag *flag, struct item **out)
{
    static const prop_tag dates[] = { PROP_TASK_START_DATE, PROP_TASK_DUE_DATE };
    struct bag *set = bag_new(mem);
    struct item_change change = { .set = set };
    if (set == NULL)
        return status_fail(STATUS_NO_MEMORY, "flag");
    if (flag->colour < 0 || flag->colour > COLOUR_RED)
        return status_fail(STATUS_INVALID_ARGUMENT, "flag colour %d", (int)flag->colour);
    TRY(fill(set, flag));
    if (flag->start == 0 && flag->due == 0) {
        change.remove = dates;
        change.remove_count = ARRAY_LENGTH(dates);
    }
    return item_update(mem, session, item, 0, CONFLICT_ALWAYS_OVERWRITE, &change, out);
}

enum status flag_complete(TALLOC_CTX *mem, struct session *session, const struct object_id *item, instant when, struct item **out)
{
    struct bag *set = bag_new(mem);
    if (set == NULL)
        return status_fail(STATUS_NO_MEMORY, "flag");
    TRY(bag_set_int32(set, PROP_FLAG_STATUS, FLAG_COMPLETE));
    TRY(bag_set_time(set, PROP_FLAG_COMPLETE_TIME, when != 0 ? when : clock_now()));
    return update(mem, session, item, set, out);
}

enum status flag_clear(TALLOC_CTX *mem, struct session *session, const struct object_id *item, struct item **out)
{
    struct bag *set = bag_new(mem);
    if (set == NULL)
        return status_fail(STATUS_NO_MEMORY, "flag");
    TRY(bag_set_int32(set, PROP_FLAG_STATUS, FLAG_NONE));
    return update(mem, session, item, set, out);
}
