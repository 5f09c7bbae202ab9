/* Email [MS-ASEMAIL]. */
#include "body.h"
#include "classes.h"
#include "drafts.h"
#include "flags.h"
#include "meeting_request.h"

#include "bourse/model/properties.h"

enum { ADDRESS_LIST_CAP = 32 * 1024 };

/* "Name" <address>, ... [MS-ASEMAIL] 2.2.2.78; at most 32,768 characters. */
static void write_recipients(struct eas_call *call, struct wbxml_writer *out, eas_tag tag, const struct item *item, enum recipient_type type)
{
    struct buffer *list = buffer_new(call->mem, ADDRESS_LIST_CAP);
    for (size_t i = 0; list != NULL && i < item->message->recipient_count; i++) {
        const struct recipient *recipient = &item->message->recipients[i];
        if (recipient->type != type)
            continue;
        char *one = talloc_asprintf(call->mem, "%s\"%s\" <%s>", buffer_length(list) > 0 ? ", " : "", recipient->display_name,
                                    *recipient->smtp_address != '\0' ? recipient->smtp_address : recipient->address);
        if (one != NULL && buffer_length(list) + strlen(one) < ADDRESS_LIST_CAP)
            buffer_append_text(list, one);
        talloc_free(one);
    }
    if (list != NULL && buffer_length(list) > 0)
        wbxml_element(out, tag, buffer_text(list));
    talloc_free(list);
}

static void write_from(struct eas_call *call, struct wbxml_writer *out, const struct bag *props)
{
    const char *name = bag_string(props, PROP_SENT_REPRESENTING_NAME, ""), *address = bag_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, "");
    const char *sender = bag_string(props, PROP_SENDER_SMTP_ADDRESS, "");
    if (*address != '\0')
        wbxml_element(out, Email_From, talloc_asprintf(call->mem, "\"%s\" <%s>", *name != '\0' ? name : address, address));
    if (*sender != '\0' && *address != '\0' && strcasecmp(sender, address) != 0)
        wbxml_element(out, Email2_Sender, talloc_asprintf(call->mem, "\"%s\" <%s>", bag_string(props, PROP_SENDER_NAME, sender), sender));
}

static void write_conversation(struct wbxml_writer *out, const struct bag *props)
{
    struct slice id = bag_bytes(props, PROP_CONVERSATION_ID), index = bag_bytes(props, PROP_CONVERSATION_INDEX);
    if (id.length > 0)
        wbxml_element_bytes(out, Email2_ConversationId, id);
    if (index.length > 5) /* without the reserved byte: the time and what follows the root's 22 bytes [MS-ASCON] 2.2.2.4 */
        wbxml_element_bytes(out, Email2_ConversationIndex, slice_part(index, 1, index.length >= 22 ? 5 + (index.length - 22) : 5));
}

static void write_verb(struct wbxml_writer *out, const struct bag *props)
{
    char text[EAS_TIME_SIZE];
    /* PidTagLastVerbExecuted [MS-OXOMSG] 2.2.1.40: 102 reply, 103 reply to all, 104 forward -> 1, 2, 3 [MS-ASEMAIL] 2.2.2.43 */
    int32_t verb = bag_int32(props, PROP_LAST_VERB_EXECUTED, 0) - 101;
    if (verb < 1 || verb > 3)
        return;
    wbxml_element_int(out, Email2_LastVerbExecuted, verb);
    wbxml_element(out, Email2_LastVerbExecutionTime, eas_time_dashes(bag_time(props, PROP_LAST_VERB_EXECUTION_TIME, 0), text));
}

static void write_envelope(struct eas_call *call, struct wbxml_writer *out, const struct item *item)
{
    const struct bag *props = item->message->props;
    char text[EAS_TIME_SIZE];
    write_recipients(call, out, Email_To, item, RECIPIENT_TO);
    write_recipients(call, out, Email_Cc, item, RECIPIENT_CC);
    if (item->is_draft)
        write_recipients(call, out, Email2_Bcc, item, RECIPIENT_BCC);
    write_from(call, out, props);
    wbxml_element(out, Email_Subject, bag_string(props, PROP_SUBJECT, ""));
    wbxml_element(out, Email_ReplyTo, bag_string(props, PROP_REPLY_RECIPIENT_NAMES, NULL));
    if (item->received != 0)
        wbxml_element(out, Email_DateReceived, eas_time_dashes(item->received, text));
    wbxml_element(out, Email_DisplayTo, bag_string(props, PROP_DISPLAY_TO, NULL));
    wbxml_element(out, Email_ThreadTopic, bag_string(props, PROP_CONVERSATION_TOPIC, NULL));
    wbxml_element_int(out, Email_Importance, bag_int32(props, PROP_IMPORTANCE, 1));
    wbxml_element_bool(out, Email_Read, item->is_read);
}

enum status email_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options)
{
    const struct bag *props = item->message->props;
    const char *message_class = bag_string(props, PROP_MESSAGE_CLASS, "IPM.Note");
    int32_t codepage = bag_int32(props, PROP_INTERNET_CODEPAGE, 65001);
    write_envelope(call, out, item);
    TRY(eas_body_write(call, out, item, options));
    wbxml_element(out, Email_MessageClass, message_class);
    TRY(eas_meeting_request_write(call, out, item));
    wbxml_element_int(out, Email_InternetCPID, codepage);
    eas_flag_write(out, item);
    wbxml_element(out, Email_ContentClass, eas_is_meeting_message(props) ? "urn:content-classes:calendarmessage" : "urn:content-classes:message");
    eas_categories_write(out, Email_Categories, Email_Category, props);
    write_conversation(out, props);
    write_verb(out, props);
    if (item->is_draft)
        wbxml_element_bool(out, Email2_IsDraft, true);
    return STATUS_OK;
}

/* Of mail, devices change the read state, the flag and the categories; of drafts all. */
enum status email_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                              struct bag *set)
{
    (void)ghosts;
    if (wbxml_child(data, Email_Read) != NULL)
        TRY(bag_set_bool(set, PROP_READ, wbxml_child_bool(data, Email_Read, true)));
    TRY(eas_flag_read(call, wbxml_child(data, Email_Flag), change, set));
    TRY(eas_categories_read(call, wbxml_child(data, Email_Categories), Email_Category, set));
    return draft_read_change(call, data, before, change, set);
}
