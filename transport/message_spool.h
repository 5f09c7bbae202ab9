/* A message while it comes in: in memory up to a size, then in an unlinked file of server.data_directory.
 *
 * Appending is for the loop thread and only touches memory; flush and finish write and map the file, so they are for a worker. One thread at a time.
 * Freeing it closes the file. */
#ifndef BOURSE_TRANSPORT_MESSAGE_SPOOL_H
#define BOURSE_TRANSPORT_MESSAGE_SPOOL_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct message_spool; /* opaque */

/* `limit`: largest message in bytes. NULL when out of memory. `expected`: size told in advance, 0 when unknown. */
struct message_spool *message_spool_new(TALLOC_CTX *mem, uint64_t limit, uint64_t expected);
/* Beyond the limit, or without memory, the bytes are dropped and the status stays. */
void message_spool_append(struct message_spool *spool, const uint8_t *bytes, size_t length);
/* STATUS_OK, STATUS_LIMIT_EXCEEDED or STATUS_NO_MEMORY. */
enum status message_spool_status(const struct message_spool *spool) MUST_CHECK;
/* Time to flush: call it before more is appended. */
bool message_spool_is_full(const struct message_spool *spool);
enum status message_spool_flush(struct message_spool *spool, const char *directory) MUST_CHECK;
/* The whole message; valid until the spool is freed. STATUS_DISK_FULL, STATUS_UNAVAILABLE. */
enum status message_spool_finish(struct message_spool *spool, const char *directory, struct slice *out) MUST_CHECK;

#endif
