#include "bourse/storage/queue.h"

#include "array_count.h"
#include "bourse/storage/blob.h"
#include "chunk.h"
#include "prepared.h"
#include "queue_private.h"
#include "transaction_private.h"

/* ---- adding ---- */

struct recipient_columns {
    int32_t *number;
    const char **address, **destination, **dsn_notify, **dsn_orcpt;
    size_t count;
};

static const char *text(const char *value)
{
    return value != NULL ? value : "";
}

static enum status fill_columns(TALLOC_CTX *mem, const struct store_queue_entry_new *entry, const bool *skip, struct recipient_columns *out)
{
    size_t n = entry->recipient_count + 1;
    out->number = talloc_array(mem, int32_t, array_count(n));
    out->address = talloc_array(mem, const char *, array_count(4 * n));
    if (out->number == NULL || out->address == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue recipients");
    out->destination = out->address + n;
    out->dsn_notify = out->destination + n;
    out->dsn_orcpt = out->dsn_notify + n;
    for (size_t i = 0; i < entry->recipient_count; i++) {
        if (skip != NULL && skip[i])
            continue;
        size_t at = out->count++;
        out->number[at] = (int32_t)(i + 1);
        out->address[at] = entry->recipients[i].address;
        out->destination[at] = entry->recipients[i].destination;
        out->dsn_notify[at] = text(entry->recipients[i].dsn_notify);
        out->dsn_orcpt[at] = text(entry->recipients[i].dsn_orcpt);
    }
    return STATUS_OK;
}

enum status queue_insert_entry(struct transaction *tx, int64_t id, const struct store_queue_entry_new *entry, const bool *skip,
                               const struct queue_content *content)
{
    struct recipient_columns columns = { 0 };
    instant now = clock_now();
    TRY(fill_columns(tx, entry, skip, &columns));
    TRY(TX_SEND(tx, queue_insert, .id = id, .sender = text(entry->sender), .envelope_id = text(entry->envelope_id),
                .dsn_return = text(entry->dsn_return), .origin = text(entry->origin), .trace_id = text(entry->trace_id),
                .needs_smtputf8 = entry->needs_smtputf8, .needs_8bit = entry->needs_8bit, .mime_blob = content->blob,
                .mime_hash = content->hash, .size = (int64_t)content->size, .created = now, .expires = entry->expires));
    tx_note_queue(tx);
    return TX_SEND(tx, queue_recipients_insert, .id = id, .number = { columns.number, columns.count },
                   .address = { columns.address, columns.count }, .destination = { columns.destination, columns.count },
                   .dsn_notify = { columns.dsn_notify, columns.count }, .dsn_orcpt = { columns.dsn_orcpt, columns.count },
                   .due = entry->due != 0 ? entry->due : now);
}

enum status store_queue_add(struct transaction *tx, const struct store_queue_entry_new *entry, int64_t mime_blob, int64_t *id)
{
    struct result *results[2] = { 0 };
    struct sql_queue_ids_out taken;
    struct sql_blob_read_out blob;
    TRY(TX_SEND(tx, queue_ids, .count = 1));
    TRY(TX_SEND(tx, blob_read, .blob = mime_blob));
    TRY(tx_run(tx, tx, results, 2));
    if (results[1]->row_count == 0)
        return status_fail(STATUS_BLOB_NOT_FOUND, "blob %lld", (long long)mime_blob);
    result_read(results[0], 0, STATEMENT_queue_ids, &taken);
    result_read(results[1], 0, STATEMENT_blob_read, &blob);
    *id = taken.id;
    TRY(tx_blob_ref(tx, mime_blob, 1));
    return queue_insert_entry(tx, taken.id, entry, NULL, &(struct queue_content){ .blob = mime_blob, .size = (uint64_t)blob.size });
}

struct store_queue_content {
    struct blob_ref ref;
    struct slice chunk; /* encoded; empty: ref.id has the content */
};

enum status store_queue_prepare(TALLOC_CTX *mem, struct store *store, struct slice mime, struct store_queue_content **out)
{
    TRY(store_check_space(store));
    struct store_queue_content *content = talloc_zero(mem, struct store_queue_content);
    if (content == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue content");
    *out = content;
    if (mime.length == 0 || mime.length > MIME_INLINE_MAX)
        return blob_write(store, mime, &content->ref);
    content->ref = (struct blob_ref){ .size = mime.length, .hash = hash_sha256(mime) };
    return chunk_encode(content, mime, &content->chunk);
}

static enum status add_inline(struct transaction *tx, const struct store_queue_entry_new *entry, const struct store_queue_content *content, int64_t *id)
{
    struct result *result = NULL;
    struct sql_queue_ids_out taken;
    struct slice hash = slice_of(content->ref.hash.bytes, sizeof content->ref.hash.bytes);
    int64_t size = (int64_t)content->ref.size, stored = (int64_t)content->chunk.length;
    int32_t refs = 1;
    TRY(TX_RUN(tx, tx, &result, queue_ids, .count = 1));
    result_read(result, 0, STATEMENT_queue_ids, &taken);
    TRY(TX_SEND(tx, blob_inline, .hash = { &hash, 1 }, .size = { &size, 1 }, .stored = { &stored, 1 }, .refs = { &refs, 1 },
                .data = { &content->chunk, 1 }));
    *id = taken.id;
    return queue_insert_entry(tx, taken.id, entry, NULL, &(struct queue_content){ .hash = hash, .size = content->ref.size });
}

enum status store_queue_add_prepared(struct transaction *tx, const struct store_queue_entry_new *entry, const struct store_queue_content *content, int64_t *id)
{
    return content->chunk.length > 0 ? add_inline(tx, entry, content, id) : store_queue_add(tx, entry, content->ref.id, id);
}

/* ---- reading ---- */

_Static_assert(sizeof(struct sql_queue_entry_read_out) == sizeof(struct sql_queue_page_out), "columns of queue rows differ");

static void fill_entry(const struct sql_queue_entry_read_out *row, struct store_queue_entry *out)
{
    *out = (struct store_queue_entry){
        .id = row->id, .sender = row->sender, .envelope_id = row->envelope_id, .dsn_return = row->dsn_return, .origin = row->origin,
        .trace_id = row->trace_id, .needs_smtputf8 = row->needs_smtputf8, .needs_8bit = row->needs_8bit, .is_held = row->is_held,
        .mime_blob = row->mime_blob, .size = (uint64_t)row->size, .created = row->created, .expires = row->expires,
    };
}

static enum status add_recipient(TALLOC_CTX *mem, const struct sql_queue_recipients_read_out *row, struct store_queue_entry *entry)
{
    struct store_queue_recipient *list =
        talloc_realloc(mem, entry->recipients, struct store_queue_recipient, array_count(entry->recipient_count + 1));
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue recipients");
    entry->recipients = list;
    list[entry->recipient_count++] = (struct store_queue_recipient){
        .id = row->number, .address = row->address, .destination = row->destination, .dsn_notify = row->dsn_notify,
        .dsn_orcpt = row->dsn_orcpt, .state = (enum queue_recipient_state)row->state, .attempts = row->attempts,
        .next_attempt = row->next_attempt, .leased_until = row->leased_until, .last_reply = row->last_reply,
        .last_status = row->last_status, .last_host = row->last_host, .last_attempt = row->last_attempt,
        .delay_reported = row->delay_reported,
    };
    return STATUS_OK;
}

static enum status fill_recipients(TALLOC_CTX *mem, struct result *result, struct store_queue_entry *entries, size_t count)
{
    for (int r = 0; r < result->row_count; r++) {
        struct sql_queue_recipients_read_out row;
        result_read(result, r, STATEMENT_queue_recipients_read, &row);
        for (size_t i = 0; i < count; i++)
            if (entries[i].id == row.id)
                TRY(add_recipient(mem, &row, &entries[i]));
    }
    return STATUS_OK;
}

/* Entries of an answer with their recipients; texts live with the results, which stay on `mem`. */
static enum status fill_entries(TALLOC_CTX *mem, struct transaction *tx, struct result *result, struct store_queue_entry **out, size_t *count)
{
    struct result *recipients = NULL;
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct store_queue_entry, array_count(*count + 1));
    int64_t *ids = talloc_array(mem, int64_t, array_count(*count + 1));
    if (*out == NULL || ids == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue entries");
    for (size_t i = 0; i < *count; i++) {
        struct sql_queue_entry_read_out row;
        result_read(result, (int)i, STATEMENT_queue_entry_read, &row);
        fill_entry(&row, &(*out)[i]);
        ids[i] = row.id;
    }
    TRY(TX_RUN(tx, mem, &recipients, queue_recipients_read, .ids = { ids, *count }));
    return fill_recipients(mem, recipients, *out, *count);
}

enum status store_queue_list(TALLOC_CTX *mem, struct transaction *tx, int64_t after, size_t limit, struct store_queue_entry **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, queue_page, .after = after, .limit = (int64_t)limit));
    return fill_entries(mem, tx, result, out, count);
}

