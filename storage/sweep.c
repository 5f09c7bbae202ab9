#include "bourse/storage/sweep.h"

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/storage/message.h"
#include "bourse/storage/search.h"
#include "array_count.h"
#include "transaction_private.h"

#define SLICE_MAX 500       /* items that one deletion takes */
#define ROUNDS_MAX 200      /* slices of one step: the rest waits for the next pass, so that every step gets its turn */
#define MAILBOXES_AT_ONCE 50

struct sweep {
    struct store *store;
    instant now;
    instant recoverable_before, tombstones_before, events_before;
    size_t slice;
    struct sweep_result *result;
};

/* One slice in the open transaction, which is committed behind it. *more: call again. */
typedef enum status sweep_slice(struct sweep *sweep, struct transaction *tx, bool *more);

static enum status run_slice(struct sweep *sweep, sweep_slice *slice, bool *more)
{
    struct transaction *tx = NULL;
    *more = false;
    TRY(transaction_begin(NULL, sweep->store, TRANSACTION_WRITE, &tx));
    enum status status = slice(sweep, tx, more);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

static enum status run_slices(struct sweep *sweep, sweep_slice *slice)
{
    bool more = true;
    for (int round = 0; round < ROUNDS_MAX && more; round++)
        TRY(run_slice(sweep, slice, &more));
    return STATUS_OK;
}

/* ---- blobs ---- */

static enum status blobs_slice(struct sweep *sweep, struct transaction *tx, bool *more)
{
    struct result *result = NULL;
    struct sql_sweep_blobs_take_out taken;
    TRY(TX_RUN(tx, tx, &result, sweep_blobs_lock, .now = sweep->now, .limit = (int64_t)sweep->slice));
    size_t count = (size_t)result->row_count;
    int64_t *blobs = talloc_array(tx, int64_t, array_count(count + 1));
    if (blobs == NULL)
        return status_fail(STATUS_NO_MEMORY, "blobs");
    for (size_t i = 0; i < count; i++) {
        struct sql_sweep_blobs_lock_out row;
        result_read(result, (int)i, STATEMENT_sweep_blobs_lock, &row);
        blobs[i] = row.blob;
    }
    TRY(TX_RUN(tx, tx, &result, sweep_blobs_take, .blobs = { blobs, count }, .now = sweep->now));
    result_read(result, 0, STATEMENT_sweep_blobs_take, &taken);
    sweep->result->blobs += taken.blobs;
    sweep->result->blob_bytes += taken.bytes;
    *more = count == sweep->slice && taken.leases > 0;
    return *more ? STATUS_OK : TX_SEND(tx, sweep_lost_leases, .now = sweep->now);
}

static enum status sweep_blobs(struct sweep *sweep)
{
    return run_slices(sweep, blobs_slice);
}

/* ---- rows with a date of their own ---- */

/* The statements have the same parameters and result. */
_Static_assert(sizeof(struct sql_sweep_inflow_in) == sizeof(struct sql_sweep_subscriptions_in), "parameters of dated rows differ");

static enum status dated_slice(struct sweep *sweep, struct transaction *tx, enum statement statement, int64_t *total, bool *more)
{
    struct result *result = NULL;
    struct sql_sweep_inflow_out row;
    TRY(tx_call(tx, tx, &result, statement, &(struct sql_sweep_inflow_in){ .now = sweep->now, .limit = (int64_t)sweep->slice }));
    result_read(result, 0, statement, &row);
    *total += row.deleted;
    *more = row.deleted == (int64_t)sweep->slice;
    return STATUS_OK;
}

static enum status inflow_slice(struct sweep *sweep, struct transaction *tx, bool *more)
{
    return dated_slice(sweep, tx, STATEMENT_sweep_inflow, &sweep->result->inflow, more);
}

static enum status subscriptions_slice(struct sweep *sweep, struct transaction *tx, bool *more)
{
    return dated_slice(sweep, tx, STATEMENT_sweep_subscriptions, &sweep->result->subscriptions, more);
}

static enum status client_ids_slice(struct sweep *sweep, struct transaction *tx, bool *more)
{
    return dated_slice(sweep, tx, STATEMENT_sweep_client_ids, &sweep->result->client_ids, more);
}

static enum status sweep_dated(struct sweep *sweep)
{
    TRY(run_slices(sweep, inflow_slice));
    TRY(run_slices(sweep, client_ids_slice));
    return run_slices(sweep, subscriptions_slice);
}

/* ---- Recoverable Items ---- */

static enum status purge_slice(struct sweep *sweep, struct transaction *tx, int64_t mailbox, bool *more)
{
    struct result *result = NULL;
    int64_t items[SLICE_MAX];
    size_t deleted = 0;
    TRY(store_mailbox_lock(tx, mailbox, NULL));
    TRY(TX_RUN(tx, tx, &result, sweep_recoverable_items, .mailbox = mailbox, .before = sweep->recoverable_before, .limit = (int64_t)sweep->slice));
    size_t count = (size_t)result->row_count;
    for (size_t i = 0; i < count; i++) {
        struct sql_sweep_recoverable_items_out row;
        result_read(result, (int)i, STATEMENT_sweep_recoverable_items, &row);
        items[i] = row.item;
    }
    if (count > 0)
        TRY(store_message_delete(tx, mailbox, items, count, STORE_DELETE_HARD, NULL, &deleted));
    TRY(transaction_commit(tx));
    sweep->result->items += (int64_t)deleted;
    *more = count == sweep->slice;
    return STATUS_OK;
}

static enum status purge_mailbox(struct sweep *sweep, int64_t mailbox)
{
    bool more = true;
    for (int round = 0; round < ROUNDS_MAX && more; round++) {
        struct transaction *tx = NULL;
        TRY(transaction_begin(NULL, sweep->store, TRANSACTION_WRITE, &tx));
        enum status status = purge_slice(sweep, tx, mailbox, &more);
        talloc_free(tx);
        if (status == STATUS_MAILBOX_NOT_FOUND || status == STATUS_UNAVAILABLE) /* deleted or frozen meanwhile */
            return STATUS_OK;
        TRY(status);
    }
    return STATUS_OK;
}

static enum status recoverable_mailboxes(struct sweep *sweep, int64_t after, int64_t mailboxes[MAILBOXES_AT_ONCE], size_t *count)
{
    struct transaction *tx = NULL;
    struct result *result = NULL;
    TRY(transaction_begin(NULL, sweep->store, TRANSACTION_READ, &tx));
    enum status status = TX_RUN(tx, tx, &result, sweep_recoverable_mailboxes, .before = sweep->recoverable_before, .after = after,
                                .limit = MAILBOXES_AT_ONCE);
    *count = status == STATUS_OK ? (size_t)result->row_count : 0;
    for (size_t i = 0; i < *count; i++) {
        struct sql_sweep_recoverable_mailboxes_out row;
        result_read(result, (int)i, STATEMENT_sweep_recoverable_mailboxes, &row);
        mailboxes[i] = row.mailbox;
    }
    talloc_free(tx);
    return status;
}

static enum status sweep_recoverable(struct sweep *sweep)
{
    int64_t mailboxes[MAILBOXES_AT_ONCE], after = 0;
    for (size_t count = MAILBOXES_AT_ONCE; count == MAILBOXES_AT_ONCE;) {
        TRY(recoverable_mailboxes(sweep, after, mailboxes, &count));
        for (size_t i = 0; i < count; i++) {
            TRY(purge_mailbox(sweep, mailboxes[i]));
            after = mailboxes[i];
        }
    }
    return STATUS_OK;
}

/* ---- the change log: tombstones, folder tombstones, events ---- */

_Static_assert(sizeof(struct sql_sweep_tombstone_mailboxes_in) == sizeof(struct sql_sweep_event_mailboxes_in), "parameters of log rows differ");
_Static_assert(sizeof(struct sql_sweep_tombstones_in) == sizeof(struct sql_sweep_events_in), "parameters of log rows differ");

/* Ids of one column of int8. */
static enum status read_ids(TALLOC_CTX *mem, struct result *result, int64_t **out)
{
    static const struct column column = { COLUMN_INT8, 20, 0 };
    *out = talloc_array(mem, int64_t, array_count((size_t)result->row_count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "ids");
    for (int i = 0; i < result->row_count; i++)
        result_read_columns(result, i, &column, 1, &(*out)[i]);
    return STATUS_OK;
}

/* Locks a batch of mailboxes in order, so that floors and rows move together, then takes the oldest rows. */
static enum status log_slice(struct sweep *sweep, struct transaction *tx, enum statement list, enum statement take, instant before, int64_t *total,
                             bool *more)
{
    struct result *result = NULL;
    int64_t *mailboxes = NULL;
    struct sql_sweep_tombstones_out row;
    TRY(tx_call(tx, tx, &result, list, &(struct sql_sweep_tombstone_mailboxes_in){ .before = before, .limit = MAILBOXES_AT_ONCE }));
    size_t count = (size_t)result->row_count;
    TRY(read_ids(tx, result, &mailboxes));
    if (count == 0)
        return STATUS_OK;
    TRY(TX_RUN(tx, tx, &result, mailbox_lock, .mailboxes = { mailboxes, count }));
    TRY(tx_call(tx, tx, &result, take,
                &(struct sql_sweep_tombstones_in){ .mailboxes = { mailboxes, count }, .before = before, .limit = (int64_t)sweep->slice }));
    result_read(result, 0, take, &row);
    *total += row.deleted;
    *more = row.deleted > 0;
    return STATUS_OK;
}

static enum status tombstones_slice(struct sweep *sweep, struct transaction *tx, bool *more)
{
    return log_slice(sweep, tx, STATEMENT_sweep_tombstone_mailboxes, STATEMENT_sweep_tombstones, sweep->tombstones_before,
                     &sweep->result->tombstones, more);
}

static enum status folder_tombstones_slice(struct sweep *sweep, struct transaction *tx, bool *more)
{
    return log_slice(sweep, tx, STATEMENT_sweep_folder_tombstone_mailboxes, STATEMENT_sweep_folder_tombstones, sweep->tombstones_before,
                     &sweep->result->tombstones, more);
}

static enum status events_slice(struct sweep *sweep, struct transaction *tx, bool *more)
{
    return log_slice(sweep, tx, STATEMENT_sweep_event_mailboxes, STATEMENT_sweep_events, sweep->events_before, &sweep->result->events, more);
}

static enum status sweep_log(struct sweep *sweep)
{
    TRY(run_slices(sweep, tombstones_slice));
    TRY(run_slices(sweep, folder_tombstones_slice));
    return run_slices(sweep, events_slice);
}

/* ---- deleted mailboxes ---- */

static enum status remove_content(struct sweep *sweep, struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, sweep_mailbox_blobs, .mailbox = mailbox, .items = { items, count }));
    for (int i = 0; i < result->row_count; i++) {
        struct sql_sweep_mailbox_blobs_out row;
        result_read(result, i, STATEMENT_sweep_mailbox_blobs, &row);
        TRY(tx_blob_ref(tx, row.blob, -row.users));
    }
    sweep->result->items += (int64_t)count;
    return TX_SEND(tx, message_remove, .mailbox = mailbox, .items = { items, count });
}

