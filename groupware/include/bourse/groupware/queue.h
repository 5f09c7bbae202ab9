/* The outgoing queue as transport's runner sees it. One entry is one message with the recipients of one destination domain that are due. */
#ifndef BOURSE_GROUPWARE_QUEUE_H
#define BOURSE_GROUPWARE_QUEUE_H

#include "bourse/base/clock.h"
#include "bourse/groupware/deliver.h"

/* Destination of recipients in our own domains (no domain can be called so): mail that users and rules make within a change, delivered by queue_deliver_local. */
#define QUEUE_LOCAL "@local"

struct queue_recipient {
    int64_t id;
    const char *address;
    unsigned notify;              /* enum dsn_notify mask */
    const char *original_address; /* ORCPT or NULL */
    bool delay_notice_sent;
};

struct queue_work {
    int64_t message;              /* queue id, also shown to people */
    const char *destination;      /* domain, lower case */
    const char *sender;
    const char *origin;           /* who gave it to us */
    const char *envelope_id;      /* or NULL */
    bool return_full, smtputf8, body_8bit;
    uint64_t size;
    instant accepted;
    int attempts;                 /* tries before this one */
    struct queue_recipient *recipients;
    size_t recipient_count;
};

/* Leases due work for `seconds` (a dead runner's lease runs out): at most `limit` entries, none of the `busy` destinations (lower case). Blocks only for
 * the database. */
enum status queue_lease(TALLOC_CTX *mem, struct groupware *groupware, int64_t seconds, size_t limit, const char *const *busy, size_t busy_count,
                        struct queue_work **out, size_t *count) MUST_CHECK;
/* The message's bytes. */
enum status queue_content(TALLOC_CTX *mem, struct groupware *groupware, int64_t message, struct slice *mime) MUST_CHECK;

/* Delivers work of the destination QUEUE_LOCAL through the accept transaction: mailboxes, groups, forwarding, rules. `results`: one a recipient, to be recorded with
 * queue_record; STATUS_OK: delivered (or queued for where it goes). Said twice for one work (a crash before the record) it delivers once. */
enum status queue_deliver_local(TALLOC_CTX *mem, struct groupware *groupware, const struct queue_work *work, struct slice mime, enum status *results) MUST_CHECK;

enum queue_outcome { QUEUE_SENT, QUEUE_DEFER, QUEUE_FAIL };
struct queue_result {
    int64_t recipient;
    enum queue_outcome outcome;
    int code;                     /* SMTP reply code, 0 when there was none */
    const char *enhanced;         /* "5.1.1" or "" */
    const char *text;             /* reply or cause, for DSN and log */
    const char *host;             /* that answered, or "" */
    instant retry;                /* DEFER: when */
    bool delay_notice;            /* a delay notice is sent now */
};
/* Records the outcome of the work's recipients and accepts `notice` (a DSN for the sender, empty: none) in the same transaction: recipients that are sent or
 * failed leave the queue. */
enum status queue_record(struct groupware *groupware, const struct queue_work *work, const struct queue_result *results, size_t count,
                         struct slice notice) MUST_CHECK;
/* Earliest time at which something is due; 0 when the queue is empty. */
enum status queue_next_due(struct groupware *groupware, instant *when) MUST_CHECK;
/* Called (any thread) when new work was queued in any process. NULL unregisters, and returns when no call is running any more. */
void queue_on_work(struct groupware *groupware, void (*wake)(void *data), void *data);

#endif
