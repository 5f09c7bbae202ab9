#include "recipient_lists.h"

#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/groupware/named.h"
#include "bourse/model/properties.h"
#include "distribution_members.h"

static bool is_list(const struct recipient *recipient)
{
    return ascii_equal_nocase(recipient->address_type, "MAPIPDL");
}

/* Entry ids name the mailbox only by its replica, so they work for lists of the session's own mailbox. */
static enum status list_of_entry_id(TALLOC_CTX *mem, struct session *session, struct slice bytes, struct object_id *out)
{
    struct list_member member = { 0 };
    struct guid replica, found;
    TRY(mailbox_replica(session, session_mailbox(session), &replica));
    if (entry_id_parse(bytes, out, &found) == STATUS_OK && out->kind == OBJECT_ITEM && guid_equal(found, replica)) {
        out->mailbox = session_mailbox(session);
        return STATUS_OK;
    }
    status_chain_clear();
    TRY(distribution_member_parse(mem, bytes, slice_of(NULL, 0), session_mailbox(session), replica, &member));
    *out = member.item;
    return member.kind == LIST_MEMBER_LIST && member.item.item != 0 ? STATUS_OK : status_fail(STATUS_INVALID_ID, "not a list's entry id");
}

static enum status list_of(TALLOC_CTX *mem, struct session *session, const struct recipient *recipient, struct object_id *out)
{
    if (object_id_parse(recipient->address, out) == STATUS_OK && out->kind == OBJECT_ITEM)
        return STATUS_OK;
    status_chain_clear();
    return list_of_entry_id(mem, session, recipient->props != NULL ? bag_bytes(recipient->props, PROP_ENTRY_ID) : slice_of(NULL, 0), out);
}

static enum status members_of(TALLOC_CTX *mem, struct session *session, const struct recipient *recipient, struct list_member **members, size_t *count)
{
    struct object_id list;
    enum status status = list_of(mem, session, recipient, &list);
    if (status == STATUS_OK)
        status = list_expand(mem, session, &list, members, count);
    bool is_client = status_info(status)->fault == FAULT_CLIENT && status != STATUS_LIMIT_EXCEEDED;
    return is_client ? status_add(STATUS_INVALID_RECIPIENTS, "list %s", recipient->display_name) : status;
}

static enum status add_members(TALLOC_CTX *mem, struct session *session, struct message *message, const struct recipient *list)
{
    struct list_member *members = NULL;
    size_t count = 0;
    TRY(members_of(mem, session, list, &members, &count));
    for (size_t i = 0; i < count; i++) {
        bool is_smtp = strchr(members[i].address, '@') != NULL;
        struct recipient added = { .type = list->type, .display_name = members[i].display_name, .address_type = is_smtp ? "SMTP" : "EX",
                                   .address = members[i].address, .smtp_address = is_smtp ? members[i].address : "" };
        if (message_add_recipient(message, &added) == NULL)
            return status_fail(STATUS_NO_MEMORY, "recipients");
    }
    return STATUS_OK;
}

enum status recipient_lists_expand(TALLOC_CTX *mem, struct session *session, struct message *message)
{
    size_t lists = 0, old_count = message->recipient_count;
    struct recipient *old = message->recipients;
    for (size_t i = 0; i < old_count; i++)
        lists += is_list(&old[i]);
    if (lists == 0)
        return STATUS_OK;
    message->recipients = NULL;
    message->recipient_count = 0;
    for (size_t i = 0; i < old_count; i++) {
        if (is_list(&old[i]))
            TRY(add_members(mem, session, message, &old[i]));
        else if (message_add_recipient(message, &old[i]) == NULL)
            return status_fail(STATUS_NO_MEMORY, "recipients");
    }
    return STATUS_OK;
}
