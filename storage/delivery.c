#include "bourse/storage/delivery.h"

#include <stdlib.h>

#include "array_count.h"
#include "delivery_round.h"
#include "message_private.h"
#include "prepared.h"
#include "queue_private.h"

#define KEEP_DEFAULT (5 * INSTANT_PER_DAY)

struct key_entry {
    struct guid key;
    instant keep_until;
    bool is_known; /* committed before this round, or an earlier entry of it */
    bool is_stale; /* of a delivery that is not written, as it was planned with other rules than the mailbox has */
};

struct pair {
    int64_t mailbox, wanted;
    int64_t folder; /* resolved */
};

struct round {
    struct transaction *tx;
    TALLOC_CTX *mem;
    struct delivery *const *deliveries;
    size_t count;
    struct pair *pairs; /* one a local recipient, in the order of the deliveries; sorted and unique copies go into the statement */
    size_t pair_count;
    struct key_entry *keys; /* local recipients, then remote ones of each delivery, in order */
    size_t key_count, queue_count;
    struct prepared_use *uses; /* who gets a copy */
    size_t use_count;
    int64_t *queue_ids;
};

struct guid delivery_key(const struct delivery *delivery, char kind, int64_t mailbox, const char *address)
{
    struct slice pieces[] = {
        slice_of(delivery->idempotency.bytes, sizeof delivery->idempotency.bytes),
        slice_of(&kind, 1),
        slice_of(&mailbox, sizeof mailbox),
        slice_of_text(address),
    };
    struct hash256 hash = hash_sha256_pieces(pieces, ARRAY_LENGTH(pieces));
    struct guid key;
    memcpy(key.bytes, hash.bytes, sizeof key.bytes);
    return key;
}

/* A copy in Sent Items of the same mailbox is another thing than the mail itself: it has no address. */
static struct guid recipient_key(const struct delivery *delivery, const struct delivery_recipient *recipient)
{
    bool is_copy = recipient->address == NULL || recipient->address[0] == '\0';
    return delivery_key(delivery, is_copy ? 'c' : 'm', recipient->mailbox, "");
}

static enum status collect(struct round *round)
{
    size_t locals = 0, remotes = 0;
    for (size_t i = 0; i < round->count; i++) {
        locals += round->deliveries[i]->recipient_count;
        remotes += round->deliveries[i]->queue != NULL ? round->deliveries[i]->queue->recipient_count : 0;
        round->queue_count += round->deliveries[i]->queue != NULL;
    }
    round->pairs = talloc_zero_array(round->mem, struct pair, array_count(locals + 1));
    round->keys = talloc_zero_array(round->mem, struct key_entry, array_count(locals + remotes + 1));
    round->uses = talloc_zero_array(round->mem, struct prepared_use, array_count(locals + round->count + 1));
    if (round->pairs == NULL || round->keys == NULL || round->uses == NULL)
        return status_fail(STATUS_NO_MEMORY, "delivery round");
    instant keep = clock_now() + KEEP_DEFAULT;
    for (size_t i = 0; i < round->count; i++) {
        const struct delivery *delivery = round->deliveries[i];
        instant until = delivery->keep_until != 0 ? delivery->keep_until : keep;
        for (size_t r = 0; r < delivery->recipient_count; r++) {
            const struct delivery_recipient *recipient = &delivery->recipients[r];
            round->pairs[round->pair_count++] = (struct pair){ .mailbox = recipient->mailbox, .wanted = recipient->folder };
            round->keys[round->key_count++] = (struct key_entry){ .key = recipient_key(delivery, recipient), .keep_until = until };
        }
        for (size_t r = 0; delivery->queue != NULL && r < delivery->queue->recipient_count; r++)
            round->keys[round->key_count++] =
                (struct key_entry){ .key = delivery_key(delivery, 'q', 0, delivery->queue->recipients[r].address), .keep_until = until };
    }
    return STATUS_OK;
}

static int by_pair(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    if (left->mailbox != right->mailbox)
        return left->mailbox < right->mailbox ? -1 : 1;
    return left->wanted < right->wanted ? -1 : left->wanted > right->wanted;
}