/* Items first, with their blob references, then the log, the small rows and the mailbox itself last, so that every slice finds the rest. */
static enum status deleted_mailbox_slice(struct sweep *sweep, struct transaction *tx, bool *more)
{
    struct result *result = NULL;
    int64_t *ids = NULL;
    struct sql_sweep_mailbox_log_out log;
    TRY(tx_call(tx, tx, &result, STATEMENT_sweep_deleted_mailbox, NULL));
    TRY(read_ids(tx, result, &ids));
    if (result->row_count == 0)
        return STATUS_OK;
    int64_t mailbox = ids[0];
    *more = true;
    TRY(TX_RUN(tx, tx, &result, sweep_mailbox_items, .mailbox = mailbox, .limit = (int64_t)sweep->slice));
    TRY(read_ids(tx, result, &ids));
    if (result->row_count > 0)
        return remove_content(sweep, tx, mailbox, ids, (size_t)result->row_count);
    TRY(TX_RUN(tx, tx, &result, sweep_mailbox_log, .mailbox = mailbox, .limit = (int64_t)sweep->slice));
    result_read(result, 0, STATEMENT_sweep_mailbox_log, &log);
    if (log.deleted > 0)
        return STATUS_OK;
    sweep->result->mailboxes++;
    return TX_SEND(tx, sweep_mailbox_rows, .mailbox = mailbox);
}

