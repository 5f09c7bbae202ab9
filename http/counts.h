/* Counts by key, for limits such as connections of an address or calls of a user. Keys with a count of zero cost
 * nothing. Thread-safe. */
#ifndef BOURSE_HTTP_COUNTS_H
#define BOURSE_HTTP_COUNTS_H

#include "bourse/base/slice.h"

struct counts;

struct count_key {
    uint8_t bytes[24];
};

struct counts *counts_new(TALLOC_CTX *mem);
/* Adds one and gives the new count; 0 when out of memory (nothing was counted). */
size_t counts_enter(struct counts *counts, const struct count_key *key);
void counts_leave(struct counts *counts, const struct count_key *key);
size_t counts_of(struct counts *counts, const struct count_key *key);

#endif
