#include "locate.h"

#include "bourse/base/log.h"
#include "bourse/storage/mailbox.h"

static void remember(struct groupware *groupware, const struct store_mailbox *mailbox, struct mailbox_key *out)
{
    *out = (struct mailbox_key){ .id = mailbox->id, .guid = mailbox->guid, .owner = mailbox->owner_guid, .replica = mailbox->replica_guid };
    mailbox_cache_add(groupware->mailboxes, out);
}

static enum mailbox_kind kind_of(enum recipient_kind kind)
{
    switch (kind) {
    case RECIPIENT_SHARED:
        return MAILBOX_SHARED;
    case RECIPIENT_ROOM:
        return MAILBOX_ROOM;
    case RECIPIENT_EQUIPMENT:
        return MAILBOX_EQUIPMENT;
    default:
        return MAILBOX_USER;
    }
}

/* Two sessions may do this at once: the second one finds the mailbox that the first one made. */
static enum status create_mailbox(TALLOC_CTX *mem, struct groupware *groupware, const struct recipient_entry *entry,
                                  struct store_mailbox *out)
{
    struct transaction *tx = NULL;
    int64_t id = 0;
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_WRITE, &tx));
    enum status status = store_mailbox_create(tx, entry->guid, kind_of(entry->kind), entry->address, &id);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    bool is_new = status == STATUS_OK;
    talloc_free(tx);
    if (!is_new && status != STATUS_EXISTS)
        return status;
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    status = store_mailbox_by_owner(mem, tx, entry->guid, out);
    talloc_free(tx);
    if (status == STATUS_OK && is_new)
        log_event(EVENT_MAILBOX_CREATED, "%s", entry->address);
    return status;
}

static enum status find_by_owner(TALLOC_CTX *mem, struct groupware *groupware, struct guid owner, struct store_mailbox *out)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_mailbox_by_owner(mem, tx, owner, out);
    talloc_free(tx);
    return status;
}

enum status locate_entry(TALLOC_CTX *mem, struct groupware *groupware, const struct recipient_entry *entry, struct mailbox_key *out)
{
    if (mailbox_cache_by_owner(groupware->mailboxes, entry->guid, out))
        return STATUS_OK;
    struct store_mailbox mailbox;
    enum status status = find_by_owner(mem, groupware, entry->guid, &mailbox);
    if (status == STATUS_MAILBOX_NOT_FOUND && entry->has_mailbox)
        status = create_mailbox(mem, groupware, entry, &mailbox);
    if (status == STATUS_OK)
        remember(groupware, &mailbox, out);
    return status;
}

enum status locate_by_owner(TALLOC_CTX *mem, struct groupware *groupware, struct guid owner, bool create, struct mailbox_key *out)
{
    if (mailbox_cache_by_owner(groupware->mailboxes, owner, out))
        return STATUS_OK;
    if (create) {
        struct recipient_entry *entry = NULL;
        TRY(recipient_by_guid(mem, groupware->directory, owner, &entry));
        return locate_entry(mem, groupware, entry, out);
    }
    struct store_mailbox mailbox;
    TRY(find_by_owner(mem, groupware, owner, &mailbox));
    remember(groupware, &mailbox, out);
    return STATUS_OK;
}

/* By GUID, or by row id when `guid` is NULL. */
static enum status find_row(TALLOC_CTX *mem, struct groupware *groupware, const struct guid *guid, int64_t id, struct mailbox_key *out)
{
    struct transaction *tx = NULL;
    struct store_mailbox row;
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    enum status status = guid != NULL ? store_mailbox_by_guid(mem, tx, *guid, &row) : store_mailbox_get(mem, tx, id, &row);
    talloc_free(tx);
    if (status == STATUS_OK)
        remember(groupware, &row, out);
    return status;
}

enum status locate_by_guid(TALLOC_CTX *mem, struct groupware *groupware, struct guid mailbox, struct mailbox_key *out)
{
    bool is_known = mailbox_cache_by_guid(groupware->mailboxes, mailbox, out);
    return is_known ? STATUS_OK : find_row(mem, groupware, &mailbox, 0, out);
}

enum status locate_by_id(TALLOC_CTX *mem, struct groupware *groupware, int64_t mailbox, struct mailbox_key *out)
{
    bool is_known = mailbox_cache_by_id(groupware->mailboxes, mailbox, out);
    return is_known ? STATUS_OK : find_row(mem, groupware, NULL, mailbox, out);
}
