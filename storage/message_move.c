#include "message_private.h"

#include "array_count.h"

/* The columns of a batch: one entry an item that is really there. */
struct batch {
    struct sql_message_for_change_out *now;
    int64_t *items, *new_items, *cns, *uids, *from, *old_cns;
    bool *fai;
    size_t count;
};

static enum status batch_new(TALLOC_CTX *mem, size_t count, struct batch **out)
{
    struct batch *batch = talloc_zero(mem, struct batch);
    int64_t *numbers = talloc_zero_array(batch, int64_t, array_count(6 * (count + 1)));
    if (batch == NULL || numbers == NULL)
        return status_fail(STATUS_NO_MEMORY, "batch");
    batch->now = talloc_zero_array(batch, struct sql_message_for_change_out, array_count(count + 1));
    batch->fai = talloc_zero_array(batch, bool, array_count(count + 1));
    if (batch->now == NULL || batch->fai == NULL)
        return status_fail(STATUS_NO_MEMORY, "batch");
    batch->items = numbers;
    batch->new_items = numbers + (count + 1);
    batch->cns = numbers + 2 * (count + 1);
    batch->uids = numbers + 3 * (count + 1);
    batch->from = numbers + 4 * (count + 1);
    batch->old_cns = numbers + 5 * (count + 1);
    *out = batch;
    return STATUS_OK;
}

static enum status load_batch(struct transaction *tx, int64_t mailbox, const int64_t *items, const int64_t *expected_cns, size_t count,
                              struct batch **out)
{
    if (count > MESSAGE_SLICE)
        return status_fail(STATUS_LIMIT_EXCEEDED, "%zu items in one call", count);
    TRY(batch_new(tx, count, out));
    TRY(message_load_for_change(tx, mailbox, items, count, (*out)->now));
    for (size_t i = 0; expected_cns != NULL && i < count; i++)
        if (expected_cns[i] != 0 && (*out)->now[i].item != 0 && (*out)->now[i].cn != expected_cns[i])
            return status_fail(STATUS_CONFLICT, "item %lld has change number %lld", (long long)items[i], (long long)(*out)->now[i].cn);
    return STATUS_OK;
}

static enum status send_tombstones(struct transaction *tx, int64_t mailbox, const struct batch *batch, bool is_soft, int64_t new_folder)
{
    size_t n = batch->count;
    return TX_SEND(tx, tombstone_add, .mailbox = mailbox, .folder = { batch->from, n }, .cn = { batch->old_cns, n },
                   .item = { batch->items, n }, .uid = { batch->uids, n }, .fai = { batch->fai, n }, .new_item = { batch->new_items, n },
                   .is_soft = is_soft, .new_folder = new_folder, .created = clock_now());
}

/* One item leaves its folder: tombstone columns, counters. */
static enum status leave(struct transaction *tx, struct locked_mailbox *locked, struct batch *batch, const struct sql_message_for_change_out *now)
{
    struct folder_delta *folder = NULL;
    TRY(tx_folder(tx, locked, now->folder, &folder));
    size_t n = batch->count++;
    batch->items[n] = now->item;
    batch->from[n] = now->folder;
    batch->uids[n] = now->uid;
    batch->fai[n] = now->fai;
    batch->old_cns[n] = tx_next_cn(locked);
    tx_count_item(locked, folder, -1, now->fai, now->is_read, now->size, batch->old_cns[n]);
    return STATUS_OK;
}

/* ... and comes into another one, under a new id. */
static enum status arrive(struct transaction *tx, struct locked_mailbox *locked, struct batch *batch, size_t n, int64_t to_folder,
                          const struct sql_message_for_change_out *now, enum store_event_kind kind, int64_t *uid)
{
    struct folder_delta *folder = NULL;
    TRY(tx_target_folder(tx, locked, to_folder, &folder));
    batch->new_items[n] = tx_next_item_id(locked, folder);
    batch->cns[n] = tx_next_cn(locked);
    *uid = folder->uid_next++;
    tx_count_item(locked, folder, 1, now->fai, now->is_read, now->size, batch->cns[n]);
    return tx_event(tx, locked->id, &(struct store_event){ .cn = batch->cns[n], .kind = kind, .folder = to_folder, .item = batch->new_items[n],
                                                           .old_folder = now->folder, .old_item = now->item });
}

