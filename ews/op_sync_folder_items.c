/* SyncFolderItems [MS-OXWSSYNC] 3.1.4.2 */
#include "items.h"
#include "request_check.h"
#include "sync_answers.h"

struct sync_request {
    struct ews_shape shape;
    struct sync_position from;
    struct sync_options options;
};

static enum status read_ignored(struct ews_call *call, struct sync_options *out)
{
    const struct xml_node *list = xml_child(call->operation, EWS_NS_MESSAGES, "Ignore");
    if (list == NULL)
        return STATUS_OK;
    struct object_id *ids = talloc_zero_array(call->mem, struct object_id, ROOM(xml_child_count(list)));
    if (ids == NULL)
        return status_fail(STATUS_NO_MEMORY, "ignored items");
    for (const struct xml_node *node = list->child; node != NULL; node = node->next) {
        int64_t change;
        TRY(id_read_item(call, node, &ids[out->ignore_count++], &change));
    }
    out->ignore = ids;
    return STATUS_OK;
}

static enum status read_request(struct ews_call *call, struct sync_request *out)
{
    struct object_id folder;
    int64_t limit = 0;
    const struct xml_node *operation = call->operation;
    const char *state = xml_child_text(operation, EWS_NS_MESSAGES, "SyncState"), *scope = xml_child_text(operation, EWS_NS_MESSAGES, "SyncScope");
    *out = (struct sync_request){ 0 };
    TRY(shape_parse_items(call, xml_child(operation, EWS_NS_MESSAGES, "ItemShape"), true, &out->shape));
    TRY(id_read_target(call, xml_child(operation, EWS_NS_MESSAGES, "SyncFolderId"), EWS_CODE_SYNC_FOLDER_NOT_FOUND, &folder));
    TRY(sync_position_parse(state != NULL ? state : "", &out->from));
    if (state == NULL || state[0] == '\0')
        out->from = (struct sync_position){ .mailbox = folder.mailbox, .folder = folder.folder };
    if (!guid_equal(out->from.mailbox, folder.mailbox) || out->from.folder != folder.folder)
        return status_fail(STATUS_INVALID_SYNC_STATE, "state of another folder");
    if (!request_parse_int(xml_child_text(operation, EWS_NS_MESSAGES, "MaxChangesReturned"), &limit) || limit < 1 || limit > 512)
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "MaxChangesReturned must be from 1 to 512.");
    int64_t most = config_int(call->config, CONFIG_ews_sync_page);
    out->options = (struct sync_options){ .limit = (size_t)(limit < most ? limit : most), .parts = shape_parts(&out->shape),
                                          .associated = scope != NULL && strcmp(scope, "NormalAndAssociatedItems") == 0 };
    return read_ignored(call, &out->options);
}

static void write_delete(struct ews_call *call, const struct object_id *id)
{
    xml_start(call->out, "t:Delete");
    output_item_id(call, "t:ItemId", id, 0);
    xml_end(call->out);
}

static enum status write_change(struct ews_call *call, struct ews_shape *shape, const struct sync_change *change)
{
    switch (change->kind) {
    case SYNC_DELETE:
        write_delete(call, &change->id);
        return STATUS_OK;
    case SYNC_READ_STATE:
        xml_start(call->out, "t:ReadFlagChange");
        output_item_id(call, "t:ItemId", &change->id, change->item != NULL ? output_item_change(change->item) : 0);
        xml_element_bool(call->out, "t:IsRead", change->is_read);
        xml_end(call->out);
        return STATUS_OK;
    case SYNC_CREATE:
    case SYNC_UPDATE:
        break;
    }
    if (change->item == NULL) { /* gone between the change and now */
        write_delete(call, &change->id);
        return STATUS_OK;
    }
    xml_start(call->out, change->kind == SYNC_CREATE ? "t:Create" : "t:Update");
    TRY(output_item(call, shape, change->item));
    xml_end(call->out);
    return STATUS_OK;
}

enum status op_sync_folder_items(struct ews_call *call)
{
    struct sync_request request;
    struct sync_page *page = NULL;
    enum status status = read_request(call, &request);
    if (call->code == EWS_CODE_SCHEMA_VALIDATION)
        return status;
    if (status == STATUS_OK)
        status = sync_items(call->mem, call->session, &request.from, &request.options, &page);
    struct sync_answer answer = { "m:IncludesLastItemInRange", write_change, &request.shape,
                                  { .kind = OBJECT_FOLDER, .mailbox = request.from.mailbox, .folder = request.from.folder } };
    return sync_answer(call, &answer, status, page);
}
