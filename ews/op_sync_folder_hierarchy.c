/* SyncFolderHierarchy [MS-OXWSSYNC] 3.1.4.1 */
#include "bourse/groupware/sync.h"
#include "folders.h"

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

static enum status write_change(struct ews_call *call, struct hierarchy_request *request, const struct sync_change *change)
{
    if (change->kind == SYNC_DELETE || change->folder == NULL) {
        xml_start(call->out, "t:Delete");
        output_folder_id(call, "t:FolderId", &change->id, 0);
        xml_end(call->out);
        return STATUS_OK;
    }
    xml_start(call->out, change->kind == SYNC_CREATE ? "t:Create" : "t:Update");
    TRY(output_folder(call, &request->shape, change->folder));
    xml_end(call->out);
    return STATUS_OK;
}

static enum status write_page(struct ews_call *call, struct hierarchy_request *request, const struct sync_page *page)
{
    response_message(call);
    xml_element(call->out, "m:SyncState", sync_position_text(call->mem, &page->position));
    xml_element_bool(call->out, "m:IncludesLastFolderInRange", page->includes_last);
    xml_start(call->out, "m:Changes");
    for (size_t i = 0; i < page->count; i++)
        TRY(write_change(call, request, &page->changes[i]));
    xml_end(call->out);
    response_message_end(call);
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
        status = ews_recode(call, sync_folders(call->mem, call->session, &request.from, request.root, PAGE_MOST, &page), STATUS_FOLDER_NOT_FOUND,
                            EWS_CODE_SYNC_FOLDER_NOT_FOUND);
    if (status == STATUS_OK)
        status = shape_bind(call, &request.shape, &(struct object_id){ .kind = OBJECT_FOLDER, .mailbox = request.from.mailbox });
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_begin(call));
    status = ews_give(call, &failure);
    TRY(status == STATUS_OK ? write_page(call, &request, page) : response_error(call, status, NULL));
    return response_end(call);
}