/* First round trip: lock the mailboxes in ascending order; then, seeing what was committed before the locks were given, the known
 * keys and the folders. */
static enum status ask(struct round *round, struct result *results[4])
{
    size_t n = 0, boxes = 0, m = round->pair_count, results_wanted = 0;
    struct pair *sorted = talloc_memdup(round->mem, round->pairs, sizeof *sorted * (m + 1));
    int64_t *mailbox = talloc_array(round->mem, int64_t, array_count(3 * (m + 1)));
    struct guid *keys = talloc_array(round->mem, struct guid, array_count(round->key_count + 1));
    if (sorted == NULL || mailbox == NULL || keys == NULL)
        return status_fail(STATUS_NO_MEMORY, "delivery round");
    int64_t *wanted = mailbox + m + 1, *distinct = wanted + m + 1;
    qsort(sorted, m, sizeof *sorted, by_pair);
    for (size_t i = 0; i < m; i++) {
        if (i > 0 && by_pair(&sorted[i], &sorted[i - 1]) == 0)
            continue;
        if (boxes == 0 || distinct[boxes - 1] != sorted[i].mailbox)
            distinct[boxes++] = sorted[i].mailbox;
        mailbox[n] = sorted[i].mailbox;
        wanted[n++] = sorted[i].wanted;
    }
    for (size_t i = 0; i < round->key_count; i++)
        keys[i] = round->keys[i].key;
    TRY(tx_lock_send(round->tx, distinct, boxes));
    TRY(TX_SEND(round->tx, inflow_find, .keys = { keys, round->key_count }));
    TRY(TX_SEND(round->tx, delivery_folders, .mailbox = { mailbox, n }, .wanted = { wanted, n }, .inbox_role = STORE_ROLE_INBOX));
    results_wanted = 3;
    if (round->queue_count > 0) {
        TRY(TX_SEND(round->tx, queue_ids, .count = (int32_t)round->queue_count));
        results_wanted = 4;
    }
    return tx_run(round->tx, round->mem, results, results_wanted);
}

static enum status take_folders(struct round *round, struct result *result)
{
    for (int i = 0; i < result->row_count; i++) {
        struct sql_delivery_folders_out row;
        result_read(result, i, STATEMENT_delivery_folders, &row);
        for (size_t p = 0; p < round->pair_count; p++)
            if (round->pairs[p].mailbox == row.mailbox && round->pairs[p].wanted == row.wanted)
                round->pairs[p].folder = row.folder;
        struct locked_mailbox *locked = tx_find_locked(round->tx, row.mailbox);
        if (locked != NULL && tx_find_folder(locked, row.folder) == NULL)
            TRY(tx_folder_add(round->tx, locked, &(struct folder_delta){
                .folder = row.folder, .is_recoverable = store_role_is_recoverable((enum store_role)row.role), .uid_next = row.uid_next,
                .block_next = row.block_next, .block_end = row.block_end }));
    }
    return STATUS_OK;
}

static int by_key(const void *a, const void *b)
{
    return guid_compare(*(const struct guid *)a, *(const struct guid *)b);
}

static enum status take_known(struct round *round, struct result *result)
{
    size_t known = (size_t)result->row_count;
    struct guid *sorted = talloc_array(round->mem, struct guid, array_count(known + 1));
    if (sorted == NULL)
        return status_fail(STATUS_NO_MEMORY, "delivery round");
    for (size_t i = 0; i < known; i++)
        result_read(result, (int)i, STATEMENT_inflow_find, &sorted[i]);
    qsort(sorted, known, sizeof *sorted, by_key);
    for (size_t i = 0; i < round->key_count; i++) {
        struct key_entry *entry = &round->keys[i];
        entry->is_known = bsearch(&entry->key, sorted, known, sizeof *sorted, by_key) != NULL;
        for (size_t j = 0; j < i && !entry->is_known; j++)
            entry->is_known = !round->keys[j].is_stale && guid_equal(entry->key, round->keys[j].key);
    }
    return STATUS_OK;
}

