#include "transaction_log.h"

#include <stdlib.h>

#include "array_count.h"
/* An unreferenced blob is kept this long for readers of an older snapshot. */
#define LEASE_AFTER_USE (10 * INSTANT_PER_MINUTE)

static bool make_room(TALLOC_CTX *mem, void **list, size_t count, size_t *room, size_t each)
{
    if (count < *room)
        return true;
    size_t more = *room > 0 ? *room * 2 : 16;
    void *bigger = talloc_realloc_size(mem, *list, more * each);
    if (bigger == NULL)
        return false;
    *list = bigger;
    *room = more;
    return true;
}

enum status transaction_log_event(struct transaction_log *log, TALLOC_CTX *mem, int64_t mailbox, const struct store_event *event)
{
    if (!make_room(mem, (void **)&log->events, log->event_count, &log->event_room, sizeof *log->events))
        return status_fail(STATUS_NO_MEMORY, "events");
    log->events[log->event_count++] = (struct logged_event){ .mailbox = mailbox, .event = *event };
    return STATUS_OK;
}

enum status transaction_log_blob(struct transaction_log *log, TALLOC_CTX *mem, int64_t blob, int64_t delta)
{
    for (size_t i = log->blob_count; i-- > 0 && log->blob_count - i < 64;)
        if (log->blobs[i].blob == blob) {
            log->blobs[i].delta += delta;
            return STATUS_OK;
        }
    if (!make_room(mem, (void **)&log->blobs, log->blob_count, &log->blob_room, sizeof *log->blobs))
        return status_fail(STATUS_NO_MEMORY, "blob references");
    log->blobs[log->blob_count++] = (struct blob_delta){ blob, delta };
    return STATUS_OK;
}

static int by_blob(const void *a, const void *b)
{
    int64_t left = ((const struct blob_delta *)a)->blob, right = ((const struct blob_delta *)b)->blob;
    return left < right ? -1 : left > right;
}

/* One entry a blob, ascending, so that two transactions take the rows in the same order. */
static void join_blobs(struct transaction_log *log)
{
    qsort(log->blobs, log->blob_count, sizeof *log->blobs, by_blob);
    size_t kept = 0;
    for (size_t i = 0; i < log->blob_count; i++) {
        if (kept > 0 && log->blobs[kept - 1].blob == log->blobs[i].blob)
            log->blobs[kept - 1].delta += log->blobs[i].delta;
        else
            log->blobs[kept++] = log->blobs[i];
    }
    log->blob_count = kept;
}

static enum status flush_blobs(struct transaction_log *log, struct transaction *tx)
{
    if (log->blob_count == 0)
        return STATUS_OK;
    join_blobs(log);
    int64_t *ids = talloc_array(tx, int64_t, array_count(log->blob_count));
    int64_t *deltas = talloc_array(tx, int64_t, array_count(log->blob_count));
    if (ids == NULL || deltas == NULL)
        return status_fail(STATUS_NO_MEMORY, "blob references");
    bool drops = false;
    for (size_t i = 0; i < log->blob_count; i++) {
        ids[i] = log->blobs[i].blob;
        deltas[i] = log->blobs[i].delta;
        drops = drops || deltas[i] < 0;
    }
    TRY(TX_SEND(tx, blob_refs_add, .blob = { ids, log->blob_count }, .delta = { deltas, log->blob_count }));
    return drops ? TX_SEND(tx, blob_lease_unreferenced, .blob = { ids, log->blob_count }, .until = clock_now() + LEASE_AFTER_USE) : STATUS_OK;
}

enum { EVENT_CN, EVENT_MAILBOX, EVENT_FOLDER, EVENT_ITEM, EVENT_PARENT, EVENT_OLD_FOLDER, EVENT_OLD_ITEM, EVENT_COLUMNS };

static enum status flush_events(struct transaction_log *log, struct transaction *tx)
{
    size_t n = log->event_count;
    if (n == 0)
        return STATUS_OK;
    int64_t *columns = talloc_array(tx, int64_t, array_count(n * EVENT_COLUMNS));
    int32_t *kinds = talloc_array(tx, int32_t, array_count(n));
    if (columns == NULL || kinds == NULL)
        return status_fail(STATUS_NO_MEMORY, "events");
    for (size_t i = 0; i < n; i++) {
        const struct store_event *event = &log->events[i].event;
        columns[EVENT_MAILBOX * n + i] = log->events[i].mailbox;
        columns[EVENT_CN * n + i] = event->cn;
        columns[EVENT_FOLDER * n + i] = event->folder;
        columns[EVENT_ITEM * n + i] = event->item;
        columns[EVENT_PARENT * n + i] = event->parent;
        columns[EVENT_OLD_FOLDER * n + i] = event->old_folder;
        columns[EVENT_OLD_ITEM * n + i] = event->old_item;
        kinds[i] = (int32_t)event->kind;
    }
    enum status status = TX_SEND(tx, event_add, .mailbox = { columns + EVENT_MAILBOX * n, n }, .cn = { columns + EVENT_CN * n, n },
                                 .kind = { kinds, n }, .folder = { columns + EVENT_FOLDER * n, n }, .item = { columns + EVENT_ITEM * n, n },
                                 .parent = { columns + EVENT_PARENT * n, n }, .old_folder = { columns + EVENT_OLD_FOLDER * n, n },
                                 .old_item = { columns + EVENT_OLD_ITEM * n, n }, .created = clock_now());
    talloc_free(columns);
    talloc_free(kinds);
    return status;
}

