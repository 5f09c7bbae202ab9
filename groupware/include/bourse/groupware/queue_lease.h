/* Leases of the outgoing queue that are kept while work goes on. A short lease that is renewed comes back soon when its process was killed. */
#ifndef BOURSE_GROUPWARE_QUEUE_LEASE_H
#define BOURSE_GROUPWARE_QUEUE_LEASE_H

#include <stddef.h>
#include <stdint.h>

#include "bourse/base/status.h"

struct groupware; /* bourse/groupware/groupware.h */

/* This process keeps what it leased of these messages (queue_work.message) for `seconds` from now on. Messages that it has recorded meanwhile are passed over.
 * Blocks for the database; any other status than STATUS_OK: some may not have been renewed. */
enum status queue_renew(struct groupware *groupware, const int64_t *messages, size_t count, int64_t seconds) MUST_CHECK;

#endif
