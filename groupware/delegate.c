/* Delegates as the owner of a mailbox manages them [MS-OXODLGT]. */
#include "bourse/groupware/delegate.h"

#include "access_in.h"
#include "bourse/base/memory.h"
#include "bourse/storage/settings.h"
#include "delegate_rows.h"
#include "locate.h"

struct work {
    TALLOC_CTX *mem;
    struct session *session;
    struct mailbox_key key;
    struct transaction *tx;
};

/* The owner, or who acts as the owner. */
static enum status need_owner(struct work *work)
{
    uint32_t flags = 0;
    if (session_owns(work->session, &work->key))
        return STATUS_OK;
    TRY(delegate_flags(work->tx, work->key.id, work->session->principals, work->session->principal_count, &flags));
    return (flags & DELEGATE_FULL_ACCESS) != 0 ? STATUS_OK : status_fail(STATUS_ACCESS_DENIED, "delegates of somebody else's mailbox");
}

static enum status begin(struct work *work, struct guid mailbox, enum transaction_mode mode)
{
    TRY(session_locate(work->session, mailbox, &work->key));
    TRY(access_prepare(work->session, &work->key));
    TRY(transaction_begin(work->mem, work->session->groupware->store, mode, &work->tx));
    TRY(need_owner(work));
    return mode == TRANSACTION_WRITE ? store_mailbox_lock(work->tx, work->key.id, NULL) : STATUS_OK;
}

static enum status read_all(struct work *work, struct guid mailbox, struct mailbox_delegate **out, size_t *count, enum delegate_delivery *delivery)
{
    size_t all = 0;
    TRY(begin(work, mailbox, TRANSACTION_READ));
    TRY(delegate_rows_list(work->mem, work->tx, work->key.id, out, &all));
    TRY(delegate_delivery_in(work->mem, work->tx, work->key.id, delivery));
    *count = 0;
    for (size_t i = 0; i < all; i++)
        if ((delegate_flags_of(&(*out)[i]) & DELEGATE_MADE) != 0)
            (*out)[(*count)++] = (*out)[i];
    return STATUS_OK;
}

enum status delegates_get(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct mailbox_delegate **out, size_t *count,
                          enum delegate_delivery *delivery)
{
    struct work work = { .mem = mem, .session = session };
    enum status status = read_all(&work, mailbox, out, count, delivery);
    talloc_free(work.tx);
    return status == STATUS_OK ? delegate_fill_people(mem, session->groupware, *out, *count) : status;
}

/* Only administrators give full access and send as. */
static uint32_t merged_flags(const struct mailbox_delegate *delegate, uint32_t old)
{
    uint32_t by_admin = DELEGATE_FULL_ACCESS | DELEGATE_SEND_AS;
    return (delegate_flags_of(delegate) & ~by_admin) | DELEGATE_SEND_ON_BEHALF | (old & by_admin);
}

static enum status write_one(struct work *work, struct guid mailbox, const struct mailbox_delegate *delegate, bool is_new)
{
    uint32_t old = 0;
    TRY(begin(work, mailbox, TRANSACTION_WRITE));
    if (guid_equal(delegate->person, work->key.owner))
        return status_fail(STATUS_INVALID_ARGUMENT, "the owner is no delegate");
    TRY(delegate_rows_flags(work->mem, work->tx, work->key.id, delegate->person, &old));
    if (is_new && (old & DELEGATE_MADE) != 0)
        return status_fail(STATUS_EXISTS, "is a delegate already");
    if (!is_new && (old & DELEGATE_MADE) == 0)
        return status_fail(STATUS_NOT_FOUND, "is no delegate");
    TRY(delegate_rows_write(work->mem, work->tx, work->key.id, delegate, merged_flags(delegate, old)));
    return transaction_commit(work->tx);
}

static enum status save(struct session *session, struct guid mailbox, const struct mailbox_delegate *delegate, bool is_new)
{
    struct work work = { .mem = talloc_new(session), .session = session };
    struct mailbox_delegate named = *delegate;
    struct recipient_entry *entry = NULL;
    enum status status = recipient_by_guid(work.mem, session->groupware->directory, delegate->person, &entry);
    if (status == STATUS_OK) {
        named.display_name = entry->display_name;
        status = write_one(&work, mailbox, &named, is_new);
    }
    talloc_free(work.mem);
    return status;
}

enum status delegate_add(struct session *session, struct guid mailbox, const struct mailbox_delegate *delegate)
{
    return save(session, mailbox, delegate, true);
}

enum status delegate_update(struct session *session, struct guid mailbox, const struct mailbox_delegate *delegate)
{
    return save(session, mailbox, delegate, false);
}

static enum status remove_one(struct work *work, struct guid mailbox, struct guid person)
{
    struct mailbox_delegate nothing = { .person = person, .display_name = "" }; /* and no rights on the folders */
    uint32_t old = 0;
    TRY(begin(work, mailbox, TRANSACTION_WRITE));
    TRY(delegate_rows_flags(work->mem, work->tx, work->key.id, person, &old));
    if ((old & DELEGATE_MADE) == 0)
        return status_fail(STATUS_NOT_FOUND, "is no delegate");
    TRY(delegate_rows_write(work->mem, work->tx, work->key.id, &nothing, old & (DELEGATE_FULL_ACCESS | DELEGATE_SEND_AS)));
    return transaction_commit(work->tx);
}

enum status delegate_remove(struct session *session, struct guid mailbox, struct guid person)
{
    struct work work = { .mem = talloc_new(session), .session = session };
    enum status status = remove_one(&work, mailbox, person);
    talloc_free(work.mem);
    return status;
}

static enum status write_delivery(struct work *work, struct guid mailbox, enum delegate_delivery delivery)
{
    char digit = (char)('0' + (int)delivery);
    if ((unsigned)delivery > DELEGATE_DELIVERY_ONLY_OWNER)
        return status_fail(STATUS_INVALID_ARGUMENT, "delivery %d", (int)delivery);
    TRY(begin(work, mailbox, TRANSACTION_WRITE));
    TRY(user_config_set(work->tx, work->key.id, STORE_ROLE_ROOT, "bourse.delegate_delivery", slice_of(&digit, 1)));
    return transaction_commit(work->tx);
}

enum status delegate_set_delivery(struct session *session, struct guid mailbox, enum delegate_delivery delivery)
{
    struct work work = { .mem = talloc_new(session), .session = session };
    enum status status = write_delivery(&work, mailbox, delivery);
    talloc_free(work.mem);
    return status;
}

static enum status read_private(struct work *work, struct guid mailbox, bool *sees)
{
    uint32_t flags = 0;
    TRY(session_locate(work->session, mailbox, &work->key));
    *sees = session_owns(work->session, &work->key);
    if (*sees)
        return STATUS_OK;
    TRY(access_prepare(work->session, &work->key));
    TRY(transaction_begin(work->mem, work->session->groupware->store, TRANSACTION_READ, &work->tx));
    TRY(delegate_flags(work->tx, work->key.id, work->session->principals, work->session->principal_count, &flags));
    *sees = (flags & (DELEGATE_FULL_ACCESS | DELEGATE_PRIVATE_ITEMS)) != 0;
    return STATUS_OK;
}

enum status access_sees_private(struct session *session, struct guid mailbox, bool *sees)
{
    struct work work = { .mem = talloc_new(session), .session = session };
    *sees = false;
    enum status status = read_private(&work, mailbox, sees);
    talloc_free(work.mem);
    return status == STATUS_MAILBOX_NOT_FOUND ? STATUS_OK : status;
}
