#include "meeting_target.h"

#include "bourse/groupware/folder.h"
#include "bourse/model/properties.h"
#include "folder_view.h"
#include "item_whole.h"
#include "meeting_import.h"

static enum status whole_message(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, struct loaded_message *loaded, struct message **out)
{
    *out = loaded->message;
    if (loaded->message->mime.bytes.length == 0)
        return meeting_make_whole(mem, tx, mailbox, item, loaded->message);
    struct message *whole = NULL;
    TRY(meeting_import_whole(mem, loaded->message->mime.bytes, &whole));
    if (meeting_message_of_class(bag_string(whole->props, PROP_MESSAGE_CLASS, "")) == MEETING_MESSAGE_NONE)
        return meeting_make_whole(mem, tx, mailbox, item, loaded->message);
    *out = whole;
    return STATUS_OK;
}

static const char *own_address(TALLOC_CTX *mem, struct session *session, const struct mailbox_key *mailbox)
{
    const char *address = "";
    if (session_owns(session, mailbox))
        return session_address(session);
    return session_mailbox_address(mem, session, mailbox->guid, &address) == STATUS_OK ? address : "";
}

static enum status find_item(TALLOC_CTX *mem, struct transaction *tx, struct meeting_target *target, const char *address)
{
    struct loaded_message found = { 0 };
    TRY(meeting_find(mem, tx, target->mailbox.id, target->message->props, &target->item, &found));
    TRY(meeting_judge(mem, target->item != 0 ? found.message : NULL, target->message, address, &target->judgement));
    target->is_occurrence = target->judgement.is_occurrence;
    target->original_start = target->judgement.original_start;
    return STATUS_OK;
}

static enum status find_in(TALLOC_CTX *mem, struct transaction *tx, struct meeting_target *target, const struct object_id *id, uint32_t any, uint32_t own,
                           const char *address)
{
    struct loaded_message loaded = { 0 };
    TRY(item_whole_in(mem, tx, target->session, &target->mailbox, id->item, any, own, &loaded));
    target->kind = meeting_message_of_class(loaded.row.message_class);
    if (target->kind == MEETING_MESSAGE_NONE) {
        target->item = id->item;
        target->message = loaded.message;
        target->is_occurrence = id->occurrence != 0;
        target->original_start = id->occurrence != 0 ? local_of_minutes(id->occurrence) : 0;
        return meeting_make_whole(mem, tx, target->mailbox.id, id->item, loaded.message);
    }
    target->message_item = id->item;
    target->received = loaded.message;
    TRY(whole_message(mem, tx, target->mailbox.id, id->item, &loaded, &target->message));
    return find_item(mem, tx, target, address);
}

/* A delegate's copy is about the calendar of the mailbox that it was sent to first [MS-OXODLGT] 3.1.4.3. */
static enum status look_at_owner(TALLOC_CTX *mem, struct session *session, struct meeting_target *target, uint32_t needed)
{
    struct transaction *tx = NULL;
    struct guid owner;
    const char *address = bag_string(target->received->props, PROP_RECEIVED_REPRESENTING_SMTP_ADDRESS, "");
    if (!bag_bool(target->received->props, PROP_DELEGATE_MAIL, false) || address[0] == '\0')
        return STATUS_OK;
    TRY(session_find_mailbox(session, address, &owner));
    if (guid_equal(owner, target->mailbox.guid))
        return STATUS_OK;
    TRY(session_locate(session, owner, &target->mailbox));
    TRY(access_need(session, owner, (int64_t)FOLDER_ROLE_CALENDAR, needed));
    target->is_copy = true;
    TRY(folder_begin(mem, session, owner, TRANSACTION_READ, &target->mailbox, &tx));
    enum status status = find_item(mem, tx, target, address);
    talloc_free(tx);
    return status;
}

enum status meeting_target_find(TALLOC_CTX *mem, struct session *session, const struct object_id *id, uint32_t any, uint32_t own, struct meeting_target *out)
{
    struct transaction *tx = NULL;
    *out = (struct meeting_target){ .session = session };
    TRY(session_locate(session, id->mailbox, &out->mailbox));
    const char *address = own_address(mem, session, &out->mailbox);
    TRY(folder_begin(mem, session, id->mailbox, TRANSACTION_READ, &out->mailbox, &tx));
    enum status status = find_in(mem, tx, out, id, any, own, address);
    talloc_free(tx);
    TRY(status);
    return out->message_item != 0 ? look_at_owner(mem, session, out, RIGHT_READ_ANY) : STATUS_OK;
}