enum status store_queue_delayed(TALLOC_CTX *mem, struct transaction *tx, instant before, size_t limit, struct store_queue_entry **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, queue_delayed_page, .before = before, .now = clock_now(), .limit = (int64_t)limit));
    return fill_entries(mem, tx, result, out, count);
}

enum status store_queue_show(TALLOC_CTX *mem, struct transaction *tx, int64_t queue_id, struct store_queue_entry *out)
{
    struct result *result = NULL;
    struct store_queue_entry *list = NULL;
    size_t count = 0;
    TRY(TX_RUN(tx, mem, &result, queue_entry_read, .ids = { &queue_id, 1 }));
    TRY(fill_entries(mem, tx, result, &list, &count));
    if (count == 0)
        return status_fail(STATUS_NOT_FOUND, "queue entry %lld", (long long)queue_id);
    *out = list[0];
    return STATUS_OK;
}

enum status store_queue_due_destinations(TALLOC_CTX *mem, struct transaction *tx, size_t limit, struct store_queue_destination **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, queue_due, .now = clock_now(), .limit = (int64_t)limit));
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct store_queue_destination, array_count(*count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "destinations");
    for (size_t i = 0; i < *count; i++) {
        struct sql_queue_due_out row;
        result_read(result, (int)i, STATEMENT_queue_due, &row);
        (*out)[i] = (struct store_queue_destination){ .destination = row.destination, .recipients = row.recipients, .oldest_due = row.oldest };
    }
    return STATUS_OK;
}

