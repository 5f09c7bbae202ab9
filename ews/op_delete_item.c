/* DeleteItem [MS-OXWSCORE] 3.1.4.3, [MS-OXWSMTGS] 3.1.4.3, [MS-OXWSTASK] 3.1.4.3 */
#include "disposal.h"
#include "items.h"
#include "meetings.h"

struct delete_request {
    enum delete_mode mode;
    const char *cancellations, *task_occurrences; /* SendMeetingCancellations, AffectedTaskOccurrences; NULL: not said */
    struct meeting_options meeting;
};

static bool is_class(const struct item *item, unsigned section)
{
    return (item_type_of_class(bag_string(item->message->props, PROP_MESSAGE_CLASS, "IPM.Note"))->sections & section) != 0;
}

/* What must be said for this kind of item. */
static enum status check(struct ews_call *call, const struct delete_request *request, const struct item *item)
{
    if (is_class(item, SECTION_CALENDAR) && request->cancellations == NULL)
        return ews_fail(call, EWS_CODE_SEND_CANCELLATIONS_REQUIRED, "DeleteItem of a calendar item");
    if (is_class(item, SECTION_TASK) && request->task_occurrences == NULL)
        return ews_fail(call, EWS_CODE_AFFECTED_TASKS_REQUIRED, "DeleteItem of a task");
    return STATUS_OK;
}

/* SpecifiedOccurrenceOnly: the series of tasks goes on with its next instance [MS-OXWSTASK] 2.2.5.1; the one that is skipped stays as done. */
static bool skips_instance(const struct delete_request *request, const struct item *item)
{
    return is_class(item, SECTION_TASK) && request->task_occurrences != NULL && strcmp(request->task_occurrences, "SpecifiedOccurrenceOnly") == 0 &&
           bag_bool(item->message->props, PROP_TASK_F_RECURRING, false) && !bag_bool(item->message->props, PROP_TASK_COMPLETE, false);
}

static enum status skip_instance(struct ews_call *call, const struct item *item)
{
    struct item *changed = NULL;
    struct bag *done = bag_new(call->mem);
    if (done == NULL)
        return status_fail(STATUS_NO_MEMORY, "task");
    TRY(bag_set_bool(done, PROP_TASK_COMPLETE, true));
    TRY(bag_set_int32(done, PROP_TASK_STATUS, 2));
    struct item_change change = { .set = done };
    return item_update(call->mem, call->session, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &changed);
}

/* Calendar items go one by one, as each may have people to tell; they leave the batch. */
static enum status delete_alone(struct ews_call *call, const struct delete_request *request, const struct item *item)
{
    if (skips_instance(request, item))
        return skip_instance(call, item);
    return calendar_delete(call->session, &item->id, request->mode, &request->meeting);
}

static bool goes_alone(const struct delete_request *request, const struct item *item)
{
    return !item->is_associated && (is_class(item, SECTION_CALENDAR) || skips_instance(request, item));
}

static void decide(struct ews_call *call, const struct delete_request *request, struct id_batch *batch, struct item *const *items, bool *done)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->statuses[i] != STATUS_OK)
            continue;
        enum status status = check(call, request, items[i]);
        done[i] = status != STATUS_OK || goes_alone(request, items[i]);
        if (status == STATUS_OK && done[i])
            status = delete_alone(call, request, items[i]);
        if (!done[i])
            continue;
        batch->statuses[i] = status;
        batch->codes[i] = call->code;
        ews_forget(call);
    }
}

static enum status delete_rest(struct ews_call *call, const struct delete_request *request, struct id_batch *batch, const bool *done)
{
    unsigned room = ROOM(batch->count);
    struct object_id *ids = talloc_zero_array(call->mem, struct object_id, room);
    size_t *where = talloc_zero_array(call->mem, size_t, room), count = 0;
    enum status *statuses = talloc_zero_array(call->mem, enum status, room);
    if (ids == NULL || where == NULL || statuses == NULL)
        return status_fail(STATUS_NO_MEMORY, "ids");
    for (size_t i = 0; i < batch->count; i++)
        if (batch->statuses[i] == STATUS_OK && !done[i]) {
            ids[count] = batch->ids[i];
            where[count++] = i;
        }
    if (count > 0)
        TRY(item_delete(call->session, ids, count, request->mode, statuses));
    items_merge_statuses(batch, where, statuses, count);
    return STATUS_OK;
}

static enum status delete_all(struct ews_call *call, struct id_batch *batch)
{
    const struct xml_node *operation = call->operation;
    struct delete_request request = { .mode = disposal_of(xml_attribute_of(operation, "DeleteType")),
                                      .cancellations = xml_attribute_of(operation, "SendMeetingCancellations"),
                                      .task_occurrences = xml_attribute_of(operation, "AffectedTaskOccurrences") };
    struct item **items = talloc_zero_array(call->mem, struct item *, ROOM(batch->count));
    bool *done = talloc_zero_array(call->mem, bool, ROOM(batch->count));
    if (items == NULL || done == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    request.meeting = meeting_options_of(request.cancellations);
    /* Whether a task recurs is no column. */
    bool specified = request.task_occurrences != NULL && strcmp(request.task_occurrences, "SpecifiedOccurrenceOnly") == 0;
    TRY(items_load(call, batch, specified ? ITEM_PROPERTIES : 0, items));
    decide(call, &request, batch, items, done);
    return delete_rest(call, &request, batch, done);
}

enum status op_delete_item(struct ews_call *call)
{
    struct id_batch batch;
    TRY(id_read_items(call, xml_child(call->operation, EWS_NS_MESSAGES, "ItemIds"), &batch));
    TRY(delete_all(call, &batch));
    TRY(response_begin(call));
    for (size_t i = 0; i < batch.count; i++) {
        enum status status = id_batch_failure(call, &batch, i);
        if (status != STATUS_OK) {
            TRY(response_error(call, status, NULL));
            continue;
        }
        response_message(call);
        response_message_end(call);
    }
    return response_end(call);
}
