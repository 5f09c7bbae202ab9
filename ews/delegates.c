#include "delegates.h"

#include "bourse/groupware/people.h"
#include "request_check.h"
#include "response.h"

static const char *const delivery_words[] = { [DELEGATE_DELIVERY_BOTH] = "DelegatesAndMe", [DELEGATE_DELIVERY_ONLY_DELEGATES] = "DelegatesOnly",
                                              [DELEGATE_DELIVERY_INFORMATION] = "DelegatesAndSendInformationToMe", [DELEGATE_DELIVERY_ONLY_OWNER] = "NoForward" };
static const char *const folder_elements[DELEGATE_FOLDERS] = {
    [DELEGATE_CALENDAR] = "t:CalendarFolderPermissionLevel", [DELEGATE_TASKS] = "t:TasksFolderPermissionLevel", [DELEGATE_INBOX] = "t:InboxFolderPermissionLevel",
    [DELEGATE_CONTACTS] = "t:ContactsFolderPermissionLevel", [DELEGATE_NOTES] = "t:NotesFolderPermissionLevel", [DELEGATE_JOURNAL] = "t:JournalFolderPermissionLevel",
};

enum status delegate_mailbox(struct ews_call *call, struct guid *out)
{
    const char *address = xml_child_text(xml_child(call->operation, EWS_NS_MESSAGES, "Mailbox"), EWS_NS_TYPES, "EmailAddress");
    if (address == NULL)
        return ews_fail(call, EWS_CODE_MISSING_EMAIL, "Mailbox");
    return session_find_mailbox(call->session, address, out);
}

enum status delegate_read_user(struct ews_call *call, const struct xml_node *user, struct guid *out)
{
    struct user_profile *profile = NULL;
    const char *address = xml_child_text(user, EWS_NS_TYPES, "PrimarySmtpAddress");
    if (address == NULL || address[0] == '\0')
        return ews_fail(call, EWS_CODE_DELEGATE_NO_USER, "UserId without PrimarySmtpAddress");
    TRY(ews_recode(call, user_profile_of_address(call->mem, session_groupware(call->session), address, &profile), STATUS_RECIPIENT_NOT_FOUND,
                   EWS_CODE_DELEGATE_NO_USER));
    *out = profile->guid;
    return STATUS_OK;
}

static enum status read_flag(const struct xml_node *node, const char *name, bool *out)
{
    const char *text = xml_child_text(node, EWS_NS_TYPES, name);
    return text == NULL || request_parse_bool(text, out) ? STATUS_OK : status_fail(STATUS_MALFORMED, "%s", name);
}

static enum status read_rights(struct ews_call *call, const struct xml_node *permissions, uint32_t *rights)
{
    for (size_t i = 0; i < DELEGATE_FOLDERS; i++) {
        const char *word = xml_child_text(permissions, EWS_NS_TYPES, folder_elements[i] + 2);
        if (word != NULL && strcmp(word, "Custom") != 0 && !rights_of_role(word, &rights[i]))
            return ews_fail(call, EWS_CODE_DELEGATE_PERMISSION, "%.30s", word);
    }
    return STATUS_OK;
}

enum status delegate_read(struct ews_call *call, const struct xml_node *node, const struct mailbox_delegate *before, struct mailbox_delegate *out)
{
    *out = before != NULL ? *before : (struct mailbox_delegate){ .sends_on_behalf = true };
    for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
        out->rights[i] = DELEGATE_RIGHTS_UNCHANGED;
    TRY(delegate_read_user(call, xml_child(node, EWS_NS_TYPES, "UserId"), &out->person));
    TRY(read_rights(call, xml_child(node, EWS_NS_TYPES, "DelegatePermissions"), out->rights));
    TRY(read_flag(node, "ReceiveCopiesOfMeetingMessages", &out->receives_copies));
    return read_flag(node, "ViewPrivateItems", &out->sees_private);
}

enum status delegate_find(struct ews_call *call, struct guid mailbox, struct guid person, struct mailbox_delegate **out)
{
    struct mailbox_delegate *delegates = NULL;
    size_t count = 0;
    enum delegate_delivery delivery;
    TRY(delegates_get(call->mem, call->session, mailbox, &delegates, &count, &delivery));
    for (size_t i = 0; i < count; i++)
        if (guid_equal(delegates[i].person, person)) {
            *out = &delegates[i];
            return STATUS_OK;
        }
    return status_fail(STATUS_NOT_FOUND, "no such delegate");
}