/* ---- leases and results ---- */

static enum status lease(TALLOC_CTX *mem, struct transaction *tx, const char *destination, const char *worker, size_t limit, int64_t lease_us,
                         struct store_queue_entry **out)
{
    struct result *leased = NULL, *entry = NULL;
    struct sql_queue_recipients_read_out first;
    struct sql_queue_entry_read_out row;
    instant now = clock_now();
    *out = NULL;
    TRY(TX_RUN(tx, mem, &leased, queue_lease_recipients, .destination = destination, .worker = worker, .now = now,
               .until = now + lease_us * 10, .limit = (int64_t)limit));
    if (leased->row_count == 0)
        return transaction_commit(tx);
    result_read(leased, 0, STATEMENT_queue_recipients_read, &first);
    TRY(TX_RUN(tx, mem, &entry, queue_entry_read, .ids = { &first.id, 1 }));
    if (entry->row_count == 0)
        return status_fail(STATUS_CORRUPT, "recipients of queue entry %lld without the entry", (long long)first.id);
    result_read(entry, 0, STATEMENT_queue_entry_read, &row);
    struct store_queue_entry *found = talloc_zero(mem, struct store_queue_entry);
    if (found == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue entry");
    fill_entry(&row, found);
    TRY(fill_recipients(mem, leased, found, 1));
    TRY(transaction_commit(tx));
    *out = found;
    return STATUS_OK;
}

enum status store_queue_lease(TALLOC_CTX *mem, struct store *store, const char *destination, const char *worker, size_t limit, int64_t lease_us,
                              struct store_queue_entry **out)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(NULL, store, TRANSACTION_WRITE, &tx));
    enum status status = lease(mem, tx, destination, worker, limit, lease_us, out);
    talloc_free(tx);
    return status;
}

enum status store_queue_renew(struct store *store, int64_t queue_id, const char *worker, int64_t lease_us)
{
    struct transaction *tx = NULL;
    struct result *result = NULL;
    TRY(transaction_begin(NULL, store, TRANSACTION_WRITE, &tx));
    enum status status = TX_RUN(tx, tx, &result, queue_renew, .id = queue_id, .worker = worker, .until = clock_now() + lease_us * 10);
    if (status == STATUS_OK && result->affected == 0)
        status = status_fail(STATUS_CONFLICT, "lease of queue entry %lld was lost", (long long)queue_id);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

enum status store_queue_return(struct store *store, int64_t queue_id, const char *worker)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(NULL, store, TRANSACTION_WRITE, &tx));
    enum status status = TX_SEND(tx, queue_give_back, .id = queue_id, .worker = worker);
    tx_note_queue(tx);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

