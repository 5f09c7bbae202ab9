/* Drafts of devices, from 16.0 on [MS-ASEMAIL] 2.2.2.45, 3.1.5: written, changed and sent by Sync. */
#include "address_list.h"
#include "attachments_in.h"
#include "body.h"
#include "bourse/groupware/submit.h"
#include "bourse/model/properties.h"
#include "classes.h"
#include "drafts.h"
#include "fields.h"

static const struct {
    eas_tag tag;
    enum recipient_type type;
} lists[] = { { Email_To, RECIPIENT_TO }, { Email_Cc, RECIPIENT_CC }, { Email2_Bcc, RECIPIENT_BCC } };

static const struct eas_field fields[] = {
#define FIELD EAS_FIELD_ROW
#include "fields_drafts.def"
#undef FIELD
};

static bool is_list(enum recipient_type type, const struct wbxml_node *data)
{
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        if (lists[i].type == type)
            return wbxml_child(data, lists[i].tag) != NULL;
    return false;
}

static enum status read_people(struct eas_call *call, const struct wbxml_node *data, struct message *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        TRY(address_list_read(call->mem, wbxml_child_text(call->mem, data, lists[i].tag), lists[i].type, out));
    return STATUS_OK;
}

/* Devices add mail to Drafts only. */
static enum status check_place(struct eas_call *call, const struct object_id *folder)
{
    struct object_id drafts;
    TRY(folder_id_of_role(call->session, (struct guid){ { 0 } }, FOLDER_ROLE_DRAFTS, &drafts));
    return call->version >= V16_0 && folder->folder == drafts.folder ? STATUS_OK : status_fail(STATUS_INVALID_ARGUMENT, "mail is added to drafts only");
}

enum status email_read_new(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out)
{
    TRY(check_place(call, folder));
    TRY(bag_set_string(out->props, PROP_MESSAGE_CLASS, "IPM.Note"));
    TRY(eas_fields_read(call, data, fields, ARRAY_LENGTH(fields), NULL, NULL, out->props));
    TRY(read_people(call, data, out));
    TRY(eas_body_read(call, data, out->props));
    TRY(eas_attachments_read_new(call, data, out));
    call->class_data = wbxml_child(data, Email2_Send);
    return STATUS_OK;
}

/* Lists that the change has are new, the others stay. */
static enum status change_people(struct eas_call *call, const struct wbxml_node *data, const struct item *before, struct item_change *change)
{
    struct message *people = message_new(call->mem);
    if (people == NULL)
        return status_fail(STATUS_NO_MEMORY, "recipients");
    for (size_t i = 0; i < before->message->recipient_count; i++)
        if (!is_list(before->message->recipients[i].type, data) && message_add_recipient(people, &before->message->recipients[i]) == NULL)
            return status_fail(STATUS_NO_MEMORY, "recipients");
    TRY(read_people(call, data, people));
    change->replace_recipients = true;
    change->recipients = people->recipients;
    change->recipient_count = people->recipient_count;
    return STATUS_OK;
}

enum status draft_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, struct item_change *change, struct bag *set)
{
    call->class_data = NULL;
    if (!before->is_draft || call->version < V16_0)
        return STATUS_OK;
    TRY(eas_fields_read(call, data, fields, ARRAY_LENGTH(fields), NULL, change, set));
    TRY(eas_body_read(call, data, set));
    if (is_list(RECIPIENT_TO, data) || is_list(RECIPIENT_CC, data) || is_list(RECIPIENT_BCC, data))
        TRY(change_people(call, data, before, change));
    TRY(eas_attachments_read_change(call, data, before, change));
    call->class_data = wbxml_child(data, Email2_Send);
    return call->class_data != NULL ? bag_set_bool(set, PROP_READ, true) : STATUS_OK; /* one that is only sent is a change too */
}

static enum status send_if_asked(struct eas_call *call, const struct item *item)
{
    struct submit_options options = { .save_copy = true };
    bool is_sent = call->class_data != NULL;
    call->class_data = NULL;
    return is_sent ? submit_item(call->session, &item->id, 0, &options) : STATUS_OK;
}

enum status email_save_new(struct eas_call *call, const struct object_id *folder, const struct message *message, struct item **out)
{
    struct item_create_options options = { .is_read = true, .is_draft = true };
    TRY(item_create(call->mem, call->session, folder, message, &options, out));
    return send_if_asked(call, *out);
}

enum status email_save_change(struct eas_call *call, const struct object_id *id, int64_t expected_change, const struct item_change *change, struct item **out)
{
    TRY(item_update(call->mem, call->session, id, expected_change, CONFLICT_AUTO_RESOLVE, change, out));
    return send_if_asked(call, *out);
}