enum status delegate_set_delivery_word(struct ews_call *call, struct guid mailbox)
{
    const char *word = xml_child_text(call->operation, EWS_NS_MESSAGES, "DeliverMeetingRequests");
    for (size_t i = 0; word != NULL && i < ARRAY_LENGTH(delivery_words); i++)
        if (strcmp(delivery_words[i], word) == 0)
            return delegate_set_delivery(call->session, mailbox, (enum delegate_delivery)i);
    return STATUS_OK;
}

const char *delegate_delivery_word(enum delegate_delivery delivery)
{
    return delivery_words[delivery];
}

/* Roles that delegates cannot have in the schema are told as Custom [MS-OXWSDLGM] 2.2.5.1. */
static const char *level_word(uint32_t rights)
{
    static const char *const words[] = { "None", "Editor", "Reviewer", "Author" };
    const char *role = rights_role(rights);
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strcmp(words[i], role) == 0)
            return role;
    return "Custom";
}

static void write_delegate(struct ews_call *call, const struct mailbox_delegate *delegate, bool permissions)
{
    struct xml_writer *out = call->out;
    xml_start(out, "m:DelegateUser");
    xml_start(out, "t:UserId");
    xml_element(out, "t:PrimarySmtpAddress", delegate->address[0] != '\0' ? delegate->address : NULL);
    xml_element(out, "t:DisplayName", delegate->display_name[0] != '\0' ? delegate->display_name : NULL);
    xml_end(out);
    if (permissions) {
        xml_start(out, "t:DelegatePermissions");
        for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
            xml_element(out, folder_elements[i], level_word(delegate->rights[i]));
        xml_end(out);
    }
    xml_element_bool(out, "t:ReceiveCopiesOfMeetingMessages", delegate->receives_copies);
    xml_element_bool(out, "t:ViewPrivateItems", delegate->sees_private);
    xml_end(out);
}

enum status delegate_answer(struct ews_call *call, enum status status, const struct mailbox_delegate *delegate, bool permissions)
{
    TRY(response_named(call, "m:DelegateUserResponseMessageType", status));
    if (status == STATUS_OK && delegate != NULL)
        write_delegate(call, delegate, permissions);
    xml_end(call->out);
    return STATUS_OK;
}

enum status delegate_failure(struct ews_call *call, enum status status)
{
    TRY(response_single_error(call, status));
    return response_end(call);
}

static enum status recode(struct ews_call *call, enum status status)
{
    status = ews_recode(call, status, STATUS_EXISTS, EWS_CODE_DELEGATE_EXISTS);
    status = ews_recode(call, status, STATUS_INVALID_ARGUMENT, EWS_CODE_DELEGATE_OWNER);
    status = ews_recode(call, status, STATUS_NOT_FOUND, EWS_CODE_NOT_DELEGATE);
    return ews_recode(call, status, STATUS_RECIPIENT_NOT_FOUND, EWS_CODE_DELEGATE_NO_USER);
}

enum status delegate_each(struct ews_call *call, const struct xml_node *list, delegate_action act)
{
    struct guid mailbox;
    struct mailbox_delegate *delegates = NULL;
    size_t count = 0;
    enum delegate_delivery delivery;
    enum status status = delegate_mailbox(call, &mailbox);
    if (status == STATUS_OK) /* may the caller at all? */
        status = delegates_get(call->mem, call->session, mailbox, &delegates, &count, &delivery);
    if (status == STATUS_OK)
        status = delegate_set_delivery_word(call, mailbox);
    if (status != STATUS_OK)
        return delegate_failure(call, status);
    TRY(response_single(call));
    if (list != NULL)
        xml_start(call->out, "m:ResponseMessages");
    for (const struct xml_node *node = list != NULL ? list->child : NULL; node != NULL; node = node->next) {
        struct mailbox_delegate *delegate = NULL;
        status = recode(call, act(call, mailbox, node, &delegate));
        TRY(delegate_answer(call, status, delegate, true));
    }
    if (list != NULL)
        xml_end(call->out);
    return response_end(call);
}