struct result_columns {
    int32_t *number, *state;
    int64_t *next;
    bool *delay;
    const char **reply, **status, **host;
};

static enum status fill_results(TALLOC_CTX *mem, const struct store_queue_result *results, size_t count, struct result_columns *out)
{
    size_t n = count + 1;
    out->number = talloc_array(mem, int32_t, array_count(2 * n));
    out->next = talloc_array(mem, int64_t, array_count(n));
    out->delay = talloc_array(mem, bool, array_count(n));
    out->reply = talloc_array(mem, const char *, array_count(3 * n));
    if (out->number == NULL || out->next == NULL || out->delay == NULL || out->reply == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue results");
    out->state = out->number + n;
    out->status = out->reply + n;
    out->host = out->status + n;
    for (size_t i = 0; i < count; i++) {
        out->number[i] = (int32_t)results[i].recipient;
        out->state[i] = results[i].outcome == OUTCOME_DELIVERED ? QUEUE_DELIVERED : results[i].outcome == OUTCOME_FAILED ? QUEUE_FAILED : QUEUE_WAITING;
        out->next[i] = results[i].next_attempt;
        out->delay[i] = results[i].delay_reported;
        out->reply[i] = text(results[i].reply);
        out->status[i] = text(results[i].status);
        out->host[i] = text(results[i].host);
    }
    return STATUS_OK;
}

enum status store_queue_record(struct transaction *tx, int64_t queue_id, const char *worker, const struct store_queue_result *results, size_t count)
{
    struct result_columns columns = { 0 };
    struct result *answers[3] = { 0 };
    TRY(fill_results(tx, results, count, &columns));
    TRY(TX_SEND(tx, queue_lock, .id = queue_id)); /* two workers of one entry: who ends last takes it away */
    TRY(TX_SEND(tx, queue_record, .id = queue_id, .worker = worker, .number = { columns.number, count }, .state = { columns.state, count },
                .next_attempt = { columns.next, count }, .delay_reported = { columns.delay, count }, .reply = { columns.reply, count },
                .status = { columns.status, count }, .host = { columns.host, count }, .now = clock_now()));
    TRY(TX_SEND(tx, queue_remove_if_done, .id = queue_id));
    TRY(tx_run(tx, tx, answers, 3));
    if (answers[2]->row_count > 0) {
        struct sql_queue_remove_if_done_out row;
        result_read(answers[2], 0, STATEMENT_queue_remove_if_done, &row);
        TRY(tx_blob_ref(tx, row.mime_blob, -1));
    }
    return STATUS_OK;
}

/* ---- administration ---- */

enum status store_queue_hold(struct transaction *tx, int64_t queue_id, bool hold, size_t *changed)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, queue_hold, .id = queue_id, .hold = hold));
    *changed = (size_t)result->affected;
    tx_note_queue(tx);
    return STATUS_OK;
}

enum status store_queue_retry(struct transaction *tx, int64_t queue_id, const char *destination, size_t *changed)
{
    struct result *result = NULL;
    struct sql_queue_retry_out row;
    TRY(TX_RUN(tx, tx, &result, queue_retry, .id = queue_id, .all = destination == NULL, .destination = text(destination), .now = clock_now()));
    result_read(result, 0, STATEMENT_queue_retry, &row);
    *changed = (size_t)row.entries;
    tx_note_queue(tx);
    return STATUS_OK;
}

enum status store_queue_delete(struct transaction *tx, int64_t queue_id)
{
    struct result *result = NULL;
    struct sql_queue_remove_out row;
    TRY(TX_RUN(tx, tx, &result, queue_remove, .id = queue_id));
    if (result->row_count == 0)
        return status_fail(STATUS_NOT_FOUND, "queue entry %lld", (long long)queue_id);
    result_read(result, 0, STATEMENT_queue_remove, &row);
    return tx_blob_ref(tx, row.mime_blob, -1);
}

enum status store_queue_statistics(struct transaction *tx, struct store_queue_statistics *out)
{
    struct result *result = NULL;
    struct sql_queue_statistics_out row;
    TRY(TX_RUN(tx, tx, &result, queue_statistics, .now = clock_now()));
    result_read(result, 0, STATEMENT_queue_statistics, &row);
    *out = (struct store_queue_statistics){ .entries = row.entries, .waiting = row.waiting, .leased = row.leased, .held = row.held,
                                            .deferred = row.deferred, .oldest = row.oldest, .next_due = row.next_due };
    talloc_free(result);
    return STATUS_OK;
}
