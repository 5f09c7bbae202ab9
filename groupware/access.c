#include "access_in.h"

#include "bourse/base/memory.h"
#include "bourse/storage/acl.h"
#include "bourse/storage/mailbox.h"

enum status access_prepare(struct session *session, const struct mailbox_key *mailbox)
{
    const struct guid *principals = NULL;
    size_t count = 0;
    return session_owns(session, mailbox) ? STATUS_OK : session_principals(session, &principals, &count);
}

/* Delegates with full access act as the owner; asked once for a mailbox in a row. */
static enum status has_full_access(struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, bool *full)
{
    if (session->last.id != mailbox->id) {
        uint32_t flags = 0;
        TRY(delegate_flags(tx, mailbox->id, session->principals, session->principal_count, &flags));
        session->last = *mailbox;
        session->last_is_full_access = (flags & DELEGATE_FULL_ACCESS) != 0;
        session->last_sees_private = (flags & (DELEGATE_FULL_ACCESS | DELEGATE_PRIVATE_ITEMS)) != 0;
    }
    *full = session->last_is_full_access;
    return STATUS_OK;
}

enum status access_in(struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, int64_t folder,
                      uint32_t *rights)
{
    *rights = 0;
    if (session_owns(session, mailbox)) {
        *rights = RIGHTS_ALL;
        return STATUS_OK;
    }
    if (session->principals == NULL)
        return status_fail(STATUS_INTERNAL, "access_in without access_prepare");
    bool full = false;
    TRY(has_full_access(tx, session, mailbox, &full));
    if (full) {
        *rights = RIGHTS_ALL;
        return STATUS_OK;
    }
    return acl_effective(tx, mailbox->id, folder, session->principals, session->principal_count, rights);
}

/* FOLDER_OWNER and every reading right imply that the folder is seen, also in tables that an old client wrote without the visible bit. */
static bool is_visible(uint32_t rights)
{
    return (rights & (RIGHT_FOLDER_VISIBLE | RIGHT_FOLDER_OWNER | RIGHT_READ_ANY)) != 0;
}

enum status access_verdict(uint32_t rights, uint32_t needed)
{
    if ((needed & RIGHT_FOLDER_VISIBLE) != 0 && is_visible(rights))
        needed &= ~(uint32_t)RIGHT_FOLDER_VISIBLE;
    if ((rights & needed) == needed)
        return STATUS_OK;
    if (!is_visible(rights))
        return status_fail(STATUS_FOLDER_NOT_FOUND, "folder is not visible");
    return status_fail(STATUS_ACCESS_DENIED, "rights %#x of %#x needed", (unsigned)rights, (unsigned)needed);
}

enum status access_need_in(struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, int64_t folder,
                           uint32_t needed)
{
    uint32_t rights = 0;
    TRY(access_in(tx, session, mailbox, folder, &rights));
    return access_verdict(rights, needed);
}

enum status access_full_in(struct transaction *tx, struct session *session, const struct mailbox_key *mailbox)
{
    bool full = session_owns(session, mailbox);
    if (!full && session->principals == NULL)
        return status_fail(STATUS_INTERNAL, "access_full_in without access_prepare");
    if (!full)
        TRY(has_full_access(tx, session, mailbox, &full));
    return full ? STATUS_OK : status_fail(STATUS_ACCESS_DENIED, "full access to mailbox %lld needed", (long long)mailbox->id);
}

enum status access_item(const struct session *session, uint32_t rights, uint32_t any, uint32_t own, struct slice creator)
{
    if ((rights & any) == any && any != 0)
        return STATUS_OK;
    struct guid person = session->entry->guid;
    bool is_own = slice_equal(creator, slice_of(person.bytes, sizeof person.bytes));
    return access_verdict(rights, is_own ? own | RIGHT_FOLDER_VISIBLE : any | RIGHT_FOLDER_VISIBLE);
}

