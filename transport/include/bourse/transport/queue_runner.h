/* The outgoing side: takes due work from the queue (bourse/groupware/queue.h), finds the hosts (MX), sends by SMTP, records the results and tells senders of
 * failures, delays and successes [RFC 5321] 4.5.4, [RFC 3461], [RFC 3464].
 *
 * The runner has threads of its own: one that leases work, and queue.workers that send; each sends one message at a time with blocking
 * calls. Any number of runners, on any number of hosts, may work on one database.
 *
 * A host that says 250 to the final dot has the message; if this process dies before queue_record has committed that, the lease runs out and the
 * message is sent again: the only way a recipient can get a second copy (promise 2). */
#ifndef BOURSE_TRANSPORT_QUEUE_RUNNER_H
#define BOURSE_TRANSPORT_QUEUE_RUNNER_H

#include "bourse/base/config.h"

struct queue_runner; /* opaque */
struct groupware;    /* bourse/groupware/groupware.h */

struct queue_runner_options {
    const struct config *config; /* must outlive the runner; see queue_runner_reload */
    struct groupware *groupware; /* outlives the runner; the runner registers itself with queue_on_work */
};

/* STATUS_CONFIGURATION when a route, the resolver or the smarthost cannot be understood. Freeing the runner stops it. */
enum status queue_runner_start(TALLOC_CTX *mem, const struct queue_runner_options *options, struct queue_runner **out) MUST_CHECK;
/* SIGHUP: live options come from `config` from the next message on. The old one must stay valid until the runner has stopped. */
enum status queue_runner_reload(struct queue_runner *runner, const struct config *config) MUST_CHECK;
/* Leases nothing new and waits at most `seconds` for messages that are being sent. True if all ended. */
bool queue_runner_drain(struct queue_runner *runner, int64_t seconds);
/* Cuts the connections that are open, waits for the threads. What was cut is sent again when its lease has run out. May be called again. */
void queue_runner_stop(struct queue_runner *runner);
/* Look for due work now (tests; boursectl queue retry wakes by the database). Any thread. */
void queue_runner_wake(struct queue_runner *runner);

#endif
