/* What the runner knows of destinations: how many messages are under way to each, and which are left alone because no host of theirs answered.
 * Not thread-safe: the runner's lock guards it. */
#ifndef BOURSE_TRANSPORT_DESTINATIONS_H
#define BOURSE_TRANSPORT_DESTINATIONS_H

#include "bourse/base/config.h"

struct destinations;

struct destinations *destinations_new(TALLOC_CTX *mem);
void destinations_begin(struct destinations *destinations, const char *name);
/* `was_reached`: a host of it answered. */
void destinations_end(struct destinations *destinations, const struct config *config, const char *name, bool was_reached, int64_t now_us);
/* Names that get nothing more now (on `mem`); *until_us: when the first of those that are left alone is tried again, 0: none. */
enum status destinations_busy(TALLOC_CTX *mem, struct destinations *destinations, const struct config *config, int64_t now_us,
                              const char ***names, size_t *count, int64_t *until_us) MUST_CHECK;

#endif
