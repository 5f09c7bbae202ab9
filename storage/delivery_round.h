/* One round of the accept transaction (private to storage). */
#ifndef BOURSE_STORAGE_DELIVERY_ROUND_H
#define BOURSE_STORAGE_DELIVERY_ROUND_H

#include "bourse/storage/delivery.h"
#include "store_private.h"

/* Commits all on the given connection. On STATUS_COMMIT_UNKNOWN use round_find_out. */
enum status round_commit(struct store *store, struct connection *connection, struct delivery *const *deliveries, size_t count) MUST_CHECK;
/* Was this delivery of a round with an unknown end kept? STATUS_OK: yes; STATUS_COMMIT_UNKNOWN: not seen (yet). */
enum status round_find_out(struct connection *connection, struct delivery *delivery) MUST_CHECK;

/* Retry key of a recipient of the delivery: local ones by mailbox, so that another alias is the same recipient. */
struct guid delivery_key(const struct delivery *delivery, char kind, int64_t mailbox, const char *address);

#endif
