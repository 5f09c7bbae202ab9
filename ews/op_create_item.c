/* CreateItem [MS-OXWSCORE] 3.1.4.2, [MS-OXWSMSG] 3.1.4.2 */
#include "bourse/groupware/submit.h"
#include "content.h"
#include "create_options.h"
#include "input.h"
#include "items.h"
#include "meetings.h"
#include "respond.h"

/* Result of one item: an id when something was saved. */
struct created {
    bool saved;
    struct object_id id;
    int64_t change;
    const char *message_class;
};

static bool is_mail(const struct item_type *type)
{
    return (type->sections & SECTION_MESSAGE) != 0 && type->item_class[0] != '\0';
}

/* Where an item of a kind goes when the request does not say. */
static enum status default_folder(struct ews_call *call, const struct item_type *type, enum disposition disposition, struct object_id *out)
{
    enum folder_role role = FOLDER_ROLE_DRAFTS;
    if (type->sections & SECTION_CALENDAR)
        role = FOLDER_ROLE_CALENDAR;
    else if (type->sections & (SECTION_CONTACT | SECTION_LIST))
        role = FOLDER_ROLE_CONTACTS;
    else if (type->sections & SECTION_TASK)
        role = FOLDER_ROLE_TASKS;
    else if (disposition == DISPOSITION_SEND_AND_SAVE)
        role = FOLDER_ROLE_SENT_ITEMS;
    return folder_id_of_role(call->session, session_mailbox(call->session), role, out);
}

static enum status save(struct ews_call *call, struct draft *draft, const struct object_id *folder, bool is_draft, struct created *out)
{
    struct item *item = NULL;
    struct item_create_options options = { .is_associated = draft->is_associated, .is_draft = draft->has_flags ? draft->is_unsent : is_draft,
                                           .is_read = draft->has_read ? draft->is_read : true };
    if (draft->has_mime && content_is_text(draft->type))
        TRY(draft_read_content(draft));
    if (draft->has_mime)
        TRY(item_create_from_mime(call->mem, call->session, folder, draft->mime, draft->message->props, &options, &item));
    else
        TRY(item_create(call->mem, call->session, folder, draft->message, &options, &item));
    *out = (struct created){ true, item->id, output_item_change(item), bag_string(item->message->props, PROP_MESSAGE_CLASS, "IPM.Note") };
    return STATUS_OK;
}

/* The appointment and, as SendMeetingInvitations says, its invitations. */
static enum status save_calendar(struct ews_call *call, struct draft *draft, const struct object_id *folder, struct created *out)
{
    struct item *item = NULL;
    struct meeting_options options = meeting_options_of(xml_attribute_of(call->operation, "SendMeetingInvitations"));
    if (draft->has_mime)
        TRY(draft_read_content(draft));
    TRY(calendar_create(call->mem, call->session, folder, draft->message, &options, &item));
    *out = (struct created){ true, item->id, output_item_change(item), bag_string(item->message->props, PROP_MESSAGE_CLASS, "IPM.Appointment") };
    return STATUS_OK;
}

static enum status send(struct ews_call *call, const struct draft *draft, const struct create_options *options)
{
    struct object_id copy;
    struct submit_options submit = { .save_copy = options->disposition == DISPOSITION_SEND_AND_SAVE,
                                     .copy_folder = options->has_folder ? &options->folder : NULL };
    return draft->has_mime ? submit_mime(call->session, draft->mime, &submit, &copy) : submit_message(call->session, draft->message, &submit, &copy);
}

static enum status finish(struct ews_call *call, struct draft *draft, const struct create_options *options, struct created *out)
{
    struct object_id folder = draft->folder;
    bool sends = options->disposition == DISPOSITION_SEND || options->disposition == DISPOSITION_SEND_AND_SAVE;
    if (!bag_has(draft->message->props, PROP_MESSAGE_CLASS) && !draft->has_mime)
        TRY(bag_set_string(draft->message->props, PROP_MESSAGE_CLASS, draft->type->item_class));
    if (is_mail(draft->type) && sends)
        return send(call, draft, options);
    if ((draft->type->sections & SECTION_CALENDAR) && !draft->is_associated)
        return save_calendar(call, draft, &folder, out);
    /* MIME that is put into a folder of one's own choice is mail that came from elsewhere (import), unless it says otherwise. */
    return save(call, draft, &folder, is_mail(draft->type) && !draft->is_associated && !(draft->has_mime && options->has_folder), out);
}

