/* Queue functions of this folder's own use (private to storage). */
#ifndef BOURSE_STORAGE_QUEUE_PRIVATE_H
#define BOURSE_STORAGE_QUEUE_PRIVATE_H

#include "bourse/storage/queue.h"

/* Where the message's bytes are: a blob id, or the hash of one that this transaction writes. */
struct queue_content {
    int64_t blob;
    struct slice hash;
    uint64_t size;
};

/* Queues (in both senses) the rows of an entry whose id was taken from queue_ids. skip[i] (or NULL): leave that recipient out. */
enum status queue_insert_entry(struct transaction *tx, int64_t id, const struct store_queue_entry_new *entry, const bool *skip,
                               const struct queue_content *content) MUST_CHECK;

#endif