/* The public forms open their own transaction. */
static enum status begin_read(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct mailbox_key *key,
                              struct transaction **tx)
{
    TRY(session_locate(session, mailbox, key));
    TRY(access_prepare(session, key));
    return transaction_begin(mem, session->groupware->store, TRANSACTION_READ, tx);
}

enum status access_rights(struct session *session, struct guid mailbox, int64_t folder, uint32_t *rights)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TRY(begin_read(session, session, mailbox, &key, &tx));
    enum status status = access_in(tx, session, &key, folder, rights);
    talloc_free(tx);
    return status;
}

enum status access_need(struct session *session, struct guid mailbox, int64_t folder, uint32_t needed)
{
    uint32_t rights = 0;
    TRY(access_rights(session, mailbox, folder, &rights));
    return access_verdict(rights, needed);
}

/* Names and addresses come from the directory of today; an entry of somebody who left keeps the name it was set with. */
static enum status fill_people(TALLOC_CTX *mem, struct session *session, const struct acl_entry *entries, struct permission *out, size_t count)
{
    struct guid *guids = array_new(mem, struct guid, count + 1);
    struct recipient_answer *answers = NULL;
    if (guids == NULL)
        return status_fail(STATUS_NO_MEMORY, "permissions");
    for (size_t i = 0; i < count; i++)
        guids[i] = entries[i].principal;
    TRY(recipients_by_guid(mem, session->groupware->directory, guids, count, &answers));
    for (size_t i = 0; i < count; i++) {
        bool known = entries[i].kind == ACL_PRINCIPAL && answers[i].status == STATUS_OK;
        out[i] = (struct permission){
            .person = entries[i].principal,
            .kind = entries[i].kind == ACL_DEFAULT     ? PERMISSION_DEFAULT
                    : entries[i].kind == ACL_ANONYMOUS ? PERMISSION_ANONYMOUS
                                                       : PERMISSION_PERSON,
            .display_name = known ? answers[i].entry->display_name : entries[i].display_name,
            .address = known && answers[i].entry->address != NULL ? answers[i].entry->address : "",
            .rights = entries[i].rights,
        };
    }
    return STATUS_OK;
}

enum status permissions_get(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, struct permission **out, size_t *count)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct acl_entry *entries = NULL;
    TRY(begin_read(mem, session, folder->mailbox, &key, &tx));
    enum status status = access_need_in(tx, session, &key, folder->folder, RIGHT_FOLDER_VISIBLE);
    if (status == STATUS_OK)
        status = acl_get(mem, tx, key.id, folder->folder, &entries, count);
    talloc_free(tx);
    TRY(status);
    *out = array_new(mem, struct permission, *count + 1);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "permissions");
    return fill_people(mem, session, entries, *out, *count);
}

enum status permissions_set(struct session *session, const struct object_id *folder, const struct permission *entries, size_t count)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TALLOC_CTX *mem = talloc_new(session);
    struct acl_entry *rows = array_new(mem, struct acl_entry, count + 1);
    if (rows == NULL)
        return status_fail(STATUS_NO_MEMORY, "permissions");
    static const enum acl_kind kinds[] = {
        [PERMISSION_PERSON] = ACL_PRINCIPAL, [PERMISSION_DEFAULT] = ACL_DEFAULT, [PERMISSION_ANONYMOUS] = ACL_ANONYMOUS,
    };
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct acl_entry){ .kind = kinds[entries[i].kind], .principal = entries[i].person,
                                      .display_name = entries[i].display_name, .rights = entries[i].rights };
    TRY(session_locate(session, folder->mailbox, &key));
    TRY(access_prepare(session, &key));
    TRY(transaction_begin(mem, session->groupware->store, TRANSACTION_WRITE, &tx));
    enum status status = access_need_in(tx, session, &key, folder->folder, RIGHT_FOLDER_OWNER);
    if (status == STATUS_OK)
        status = store_mailbox_lock(tx, key.id, NULL);
    if (status == STATUS_OK)
        status = acl_set(tx, key.id, folder->folder, rows, count);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(mem);
    return status;
}
