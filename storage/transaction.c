#include "transaction_private.h"

#include "array_count.h"

#include "bourse/base/clock.h"
#include "bourse/base/metrics.h"
#include "transaction_log.h"

#define ID_BLOCK 64
#define RESULTS_MAX 2048

struct transaction {
    struct store *store;
    struct connection *connection;
    enum transaction_mode mode;
    bool owns_connection;
    bool begun, over, failed, queue_changed;
    struct locked_mailbox *locked;
    size_t locked_count;
    struct transaction_log log;
    int64_t started_us;
};

static void let_go(struct transaction *tx)
{
    if (tx->connection != NULL && tx->owns_connection)
        store_release(tx->store, tx->connection);
    tx->connection = NULL;
    tx->over = true;
}

/* Rolls back without waiting for the answer: locks end when the server gets to it, the connection is drained before its next use. */
static int transaction_destroy(struct transaction *tx)
{
    if (tx->over)
        return 0;
    if (!connection_is_broken(tx->connection) && (tx->begun || connection_queued(tx->connection) > 0) &&
        connection_send(tx->connection, STATEMENT_transaction_undo, NULL) == STATUS_OK)
        connection_run_later(tx->connection);
    let_go(tx);
    return 0;
}

enum status transaction_begin_on(TALLOC_CTX *mem, struct store *store, struct connection *connection, struct transaction **out)
{
    struct transaction *tx = talloc_zero(mem, struct transaction);
    if (tx == NULL)
        return status_fail(STATUS_NO_MEMORY, "transaction");
    tx->store = store;
    tx->connection = connection;
    tx->mode = TRANSACTION_WRITE;
    tx->started_us = clock_monotonic_us();
    talloc_set_destructor(tx, transaction_destroy);
    *out = tx;
    return STATUS_OK;
}

enum status transaction_begin(TALLOC_CTX *mem, struct store *store, enum transaction_mode mode, struct transaction **out)
{
    struct connection *connection = NULL;
    TRY(store_acquire(store, &connection));
    enum status status = transaction_begin_on(mem, store, connection, out);
    if (status != STATUS_OK) {
        store_release(store, connection);
        return status;
    }
    (*out)->mode = mode;
    (*out)->owns_connection = true;
    return STATUS_OK;
}

struct store *transaction_store(struct transaction *tx)
{
    return tx->store;
}

/* The caller may not go on after a failure: what was queued behind it did not happen. */
static enum status note_failure(struct transaction *tx, enum status status)
{
    if (status != STATUS_OK) {
        tx->failed = true;
        metric_add(METRIC_STORE_ERRORS, 1);
    }
    return status;
}

static enum status ready(struct transaction *tx)
{
    if (tx->over || tx->failed)
        return status_fail(STATUS_INTERNAL, "transaction is used after it ended or failed");
    if (tx->begun)
        return STATUS_OK;
    tx->begun = true;
    return connection_send(tx->connection, tx->mode == TRANSACTION_READ ? STATEMENT_transaction_read : STATEMENT_transaction_write, NULL);
}

enum status tx_send_rows(struct transaction *tx, enum statement statement, const void *in, size_t count)
{
    TRY(ready(tx));
    return note_failure(tx, connection_send_rows(tx->connection, statement, in, count));
}

enum status tx_send(struct transaction *tx, enum statement statement, const void *in)
{
    return tx_send_rows(tx, statement, in, 1);
}

enum status tx_send_text(struct transaction *tx, const char *text, const struct column *columns, int count, const void *in)
{
    TRY(ready(tx));
    return note_failure(tx, connection_send_text(tx->connection, text, columns, count, in));
}

enum status tx_run(struct transaction *tx, TALLOC_CTX *mem, struct result **results, size_t count)
{
    TRY(ready(tx));
    size_t queued = connection_queued(tx->connection);
    struct result *all[RESULTS_MAX];
    if (queued > RESULTS_MAX || count > queued)
        return status_fail(STATUS_INTERNAL, "%zu results wanted, %zu statements queued", count, queued);
    TALLOC_CTX *scratch = talloc_new(NULL);
    enum status status = connection_run(tx->connection, scratch, all, queued);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        results[i] = talloc_steal(mem, all[queued - count + i]);
    talloc_free(scratch);
    return note_failure(tx, status);
}

