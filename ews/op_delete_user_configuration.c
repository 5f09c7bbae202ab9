/* DeleteUserConfiguration [MS-OXWSUSRCFG] 3.1.4.2 */
#include "items.h"
#include "user_configurations.h"

static enum status delete_it(struct ews_call *call)
{
    struct user_configuration found;
    enum status deleted = STATUS_OK;
    TRY(user_configuration_find(call, xml_child(call->operation, EWS_NS_MESSAGES, "UserConfigurationName"), &found));
    if (found.item == NULL)
        return status_fail(STATUS_ITEM_NOT_FOUND, "configuration %s", found.name);
    TRY(item_delete(call->session, &found.item->id, 1, DELETE_HARD, &deleted));
    return deleted;
}

enum status op_delete_user_configuration(struct ews_call *call)
{
    return items_answer_plain(call, delete_it(call));
}