/* AcceptItem and its sisters: what they leave in the calendar is the answer. */
static enum status answer_meeting(struct ews_call *call, const struct create_options *options, const struct xml_node *node, struct created *out)
{
    struct object_id id;
    struct item *item = NULL;
    TRY(meeting_answer_object(call, options, node, &id));
    if (id.item == 0 || item_get(call->mem, call->session, &id, 0, &item) != STATUS_OK) {
        status_chain_clear();
        return STATUS_OK; /* answered; a declined meeting is in the calendar no more */
    }
    *out = (struct created){ true, id, output_item_change(item), bag_string(item->message->props, PROP_MESSAGE_CLASS, "IPM.Appointment") };
    return STATUS_OK;
}

static enum status create_one(struct ews_call *call, const struct create_options *options, const struct xml_node *node, struct created *out)
{
    struct draft *draft;
    struct object_id folder = options->folder;
    const struct item_type *type = item_type_of_element(node->name);
    if (type == NULL && meeting_is_response_object(node->name))
        return answer_meeting(call, options, node, out);
    if (type == NULL) {
        TRY(respond_read(call, options, node, &draft));
        return draft != NULL ? finish(call, draft, options, out) : STATUS_OK;
    }
    if (type->item_class[0] == '\0')
        return ews_fail(call, EWS_CODE_NOT_CREATABLE, "%s", node->name);
    if (is_mail(type) && options->disposition == DISPOSITION_NONE)
        return ews_fail(call, EWS_CODE_DISPOSITION_REQUIRED, "%s", node->name);
    if ((type->sections & SECTION_CALENDAR) && xml_attribute_of(call->operation, "SendMeetingInvitations") == NULL)
        return ews_fail(call, EWS_CODE_SEND_INVITATIONS_REQUIRED, "%s", node->name);
    if (!options->has_folder)
        TRY(default_folder(call, type, options->disposition, &folder));
    TRY(draft_new(call, type, &folder, &draft));
    TRY(draft_read(draft, node));
    return finish(call, draft, options, out);
}

static enum status answer(struct ews_call *call, enum status status, const struct created *created)
{
    if (status != STATUS_OK)
        return response_error(call, status, "m:Items");
    response_message(call);
    xml_start(call->out, "m:Items");
    if (created->saved)
        items_write_id(call, created->message_class, &created->id, created->change);
    xml_end(call->out);
    response_message_end(call);
    return STATUS_OK;
}

enum status op_create_item(struct ews_call *call)
{
    const struct xml_node *target = xml_child(call->operation, EWS_NS_MESSAGES, "SavedItemFolderId");
    struct create_options options = { .disposition = disposition_of(xml_attribute_of(call->operation, "MessageDisposition")),
                                      .has_folder = target != NULL };
    struct ews_failure failure = ews_keep(call, target != NULL ? id_read_target(call, target, EWS_CODE_SAVED_FOLDER_NOT_FOUND, &options.folder) : STATUS_OK);
    TRY(response_begin(call));
    const struct xml_node *items = xml_child(call->operation, EWS_NS_MESSAGES, "Items");
    for (const struct xml_node *node = items->child; node != NULL; node = node->next) {
        struct created created = { 0 };
        enum status status = ews_give(call, &failure);
        if (status == STATUS_OK)
            status = create_one(call, &options, node, &created);
        if (options.has_folder)
            status = ews_recode(call, status, STATUS_FOLDER_NOT_FOUND, EWS_CODE_SAVED_FOLDER_NOT_FOUND);
        TRY(answer(call, status, &created));
    }
    return response_end(call);
}
