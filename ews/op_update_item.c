/* UpdateItem [MS-OXWSCORE] 3.1.4.9 */
#include "bourse/groupware/submit.h"
#include "content.h"
#include "create_options.h"
#include "input.h"
#include "items.h"
#include "meetings.h"

struct update_request {
    struct create_options options;
    enum conflict_resolution resolution;
    struct meeting_options meeting;
    bool has_meeting_word;        /* SendMeetingInvitationsOrCancellations */
};

static enum conflict_resolution resolution_of(const char *word)
{
    if (word != NULL && strcmp(word, "NeverOverwrite") == 0)
        return CONFLICT_NEVER_OVERWRITE;
    return word != NULL && strcmp(word, "AlwaysOverwrite") == 0 ? CONFLICT_ALWAYS_OVERWRITE : CONFLICT_AUTO_RESOLVE;
}

static bool is_calendar(const struct item *item)
{
    return (item_type_of_class(bag_string(item->message->props, PROP_MESSAGE_CLASS, "IPM.Note"))->sections & SECTION_CALENDAR) != 0;
}

static bool only_read_state(const struct draft *draft)
{
    return draft->has_read && bag_count(draft->message->props) == 0 && draft->remove_count == 0 && !draft->recipients_changed &&
           draft->message->attachment_count == 0 && draft->remove_attachment_count == 0 && !draft->has_mime;
}

static enum status apply(struct ews_call *call, const struct update_request *request, struct draft *draft, const struct item *before, int64_t change,
                         struct item **out)
{
    struct message *message = draft->message;
    if (draft->has_read) {
        enum status marked = STATUS_OK;
        TRY(item_mark_read(call->session, &before->id, 1, draft->is_read, &marked));
        TRY(marked);
    }
    if (only_read_state(draft))
        return item_get(call->mem, call->session, &before->id, 0, out);
    struct item_change item_change = { .set = message->props, .remove = draft->remove, .remove_count = draft->remove_count,
                                       .replace_recipients = draft->recipients_changed, .recipients = message->recipients,
                                       .recipient_count = message->recipient_count, .add_attachments = message->attachments,
                                       .add_attachment_count = message->attachment_count, .remove_attachments = draft->remove_attachments,
                                       .remove_attachment_count = draft->remove_attachment_count,
                                       .replace_mime = draft->has_mime ? draft->mime : (struct slice){ 0 } };
    /* The change key that clients hold is the greater of content and read state; a read state is no conflict with content. */
    int64_t expected = change > before->change_number && change <= before->read_change_number ? before->change_number : change;
    if (!is_calendar(before) || before->is_associated)
        return item_update(call->mem, call->session, &before->id, expected, request->resolution, &item_change, out);
    return calendar_update(call->mem, call->session, &before->id, expected, request->resolution, &item_change, &request->meeting, out);
}

static enum status send_after(struct ews_call *call, const struct update_request *request, const struct item *item)
{
    struct submit_options submit = { .save_copy = request->options.disposition == DISPOSITION_SEND_AND_SAVE,
                                     .copy_folder = request->options.has_folder ? &request->options.folder : NULL };
    return submit_item(call->session, &item->id, 0, &submit);
}

static enum status read_changes(struct ews_call *call, const struct xml_node *node, const struct object_id *id, struct item **before, struct draft **out)
{
    const struct xml_node *updates = xml_child(node, EWS_NS_TYPES, "Updates");
    TRY(item_get(call->mem, call->session, id, draft_parts(updates), before));
    const char *class = bag_string((*before)->message->props, PROP_MESSAGE_CLASS, "IPM.Note");
    struct object_id folder = { .kind = OBJECT_FOLDER, .mailbox = (*before)->id.mailbox, .folder = (*before)->id.folder };
    TRY(draft_new(call, item_type_of_class(class), &folder, out));
    (*out)->before = (*before)->message->props;
    (*out)->item = *before;
    for (size_t i = 0; i < (*before)->message->recipient_count; i++)
        if (message_add_recipient((*out)->message, &(*before)->message->recipients[i]) == NULL)
            return status_fail(STATUS_NO_MEMORY, "recipients");
    for (const struct xml_node *change = updates->child; change != NULL; change = change->next)
        TRY(draft_change(*out, change));
    if ((*out)->has_mime && content_is_text((*out)->type))
        return draft_read_content(*out);
    return draft_finish(*out);
}

