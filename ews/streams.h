/* Which connection serves a streaming subscription: the newest one; an older one has to end [MS-OXWSNTIF] 3.1.4.2. One table for the process, any thread. */
#ifndef EWS_STREAMS_H
#define EWS_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

/* From now on the caller serves the subscription; the number tells it from others. 0: out of memory. */
uint64_t stream_serve(const char *subscription);
/* Is it still the newest? */
bool stream_is_newest(const char *subscription, uint64_t number);
/* The caller ends; a newer one stays. */
void stream_leave(const char *subscription, uint64_t number);

#endif
