/* The accept transaction [store.md rule 10]: a message, its rows in local mailboxes, its queue rows for all other recipients and the
 * rows that recognise a retry commit together, before the 250.
 *
 * The committer takes the deliveries of parallel sessions and commits up to 50 of them in one transaction; several such rounds are
 * under way on connections of its own. A caller blocks in committer_submit until the fate of its delivery is known.
 *
 * Side effects of a delivery (rules, meetings, booking of rooms) are written by its `also` function in the same transaction. Such a delivery shares
 * no round: committer_submit commits it alone, in the caller's thread, on a connection of the pool. */
#ifndef BOURSE_STORAGE_DELIVERY_H
#define BOURSE_STORAGE_DELIVERY_H

#include "bourse/storage/message.h"
#include "bourse/storage/queue.h"

struct delivery_recipient {
    /* in */
    int64_t mailbox;
    int64_t folder;            /* 0: Inbox; also taken when the folder is gone by then */
    bool is_read;
    bool ignore_quota;         /* system messages: bounces, quota warnings */
    uint64_t receive_quota;    /* the configured default, for mailboxes without one of their own; 0: none */
    const char *address;       /* envelope address, part of the retry key */
    const struct prepared_message *message; /* NULL: the delivery's */
    int64_t automation;        /* mailbox.automation that folder, read state and side effects were planned with; not looked at for address "" */
    /* out */
    int64_t automation_now;    /* what it is */
    enum status result;        /* OK, DUPLICATE, QUOTA_EXCEEDED, MAILBOX_NOT_FOUND, UNAVAILABLE; counts only when the delivery is OK */
    int64_t item;              /* when OK */
    int64_t placed_folder;
    int64_t cn;
};

struct delivery {
    /* in */
    struct hash256 idempotency;             /* hash of content and sender; the retry key is made of it and each address */
    const struct prepared_message *message; /* for local recipients and the queue (its original MIME); all with mime bytes or blob */
    struct delivery_recipient *recipients;
    size_t recipient_count;
    const struct store_queue_entry_new *queue;    /* remote recipients, or NULL */
    instant keep_until;                     /* how long the retry is recognised; 0: five days */
    /* Side effects, or NULL. Runs in the transaction after the rows of this delivery were written and before the commit, while the mailboxes of all
     * recipients are locked; recipients[].result, item, placed_folder and cn are set by then: only those with STATUS_OK were placed. It is not run
     * when all was accepted before. It may read what was just written, change items of the locked mailboxes, enqueue mail and use
     * store_message_prepare_in; it may not lock other mailboxes, commit or free `tx`. May run again when the transaction is repeated, so
     * it starts from nothing each time. Its failure is that of the delivery: nothing is kept; what has no place must be left out, not fail. */
    enum status (*also)(struct transaction *tx, void *data);
    void *also_data;
    /* Also commits: a copy in the sender's own mailbox (Sent Items) is a recipient entry with address "" and its folder. */
    /* out */
    bool is_stale;                          /* automation of a recipient's mailbox is another by now: nothing was written; plan again and submit again */
    bool queue_is_duplicate;                /* all remote recipients were accepted before */
    int64_t queue_id;                       /* 0: nothing was queued */
};

/* In the caller's thread, without the committer; one transaction for all, one attempt. Statuses as below. */
enum status delivery_commit(struct store *store, struct delivery *const *deliveries, size_t count) MUST_CHECK;

struct committer;

struct committer_options {
    size_t connections; /* rounds under way at a time; 0: 2 */
    size_t batch;       /* most deliveries a round; 0: 50 */
    size_t waiting;     /* most that wait, above: STATUS_BUSY; 0: 1,000 */
};

enum status committer_start(TALLOC_CTX *mem, struct store *store, const struct committer_options *options, struct committer **out) MUST_CHECK;

/* Any thread. Blocks.
 * STATUS_OK: committed; look at each recipient's result. (Nothing new to commit because all was accepted before: also OK.)
 * STATUS_COMMIT_UNKNOWN: connection lost during the commit and it could not be found out whether it was kept.
 * All other failures: nothing of this delivery was kept; all of them are temporary for the sender. A failing round is repeated with
 * each delivery alone, so that one bad delivery does not take others with it. */
enum status committer_submit(struct committer *committer, struct delivery *delivery) MUST_CHECK;

/* Ends rounds under way; those that wait get STATUS_CANCELLED. Freeing does the same. */
void committer_stop(struct committer *committer);

#endif
