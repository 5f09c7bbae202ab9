/* What this process has leased from the queue, and until when that is sure. Leases are short, so that what a killed process was sending comes back soon, and are
 * renewed while work goes on. When the database is away for long nobody can be sure of them any more: then nothing new is begun. */
#ifndef BOURSE_TRANSPORT_LEASES_H
#define BOURSE_TRANSPORT_LEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

struct leases;

/* `most`: messages at a time. NULL: out of memory. All but leases_are_sure are called under the caller's lock. */
struct leases *leases_new(TALLOC_CTX *mem, size_t most, int64_t seconds);
int64_t leases_seconds(const struct leases *leases);
/* Leased by a call that began at asked_us (monotonic). False: more than `most`. */
bool leases_add(struct leases *leases, int64_t message, int64_t asked_us);
void leases_remove(struct leases *leases, int64_t message);
/* A copy of the messages for queue_renew; returns their number, 0 also when out of memory. */
size_t leases_list(TALLOC_CTX *mem, const struct leases *leases, int64_t **messages);
/* All of the last list are renewed, by a call that began at asked_us. */
void leases_renewed(struct leases *leases, int64_t asked_us);
/* When to renew, monotonic; three tries fit into a lease. */
int64_t leases_due_us(const struct leases *leases);
/* Long enough for the next step of the work. Any thread. */
bool leases_are_sure(const struct leases *leases);

#endif