struct move {
    int64_t to_folder;
    bool is_soft; /* the tombstone says so */
};

/* Rows of `batch->now` that are not 0 go to move->to_folder. */
static enum status move_rows(struct transaction *tx, struct locked_mailbox *locked, struct batch *batch, size_t count, const struct move *move,
                             struct message_moved *out)
{
    int64_t *new_uids = talloc_zero_array(batch, int64_t, array_count(count + 1)), *deleted_from = talloc_zero_array(batch, int64_t, array_count(count + 1));
    struct folder_delta *target = NULL;
    if (new_uids == NULL || deleted_from == NULL)
        return status_fail(STATUS_NO_MEMORY, "batch");
    TRY(tx_target_folder(tx, locked, move->to_folder, &target));
    bool to_recoverable = target->is_recoverable;
    for (size_t i = 0; i < count; i++) {
        const struct sql_message_for_change_out *now = &batch->now[i];
        if (now->item == 0)
            continue;
        size_t n = batch->count;
        TRY(leave(tx, locked, batch, now));
        TRY(arrive(tx, locked, batch, n, move->to_folder, now, STORE_EVENT_MOVED, &new_uids[n]));
        deleted_from[n] = to_recoverable ? now->folder : 0;
        if (out != NULL)
            out[i] = (struct message_moved){ .old_item = now->item, .item = batch->new_items[n], .cn = batch->cns[n] };
    }
    size_t n = batch->count;
    if (n == 0)
        return STATUS_OK;
    TRY(TX_SEND(tx, message_move, .mailbox = locked->id, .folder = move->to_folder, .state = to_recoverable ? 1 : 0,
                .deleted_at = to_recoverable ? clock_now() : 0, .item = { batch->items, n }, .new_item = { batch->new_items, n },
                .cn = { batch->cns, n }, .uid = { new_uids, n }, .deleted_from = { deleted_from, n }));
    return send_tombstones(tx, locked->id, batch, move->is_soft, move->to_folder);
}

enum status store_message_move(struct transaction *tx, int64_t mailbox, const int64_t *items, const int64_t *expected_cns, size_t count,
                               int64_t to_folder, struct message_moved *out)
{
    struct locked_mailbox *locked = NULL;
    struct batch *batch = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    if (out != NULL)
        memset(out, 0, count * sizeof *out);
    TRY(load_batch(tx, mailbox, items, expected_cns, count, &batch));
    TRY(move_rows(tx, locked, batch, count, &(struct move){ .to_folder = to_folder }, out));
    talloc_free(batch);
    return STATUS_OK;
}

static enum status copy_blobs(struct transaction *tx, const struct sql_message_for_change_out *now, int64_t delta)
{
    TRY(tx_blob_ref(tx, now->mime_blob, delta));
    for (size_t i = 0; i < now->value_blobs.count; i++)
        TRY(tx_blob_ref(tx, now->value_blobs.items[i], delta));
    for (size_t i = 0; i < now->attachment_blobs.count; i++)
        TRY(tx_blob_ref(tx, now->attachment_blobs.items[i], delta));
    return STATUS_OK;
}

