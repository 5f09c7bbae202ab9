/* SendItem [MS-OXWSMSG] 3.1.4.7 */
#include "bourse/groupware/submit.h"
#include "create_options.h"
#include "fields.h"
#include "request_check.h"
#include "response.h"

static enum status send_one(struct ews_call *call, const struct xml_node *node, const struct submit_options *options)
{
    struct object_id id;
    int64_t change;
    TRY(id_read_item(call, node, &id, &change));
    if (change == 0)
        return ews_fail(call, EWS_CODE_SEND_CHANGE_KEY_REQUIRED, "SendItem without change key");
    enum status status = submit_item(call->session, &id, change, options);
    return ews_recode(call, status, STATUS_CONFLICT, EWS_CODE_STALE_OBJECT);
}

enum status op_send_item(struct ews_call *call)
{
    const struct xml_node *target = xml_child(call->operation, EWS_NS_MESSAGES, "SavedItemFolderId");
    struct object_id folder;
    struct submit_options options = { .copy_folder = target != NULL ? &folder : NULL };
    enum status read = STATUS_OK;
    if (!request_parse_bool(xml_attribute_of(call->operation, "SaveItemToFolder"), &options.save_copy))
        options.save_copy = false;
    if (target != NULL)
        read = options.save_copy ? id_read_target(call, target, EWS_CODE_SAVED_FOLDER_NOT_FOUND, &folder)
                                 : ews_fail(call, EWS_CODE_SAVE_SETTINGS, "SavedItemFolderId without SaveItemToFolder");
    struct ews_failure failure = ews_keep(call, read);
    TRY(response_begin(call));
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "ItemIds");
    for (const struct xml_node *node = ids->child; node != NULL; node = node->next) {
        enum status status = ews_give(call, &failure);
        if (status == STATUS_OK)
            status = send_one(call, node, &options);
        if (status != STATUS_OK) {
            TRY(response_error(call, status, NULL));
            continue;
        }
        response_message(call);
        response_message_end(call);
    }
    return response_end(call);
}