enum { STAT_MAILBOX, STAT_FOLDER, STAT_LIVE, STAT_UNREAD, STAT_FAI, STAT_BYTES, STAT_CN, STAT_UID, STAT_NEXT, STAT_END, STAT_COLUMNS };

static size_t count_folders(const struct locked_mailbox *locked, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += locked[i].folder_count;
    return total;
}

static void fill_folder(int64_t *columns, size_t n, size_t at, int64_t mailbox, const struct folder_delta *folder)
{
    columns[STAT_MAILBOX * n + at] = mailbox;
    columns[STAT_FOLDER * n + at] = folder->folder;
    columns[STAT_LIVE * n + at] = folder->live;
    columns[STAT_UNREAD * n + at] = folder->unread;
    columns[STAT_FAI * n + at] = folder->fai;
    columns[STAT_BYTES * n + at] = folder->bytes;
    columns[STAT_CN * n + at] = folder->content_cn;
    columns[STAT_UID * n + at] = folder->uid_next;
    columns[STAT_NEXT * n + at] = folder->block_next;
    columns[STAT_END * n + at] = folder->block_end;
}

static enum status flush_folders(struct transaction *tx, const struct locked_mailbox *locked, size_t count)
{
    size_t n = count_folders(locked, count), at = 0;
    if (n == 0)
        return STATUS_OK;
    int64_t *columns = talloc_array(tx, int64_t, array_count(n * STAT_COLUMNS));
    if (columns == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder counters");
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < locked[i].folder_count; j++)
            fill_folder(columns, n, at++, locked[i].id, &locked[i].folders[j]);
    enum status status = TX_SEND(tx, folder_stat_store, .mailbox = { columns + STAT_MAILBOX * n, n }, .folder = { columns + STAT_FOLDER * n, n },
                                 .live = { columns + STAT_LIVE * n, n }, .unread = { columns + STAT_UNREAD * n, n },
                                 .fai = { columns + STAT_FAI * n, n }, .bytes = { columns + STAT_BYTES * n, n },
                                 .content_cn = { columns + STAT_CN * n, n }, .uid_next = { columns + STAT_UID * n, n },
                                 .block_next = { columns + STAT_NEXT * n, n }, .block_end = { columns + STAT_END * n, n });
    talloc_free(columns);
    return status;
}

enum { BOX_ID, BOX_CN, BOX_HIERARCHY, BOX_NEXT, BOX_SIZE, BOX_RECOVERABLE, BOX_ITEMS, BOX_COLUMNS };

static enum status flush_mailboxes(struct transaction *tx, const struct locked_mailbox *locked, size_t count)
{
    if (count == 0)
        return STATUS_OK;
    int64_t *columns = talloc_array(tx, int64_t, array_count(count * BOX_COLUMNS));
    if (columns == NULL)
        return status_fail(STATUS_NO_MEMORY, "mailbox counters");
    for (size_t i = 0; i < count; i++) {
        columns[BOX_ID * count + i] = locked[i].id;
        columns[BOX_CN * count + i] = locked[i].last_cn;
        columns[BOX_HIERARCHY * count + i] = locked[i].hierarchy_cn;
        columns[BOX_NEXT * count + i] = locked[i].next_object_id;
        columns[BOX_SIZE * count + i] = locked[i].size;
        columns[BOX_RECOVERABLE * count + i] = locked[i].recoverable_size;
        columns[BOX_ITEMS * count + i] = locked[i].item_count;
    }
    enum status status = TX_SEND(tx, mailbox_store, .mailbox = { columns, count }, .last_cn = { columns + BOX_CN * count, count },
                                 .hierarchy_cn = { columns + BOX_HIERARCHY * count, count },
                                 .next_object_id = { columns + BOX_NEXT * count, count }, .size = { columns + BOX_SIZE * count, count },
                                 .recoverable_size = { columns + BOX_RECOVERABLE * count, count },
                                 .item_count = { columns + BOX_ITEMS * count, count });
    talloc_free(columns);
    return status;
}

enum status transaction_log_flush(struct transaction_log *log, struct transaction *tx, const struct locked_mailbox *locked, size_t count)
{
    TRY(flush_blobs(log, tx));
    TRY(flush_folders(tx, locked, count));
    TRY(flush_events(log, tx));
    return flush_mailboxes(tx, locked, count);
}
