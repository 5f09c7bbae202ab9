/* Plain HTTP for the machine room, on a loopback port of each role:
 *   /metrics       Prometheus text format of base/metrics.h
 *   /health/live   200 while the process answers
 *   /health/ready  200 when all registered checks pass, else 503; a line a check: "name: ok" or "name: <status text>"
 */
#ifndef BOURSE_HTTP_METRICS_LISTENER_H
#define BOURSE_HTTP_METRICS_LISTENER_H

#include "bourse/base/status.h"
#include "bourse/base/slice.h"

struct metrics_listener; /* opaque */

struct health_check {
    const char *name;                 /* "database" */
    enum status (*check)(void *data); /* any thread, should end within 2 s */
    void *data;
};

/* `address` and `port` (0: the system picks one). `role` labels the metrics. `checks` are copied. Freeing the listener
 * stops it. */
enum status metrics_listener_start(TALLOC_CTX *mem, const char *address, uint16_t port, const char *role,
                                   const struct health_check *checks, size_t check_count,
                                   struct metrics_listener **out) MUST_CHECK;
uint16_t metrics_listener_port(const struct metrics_listener *listener);
/* Ready answers 503 from now on (drain). */
void metrics_listener_set_draining(struct metrics_listener *listener);

#endif
