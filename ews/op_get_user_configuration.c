/* GetUserConfiguration [MS-OXWSUSRCFG] 3.1.4.3 */
#include "output.h"
#include "response.h"
#include "user_configurations.h"

static bool wants(const char *properties, const char *word)
{
    return strstr(properties, "All") != NULL || strstr(properties, word) != NULL;
}

/* The name as it was asked for, with the folder's id. */
static void write_name(struct ews_call *call, const struct user_configuration *found)
{
    xml_start(call->out, "t:UserConfigurationName");
    xml_attribute(call->out, "Name", found->name);
    output_folder_id(call, "t:FolderId", &found->folder, 0);
    xml_end(call->out);
}

static void write_bytes(struct ews_call *call, const char *element, const struct bag *props, prop_tag tag)
{
    struct slice bytes = bag_bytes(props, tag);
    if (bytes.length > 0)
        xml_element_base64(call->out, element, bytes);
}

static void write_configuration(struct ews_call *call, const struct user_configuration *found, const char *properties)
{
    const struct bag *props = found->item->message->props;
    xml_start(call->out, "m:UserConfiguration");
    write_name(call, found);
    if (wants(properties, "Id"))
        output_item_id(call, "t:ItemId", &found->item->id, output_item_change(found->item));
    if (wants(properties, "Dictionary"))
        dictionary_write(call, bag_bytes(props, PROP_ROAMING_DICTIONARY));
    if (wants(properties, "XmlData"))
        write_bytes(call, "t:XmlData", props, PROP_ROAMING_XML_STREAM);
    if (wants(properties, "BinaryData"))
        write_bytes(call, "t:BinaryData", props, PROP_ROAMING_BINARY);
    xml_end(call->out);
}

enum status op_get_user_configuration(struct ews_call *call)
{
    struct user_configuration found;
    enum status status = user_configuration_find(call, xml_child(call->operation, EWS_NS_MESSAGES, "UserConfigurationName"), &found);
    if (status == STATUS_OK && found.item == NULL)
        status = status_fail(STATUS_ITEM_NOT_FOUND, "configuration %s", found.name);
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_begin(call));
    status = ews_give(call, &failure);
    if (status != STATUS_OK) {
        TRY(response_error(call, status, NULL));
        return response_end(call);
    }
    response_message(call);
    write_configuration(call, &found, xml_child_text(call->operation, EWS_NS_MESSAGES, "UserConfigurationProperties"));
    response_message_end(call);
    return response_end(call);
}
