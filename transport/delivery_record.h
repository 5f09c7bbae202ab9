/* The end of an attempt: retry times, expiry, notices to the sender, the queue's record, log and metrics. */
#ifndef BOURSE_TRANSPORT_DELIVERY_RECORD_H
#define BOURSE_TRANSPORT_DELIVERY_RECORD_H

#include "delivery.h"

/* `mime`: the message, empty when it could not be read. `host_has_dsn`: the next host takes care of notices of success. `until_us`: how long to try when the
 * database does not answer. May change the attempts (expiry). */
void delivery_record(const struct delivery_context *context, const struct queue_work *work, struct slice mime, struct attempt *attempts,
                     bool host_has_dsn, int64_t until_us);

#endif