/* Rules and answers are planned before the lock: where a mailbox has others by now, nothing of the delivery is written and its caller plans again. */
static void find_stale(struct round *round)
{
    size_t key = 0;
    for (size_t i = 0; i < round->count; i++) {
        struct delivery *delivery = round->deliveries[i];
        size_t total = delivery->recipient_count + (delivery->queue != NULL ? delivery->queue->recipient_count : 0);
        delivery->is_stale = false;
        for (size_t r = 0; r < delivery->recipient_count; r++) {
            struct delivery_recipient *recipient = &delivery->recipients[r];
            const struct locked_mailbox *locked = tx_find_locked(round->tx, recipient->mailbox);
            bool is_copy = recipient->address == NULL || recipient->address[0] == '\0';
            recipient->automation_now = locked != NULL ? locked->row.automation : recipient->automation;
            if (!is_copy && recipient->automation_now != recipient->automation)
                delivery->is_stale = true;
        }
        for (size_t k = 0; k < total; k++, key++)
            round->keys[key].is_stale = delivery->is_stale;
    }
}

static enum status take_queue_ids(struct round *round, struct result *result)
{
    round->queue_ids = talloc_zero_array(round->mem, int64_t, array_count(round->queue_count));
    if (round->queue_ids == NULL || result->row_count != (int)round->queue_count)
        return status_fail(STATUS_NO_MEMORY, "queue ids");
    for (size_t i = 0; i < round->queue_count; i++) {
        struct sql_queue_ids_out row;
        result_read(result, (int)i, STATEMENT_queue_ids, &row);
        round->queue_ids[i] = row.id;
    }
    return STATUS_OK;
}

static struct prepared_use *use_of(struct round *round, const struct prepared_message *prepared)
{
    for (size_t i = round->use_count; i-- > 0;)
        if (round->uses[i].prepared == prepared)
            return &round->uses[i];
    round->uses[round->use_count] = (struct prepared_use){ .prepared = prepared };
    return &round->uses[round->use_count++];
}

static const struct prepared_message *message_of(const struct delivery *delivery, const struct delivery_recipient *recipient)
{
    return recipient->message != NULL ? recipient->message : delivery->message;
}

/* `size`: what earlier deliveries of this round add to the mailbox, which its row does not have yet. */
static enum status judge(struct round *round, const struct delivery *delivery, const struct delivery_recipient *recipient, size_t index)
{
    struct locked_mailbox *locked = tx_find_locked(round->tx, recipient->mailbox);
    if (locked == NULL || round->pairs[index].folder == 0)
        return STATUS_MAILBOX_NOT_FOUND;
    if (locked->row.condition == MAILBOX_FROZEN)
        return STATUS_UNAVAILABLE;
    uint64_t quota = locked->row.receive_quota > 0 ? (uint64_t)locked->row.receive_quota : recipient->receive_quota;
    uint64_t size = (uint64_t)(locked->row.size + locked->size) + prepared_message_size(message_of(delivery, recipient));
    return quota > 0 && size > quota && !recipient->ignore_quota ? STATUS_QUOTA_EXCEEDED : STATUS_OK;
}

/* Fates first: who gets a copy, so that blobs are written once with all their references, in one order for all rounds. */
static void decide(struct round *round)
{
    size_t pair = 0, key = 0;
    for (size_t i = 0; i < round->count; i++) {
        struct delivery *delivery = round->deliveries[i];
        for (size_t r = 0; r < delivery->recipient_count; r++, pair++, key++) {
            struct delivery_recipient *recipient = &delivery->recipients[r];
            recipient->result = delivery->is_stale           ? STATUS_RETRY
                                : round->keys[key].is_known ? STATUS_DUPLICATE
                                                            : judge(round, delivery, recipient, pair);
            if (recipient->result != STATUS_OK)
                continue;
            use_of(round, message_of(delivery, recipient))->copies++;
            tx_find_locked(round->tx, recipient->mailbox)->size += (int64_t)prepared_message_size(message_of(delivery, recipient));
        }
        delivery->queue_is_duplicate = delivery->queue != NULL;
        for (size_t r = 0; delivery->queue != NULL && r < delivery->queue->recipient_count; r++, key++)
            delivery->queue_is_duplicate = delivery->queue_is_duplicate && (delivery->is_stale || round->keys[key].is_known);
        if (delivery->queue != NULL && !delivery->queue_is_duplicate)
            use_of(round, delivery->message)->queued++;
    }
    /* the sizes were counted for the quota only: inserting counts them again */
    for (size_t i = 0; i < round->pair_count; i++) {
        struct locked_mailbox *locked = tx_find_locked(round->tx, round->pairs[i].mailbox);
        if (locked != NULL)
            locked->size = 0;
    }
}

