#include "bourse/storage/mailbox.h"

#include "array_count.h"
#include "folder_private.h"
#include "transaction_private.h"

#define RESERVE_MAX 0x100000

static void fill(TALLOC_CTX *mem, const struct sql_mailbox_lock_out *row, struct store_mailbox *out)
{
    *out = (struct store_mailbox){
        .id = row->mailbox, .guid = row->guid, .replica_guid = row->replica_guid, .owner_guid = row->owner_guid,
        .kind = (enum mailbox_kind)row->kind, .condition = (enum mailbox_condition)row->condition,
        .label = talloc_strdup(mem, row->label), .last_cn = row->last_cn, .hierarchy_cn = row->hierarchy_cn,
        .event_floor = row->event_floor, .size = (uint64_t)(row->size > 0 ? row->size : 0),
        .recoverable_size = (uint64_t)(row->recoverable_size > 0 ? row->recoverable_size : 0), .item_count = row->item_count,
        .warning_quota = (uint64_t)row->warning_quota, .send_quota = (uint64_t)row->send_quota,
        .receive_quota = (uint64_t)row->receive_quota, .created = row->created, .quota_warned = row->quota_warned, .automation = row->automation,
    };
}

/* All statements that give whole rows have the same columns. */
_Static_assert(sizeof(struct sql_mailbox_lock_out) == sizeof(struct sql_mailbox_read_out), "columns of mailbox rows differ");
_Static_assert(sizeof(struct sql_mailbox_lock_out) == sizeof(struct sql_mailbox_page_out), "columns of mailbox rows differ");

enum status store_mailbox_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct store_mailbox *out)
{
    struct result *result = NULL;
    struct sql_mailbox_lock_out row;
    TRY(TX_RUN(tx, mem, &result, mailbox_read, .mailbox = mailbox));
    if (result->row_count == 0)
        return status_fail(STATUS_MAILBOX_NOT_FOUND, "mailbox %lld", (long long)mailbox);
    result_read(result, 0, STATEMENT_mailbox_lock, &row);
    fill(mem, &row, out);
    talloc_free(result);
    return out->label != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "mailbox");
}

static enum status get_by_id_result(TALLOC_CTX *mem, struct transaction *tx, struct result *result, struct store_mailbox *out)
{
    struct sql_mailbox_id_of_guid_out row = { 0 };
    if (result->row_count > 0)
        result_read(result, 0, STATEMENT_mailbox_id_of_guid, &row);
    talloc_free(result);
    return store_mailbox_get(mem, tx, row.mailbox, out);
}

enum status store_mailbox_by_guid(TALLOC_CTX *mem, struct transaction *tx, struct guid guid, struct store_mailbox *out)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, mailbox_id_of_guid, .guid = guid));
    return get_by_id_result(mem, tx, result, out);
}

enum status store_mailbox_by_owner(TALLOC_CTX *mem, struct transaction *tx, struct guid owner, struct store_mailbox *out)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, mailbox_id_of_owner, .owner = owner));
    return get_by_id_result(mem, tx, result, out);
}

enum status store_mailbox_list(TALLOC_CTX *mem, struct transaction *tx, int64_t after, size_t limit, struct store_mailbox **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, mailbox_page, .after = after, .limit = (int64_t)limit));
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct store_mailbox, array_count(*count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "mailboxes");
    for (size_t i = 0; i < *count; i++) {
        struct sql_mailbox_lock_out row;
        result_read(result, (int)i, STATEMENT_mailbox_lock, &row);
        fill(*out, &row, &(*out)[i]);
    }
    talloc_free(result);
    return STATUS_OK;
}

static enum status lock_now(struct transaction *tx, int64_t mailbox)
{
    struct result *result = NULL;
    TRY(tx_lock_send(tx, &mailbox, 1));
    TRY(tx_run(tx, tx, &result, 1));
    if (result->row_count == 0)
        return status_fail(STATUS_MAILBOX_NOT_FOUND, "mailbox %lld", (long long)mailbox);
    return tx_lock_take(tx, result);
}

enum status store_mailbox_lock(struct transaction *tx, int64_t mailbox, struct store_mailbox *out)
{
    if (tx_find_locked(tx, mailbox) == NULL)
        TRY(lock_now(tx, mailbox));
    struct locked_mailbox *locked = tx_find_locked(tx, mailbox);
    if (locked->row.condition == MAILBOX_FROZEN)
        return status_fail(STATUS_UNAVAILABLE, "mailbox %lld is frozen", (long long)mailbox);
    if (out != NULL)
        fill(tx, &locked->row, out);
    return STATUS_OK;
}

enum status store_mailbox_create(struct transaction *tx, struct guid owner, enum mailbox_kind kind, const char *label, int64_t *out)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, mailbox_insert, .guid = guid_new(), .replica_guid = guid_new(), .owner_guid = owner, .kind = (int16_t)kind,
               .label = label != NULL ? label : "", .created = clock_now()));
    struct sql_mailbox_insert_out row = { 0 };
    if (result->row_count == 0) {
        TRY(TX_RUN(tx, tx, &result, mailbox_id_of_owner, .owner = owner));
        if (result->row_count > 0)
            result_read(result, 0, STATEMENT_mailbox_insert, &row);
        *out = row.mailbox;
        return status_fail(STATUS_EXISTS, "the owner has mailbox %lld", (long long)row.mailbox);
    }
    result_read(result, 0, STATEMENT_mailbox_insert, &row);
    *out = row.mailbox;
    TRY(store_mailbox_lock(tx, row.mailbox, NULL));
    return folder_create_special(tx, row.mailbox);
}

enum status store_mailbox_delete(struct transaction *tx, int64_t mailbox)
{
    return store_mailbox_set_condition(tx, mailbox, MAILBOX_DELETED);
}

enum status store_mailbox_set_condition(struct transaction *tx, int64_t mailbox, enum mailbox_condition condition)
{
    return TX_SEND(tx, mailbox_set_condition, .mailbox = mailbox, .condition = (int16_t)condition);
}

enum status store_mailbox_set_quotas(struct transaction *tx, int64_t mailbox, uint64_t warning, uint64_t send, uint64_t receive)
{
    return TX_SEND(tx, mailbox_set_quotas, .mailbox = mailbox, .warning = (int64_t)warning, .send = (int64_t)send,
                   .receive = (int64_t)receive);
}

enum status store_mailbox_set_quota_warned(struct transaction *tx, int64_t mailbox, instant when)
{
    return TX_SEND(tx, mailbox_set_quota_warned, .mailbox = mailbox, .at = when);
}

enum status store_mailbox_set_automation(struct transaction *tx, int64_t mailbox, int64_t automation)
{
    struct locked_mailbox *locked = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    return TX_SEND(tx, mailbox_set_automation, .mailbox = mailbox, .automation = automation);
}

enum status store_mailbox_reserve_ids(struct transaction *tx, int64_t mailbox, int64_t count, int64_t *first)
{
    struct locked_mailbox *locked = NULL;
    if (count < 1 || count > RESERVE_MAX)
        return status_fail(STATUS_INVALID_ARGUMENT, "%lld ids wanted", (long long)count);
    TRY(tx_locked(tx, mailbox, &locked));
    *first = locked->next_object_id;
    locked->next_object_id += count;
    return TX_SEND(tx, id_range_add, .mailbox = mailbox, .first = *first, .last = *first + count - 1, .created = clock_now());
}
