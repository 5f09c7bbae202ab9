/* Inside of a transaction (private to storage): queued statements, locked mailboxes, and what collects until the commit. */
#ifndef BOURSE_STORAGE_TRANSACTION_PRIVATE_H
#define BOURSE_STORAGE_TRANSACTION_PRIVATE_H

#include "bourse/storage/events.h"
#include "bourse/storage/transaction.h"
#include "store_private.h"

/* A folder whose counters this transaction changes. */
struct folder_delta {
    int64_t folder;
    bool is_recoverable;
    bool is_search;
    int64_t live, unread, fai, bytes;
    int64_t content_cn;
    int64_t uid_next, block_next, block_end;
};

struct locked_mailbox {
    int64_t id;
    struct sql_mailbox_lock_out row; /* as it was when locked; texts live as long as the transaction */
    int64_t last_cn, hierarchy_cn, next_object_id;
    int64_t size, recoverable_size, item_count; /* deltas */
    struct folder_delta *folders;
    size_t folder_count;
};

/* Queues a statement; begins the transaction with it when it is the first. */
enum status tx_send(struct transaction *tx, enum statement statement, const void *in) MUST_CHECK;
#define TX_SEND(tx, name, ...) tx_send((tx), STATEMENT_##name, &(const struct sql_##name##_in){ __VA_ARGS__ })
/* Queues a statement that is declared with "each:" for `count` structs. */
enum status tx_send_rows(struct transaction *tx, enum statement statement, const void *in, size_t count) MUST_CHECK;
enum status tx_send_text(struct transaction *tx, const char *text, const struct column *columns, int count, const void *in) MUST_CHECK;
/* Sends all that is queued; the answers of the last `count` statements go to results. */
enum status tx_run(struct transaction *tx, TALLOC_CTX *mem, struct result **results, size_t count) MUST_CHECK;
enum status tx_call(struct transaction *tx, TALLOC_CTX *mem, struct result **result, enum statement statement, const void *in) MUST_CHECK;
#define TX_RUN(tx, mem, result, name, ...) \
    tx_call((tx), (mem), (result), STATEMENT_##name, &(const struct sql_##name##_in){ __VA_ARGS__ })
/* A transaction on a connection of the caller's own, which the transaction does not give back. */
enum status transaction_begin_on(TALLOC_CTX *mem, struct store *store, struct connection *connection, struct transaction **out) MUST_CHECK;

/* Queues the lock of several mailboxes (ascending ids) / takes its answer over. */
enum status tx_lock_send(struct transaction *tx, const int64_t *mailboxes, size_t count) MUST_CHECK;
enum status tx_lock_take(struct transaction *tx, struct result *result) MUST_CHECK;
/* NULL unless this transaction holds the lock. */
struct locked_mailbox *tx_find_locked(struct transaction *tx, int64_t mailbox);
/* STATUS_INTERNAL unless this transaction holds the lock. Valid until another mailbox is locked. */
enum status tx_locked(struct transaction *tx, int64_t mailbox, struct locked_mailbox **out) MUST_CHECK;
int64_t tx_next_cn(struct locked_mailbox *locked);
/* For folders: also moves hierarchy_cn. */
int64_t tx_next_hierarchy_cn(struct locked_mailbox *locked);
/* The folder's counters, loaded when first asked for. STATUS_FOLDER_NOT_FOUND. Valid until the next call. */
enum status tx_folder(struct transaction *tx, struct locked_mailbox *locked, int64_t folder, struct folder_delta **out) MUST_CHECK;
/* The same for a folder that gets an item: STATUS_NOT_SUPPORTED for a search folder, which holds none of its own. */
enum status tx_target_folder(struct transaction *tx, struct locked_mailbox *locked, int64_t folder, struct folder_delta **out) MUST_CHECK;
struct folder_delta *tx_find_folder(struct locked_mailbox *locked, int64_t folder);
enum status tx_folder_add(struct transaction *tx, struct locked_mailbox *locked, const struct folder_delta *folder) MUST_CHECK;
/* Forgets a folder that was deleted in this transaction. */
void tx_folder_drop(struct locked_mailbox *locked, int64_t folder);
/* Next object id out of the folder's block (a new block of 64 when it is used up) / of the mailbox itself for folders. */
int64_t tx_next_item_id(struct locked_mailbox *locked, struct folder_delta *folder);
int64_t tx_next_folder_id(struct locked_mailbox *locked);

/* An item comes into (+1) or leaves (-1) a folder: counters of folder and mailbox. */
void tx_count_item(struct locked_mailbox *locked, struct folder_delta *folder, int direction, bool fai, bool is_read, int64_t size, int64_t cn);

/* cn, kind, folder, item, parent, old_folder, old_item of `event` count. */
enum status tx_event(struct transaction *tx, int64_t mailbox, const struct store_event *event) MUST_CHECK;
/* References that rows of this transaction take or drop; 0 is ignored. */
enum status tx_blob_ref(struct transaction *tx, int64_t blob, int64_t delta) MUST_CHECK;
/* The queue got something due: a wake-up after the commit. */
void tx_note_queue(struct transaction *tx);

#endif
