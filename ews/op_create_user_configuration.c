/* CreateUserConfiguration [MS-OXWSUSRCFG] 3.1.4.1 */
#include "items.h"
#include "user_configurations.h"

static enum status create(struct ews_call *call)
{
    struct user_configuration found;
    struct item *item = NULL;
    struct item_create_options options = { .is_associated = true, .is_read = true };
    struct message *message = message_new(call->mem);
    const struct xml_node *configuration = xml_child(call->operation, EWS_NS_MESSAGES, "UserConfiguration");
    TRY(user_configuration_find(call, xml_child(configuration, EWS_NS_TYPES, "UserConfigurationName"), &found));
    if (found.item != NULL)
        return status_fail(STATUS_EXISTS, "configuration %s", found.name);
    if (message == NULL)
        return status_fail(STATUS_NO_MEMORY, "configuration");
    TRY(user_configuration_read(call, configuration, message->props));
    TRY(bag_set_string(message->props, PROP_MESSAGE_CLASS, user_configuration_class(call, &found)));
    TRY(bag_set_string(message->props, PROP_SUBJECT, user_configuration_class(call, &found)));
    return item_create(call->mem, call->session, &found.folder, message, &options, &item);
}

enum status op_create_user_configuration(struct ews_call *call)
{
    return items_answer_plain(call, create(call));
}
