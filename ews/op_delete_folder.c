/* DeleteFolder [MS-OXWSFOLD] 3.1.4.4 */
#include "disposal.h"
#include "folders.h"

enum status op_delete_folder(struct ews_call *call)
{
    enum delete_mode mode = disposal_of(xml_attribute_of(call->operation, "DeleteType"));
    TRY(response_begin(call));
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "FolderIds");
    for (const struct xml_node *node = ids->child; node != NULL; node = node->next) {
        struct object_id id;
        int64_t change;
        enum status status = id_read_folder(call, node, &id, &change);
        if (status == STATUS_OK)
            status = folder_delete(call->session, &id, mode);
        TRY(folders_answer_plain(call, status));
    }
    return response_end(call);
}
