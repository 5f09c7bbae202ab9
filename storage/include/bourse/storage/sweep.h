/* Background housekeeping, in short transactions of their own; deliverd calls it every minute. Can be stopped and repeated anywhere. */
#ifndef BOURSE_STORAGE_SWEEP_H
#define BOURSE_STORAGE_SWEEP_H

#include "bourse/storage/store.h"

struct sweep_options {
    int64_t recoverable_seconds; /* soft-deleted items older than this are purged; 0: 14 days */
    int64_t tombstone_seconds;   /* deletions older than this are forgotten and the floor rises; 0: 90 days */
    int64_t event_seconds;       /* event rows older than this go; 0: 1 day */
    size_t slice;                /* rows a transaction; 0: 500 */
};

struct sweep_result {
    int64_t blobs, blob_bytes, inflow, items, tombstones, events, subscriptions, client_ids, mailboxes, indexed;
};

/* One pass over everything. Several roles may call it at a time: an advisory lock lets one work, the others return at once. */
enum status sweep_run(struct store *store, const struct sweep_options *options, struct sweep_result *out) MUST_CHECK;

#endif
