#include "bourse/storage/acl.h"

#include "array_count.h"
#include "transaction_private.h"

enum status acl_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct acl_entry **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, acl_read, .mailbox = mailbox, .folder = folder));
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct acl_entry, array_count(*count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "permissions");
    for (size_t i = 0; i < *count; i++) {
        struct sql_acl_read_out row;
        result_read(result, (int)i, STATEMENT_acl_read, &row);
        (*out)[i] = (struct acl_entry){ .kind = (enum acl_kind)row.kind, .principal = row.principal, .display_name = row.display_name,
                                        .rights = (uint32_t)row.rights };
    }
    return STATUS_OK;
}

struct acl_columns {
    int32_t *kind;
    struct guid *principal;
    const char **display_name;
    int64_t *rights;
};

static enum status fill_columns(TALLOC_CTX *mem, const struct acl_entry *entries, size_t count, struct acl_columns *out)
{
    out->kind = talloc_zero_array(mem, int32_t, array_count(count + 1));
    out->principal = talloc_zero_array(mem, struct guid, array_count(count + 1));
    out->display_name = talloc_zero_array(mem, const char *, array_count(count + 1));
    out->rights = talloc_zero_array(mem, int64_t, array_count(count + 1));
    if (out->kind == NULL || out->principal == NULL || out->display_name == NULL || out->rights == NULL)
        return status_fail(STATUS_NO_MEMORY, "permissions");
    for (size_t i = 0; i < count; i++) {
        out->kind[i] = (int32_t)entries[i].kind;
        if (entries[i].kind == ACL_PRINCIPAL)
            out->principal[i] = entries[i].principal;
        out->display_name[i] = entries[i].display_name != NULL ? entries[i].display_name : "";
        out->rights[i] = entries[i].rights;
    }
    return STATUS_OK;
}

enum status acl_set(struct transaction *tx, int64_t mailbox, int64_t folder, const struct acl_entry *entries, size_t count)
{
    struct locked_mailbox *locked = NULL;
    struct folder_delta *counters = NULL;
    struct acl_columns columns;
    TRY(tx_locked(tx, mailbox, &locked));
    TRY(tx_folder(tx, locked, folder, &counters));
    TRY(fill_columns(tx, entries, count, &columns));
    int64_t cn = tx_next_hierarchy_cn(locked);
    TRY(TX_SEND(tx, acl_clear, .mailbox = mailbox, .folder = folder));
    TRY(TX_SEND(tx, acl_add, .mailbox = mailbox, .folder = folder, .kind = { columns.kind, count }, .principal = { columns.principal, count },
                .display_name = { columns.display_name, count }, .rights = { columns.rights, count }));
    TRY(TX_SEND(tx, folder_touch, .mailbox = mailbox, .folder = folder, .cn = cn, .modified = clock_now()));
    return tx_event(tx, mailbox, &(struct store_event){ .cn = cn, .kind = STORE_EVENT_FOLDER_MODIFIED, .folder = folder });
}

static enum status effective(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, const struct guid *principals,
                             size_t principal_count, struct result **result)
{
    struct guid nobody = { 0 };
    return TX_RUN(tx, mem, result, acl_effective, .mailbox = mailbox, .folder = folder, .all = folder == 0,
                  .own = principal_count > 0 ? principals[0] : nobody, .principals = { principals, principal_count },
                  .signed_in = principal_count > 0);
}

enum status acl_effective(struct transaction *tx, int64_t mailbox, int64_t folder, const struct guid *principals, size_t principal_count,
                          uint32_t *rights)
{
    struct result *result = NULL;
    struct sql_acl_effective_out row;
    *rights = 0;
    TRY(effective(tx, tx, mailbox, folder, principals, principal_count, &result));
    if (result->row_count != 1 || folder == 0)
        return status_fail(STATUS_FOLDER_NOT_FOUND, "folder %lld", (long long)folder);
    result_read(result, 0, STATEMENT_acl_effective, &row);
    *rights = (uint32_t)row.rights;
    talloc_free(result);
    return STATUS_OK;
}

enum status acl_effective_all(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct guid *principals, size_t principal_count,
                              struct folder_rights **out, size_t *count)
{
    struct result *result = NULL;
    TRY(effective(mem, tx, mailbox, 0, principals, principal_count, &result));
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct folder_rights, array_count(*count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "rights");
    for (size_t i = 0; i < *count; i++) {
        struct sql_acl_effective_out row;
        result_read(result, (int)i, STATEMENT_acl_effective, &row);
        (*out)[i] = (struct folder_rights){ .folder = row.folder, .rights = (uint32_t)row.rights };
    }
    talloc_free(result);
    return STATUS_OK;
}

enum status delegate_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct delegate **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, delegates_read, .mailbox = mailbox));
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct delegate, array_count(*count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "delegates");
    for (size_t i = 0; i < *count; i++) {
        struct sql_delegates_read_out row;
        result_read(result, (int)i, STATEMENT_delegates_read, &row);
        (*out)[i] = (struct delegate){ .principal = row.principal, .display_name = row.display_name, .flags = (uint32_t)row.flags };
    }
    return STATUS_OK;
}

enum status delegate_set(struct transaction *tx, int64_t mailbox, const struct delegate *delegate)
{
    struct locked_mailbox *locked = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    if (delegate->flags == 0)
        return TX_SEND(tx, delegate_remove, .mailbox = mailbox, .principal = delegate->principal);
    return TX_SEND(tx, delegate_put, .mailbox = mailbox, .principal = delegate->principal,
                   .display_name = delegate->display_name != NULL ? delegate->display_name : "", .flags = (int32_t)delegate->flags);
}

enum status delegate_flags(struct transaction *tx, int64_t mailbox, const struct guid *principals, size_t principal_count, uint32_t *flags)
{
    struct result *result = NULL;
    struct sql_delegate_flags_out row;
    TRY(TX_RUN(tx, tx, &result, delegate_flags, .mailbox = mailbox, .principals = { principals, principal_count }));
    result_read(result, 0, STATEMENT_delegate_flags, &row);
    *flags = (uint32_t)row.flags;
    talloc_free(result);
    return STATUS_OK;
}
