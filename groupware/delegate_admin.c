/* Delegates and folder rights as administrators set them. */
#include "bourse/base/memory.h"
#include "bourse/groupware/access.h"
#include "bourse/groupware/delegate.h"
#include "bourse/storage/mailbox.h"
#include "delegate_rows.h"
#include "locate.h"

/* Makes the mailbox when the directory says that there is one. */
static enum status locate_address(TALLOC_CTX *mem, struct groupware *groupware, const char *address, struct mailbox_key *key)
{
    struct recipient_entry *entry = NULL;
    enum status status = recipient_by_address(mem, groupware->directory, address, &entry);
    if (status == STATUS_RECIPIENT_NOT_FOUND || (status == STATUS_OK && !entry->has_mailbox))
        return status_fail(STATUS_MAILBOX_NOT_FOUND, "%s has no mailbox", address);
    TRY(status);
    return locate_by_owner(mem, groupware, entry->guid, true, key);
}

struct admin {
    TALLOC_CTX *mem;
    struct groupware *groupware;
    struct mailbox_key key;
    struct recipient_entry *person;
    struct transaction *tx;
};

static enum status admin_begin(struct admin *admin, const char *mailbox, const char *person, enum transaction_mode mode)
{
    TRY(locate_address(admin->mem, admin->groupware, mailbox, &admin->key));
    if (person != NULL)
        TRY(recipient_by_address(admin->mem, admin->groupware->directory, person, &admin->person));
    TRY(transaction_begin(admin->mem, admin->groupware->store, mode, &admin->tx));
    return mode == TRANSACTION_WRITE ? store_mailbox_lock(admin->tx, admin->key.id, NULL) : STATUS_OK;
}

static enum status set_in(struct admin *admin, const char *mailbox, const char *person, const struct mailbox_delegate *delegate)
{
    struct mailbox_delegate named = *delegate;
    TRY(admin_begin(admin, mailbox, person, TRANSACTION_WRITE));
    if (guid_equal(admin->person->guid, admin->key.owner))
        return status_fail(STATUS_INVALID_ARGUMENT, "the owner is no delegate");
    named.person = admin->person->guid;
    named.display_name = admin->person->display_name;
    TRY(delegate_rows_write(admin->mem, admin->tx, admin->key.id, &named, delegate_flags_of(delegate)));
    return transaction_commit(admin->tx);
}

enum status delegate_admin_set(struct groupware *groupware, const char *mailbox, const char *person, const struct mailbox_delegate *delegate)
{
    struct admin admin = { .mem = talloc_new(NULL), .groupware = groupware };
    enum status status = set_in(&admin, mailbox, person, delegate);
    talloc_free(admin.mem);
    return status;
}

static enum status remove_in(struct admin *admin, const char *mailbox, const char *person)
{
    uint32_t old = 0;
    TRY(admin_begin(admin, mailbox, person, TRANSACTION_WRITE));
    struct mailbox_delegate nothing = { .person = admin->person->guid, .display_name = "" };
    TRY(delegate_rows_flags(admin->mem, admin->tx, admin->key.id, nothing.person, &old));
    if (old == 0)
        return status_fail(STATUS_NOT_FOUND, "%s is no delegate of %s", person, mailbox);
    TRY(delegate_rows_write(admin->mem, admin->tx, admin->key.id, &nothing, 0));
    return transaction_commit(admin->tx);
}

enum status delegate_admin_remove(struct groupware *groupware, const char *mailbox, const char *person)
{
    struct admin admin = { .mem = talloc_new(NULL), .groupware = groupware };
    enum status status = remove_in(&admin, mailbox, person);
    talloc_free(admin.mem);
    return status;
}

enum status delegate_admin_list(TALLOC_CTX *mem, struct groupware *groupware, const char *mailbox, struct mailbox_delegate **out, size_t *count)
{
    struct admin admin = { .mem = mem, .groupware = groupware };
    enum status status = admin_begin(&admin, mailbox, NULL, TRANSACTION_READ);
    if (status == STATUS_OK)
        status = delegate_rows_list(mem, admin.tx, admin.key.id, out, count);
    talloc_free(admin.tx);
    return status == STATUS_OK ? delegate_fill_people(mem, groupware, *out, *count) : status;
}
