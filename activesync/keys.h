/* Sync keys: which state of a collection a request is based on [MS-ASCMD] 3.1.5.3. */
#ifndef ACTIVESYNC_KEYS_H
#define ACTIVESYNC_KEYS_H

#include "call.h"

enum eas_key_kind {
    EAS_KEY_FIRST,      /* "0": begins anew */
    EAS_KEY_CURRENT,
    EAS_KEY_REPEATED,   /* the one before: the answer with the current one was lost */
    EAS_KEY_UNKNOWN,
};

struct eas_key {
    enum eas_key_kind kind;
    uint32_t number;                     /* as the client sent it */
    int64_t collection;                  /* folder id, or DEVICE_HIERARCHY */
    struct device_collection known;      /* what the store has */
    struct slice base;                   /* packed state that the request is based on; empty with EAS_KEY_FIRST */
};

/* `text`: as sent, NULL: missing (unknown). */
enum status eas_key_read(struct eas_call *call, const char *text, int64_t collection, struct eas_key *out) MUST_CHECK;
/* The key that an answer gives out for a new state; keys only grow. */
uint32_t eas_key_next(const struct eas_key *key);
/* Saves `state` under eas_key_next. `answer`: kept for a repeated request (empty: not), told by `request_hash`. STATUS_CONFLICT: another request of the device was faster. */
enum status eas_key_save(struct eas_call *call, const struct eas_key *key, struct slice state, struct slice request_hash, struct slice answer) MUST_CHECK;

#endif