static enum status update_one(struct ews_call *call, const struct update_request *request, const struct xml_node *node, struct item **out)
{
    struct object_id id;
    int64_t change;
    struct item *before;
    struct draft *draft;
    TRY(id_read_item(call, node->child, &id, &change));
    TRY(read_changes(call, node, &id, &before, &draft));
    const char *class = bag_string(before->message->props, PROP_MESSAGE_CLASS, "IPM.Note");
    bool is_mail = (item_type_of_class(class)->sections & SECTION_MESSAGE) != 0;
    if (is_mail && request->options.disposition == DISPOSITION_NONE)
        return ews_fail(call, EWS_CODE_DISPOSITION_REQUIRED, "update of a message");
    if (is_calendar(before) && !request->has_meeting_word)
        return ews_fail(call, EWS_CODE_SEND_UPDATES_REQUIRED, "update of a calendar item");
    if (change == 0 && request->resolution == CONFLICT_NEVER_OVERWRITE)
        return ews_fail(call, EWS_CODE_CHANGE_KEY_REQUIRED, "NeverOverwrite");
    TRY(apply(call, request, draft, before, change, out));
    if (!is_mail || request->options.disposition == DISPOSITION_SAVE)
        return STATUS_OK;
    TRY(send_after(call, request, *out));
    *out = NULL; /* what was sent has no id any more */
    return STATUS_OK;
}

static enum status answer(struct ews_call *call, enum status status, const struct item *item)
{
    if (status != STATUS_OK)
        return response_error(call, status, "m:Items");
    response_message(call);
    xml_start(call->out, "m:Items");
    if (item != NULL)
        items_write_id(call, bag_string(item->message->props, PROP_MESSAGE_CLASS, "IPM.Note"), &item->id, output_item_change(item));
    xml_end(call->out);
    xml_start(call->out, "m:ConflictResults");
    xml_element_int(call->out, "t:Count", 0);
    xml_end(call->out);
    response_message_end(call);
    return STATUS_OK;
}

enum status op_update_item(struct ews_call *call)
{
    const struct xml_node *operation = call->operation, *target = xml_child(operation, EWS_NS_MESSAGES, "SavedItemFolderId");
    struct update_request request = { .options = { .disposition = disposition_of(xml_attribute_of(operation, "MessageDisposition")),
                                                   .has_folder = target != NULL },
                                      .resolution = resolution_of(xml_attribute_of(operation, "ConflictResolution")),
                                      .meeting = meeting_options_of(xml_attribute_of(operation, "SendMeetingInvitationsOrCancellations")),
                                      .has_meeting_word = xml_attribute_of(operation, "SendMeetingInvitationsOrCancellations") != NULL };
    enum status read = target != NULL ? id_read_target(call, target, EWS_CODE_SAVED_FOLDER_NOT_FOUND, &request.options.folder) : STATUS_OK;
    struct ews_failure failure = ews_keep(call, read);
    TRY(response_begin(call));
    const struct xml_node *changes = xml_child(operation, EWS_NS_MESSAGES, "ItemChanges");
    for (const struct xml_node *node = changes->child; node != NULL; node = node->next) {
        struct item *item = NULL;
        enum status status = ews_give(call, &failure);
        if (status == STATUS_OK)
            status = update_one(call, &request, node, &item);
        TRY(answer(call, status, item));
    }
    return response_end(call);
}