static enum status sweep_mailboxes(struct sweep *sweep)
{
    return run_slices(sweep, deleted_mailbox_slice);
}

/* ---- full text ---- */

static enum status sweep_text(struct sweep *sweep)
{
    size_t done = 1;
    for (int round = 0; round < ROUNDS_MAX && done > 0; round++) {
        TRY(search_index_slice(sweep->store, sweep->slice, &done));
        sweep->result->indexed += (int64_t)done;
    }
    return STATUS_OK;
}

/* ---- the pass ---- */

static void fill_options(struct sweep *sweep, const struct sweep_options *options)
{
    static const struct sweep_options defaults;
    const struct sweep_options *given = options != NULL ? options : &defaults;
    int64_t recoverable = given->recoverable_seconds > 0 ? given->recoverable_seconds : 14 * 86400;
    int64_t tombstones = given->tombstone_seconds > 0 ? given->tombstone_seconds : 90 * 86400;
    int64_t events = given->event_seconds > 0 ? given->event_seconds : 86400;
    sweep->now = clock_now();
    sweep->recoverable_before = sweep->now - recoverable * INSTANT_PER_SECOND;
    sweep->tombstones_before = sweep->now - tombstones * INSTANT_PER_SECOND;
    sweep->events_before = sweep->now - events * INSTANT_PER_SECOND;
    sweep->slice = given->slice > 0 && given->slice < SLICE_MAX ? given->slice : SLICE_MAX;
}

