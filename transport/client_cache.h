/* Idle connections, kept for a moment in case that more mail for the same host comes. Any thread. */
#ifndef BOURSE_TRANSPORT_CLIENT_CACHE_H
#define BOURSE_TRANSPORT_CLIENT_CACHE_H

#include "client.h"

struct client_cache;

struct client_cache *client_cache_new(TALLOC_CTX *mem);
/* NULL when there is none that is still good. The client is a talloc root. */
struct client *client_cache_take(struct client_cache *cache, const struct client_target *target, enum client_tls tls_mode, const char *user);
/* After a transaction. Takes the client over, or closes it when it cannot be used again. */
void client_cache_put(struct client_cache *cache, struct client *client);
/* Closes those that have waited long enough; all when `is_end`. */
void client_cache_expire(struct client_cache *cache, bool is_end);

#endif
