/* The integrity checker: reads a mailbox (or what all share: blobs, queue) and reports what does not fit. */
#ifndef BOURSE_STORAGE_CHECK_H
#define BOURSE_STORAGE_CHECK_H

#include "bourse/storage/store.h"

struct check_finding {
    int64_t mailbox; /* 0: shared tables */
    const char *kind;   /* "folder_counters", "blob_hash", ... (check.c has the list) */
    const char *detail; /* for people */
    bool can_repair;
    bool repaired;
};

struct check_result {
    int64_t items, folders, blobs; /* looked at */
    int64_t findings, repaired;
};

/* Takes the mailbox lock only while it repairs. `hashes`: also reads and hashes every blob of the mailbox (slow). */
enum status check_mailbox(struct store *store, int64_t mailbox, bool hashes, bool repair, void (*found)(const struct check_finding *finding, void *data),
                          void *data, struct check_result *result) MUST_CHECK;
/* Blob references and chunks over the whole database, queue rows. */
enum status check_shared(struct store *store, bool hashes, bool repair, void (*found)(const struct check_finding *finding, void *data), void *data,
                         struct check_result *result) MUST_CHECK;

#endif