enum status tx_call(struct transaction *tx, TALLOC_CTX *mem, struct result **result, enum statement statement, const void *in)
{
    TRY(tx_send(tx, statement, in));
    return tx_run(tx, mem, result, result != NULL ? 1 : 0);
}

/* ---- mailbox locks ---- */

enum status tx_lock_send(struct transaction *tx, const int64_t *mailboxes, size_t count)
{
    if (tx->mode != TRANSACTION_WRITE)
        return status_fail(STATUS_INTERNAL, "lock in a reading transaction");
    for (size_t i = 0; i < count; i++)
        if ((i > 0 && mailboxes[i] <= mailboxes[i - 1]) || (tx->locked_count > 0 && mailboxes[i] <= tx->locked[tx->locked_count - 1].id))
            return status_fail(STATUS_INTERNAL, "mailboxes are not locked in ascending order");
    return TX_SEND(tx, mailbox_lock, .mailboxes = { mailboxes, count });
}

enum status tx_lock_take(struct transaction *tx, struct result *result)
{
    size_t total = tx->locked_count + (size_t)result->row_count;
    struct locked_mailbox *all = talloc_realloc(tx, tx->locked, struct locked_mailbox, array_count(total + 1));
    if (all == NULL)
        return status_fail(STATUS_NO_MEMORY, "locked mailboxes");
    tx->locked = all;
    for (int i = 0; i < result->row_count; i++) {
        struct locked_mailbox *locked = &all[tx->locked_count++];
        *locked = (struct locked_mailbox){ 0 };
        result_read(result, i, STATEMENT_mailbox_lock, &locked->row);
        locked->id = locked->row.mailbox;
        locked->last_cn = locked->row.last_cn;
        locked->hierarchy_cn = locked->row.hierarchy_cn;
        locked->next_object_id = locked->row.next_object_id;
    }
    talloc_steal(tx, result);
    return STATUS_OK;
}

struct locked_mailbox *tx_find_locked(struct transaction *tx, int64_t mailbox)
{
    for (size_t i = 0; i < tx->locked_count; i++)
        if (tx->locked[i].id == mailbox)
            return &tx->locked[i];
    return NULL;
}

enum status tx_locked(struct transaction *tx, int64_t mailbox, struct locked_mailbox **out)
{
    *out = tx_find_locked(tx, mailbox);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_INTERNAL, "mailbox %lld is not locked", (long long)mailbox);
}

int64_t tx_next_cn(struct locked_mailbox *locked)
{
    return ++locked->last_cn;
}

int64_t tx_next_hierarchy_cn(struct locked_mailbox *locked)
{
    return locked->hierarchy_cn = ++locked->last_cn;
}

int64_t tx_next_folder_id(struct locked_mailbox *locked)
{
    return locked->next_object_id++;
}

/* ---- folders ---- */

struct folder_delta *tx_find_folder(struct locked_mailbox *locked, int64_t folder)
{
    for (size_t i = 0; i < locked->folder_count; i++)
        if (locked->folders[i].folder == folder)
            return &locked->folders[i];
    return NULL;
}

enum status tx_folder_add(struct transaction *tx, struct locked_mailbox *locked, const struct folder_delta *folder)
{
    struct folder_delta *all = talloc_realloc(tx, locked->folders, struct folder_delta, array_count(locked->folder_count + 1));
    if (all == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder counters");
    locked->folders = all;
    all[locked->folder_count++] = *folder;
    return STATUS_OK;
}

void tx_folder_drop(struct locked_mailbox *locked, int64_t folder)
{
    struct folder_delta *found = tx_find_folder(locked, folder);
    if (found != NULL)
        *found = locked->folders[--locked->folder_count];
}

enum status tx_folder(struct transaction *tx, struct locked_mailbox *locked, int64_t folder, struct folder_delta **out)
{
    *out = tx_find_folder(locked, folder);
    if (*out != NULL)
        return STATUS_OK;
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, folder_stat_load, .mailbox = { &locked->id, 1 }, .folder = { &folder, 1 }));
    if (result->row_count == 0)
        return status_fail(STATUS_FOLDER_NOT_FOUND, "folder %lld", (long long)folder);
    struct sql_folder_stat_load_out row;
    result_read(result, 0, STATEMENT_folder_stat_load, &row);
    talloc_free(result);
    TRY(tx_folder_add(tx, locked, &(struct folder_delta){ .folder = folder, .is_recoverable = store_role_is_recoverable((enum store_role)row.role),
                                                          .is_search = row.is_search, .uid_next = row.uid_next, .block_next = row.block_next, .block_end = row.block_end }));
    *out = tx_find_folder(locked, folder);
    return STATUS_OK;
}