static enum status write_blobs(struct round *round)
{
    TRY(prepared_take_blobs(round->tx, round->uses, round->use_count));
    for (size_t i = 0; i < round->use_count; i++)
        TRY(message_check_blobs(round->tx, round->uses[i].prepared));
    return STATUS_OK;
}

static enum status write_local(struct round *round, struct new_rows *rows, struct delivery *delivery, size_t *pair)
{
    for (size_t r = 0; r < delivery->recipient_count; r++, (*pair)++) {
        struct delivery_recipient *recipient = &delivery->recipients[r];
        if (recipient->result != STATUS_OK)
            continue;
        struct locked_mailbox *locked = tx_find_locked(round->tx, recipient->mailbox);
        struct folder_delta *folder = tx_find_folder(locked, round->pairs[*pair].folder);
        struct message_created created;
        TRY(message_insert(rows, locked, folder, message_of(delivery, recipient), &(struct message_place){ .is_read = recipient->is_read },
                           recipient->is_read ? STORE_EVENT_CREATED : STORE_EVENT_NEW_MAIL, &created));
        recipient->item = created.item;
        recipient->cn = created.cn;
        recipient->placed_folder = folder->folder;
    }
    return STATUS_OK;
}

static enum status write_queue(struct round *round, struct delivery *delivery, size_t key, int64_t id)
{
    const struct prepared_message *prepared = delivery->message;
    bool *skip = talloc_zero_array(round->mem, bool, array_count(delivery->queue->recipient_count + 1));
    if (skip == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue");
    for (size_t r = 0; r < delivery->queue->recipient_count; r++)
        skip[r] = round->keys[key + r].is_known;
    struct queue_content content = { .blob = prepared->row.mime_blob, .hash = prepared->row.mime_hash, .size = prepared_message_size(prepared) };
    delivery->queue_id = id;
    return queue_insert_entry(round->tx, id, delivery->queue, skip, &content);
}

static enum status write_all(struct round *round)
{
    size_t pair = 0, key = 0, queued = 0;
    struct new_rows rows = { .tx = round->tx };
    for (size_t i = 0; i < round->count; i++) {
        struct delivery *delivery = round->deliveries[i];
        TRY(write_local(round, &rows, delivery, &pair));
        key += delivery->recipient_count;
        delivery->queue_id = 0;
        if (delivery->queue == NULL)
            continue;
        if (!delivery->queue_is_duplicate)
            TRY(write_queue(round, delivery, key, round->queue_ids[queued]));
        queued++;
        key += delivery->queue->recipient_count;
    }
    return new_rows_send(&rows);
}

/* Keys of what was accepted now. A recipient that was refused may be tried again. */
static enum status write_keys(struct round *round)
{
    size_t n = 0, key = 0;
    struct guid *keys = talloc_array(round->mem, struct guid, array_count(round->key_count + 1));
    int64_t *until = talloc_array(round->mem, int64_t, array_count(round->key_count + 1));
    if (keys == NULL || until == NULL)
        return status_fail(STATUS_NO_MEMORY, "delivery round");
    for (size_t i = 0; i < round->count; i++) {
        const struct delivery *delivery = round->deliveries[i];
        size_t total = delivery->recipient_count + (delivery->queue != NULL ? delivery->queue->recipient_count : 0);
        for (size_t r = 0; r < total; r++, key++) {
            bool refused = r < delivery->recipient_count && delivery->recipients[r].result != STATUS_OK;
            if (refused || round->keys[key].is_known || delivery->is_stale)
                continue;
            keys[n] = round->keys[key].key;
            until[n++] = round->keys[key].keep_until;
        }
    }
    return n > 0 ? TX_SEND(round->tx, inflow_add, .keys = { keys, n }, .keep_until = { until, n }) : STATUS_OK;
}

static bool is_new(const struct delivery *delivery)
{
    bool found = delivery->queue_id != 0;
    for (size_t r = 0; r < delivery->recipient_count && !found; r++)
        found = delivery->recipients[r].result == STATUS_OK;
    return found;
}

static enum status run_side_effects(struct round *round)
{
    for (size_t i = 0; i < round->count; i++) {
        const struct delivery *delivery = round->deliveries[i];
        if (delivery->also != NULL && is_new(delivery))
            TRY(delivery->also(round->tx, delivery->also_data));
    }
    return STATUS_OK;
}

static enum status check_content(struct delivery *const *deliveries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct prepared_message *message = deliveries[i]->message;
        bool has_mime = message != NULL && (message->row.mime_blob != 0 || message->mime_inline.length > 0);
        if (deliveries[i]->queue != NULL && !has_mime)
            return status_fail(STATUS_INTERNAL, "mail for other hosts without MIME");
        for (size_t r = 0; r < deliveries[i]->recipient_count; r++)
            if (message_of(deliveries[i], &deliveries[i]->recipients[r]) == NULL)
                return status_fail(STATUS_INTERNAL, "delivery without a message");
    }
    return STATUS_OK;
}

