/* ConvertId [MS-OXWSCVTID] 3.1.4.1 */
#include "bourse/groupware/named.h"
#include "convert.h"
#include "ids.h"
#include "response.h"

struct converted {
    const char *text, *mailbox;
};

static enum status convert_one(struct ews_call *call, const struct xml_node *node, enum id_format format, struct converted *out)
{
    enum id_format from;
    struct object_id id;
    struct guid replica;
    if (strcmp(node->name, "AlternateId") != 0 || !id_format_of_word(xml_attribute_of(node, "Format"), &from))
        return ews_fail(call, EWS_CODE_UNSUPPORTED_FOLDER_KIND, "%s", node->name);
    const char *text = xml_attribute_of(node, "Id");
    TRY(id_format_parse(call->mem, from, text != NULL ? text : "", &id));
    enum status status = mailbox_replica(call->session, id.mailbox, &replica);
    if (status == STATUS_OK)
        status = session_mailbox_address(call->mem, call->session, id.mailbox, &out->mailbox);
    if (status == STATUS_MAILBOX_NOT_FOUND)
        return status_fail(STATUS_INVALID_ID, "id of a mailbox that is not here");
    TRY(status);
    out->text = id_format_text(call->mem, format, &id, replica);
    return out->text != NULL ? STATUS_OK : status_fail(STATUS_INVALID_ID, "no such form of an attachment's id");
}

static void write_one(struct ews_call *call, const char *format, const struct converted *converted)
{
    response_message(call);
    xml_start(call->out, "m:AlternateId");
    xml_namespace(call->out, "xsi", "http://www.w3.org/2001/XMLSchema-instance");
    xml_attribute(call->out, "xsi:type", "t:AlternateIdType");
    xml_attribute(call->out, "Format", format);
    xml_attribute(call->out, "Id", converted->text);
    xml_attribute(call->out, "Mailbox", converted->mailbox[0] != '\0' ? converted->mailbox : session_address(call->session));
    xml_end(call->out);
    response_message_end(call);
}

enum status op_convert_id(struct ews_call *call)
{
    enum id_format format = ID_EWS;
    const char *word = xml_attribute_of(call->operation, "DestinationFormat");
    if (!id_format_of_word(word, &format))
        return ews_fail(call, EWS_CODE_SCHEMA_VALIDATION, "DestinationFormat");
    TRY(response_begin(call));
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "SourceIds");
    for (const struct xml_node *node = ids->child; node != NULL; node = node->next) {
        struct converted converted = { 0 };
        enum status status = convert_one(call, node, format, &converted);
        if (status != STATUS_OK)
            TRY(response_error(call, status, NULL));
        else
            write_one(call, word, &converted);
    }
    return response_end(call);
}
