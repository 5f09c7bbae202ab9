/* Tasks [MS-ASTASK]. What completing an instance of a series means is groupware's. */
#include "body.h"
#include "bourse/model/properties.h"
#include "classes.h"
#include "fields.h"
#include "flags.h"
#include "recurrences.h"

enum { PATTERN_CAP = 1 << 16 };

static const struct eas_field fields[] = {
#define FIELD EAS_FIELD_ROW
#include "fields_tasks.def"
#undef FIELD
};

/* ---- writing ---- */

static void write_recurrence(struct eas_call *call, struct wbxml_writer *out, const struct bag *props)
{
    char text[EAS_TIME_SIZE];
    struct recurrence *recurrence = NULL;
    struct slice packed = bag_bytes(props, PROP_TASK_RECURRENCE);
    if (packed.length == 0 || recurrence_pattern_parse(call->mem, packed, &recurrence) != STATUS_OK) {
        status_chain_clear();
        return;
    }
    wbxml_start(out, Tasks_Recurrence);
    eas_recurrence_write(out, &eas_task_recurrence, recurrence, time_zone_utc());
    wbxml_element(out, Tasks_Start, eas_time_dashes(bag_time(props, PROP_TASK_START_DATE, recurrence->first_date), text));
    wbxml_element_bool(out, Tasks_Regenerate, recurrence->is_sliding);
    wbxml_element_bool(out, Tasks_DeadOccur, bag_bool(props, PROP_TASK_DEAD_OCCURRENCE, false));
    wbxml_end(out);
}

enum status tasks_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options)
{
    const struct bag *props = item->message->props;
    TRY(eas_body_write_alone(call, out, item, options));
    eas_fields_write(out, fields, ARRAY_LENGTH(fields), props);
    if (!bag_has(props, PROP_TASK_COMPLETE))
        wbxml_element_bool(out, Tasks_Complete, false);
    eas_categories_write(out, Tasks_Categories, Tasks_Category, props);
    write_recurrence(call, out, props);
    return STATUS_OK;
}

/* ---- reading ---- */

/* The first day: what Start says, else the task's own dates, else today. */
static enum status first_day(struct eas_call *call, const struct wbxml_node *node, const struct bag *set, local_time *out)
{
    instant when = 0;
    const char *text = wbxml_child_text(call->mem, node, Tasks_Start);
    if (text != NULL && *text != '\0' && !eas_time_parse(text, &when))
        return status_fail(STATUS_INVALID_ARGUMENT, "Start of a recurrence: %.40s", text);
    if (when == 0)
        when = bag_time(set, PROP_TASK_START_DATE, bag_time(set, PROP_TASK_DUE_DATE, clock_now()));
    *out = local_midnight(when);
    return STATUS_OK;
}

/* A regeneration has no day of its own: the pattern is read off its first date [MS-OXOTASK] 2.2.2.2.15. */
static void fill_sliding(struct recurrence *recurrence)
{
    struct civil_date date = civil_of_local(recurrence->first_date);
    recurrence->weekdays = recurrence->frequency == RECUR_WEEKLY ? 1u << local_weekday(recurrence->first_date) : 0;
    recurrence->day_of_month = (uint32_t)date.day;
    recurrence->month = (uint32_t)date.month;
}

static enum status read_recurrence(struct eas_call *call, const struct wbxml_node *data, struct item_change *change, struct bag *set)
{
    struct recurrence *recurrence = NULL;
    local_time first = 0;
    const struct wbxml_node *node = wbxml_child(data, Tasks_Recurrence);
    struct buffer *packed = buffer_new(call->mem, PATTERN_CAP);
    if (node == NULL)
        return STATUS_OK;
    if (node->child == NULL)
        return change != NULL ? eas_change_remove(call, change, PROP_TASK_RECURRENCE) : STATUS_OK;
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    TRY(first_day(call, node, set, &first));
    TRY(eas_recurrence_read(call, node, &eas_task_recurrence, time_zone_utc(), first, &recurrence));
    recurrence->is_sliding = wbxml_child_bool(node, Tasks_Regenerate, false);
    if (recurrence->is_sliding)
        fill_sliding(recurrence);
    TRY(recurrence_complete(recurrence));
    TRY(recurrence_pattern_pack(recurrence, packed));
    TRY(buffer_status(packed));
    TRY(bag_set_bytes(set, PROP_TASK_RECURRENCE, buffer_slice(packed)));
    TRY(bag_set_bool(set, PROP_TASK_DEAD_OCCURRENCE, wbxml_child_bool(node, Tasks_DeadOccur, false)));
    return bag_set_bool(set, PROP_TASK_F_RECURRING, true);
}

enum status tasks_read_new(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out)
{
    (void)folder;
    TRY(bag_set_string(out->props, PROP_MESSAGE_CLASS, "IPM.Task"));
    TRY(eas_fields_read(call, data, fields, ARRAY_LENGTH(fields), NULL, NULL, out->props));
    TRY(eas_categories_read(call, wbxml_child(data, Tasks_Categories), Tasks_Category, out->props));
    TRY(read_recurrence(call, data, NULL, out->props));
    return eas_body_read(call, data, out->props);
}

/* Elements that are always there: one that is missing is unchanged, whatever Supported says. */
static enum status read_fields(struct eas_call *call, const struct wbxml_node *data, const struct eas_ghosts *ghosts, struct item_change *change, struct bag *set)
{
    struct item_change removals = { 0 };
    TRY(eas_fields_read(call, data, fields, ARRAY_LENGTH(fields), ghosts, &removals, set));
    for (size_t i = 0; i < removals.remove_count; i++)
        if (removals.remove[i] != PROP_TASK_COMPLETE && removals.remove[i] != PROP_SUBJECT)
            TRY(eas_change_remove(call, change, removals.remove[i]));
    return STATUS_OK;
}

enum status tasks_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                              struct bag *set)
{
    (void)before;
    TRY(read_fields(call, data, ghosts, change, set));
    TRY(eas_categories_read(call, wbxml_child(data, Tasks_Categories), Tasks_Category, set));
    TRY(read_recurrence(call, data, change, set));
    return eas_body_read(call, data, set);
}