enum status tx_target_folder(struct transaction *tx, struct locked_mailbox *locked, int64_t folder, struct folder_delta **out)
{
    TRY(tx_folder(tx, locked, folder, out));
    return !(*out)->is_search ? STATUS_OK : status_fail(STATUS_NOT_SUPPORTED, "folder %lld is a search folder", (long long)folder);
}

int64_t tx_next_item_id(struct locked_mailbox *locked, struct folder_delta *folder)
{
    if (folder->block_next >= folder->block_end) {
        folder->block_next = locked->next_object_id;
        folder->block_end = locked->next_object_id += ID_BLOCK;
    }
    return folder->block_next++;
}

void tx_count_item(struct locked_mailbox *locked, struct folder_delta *folder, int direction, bool fai, bool is_read, int64_t size, int64_t cn)
{
    folder->live += fai ? 0 : direction;
    folder->fai += fai ? direction : 0;
    folder->unread += !fai && !is_read ? direction : 0;
    folder->bytes += direction * size;
    if (cn > folder->content_cn)
        folder->content_cn = cn;
    if (folder->is_recoverable)
        locked->recoverable_size += direction * size;
    else
        locked->size += direction * size;
    locked->item_count += direction;
}

/* ---- what collects ---- */

enum status tx_event(struct transaction *tx, int64_t mailbox, const struct store_event *event)
{
    return transaction_log_event(&tx->log, tx, mailbox, event);
}

enum status tx_blob_ref(struct transaction *tx, int64_t blob, int64_t delta)
{
    return blob > 0 && delta != 0 ? transaction_log_blob(&tx->log, tx, blob, delta) : STATUS_OK;
}

void tx_note_queue(struct transaction *tx)
{
    tx->queue_changed = true;
}

static void wake_up(struct transaction *tx)
{
    for (size_t i = 0; i < tx->locked_count; i++)
        if (tx->locked[i].last_cn != tx->locked[i].row.last_cn)
            store_note_change(tx->store, tx->locked[i].id);
    if (tx->queue_changed)
        store_note_change(tx->store, 0);
}

enum status transaction_commit(struct transaction *tx)
{
    if (tx->over || tx->failed)
        return status_fail(STATUS_INTERNAL, "commit of a transaction that ended or failed");
    if (!tx->begun) {
        let_go(tx);
        return STATUS_OK;
    }
    enum status status = transaction_log_flush(&tx->log, tx, tx->locked, tx->locked_count);
    if (status == STATUS_OK && tx->mode == TRANSACTION_WRITE)
        status = tx_send(tx, STATEMENT_transaction_end, NULL);
    if (status != STATUS_OK)
        return note_failure(tx, status);
    if (tx->mode == TRANSACTION_READ) {
        if (connection_send(tx->connection, STATEMENT_transaction_undo, NULL) == STATUS_OK)
            connection_run_later(tx->connection);
        let_go(tx);
        return STATUS_OK;
    }
    status = connection_run(tx->connection, NULL, NULL, 0);
    if (status != STATUS_OK && connection_is_broken(tx->connection))
        status = status_fail(STATUS_COMMIT_UNKNOWN, "connection lost during the commit");
    if (status != STATUS_OK)
        return note_failure(tx, status);
    let_go(tx);
    wake_up(tx);
    metric_add(METRIC_STORE_TRANSACTIONS, 1);
    metric_observe_us(METRIC_STORE_TIME, clock_monotonic_us() - tx->started_us);
    return STATUS_OK;
}