/* Blobs last: what the other steps let go waits for its lease anyway. A step that fails does not keep the others from their work. */
static enum status run_steps(struct sweep *sweep)
{
    static enum status (*const steps[])(struct sweep *sweep) = { sweep_dated, sweep_recoverable, sweep_log, sweep_mailboxes, sweep_text, sweep_blobs };
    enum status first = STATUS_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        enum status status = steps[i](sweep);
        if (status == STATUS_STORE_UNAVAILABLE)
            return status;
        if (status != STATUS_OK)
            log_failure(EVENT_STORE_FAILED, status, "sweep");
        if (first == STATUS_OK)
            first = status;
    }
    return first;
}

static void log_result(const struct sweep_result *result)
{
    if (result->blobs + result->inflow + result->items + result->tombstones + result->events + result->subscriptions + result->mailboxes +
            result->indexed > 0)
        log_event(EVENT_SWEEP, "blobs %lld, inflow %lld, items %lld, tombstones %lld, events %lld, subscriptions %lld, mailboxes %lld, indexed %lld",
                  (long long)result->blobs, (long long)result->inflow, (long long)result->items, (long long)result->tombstones,
                  (long long)result->events, (long long)result->subscriptions, (long long)result->mailboxes, (long long)result->indexed);
}

enum status sweep_run(struct store *store, const struct sweep_options *options, struct sweep_result *out)
{
    struct connection *connection = NULL;
    struct result *result = NULL;
    struct sql_sweep_lock_out lock;
    struct sweep sweep = { .store = store, .result = out };
    *out = (struct sweep_result){ 0 };
    fill_options(&sweep, options);
    TRY(store_connect(NULL, store, true, &connection)); /* its own: the lock ends with the connection at the latest */
    enum status status = connection_call(connection, connection, &result, STATEMENT_sweep_lock, NULL);
    if (status == STATUS_OK) {
        result_read(result, 0, STATEMENT_sweep_lock, &lock);
        if (lock.got)
            status = run_steps(&sweep);
    }
    talloc_free(connection);
    log_result(out);
    return status;
}