enum status store_message_copy_to(struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count, int64_t to_mailbox,
                                  int64_t to_folder, struct message_moved *out)
{
    struct locked_mailbox *locked = NULL;
    struct batch *batch = NULL;
    TRY(tx_locked(tx, to_mailbox, &locked));
    if (out != NULL)
        memset(out, 0, count * sizeof *out);
    TRY(load_batch(tx, mailbox, items, NULL, count, &batch));
    for (size_t i = 0; i < count; i++) {
        const struct sql_message_for_change_out *now = &batch->now[i];
        if (now->item == 0)
            continue;
        size_t n = batch->count++;
        batch->items[n] = now->item;
        TRY(arrive(tx, locked, batch, n, to_folder, now, STORE_EVENT_COPIED, &batch->uids[n]));
        TRY(copy_blobs(tx, now, 1));
        if (out != NULL)
            out[i] = (struct message_moved){ .old_item = now->item, .item = batch->new_items[n], .cn = batch->cns[n] };
    }
    size_t n = batch->count;
    enum status status = n == 0 ? STATUS_OK
                                : TX_SEND(tx, message_copy, .mailbox = mailbox, .to_mailbox = to_mailbox, .folder = to_folder,
                                          .modified = clock_now(), .item = { batch->items, n }, .new_item = { batch->new_items, n },
                                          .cn = { batch->cns, n }, .uid = { batch->uids, n });
    talloc_free(batch);
    return status;
}

static enum status remove_rows(struct transaction *tx, struct locked_mailbox *locked, struct batch *batch, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct sql_message_for_change_out *now = &batch->now[i];
        if (now->item == 0)
            continue;
        size_t n = batch->count;
        TRY(leave(tx, locked, batch, now));
        TRY(message_drop_blobs(tx, now));
        TRY(tx_event(tx, locked->id, &(struct store_event){ .cn = batch->old_cns[n], .kind = STORE_EVENT_DELETED, .folder = now->folder,
                                                            .item = now->item }));
    }
    size_t n = batch->count;
    if (n == 0)
        return STATUS_OK;
    TRY(TX_SEND(tx, message_remove, .mailbox = locked->id, .items = { batch->items, n }));
    return send_tombstones(tx, locked->id, batch, false, 0);
}

static enum status deletions_folder(struct transaction *tx, int64_t mailbox, int64_t *folder)
{
    struct result *result = NULL;
    struct sql_folder_id_of_role_out row;
    TRY(TX_RUN(tx, tx, &result, folder_id_of_role, .mailbox = mailbox, .role = STORE_ROLE_RECOVERABLE_DELETIONS));
    if (result->row_count == 0)
        return status_fail(STATUS_FOLDER_NOT_FOUND, "mailbox %lld has no Recoverable Items", (long long)mailbox);
    result_read(result, 0, STATEMENT_folder_id_of_role, &row);
    *folder = row.folder;
    talloc_free(result);
    return STATUS_OK;
}

/* What is in Recoverable Items already is purged, the rest goes there: the two halves of a soft deletion. */
static enum status soft_delete(struct transaction *tx, struct locked_mailbox *locked, struct batch *batch, size_t count, struct message_moved *out)
{
    struct batch *purged = NULL;
    struct move move = { .is_soft = true };
    TRY(deletions_folder(tx, locked->id, &move.to_folder));
    TRY(batch_new(tx, count, &purged));
    for (size_t i = 0; i < count; i++)
        if (batch->now[i].item != 0 && batch->now[i].state == 1) {
            purged->now[i] = batch->now[i];
            if (out != NULL)
                out[i].old_item = batch->now[i].item;
            batch->now[i].item = 0;
        }
    TRY(remove_rows(tx, locked, purged, count));
    TRY(move_rows(tx, locked, batch, count, &move, out));
    batch->count += purged->count;
    talloc_free(purged);
    return STATUS_OK;
}

enum status store_message_delete(struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count, enum store_delete mode,
                                 struct message_moved *out, size_t *deleted)
{
    struct locked_mailbox *locked = NULL;
    struct batch *batch = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    if (out != NULL)
        memset(out, 0, count * sizeof *out);
    TRY(load_batch(tx, mailbox, items, NULL, count, &batch));
    for (size_t i = 0; out != NULL && mode == STORE_DELETE_HARD && i < count; i++)
        out[i].old_item = batch->now[i].item;
    if (mode == STORE_DELETE_HARD)
        TRY(remove_rows(tx, locked, batch, count));
    else
        TRY(soft_delete(tx, locked, batch, count, out));
    if (deleted != NULL)
        *deleted = batch->count;
    talloc_free(batch);
    return STATUS_OK;
}
