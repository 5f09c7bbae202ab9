#include "flags.h"

#include "body.h"
#include "bourse/model/properties.h"

/* Email:Status of a flag [MS-ASEMAIL] 2.2.2.73.1 and PidTagFlagStatus [MS-OXOFLAG] 2.2.1.1 name the same states by other numbers. */
enum { WIRE_CLEARED = 0, WIRE_COMPLETE = 1, WIRE_ACTIVE = 2, FLAG_COMPLETE = 1, FLAG_SET = 2, CATEGORIES_MOST = 300 };

static void write_time(struct wbxml_writer *out, eas_tag tag, const struct bag *props, prop_tag property)
{
    char text[EAS_TIME_SIZE];
    instant when = bag_time(props, property, 0);
    if (when != 0)
        wbxml_element(out, tag, eas_time_dashes(when, text));
}

/* Dates of flags are local ones, kept as UTC midnights; the pair is sent alike [MS-ASTASK] 2.2.2.9, 2.2.2.27. */
void eas_flag_write(struct wbxml_writer *out, const struct item *item)
{
    const struct bag *props = item->message->props;
    int32_t status = bag_int32(props, PROP_FLAG_STATUS, 0);
    wbxml_start(out, Email_Flag);
    if (status == FLAG_SET || status == FLAG_COMPLETE) {
        wbxml_element(out, Tasks_Subject, bag_string(props, PROP_TO_DO_TITLE, NULL));
        wbxml_element_int(out, Email_Status, status == FLAG_SET ? WIRE_ACTIVE : WIRE_COMPLETE);
        wbxml_element(out, Email_FlagType, bag_string(props, PROP_FLAG_REQUEST, "Follow up"));
        write_time(out, Tasks_DateCompleted, props, PROP_TASK_DATE_COMPLETED);
        write_time(out, Email_CompleteTime, props, PROP_FLAG_COMPLETE_TIME);
        write_time(out, Tasks_StartDate, props, PROP_TASK_START_DATE);
        write_time(out, Tasks_DueDate, props, PROP_TASK_DUE_DATE);
        write_time(out, Tasks_UtcStartDate, props, PROP_COMMON_START);
        write_time(out, Tasks_UtcDueDate, props, PROP_COMMON_END);
        wbxml_element_bool(out, Tasks_ReminderSet, bag_bool(props, PROP_REMINDER_SET, false));
        write_time(out, Tasks_ReminderTime, props, PROP_REMINDER_TIME);
        write_time(out, Tasks_OrdinalDate, props, PROP_TO_DO_ORDINAL_DATE);
        wbxml_element(out, Tasks_SubOrdinalDate, bag_string(props, PROP_TO_DO_SUB_ORDINAL, NULL));
    }
    wbxml_end(out);
}

static enum status read_times(struct eas_call *call, const struct wbxml_node *flag, struct bag *set)
{
    static const struct {
        eas_tag tag;
        prop_tag property;
    } times[] = { { Tasks_DateCompleted, PROP_TASK_DATE_COMPLETED }, { Email_CompleteTime, PROP_FLAG_COMPLETE_TIME }, { Tasks_StartDate, PROP_TASK_START_DATE },
                  { Tasks_DueDate, PROP_TASK_DUE_DATE }, { Tasks_UtcStartDate, PROP_COMMON_START }, { Tasks_UtcDueDate, PROP_COMMON_END },
                  { Tasks_ReminderTime, PROP_REMINDER_TIME }, { Tasks_OrdinalDate, PROP_TO_DO_ORDINAL_DATE } };
    for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
        instant when = 0;
        const char *text = wbxml_child_text(call->mem, flag, times[i].tag);
        if (text == NULL)
            continue;
        if (!eas_time_parse(text, &when))
            return status_fail(STATUS_INVALID_ARGUMENT, "time of a flag: %.40s", text);
        TRY(bag_set_time(set, times[i].property, when));
    }
    return STATUS_OK;
}

enum status eas_flag_read(struct eas_call *call, const struct wbxml_node *flag, struct item_change *change, struct bag *set)
{
    int64_t wire = WIRE_CLEARED;
    (void)change;
    if (flag == NULL)
        return STATUS_OK;
    if (wbxml_child(flag, Email_Status) != NULL && !wbxml_child_number(flag, Email_Status, WIRE_CLEARED, WIRE_ACTIVE, &wire))
        return status_fail(STATUS_INVALID_ARGUMENT, "status of a flag");
    TRY(bag_set_int32(set, PROP_FLAG_STATUS, wire == WIRE_ACTIVE ? FLAG_SET : wire == WIRE_COMPLETE ? FLAG_COMPLETE : 0));
    if (wire == WIRE_CLEARED)
        return STATUS_OK;
    const char *request = wbxml_child_text(call->mem, flag, Email_FlagType);
    if (request != NULL && *request != '\0')
        TRY(bag_set_string(set, PROP_FLAG_REQUEST, request));
    const char *title = wbxml_child_text(call->mem, flag, Tasks_Subject), *ordinal = wbxml_child_text(call->mem, flag, Tasks_SubOrdinalDate);
    if (title != NULL)
        TRY(bag_set_string(set, PROP_TO_DO_TITLE, title));
    if (ordinal != NULL)
        TRY(bag_set_string(set, PROP_TO_DO_SUB_ORDINAL, ordinal));
    if (wbxml_child(flag, Tasks_ReminderSet) != NULL)
        TRY(bag_set_bool(set, PROP_REMINDER_SET, wbxml_child_bool(flag, Tasks_ReminderSet, false)));
    return read_times(call, flag, set);
}

void eas_categories_write(struct wbxml_writer *out, eas_tag list, eas_tag one, const struct bag *props)
{
    const struct value *keywords = bag_get(props, PROP_KEYWORDS);
    if (keywords == NULL || keywords->multiple.count == 0)
        return;
    wbxml_start(out, list);
    for (size_t i = 0; i < keywords->multiple.count && i < CATEGORIES_MOST; i++)
        wbxml_element(out, one, value_text(&keywords->multiple.elements[i]));
    wbxml_end(out);
}

enum status eas_categories_read(struct eas_call *call, const struct wbxml_node *list, eas_tag one, struct bag *set)
{
    const char *names[CATEGORIES_MOST];
    size_t count = 0;
    if (list == NULL)
        return STATUS_OK;
    for (const struct wbxml_node *node = wbxml_child(list, one); node != NULL && count < CATEGORIES_MOST; node = wbxml_next(node, one)) {
        const char *name = wbxml_text(call->mem, node);
        if (name != NULL && *name != '\0')
            names[count++] = name;
    }
    return bag_set_strings(set, PROP_KEYWORDS, names, count);
}
