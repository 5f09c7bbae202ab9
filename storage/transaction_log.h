/* What a transaction collects and writes at its end: events, blob references, counters (private to storage). */
#ifndef BOURSE_STORAGE_TRANSACTION_LOG_H
#define BOURSE_STORAGE_TRANSACTION_LOG_H

#include "transaction_private.h"

struct blob_delta {
    int64_t blob, delta;
};

struct logged_event {
    int64_t mailbox;
    struct store_event event;
};

struct transaction_log {
    struct logged_event *events;
    size_t event_count, event_room;
    struct blob_delta *blobs;
    size_t blob_count, blob_room;
};

enum status transaction_log_event(struct transaction_log *log, TALLOC_CTX *mem, int64_t mailbox, const struct store_event *event) MUST_CHECK;
enum status transaction_log_blob(struct transaction_log *log, TALLOC_CTX *mem, int64_t blob, int64_t delta) MUST_CHECK;
/* Queues the statements. */
enum status transaction_log_flush(struct transaction_log *log, struct transaction *tx, const struct locked_mailbox *locked, size_t count) MUST_CHECK;

#endif
