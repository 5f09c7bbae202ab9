/* SyncFolderHierarchy [MS-OXWSSYNC] 3.1.4.1 */
#include "folders.h"
#include "sync_answers.h"

#define PAGE_MOST 512

struct hierarchy_request {
    struct ews_shape shape;
    struct sync_position from;
    int64_t root; /* 0: all below msgfolderroot */
};

static enum status read_request(struct ews_call *call, struct hierarchy_request *out)
{
    const struct xml_node *operation = call->operation, *target = xml_child(operation, EWS_NS_MESSAGES, "SyncFolderId");
    const char *state = xml_child_text(operation, EWS_NS_MESSAGES, "SyncState");
    struct object_id root = { .mailbox = session_mailbox(call->session) };
    *out = (struct hierarchy_request){ 0 };
    TRY(shape_parse_folders(call, xml_child(operation, EWS_NS_MESSAGES, "FolderShape"), &out->shape));
    if (target != NULL)
        TRY(id_read_target(call, target, EWS_CODE_SYNC_FOLDER_NOT_FOUND, &root));
    out->root = root.folder;
    TRY(sync_position_parse(state != NULL ? state : "", &out->from));
    if (state == NULL || state[0] == '\0')
        out->from = (struct sync_position){ .mailbox = root.mailbox };
    if (!guid_equal(out->from.mailbox, root.mailbox) || out->from.folder != 0)
        return status_fail(STATUS_INVALID_SYNC_STATE, "state of another hierarchy");
    return STATUS_OK;
}

static enum status write_change(struct ews_call *call, struct ews_shape *shape, const struct sync_change *change)
{
    if (change->kind == SYNC_DELETE || change->folder == NULL) {
        xml_start(call->out, "t:Delete");
        output_folder_id(call, "t:FolderId", &change->id, 0);
        xml_end(call->out);
        return STATUS_OK;
    }
    xml_start(call->out, change->kind == SYNC_CREATE ? "t:Create" : "t:Update");
    TRY(output_folder(call, shape, change->folder));
    xml_end(call->out);
    return STATUS_OK;
}

enum status op_sync_folder_hierarchy(struct ews_call *call)
{
    struct hierarchy_request request;
    struct sync_page *page = NULL;
    enum status status = read_request(call, &request);
    if (call->code == EWS_CODE_SCHEMA_VALIDATION)
        return status;
    if (status == STATUS_OK)
        status = sync_folders(call->mem, call->session, &request.from, request.root, PAGE_MOST, &page);
    struct sync_answer answer = { "m:IncludesLastFolderInRange", write_change, &request.shape, { .kind = OBJECT_FOLDER, .mailbox = request.from.mailbox } };
    return sync_answer(call, &answer, status, page);
}
