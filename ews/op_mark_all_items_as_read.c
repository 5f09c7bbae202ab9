/* MarkAllItemsAsRead [MS-OXWSCORE] 3.1.4.6 */
#include "folders.h"
#include "request_check.h"

enum status op_mark_all_items_as_read(struct ews_call *call)
{
    bool read = false, suppress = false;
    if (!request_parse_bool(xml_child_text(call->operation, EWS_NS_MESSAGES, "ReadFlag"), &read) ||
        !request_parse_bool(xml_child_text(call->operation, EWS_NS_MESSAGES, "SuppressReadReceipts"), &suppress))
        return ews_fail(call, EWS_CODE_SCHEMA_VALIDATION, "flags of MarkAllItemsAsRead");
    TRY(response_begin(call));
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "FolderIds");
    for (const struct xml_node *node = ids->child; node != NULL; node = node->next) {
        struct object_id id;
        int64_t change;
        enum status status = id_read_folder(call, node, &id, &change);
        if (status == STATUS_OK)
            status = folder_mark_read(call->session, &id, read, suppress);
        TRY(folders_answer_plain(call, status));
    }
    return response_end(call);
}
