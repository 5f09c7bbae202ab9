/* ExpandDL [MS-OXWSDLIST] 3.1.4.1 */
#include "fields.h"
#include "ids.h"
#include "one_off.h"
#include "output.h"
#include "people.h"
#include "response.h"

static void begin_list(struct ews_call *call, size_t count)
{
    response_message(call);
    xml_start(call->out, "m:DLExpansion");
    xml_attribute_bool(call->out, "IncludesLastItemInRange", true);
    xml_attribute_int(call->out, "TotalItemsInView", (int64_t)count);
}

static void end_list(struct ews_call *call)
{
    xml_end(call->out);
    response_message_end(call);
}

/* A distribution list among the contacts. */
static enum status expand_private(struct ews_call *call, const struct xml_node *id_node)
{
    struct object_id id;
    int64_t change;
    struct item *item;
    TRY(id_read_item(call, id_node, &id, &change));
    TRY(item_get(call->mem, call->session, &id, ITEM_PROPERTIES, &item));
    const struct value *members = bag_get(item->message->props, PROP_DISTRIBUTION_LIST_MEMBERS);
    if (!class_has_prefix(bag_string(item->message->props, PROP_MESSAGE_CLASS, ""), "IPM.DistList"))
        return ews_fail(call, EWS_CODE_NOT_A_GROUP, "item is no list");
    size_t count = members != NULL && members->form == VALUE_INLINE ? members->multiple.count : 0;
    begin_list(call, count);
    for (size_t i = 0; i < count; i++) {
        struct one_off entry;
        if (one_off_parse(call->mem, members->multiple.elements[i].bytes, &entry) == STATUS_OK)
            output_mailbox(call->out, "t:Mailbox", &(struct mailbox_text){ .name = entry.name, .address = entry.address }, call->version);
    }
    status_chain_clear();
    end_list(call);
    return STATUS_OK;
}

static enum status expand_group(struct ews_call *call, const char *address)
{
    struct person *people = NULL;
    size_t count = 0;
    enum status status = people_group_members(call->mem, call->session, address, &people, &count);
    status = ews_recode(call, status, STATUS_RECIPIENT_NOT_FOUND, EWS_CODE_NOT_A_GROUP);
    TRY(ews_recode(call, status, STATUS_NOT_FOUND, EWS_CODE_NOT_A_GROUP));
    begin_list(call, count);
    for (size_t i = 0; i < count; i++)
        person_write_mailbox(call, &people[i]);
    end_list(call);
    return STATUS_OK;
}

enum status op_expand_dl(struct ews_call *call)
{
    const struct xml_node *mailbox = xml_child(call->operation, EWS_NS_MESSAGES, "Mailbox"), *id = xml_child(mailbox, EWS_NS_TYPES, "ItemId");
    const char *address = xml_child_text(mailbox, EWS_NS_TYPES, "EmailAddress");
    TRY(response_begin(call));
    enum status status = id != NULL ? expand_private(call, id) : address != NULL ? expand_group(call, address)
                                                                                 : ews_fail(call, EWS_CODE_MISSING_EMAIL, "ExpandDL");
    if (status != STATUS_OK)
        TRY(response_error(call, status, NULL));
    return response_end(call);
}
