/* What a Ping watches: kept, because a Ping may leave out what the one before said [MS-ASCMD] 2.2.1.13. */
#ifndef ACTIVESYNC_PING_STATE_H
#define ACTIVESYNC_PING_STATE_H

#include "call.h"

enum { EAS_PING_REQUEST = -2 }; /* collection number under which the last one is kept */

struct eas_ping {
    int64_t seconds;      /* heartbeat */
    int64_t *folders;
    size_t count;
};

enum status eas_ping_keep(struct eas_call *call, const struct eas_ping *ping) MUST_CHECK;
/* count 0 and seconds 0 when there was none. */
enum status eas_ping_kept(struct eas_call *call, struct eas_ping *out) MUST_CHECK;

#endif
