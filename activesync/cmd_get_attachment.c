/* GetAttachment [MS-ASCMD] 2.2.1.8: a file as the body of the answer, until 14.0; later ItemOperations. */
#include "bourse/groupware/attachment.h"
#include "call.h"

enum status cmd_get_attachment(struct eas_call *call)
{
    struct object_id id;
    struct slice file = { 0 };
    const char *type = NULL;
    if (call->query.attachment_name == NULL)
        return eas_fail_http(call, 400, "no attachment named");
    enum status status = object_id_parse(call->query.attachment_name, &id);
    if (status == STATUS_OK && id.kind != OBJECT_ATTACHMENT)
        status = status_fail(STATUS_INVALID_ID, "file reference");
    if (status == STATUS_OK)
        status = attachment_file(call->mem, call->session, &id, &type, &file);
    if (status != STATUS_OK) { /* this command has no status of its own */
        call->http_status = status_info(status)->http >= 400 ? status_info(status)->http : 500;
        return status;
    }
    http_respond(call->request, 200, type, file);
    call->is_answered = true;
    return STATUS_OK;
}
