/* One attempt to send one message to the recipients of one destination: hosts, transaction, results, notices, record. Blocking; any thread. */
#ifndef BOURSE_TRANSPORT_DELIVERY_H
#define BOURSE_TRANSPORT_DELIVERY_H

#include "client_cache.h"
#include "leases.h"
#include "resolve.h"

struct delivery_context {
    const struct config *config;
    struct groupware *groupware;
    struct resolver *resolver;
    SSL_CTX *tls;
    struct client_cache *cache;
    const atomic_bool *cancelled;
    const struct leases *leases; /* no transaction begins when they are not sure */
};

/* Longest attempt; the lease is renewed as long. */
#define DELIVERY_LONGEST_SECONDS INT64_C(3600)

/* Returns false when no host of the destination could be reached. */
bool delivery_run(const struct delivery_context *context, const struct queue_work *work);

#endif
