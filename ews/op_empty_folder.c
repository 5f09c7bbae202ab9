/* EmptyFolder [MS-OXWSFOLD] 3.1.4.5 */
#include "disposal.h"
#include "folders.h"
#include "request_check.h"

static enum status empty_one(struct ews_call *call, const struct xml_node *node, enum delete_mode mode, bool subfolders)
{
    struct object_id id;
    int64_t change;
    TRY(id_read_folder(call, node, &id, &change));
    enum status status = folder_empty(call->session, &id, mode, subfolders);
    return ews_recode(call, status, STATUS_DISTINGUISHED_FOLDER, EWS_CODE_CANNOT_EMPTY);
}

enum status op_empty_folder(struct ews_call *call)
{
    enum delete_mode mode = disposal_of(xml_attribute_of(call->operation, "DeleteType"));
    bool subfolders = false;
    if (!request_parse_bool(xml_attribute_of(call->operation, "DeleteSubFolders"), &subfolders))
        subfolders = false;
    TRY(response_begin(call));
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "FolderIds");
    for (const struct xml_node *node = ids->child; node != NULL; node = node->next)
        TRY(folders_answer_plain(call, empty_one(call, node, mode, subfolders)));
    return response_end(call);
}
