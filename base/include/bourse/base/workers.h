/* A pool of threads that run blocking jobs (database, directory). Bounded queue: when it is full, workers_submit says STATUS_BUSY and
 * the edge answers "try again" at once. */
#ifndef BOURSE_BASE_WORKERS_H
#define BOURSE_BASE_WORKERS_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct workers;

/* Starts `threads` threads; at most `queue_limit` jobs wait. `name` shows in thread names. Freeing the pool = workers_stop. */
enum status workers_start(TALLOC_CTX *mem, const char *name, size_t threads, size_t queue_limit, struct workers **out) MUST_CHECK;
/* Any thread. The job runs `function(data)` with a cleared error chain. STATUS_BUSY when the queue is full, STATUS_CANCELLED after stop. */
enum status workers_submit(struct workers *workers, void (*function)(void *data), void *data) MUST_CHECK;
/* No new jobs; waits until queued and running jobs end or `seconds` passed. True if all ended. */
bool workers_drain(struct workers *workers, int64_t seconds);
/* No new jobs; waits until all queued and running ones end, however long that takes (drain first to bound it), and joins the threads.
 * Never from a job of the same pool. May be called again. */
void workers_stop(struct workers *workers);
size_t workers_queued(struct workers *workers);

#endif
