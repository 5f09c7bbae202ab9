#include "bourse/base/memory.h"
#include "bourse/groupware/session.h"

#include "locate.h"
#include "person_of_entry.h"
#include "session_state.h"

enum status session_open(TALLOC_CTX *mem, struct groupware *groupware, struct guid principal, struct session **out)
{
    struct session *session = talloc_zero(mem, struct session);
    if (session == NULL)
        return status_fail(STATUS_NO_MEMORY, "session");
    session->groupware = groupware;
    enum status status = recipient_by_guid(session, groupware->directory, principal, &session->entry);
    if (status == STATUS_RECIPIENT_NOT_FOUND)
        status = status_fail(STATUS_MAILBOX_NOT_FOUND, "the directory does not know the person any more");
    if (status == STATUS_OK)
        status = locate_by_owner(session, groupware, principal, true, &session->own);
    if (status != STATUS_OK) {
        talloc_free(session);
        return status;
    }
    *out = session;
    return STATUS_OK;
}

struct groupware *session_groupware(const struct session *session)
{
    return session->groupware;
}

struct guid session_principal(const struct session *session)
{
    return session->entry->guid;
}

const char *session_address(const struct session *session)
{
    return session->entry->address != NULL ? session->entry->address : "";
}

const char *session_display_name(const struct session *session)
{
    return session->entry->display_name;
}

struct guid session_mailbox(const struct session *session)
{
    return session->own.guid;
}

enum status session_principals(struct session *session, const struct guid **out, size_t *count)
{
    if (session->principals == NULL) {
        struct guid *groups = NULL;
        size_t group_count = 0;
        TRY(groups_of(session, session->groupware->directory, session->entry->guid, &groups, &group_count));
        session->principals = array_new(session, struct guid, group_count + 1);
        if (session->principals == NULL)
            return status_fail(STATUS_NO_MEMORY, "principals");
        session->principals[0] = session->entry->guid;
        for (size_t i = 0; i < group_count; i++)
            session->principals[i + 1] = groups[i];
        session->principal_count = group_count + 1;
    }
    *out = session->principals;
    *count = session->principal_count;
    return STATUS_OK;
}

enum status session_locate(struct session *session, struct guid mailbox, struct mailbox_key *out)
{
    if (guid_is_zero(mailbox) || guid_equal(mailbox, session->own.guid)) {
        *out = session->own;
        return STATUS_OK;
    }
    return locate_by_guid(session, session->groupware, mailbox, out);
}

enum status session_find_mailbox(struct session *session, const char *address, struct guid *mailbox)
{
    struct recipient_entry *entry = NULL;
    struct mailbox_key key;
    enum status status = recipient_by_address(session, session->groupware->directory, address, &entry);
    if (status == STATUS_RECIPIENT_NOT_FOUND)
        return status_fail(STATUS_MAILBOX_NOT_FOUND, "no recipient %s", address);
    TRY(status);
    if (!entry->has_mailbox)
        return status_fail(STATUS_MAILBOX_NOT_FOUND, "%s has no mailbox", address);
    TRY(locate_entry(session, session->groupware, entry, &key));
    *mailbox = key.guid;
    return STATUS_OK;
}

enum status session_mailbox_address(TALLOC_CTX *mem, struct session *session, struct guid mailbox, const char **out)
{
    struct mailbox_key key;
    struct recipient_entry *entry = NULL;
    *out = "";
    TRY(session_locate(session, mailbox, &key));
    if (session_owns(session, &key)) {
        *out = session_address(session);
        return STATUS_OK;
    }
    enum status status = recipient_by_guid(mem, session->groupware->directory, key.owner, &entry);
    if (status == STATUS_OK && entry->address != NULL)
        *out = entry->address;
    return status == STATUS_RECIPIENT_NOT_FOUND ? STATUS_OK : status;
}

static enum status profile_of_entry(TALLOC_CTX *mem, struct groupware *groupware, const struct recipient_entry *entry,
                                    struct user_profile **out)
{
    struct user_profile *profile = talloc_zero(mem, struct user_profile);
    if (profile == NULL)
        return status_fail(STATUS_NO_MEMORY, "user profile");
    profile->guid = entry->guid;
    profile->display_name = entry->display_name;
    profile->address = entry->address != NULL ? entry->address : "";
    profile->login = entry->login != NULL ? entry->login : "";
    profile->aliases = entry->address_count > 1 ? entry->addresses + 1 : NULL; /* the primary address is the first */
    profile->alias_count = entry->address_count > 1 ? entry->address_count - 1 : 0;
    profile->legacy_dn = legacy_dn_of_entry(mem, entry);
    if (profile->legacy_dn == NULL)
        return status_fail(STATUS_NO_MEMORY, "user profile");
    struct mailbox_key key;
    enum status status = locate_by_owner(mem, groupware, entry->guid, false, &key);
    if (status == STATUS_OK)
        profile->mailbox = key.guid;
    else if (status != STATUS_MAILBOX_NOT_FOUND)
        return status;
    *out = profile;
    return STATUS_OK;
}

enum status user_profile_of_address(TALLOC_CTX *mem, struct groupware *groupware, const char *address, struct user_profile **out)
{
    struct recipient_entry *entry = NULL;
    TRY(recipient_by_address(mem, groupware->directory, address, &entry));
    if (!entry->has_mailbox)
        return status_fail(STATUS_RECIPIENT_NOT_FOUND, "%s has no mailbox", address);
    return profile_of_entry(mem, groupware, entry, out);
}

enum status user_profile_of_guid(TALLOC_CTX *mem, struct groupware *groupware, struct guid guid, struct user_profile **out)
{
    struct recipient_entry *entry = NULL;
    TRY(recipient_by_guid(mem, groupware->directory, guid, &entry));
    return profile_of_entry(mem, groupware, entry, out);
}