static enum status run(struct round *round)
{
    struct result *results[4] = { 0 };
    TRY(check_content(round->deliveries, round->count));
    TRY(collect(round));
    TRY(ask(round, results));
    TRY(tx_lock_take(round->tx, results[0]));
    find_stale(round);
    TRY(take_known(round, results[1]));
    TRY(take_folders(round, results[2]));
    if (round->queue_count > 0)
        TRY(take_queue_ids(round, results[3]));
    decide(round);
    TRY(write_blobs(round));
    TRY(write_all(round));
    TRY(write_keys(round));
    TRY(run_side_effects(round));
    return transaction_commit(round->tx);
}

enum status round_commit(struct store *store, struct connection *connection, struct delivery *const *deliveries, size_t count)
{
    struct round round = { .deliveries = deliveries, .count = count };
    TRY(store_check_space(store));
    TRY(transaction_begin_on(NULL, store, connection, &round.tx));
    round.mem = talloc_new(round.tx);
    enum status status = run(&round);
    talloc_free(round.tx);
    return status;
}

enum status round_find_out(struct connection *connection, struct delivery *delivery)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct result *result = NULL;
    size_t n = 0, total = delivery->recipient_count + (delivery->queue != NULL ? delivery->queue->recipient_count : 0);
    struct guid *keys = talloc_array(mem, struct guid, array_count(total + 1));
    enum status status = keys != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "keys");
    for (size_t r = 0; status == STATUS_OK && r < delivery->recipient_count; r++)
        if (delivery->recipients[r].result == STATUS_OK)
            keys[n++] = recipient_key(delivery, &delivery->recipients[r]);
    for (size_t r = 0; status == STATUS_OK && delivery->queue != NULL && !delivery->queue_is_duplicate && r < delivery->queue->recipient_count; r++)
        keys[n++] = delivery_key(delivery, 'q', 0, delivery->queue->recipients[r].address);
    if (status == STATUS_OK)
        status = SQL_RUN(connection, mem, &result, inflow_find, .keys = { keys, n });
    if (status == STATUS_OK && (size_t)result->row_count < n)
        status = STATUS_COMMIT_UNKNOWN;
    talloc_free(mem);
    return status == STATUS_OK ? STATUS_OK : status_fail(STATUS_COMMIT_UNKNOWN, "the fate of a delivery is not known");
}
