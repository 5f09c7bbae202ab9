/* When a delivery is tried again, and until when [RFC 5321] 4.5.4.1. Pure. */
#ifndef BOURSE_TRANSPORT_SCHEDULE_H
#define BOURSE_TRANSPORT_SCHEDULE_H

#include "bourse/base/clock.h"
#include "bourse/base/config.h"

/* Wait after attempt number `attempts` + 1 failed: queue.first_retry, doubled with each to queue.longest_retry, and up to a tenth more or less (`random`:
 * any number), so that messages that failed together do not come back together. Seconds, at least 1. */
int64_t schedule_wait(const struct config *config, int attempts, uint64_t random);
bool schedule_is_expired(const struct config *config, instant accepted, instant now);
/* True once the sender should hear of the delay. */
bool schedule_is_delayed(const struct config *config, instant accepted, instant now);

#endif
