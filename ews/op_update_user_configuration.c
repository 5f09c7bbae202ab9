/* UpdateUserConfiguration [MS-OXWSUSRCFG] 3.1.4.4 */
#include "items.h"
#include "user_configurations.h"

static enum status update(struct ews_call *call)
{
    struct user_configuration found;
    struct item *item = NULL;
    struct bag *props = bag_new(call->mem);
    const struct xml_node *configuration = xml_child(call->operation, EWS_NS_MESSAGES, "UserConfiguration");
    TRY(user_configuration_find(call, xml_child(configuration, EWS_NS_TYPES, "UserConfigurationName"), &found));
    if (found.item == NULL)
        return status_fail(STATUS_ITEM_NOT_FOUND, "configuration %s", found.name);
    if (props == NULL)
        return status_fail(STATUS_NO_MEMORY, "configuration");
    TRY(user_configuration_read(call, configuration, props));
    /* What is not named stays: kinds are joined. */
    int32_t kinds = bag_int32(props, PROP_ROAMING_DATATYPES, 0) | bag_int32(found.item->message->props, PROP_ROAMING_DATATYPES, 0);
    TRY(bag_set_int32(props, PROP_ROAMING_DATATYPES, kinds));
    struct item_change change = { .set = props };
    return item_update(call->mem, call->session, &found.item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &item);
}

enum status op_update_user_configuration(struct ews_call *call)
{
    return items_answer_plain(call, update(call));
}
