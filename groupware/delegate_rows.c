#include "delegate_rows.h"

#include "bourse/base/memory.h"
#include "bourse/storage/settings.h"

/* User configuration of the root folder that keeps enum delegate_delivery as one digit. */
static const char delivery_name[] = "bourse.delegate_delivery";

/* In the order of enum delegate_folder. */
static const enum folder_role roles[DELEGATE_FOLDERS] = {
    FOLDER_ROLE_CALENDAR, FOLDER_ROLE_TASKS, FOLDER_ROLE_INBOX, FOLDER_ROLE_CONTACTS, FOLDER_ROLE_NOTES, FOLDER_ROLE_JOURNAL,
};

enum folder_role delegate_folder_role(enum delegate_folder folder)
{
    return (unsigned)folder < DELEGATE_FOLDERS ? roles[folder] : FOLDER_ROLE_NONE;
}

static bool is_entry_of(const struct acl_entry *entry, const struct acl_entry *other)
{
    return entry->kind == other->kind && (entry->kind != ACL_PRINCIPAL || guid_equal(entry->principal, other->principal));
}

enum status folder_rights_write(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, const struct acl_entry *entry)
{
    struct acl_entry *old = NULL;
    size_t count = 0, kept = 0;
    TRY(acl_get(mem, tx, mailbox, folder, &old, &count));
    struct acl_entry *entries = array_new(mem, struct acl_entry, count + 1);
    if (entries == NULL)
        return status_fail(STATUS_NO_MEMORY, "permissions");
    for (size_t i = 0; i < count; i++)
        if (!is_entry_of(&old[i], entry))
            entries[kept++] = old[i];
    if (entry->rights != 0 || entry->kind != ACL_PRINCIPAL)
        entries[kept++] = *entry;
    return acl_set(tx, mailbox, folder, entries, kept);
}

static enum status folder_of(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, enum delegate_folder which, int64_t *out)
{
    struct store_folder row;
    TRY(store_folder_by_role(mem, tx, mailbox, (enum store_role)roles[which], &row));
    *out = row.id;
    return STATUS_OK;
}

static enum status read_rights(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, enum delegate_folder which, struct mailbox_delegate *delegates,
                               size_t count)
{
    int64_t folder = 0;
    struct acl_entry *entries = NULL;
    size_t entry_count = 0;
    TRY(folder_of(mem, tx, mailbox, which, &folder));
    TRY(acl_get(mem, tx, mailbox, folder, &entries, &entry_count));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < entry_count; j++)
            if (entries[j].kind == ACL_PRINCIPAL && guid_equal(entries[j].principal, delegates[i].person))
                delegates[i].rights[which] = entries[j].rights;
    return STATUS_OK;
}

uint32_t delegate_flags_of(const struct mailbox_delegate *delegate)
{
    return (delegate->sends_on_behalf ? (uint32_t)DELEGATE_SEND_ON_BEHALF : 0) | (delegate->receives_copies ? (uint32_t)DELEGATE_MEETING_COPIES : 0) |
           (delegate->sees_private ? (uint32_t)DELEGATE_PRIVATE_ITEMS : 0) | (delegate->sends_as ? (uint32_t)DELEGATE_SEND_AS : 0) |
           (delegate->has_full_access ? (uint32_t)DELEGATE_FULL_ACCESS : 0);
}

static struct mailbox_delegate delegate_of_row(const struct delegate *row)
{
    return (struct mailbox_delegate){
        .person = row->principal, .display_name = row->display_name, .address = "",
        .sees_private = (row->flags & DELEGATE_PRIVATE_ITEMS) != 0, .receives_copies = (row->flags & DELEGATE_MEETING_COPIES) != 0,
        .sends_on_behalf = (row->flags & DELEGATE_SEND_ON_BEHALF) != 0, .sends_as = (row->flags & DELEGATE_SEND_AS) != 0,
        .has_full_access = (row->flags & DELEGATE_FULL_ACCESS) != 0,
    };
}

enum status delegate_rows_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct mailbox_delegate **out, size_t *count)
{
    struct delegate *rows = NULL;
    TRY(delegate_list(mem, tx, mailbox, &rows, count));
    *out = array_new(mem, struct mailbox_delegate, *count);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "delegates");
    for (size_t i = 0; i < *count; i++)
        (*out)[i] = delegate_of_row(&rows[i]);
    for (enum delegate_folder which = 0; which < DELEGATE_FOLDERS && *count > 0; which++)
        TRY(read_rights(mem, tx, mailbox, which, *out, *count));
    return STATUS_OK;
}

enum status delegate_rows_flags(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct guid person, uint32_t *flags)
{
    struct delegate *rows = NULL;
    size_t count = 0;
    *flags = 0;
    TRY(delegate_list(mem, tx, mailbox, &rows, &count));
    for (size_t i = 0; i < count; i++)
        if (guid_equal(rows[i].principal, person))
            *flags = rows[i].flags;
    return STATUS_OK;
}

enum status delegate_rows_write(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct mailbox_delegate *delegate, uint32_t flags)
{
    struct delegate row = { .principal = delegate->person, .display_name = delegate->display_name != NULL ? delegate->display_name : "", .flags = flags };
    TRY(delegate_set(tx, mailbox, &row));
    for (enum delegate_folder which = 0; which < DELEGATE_FOLDERS; which++) {
        struct acl_entry entry = { .kind = ACL_PRINCIPAL, .principal = delegate->person, .display_name = row.display_name, .rights = delegate->rights[which] };
        int64_t folder = 0;
        if (entry.rights == DELEGATE_RIGHTS_UNCHANGED)
            continue;
        TRY(folder_of(mem, tx, mailbox, which, &folder));
        TRY(folder_rights_write(mem, tx, mailbox, folder, &entry));
    }
    return STATUS_OK;
}

enum status delegate_delivery_in(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, enum delegate_delivery *out)
{
    struct slice value = { 0 };
    *out = DELEGATE_DELIVERY_BOTH;
    enum status status = user_config_get(mem, tx, mailbox, STORE_ROLE_ROOT, delivery_name, &value);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (value.length == 1 && value.data[0] >= '0' && value.data[0] <= '0' + DELEGATE_DELIVERY_ONLY_OWNER)
        *out = (enum delegate_delivery)(value.data[0] - '0');
    return STATUS_OK;
}

enum status delegate_copies_in(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct guid **out, size_t *count)
{
    struct delegate *rows = NULL;
    size_t all = 0;
    *count = 0;
    TRY(delegate_list(mem, tx, mailbox, &rows, &all));
    *out = array_new(mem, struct guid, all);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "delegates");
    for (size_t i = 0; i < all; i++)
        if ((rows[i].flags & DELEGATE_MEETING_COPIES) != 0)
            (*out)[(*count)++] = rows[i].principal;
    return STATUS_OK;
}

enum status delegate_fill_people(TALLOC_CTX *mem, struct groupware *groupware, struct mailbox_delegate *delegates, size_t count)
{
    struct recipient_answer *answers = NULL;
    struct guid *guids = array_new(mem, struct guid, count);
    if (guids == NULL)
        return status_fail(STATUS_NO_MEMORY, "delegates");
    for (size_t i = 0; i < count; i++)
        guids[i] = delegates[i].person;
    TRY(recipients_by_guid(mem, groupware->directory, guids, count, &answers));
    for (size_t i = 0; i < count; i++) {
        if (answers[i].status != STATUS_OK)
            continue;
        delegates[i].display_name = answers[i].entry->display_name;
        delegates[i].address = answers[i].entry->address != NULL ? answers[i].entry->address : "";
    }
    return STATUS_OK;
}
