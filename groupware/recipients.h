/* Envelope recipients -> mailboxes and remote addresses: groups expanded, forwarding followed, each target once. Private to this folder. */
#ifndef BOURSE_GROUPWARE_RECIPIENTS_H
#define BOURSE_GROUPWARE_RECIPIENTS_H

#include "bourse/groupware/deliver.h"
#include "groupware_state.h"

struct local_target {
    struct mailbox_key mailbox;
    const char *address;      /* envelope address that led here, part of the retry key */
    uint64_t receive_quota;   /* from the directory, 0: none there */
    size_t envelope_index;    /* which envelope recipient it is the fate of */
    bool is_only_target;      /* that recipient's result is this target's result */
};

struct remote_target {
    const char *address;
    size_t envelope_index;
};

struct targets {
    struct local_target *local;
    size_t local_count;
    struct remote_target *remote;
    size_t remote_count;
};

/* Sets envelope->recipients[].result of those that lead nowhere. Only outages and lack of memory fail the whole. */
enum status recipients_expand(TALLOC_CTX *mem, struct groupware *groupware, struct envelope *envelope, struct targets *out) MUST_CHECK;

#endif
