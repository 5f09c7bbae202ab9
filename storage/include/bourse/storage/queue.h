/* The outgoing queue: messages for other hosts, one row a message and one a recipient. Rows come from delivery.h or queue_add. A
 * worker leases due recipients of one destination, tries them, and records each result; a lease that runs out (worker died) makes
 * them due again. */
#ifndef BOURSE_STORAGE_QUEUE_H
#define BOURSE_STORAGE_QUEUE_H

#include "bourse/base/clock.h"
#include "bourse/base/hash.h"
#include "bourse/base/slice.h"
#include "bourse/storage/transaction.h"

enum queue_recipient_state { QUEUE_WAITING = 0, QUEUE_DELIVERED = 1, QUEUE_FAILED = 2 };

struct store_queue_recipient_new {
    const char *address;
    const char *destination; /* routing key: domain in lower case (or "smarthost") */
    const char *dsn_notify;  /* RFC 3461 NOTIFY as given, "" when not */
    const char *dsn_orcpt;   /* ORCPT, "" when not given */
};

struct store_queue_entry_new {
    const char *sender;       /* envelope sender, "" for the null one */
    const char *envelope_id;  /* ENVID, "" */
    const char *dsn_return;   /* RET: "FULL", "HDRS" or "" */
    bool needs_smtputf8;
    bool needs_8bit;
    const char *origin;       /* for people: who gave it to us, "alice@example.test" or "[192.0.2.1]" */
    const char *trace_id;     /* request id in the logs */
    instant expires;          /* returned to the sender after it */
    instant due;              /* 0: now; later: deferred delivery */
    const struct store_queue_recipient_new *recipients;
    size_t recipient_count;
};

/* A queue row outside the accept transaction (bounces, notices): MIME bytes are a blob written before. */
enum status store_queue_add(struct transaction *tx, const struct store_queue_entry_new *entry, int64_t mime_blob, int64_t *id) MUST_CHECK;

/* The same for bytes: up to 64 KiB are written by the transaction itself, more becomes a blob now (with a lease; no transaction may be open in this thread).
 * One content can be added to several entries and transactions. */
struct store_queue_content; /* opaque, on `mem` */
enum status store_queue_prepare(TALLOC_CTX *mem, struct store *store, struct slice mime, struct store_queue_content **out) MUST_CHECK;
enum status store_queue_add_prepared(struct transaction *tx, const struct store_queue_entry_new *entry, const struct store_queue_content *content, int64_t *id) MUST_CHECK;

struct store_queue_recipient {
    int64_t id;              /* within the queue entry */
    const char *address, *destination, *dsn_notify, *dsn_orcpt;
    enum queue_recipient_state state;
    int32_t attempts;
    instant next_attempt;    /* when WAITING */
    instant leased_until;    /* 0: not leased */
    const char *last_reply;  /* last answer or cause, for people and for reports */
    const char *last_status; /* enhanced code, "" */
    const char *last_host;   /* host that said so, "" */
    instant last_attempt;
    bool delay_reported;
};

struct store_queue_entry {
    int64_t id;
    const char *sender, *envelope_id, *dsn_return, *origin, *trace_id;
    bool needs_smtputf8, needs_8bit;
    bool is_held;
    int64_t mime_blob;
    uint64_t size;
    instant created, expires;
    struct store_queue_recipient *recipients; /* of a lease: the leased ones only */
    size_t recipient_count;
};

/* Destinations that have due, unleased, unheld recipients, the longest due first. */
struct store_queue_destination {
    const char *destination;
    int64_t recipients;
    instant oldest_due;
};
enum status store_queue_due_destinations(TALLOC_CTX *mem, struct transaction *tx, size_t limit, struct store_queue_destination **out, size_t *count) MUST_CHECK;

/* Leases the due recipients of the oldest entry for that destination (at most `limit` of one entry) until now + lease_us. Other
 * workers never get the same ones at the same time. *out is NULL when nothing is due. Commits on its own. */
enum status store_queue_lease(TALLOC_CTX *mem, struct store *store, const char *destination, const char *worker, size_t limit, int64_t lease_us,
                        struct store_queue_entry **out) MUST_CHECK;
/* Longer lease for work that goes on. STATUS_CONFLICT when it was lost. */
enum status store_queue_renew(struct store *store, int64_t queue_id, const char *worker, int64_t lease_us) MUST_CHECK;

enum store_outcome { OUTCOME_DELIVERED, OUTCOME_DEFERRED, OUTCOME_FAILED };
struct store_queue_result {
    int64_t recipient;     /* queue_recipient.id */
    enum store_outcome outcome;
    instant next_attempt;  /* DEFERRED */
    bool delay_reported;   /* a delay notice goes out with this transaction */
    const char *reply, *status, *host; /* "" allowed */
};
/* Records results and ends the lease. When no recipient waits any more the entry goes (with its reference to the MIME blob). In the
 * caller's transaction, so that a bounce can be queued together with it. */
enum status store_queue_record(struct transaction *tx, int64_t queue_id, const char *worker, const struct store_queue_result *results, size_t count) MUST_CHECK;
/* Gives leased recipients back untouched (shutdown). */
enum status store_queue_return(struct store *store, int64_t queue_id, const char *worker) MUST_CHECK;

/* ---- administration ---- */
/* Pages by id. */
enum status store_queue_list(TALLOC_CTX *mem, struct transaction *tx, int64_t after, size_t limit, struct store_queue_entry **out, size_t *count) MUST_CHECK;
/* STATUS_NOT_FOUND. */
enum status store_queue_show(TALLOC_CTX *mem, struct transaction *tx, int64_t queue_id, struct store_queue_entry *out) MUST_CHECK;
/* queue_id 0: all. *changed: entries. */
enum status store_queue_hold(struct transaction *tx, int64_t queue_id, bool hold, size_t *changed) MUST_CHECK;
/* Makes waiting recipients due now. `destination` NULL: all. */
enum status store_queue_retry(struct transaction *tx, int64_t queue_id, const char *destination, size_t *changed) MUST_CHECK;
/* Without telling the sender. Leased entries go too (their worker's record finds nothing). */
enum status store_queue_delete(struct transaction *tx, int64_t queue_id) MUST_CHECK;

struct store_queue_statistics {
    int64_t entries, waiting, leased, held, deferred; /* recipients, but for entries and held */
    instant oldest;                                   /* 0: empty */
    instant next_due;                                 /* 0: nothing waits */
};
enum status store_queue_statistics(struct transaction *tx, struct store_queue_statistics *out) MUST_CHECK;

/* Recipients that can expire or want a delay notice: entries with waiting, unleased recipients created before `before`. */
enum status store_queue_delayed(TALLOC_CTX *mem, struct transaction *tx, instant before, size_t limit, struct store_queue_entry **out, size_t *count) MUST_CHECK;

#endif
