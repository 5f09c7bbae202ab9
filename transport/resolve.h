/* Which hosts take mail for a domain [RFC 5321] 5.1, by libunbound. Blocking; any thread. */
#ifndef BOURSE_TRANSPORT_RESOLVE_H
#define BOURSE_TRANSPORT_RESOLVE_H

#include "client.h"

struct resolver;

/* `server`: "address" or "address@port" to ask; "" for the system's. STATUS_CONFIGURATION. */
enum status resolver_new(TALLOC_CTX *mem, const char *server, struct resolver **out) MUST_CHECK;

struct mail_hosts {
    struct client_target *items; /* in the order to try */
    size_t count;
};

/* By MX records, else by the domain's own addresses; hosts that are not nearer than `own_name` are left out. Address literals too.
 * False: *attempt says why. */
bool resolve_domain(TALLOC_CTX *mem, struct resolver *resolver, const char *domain, uint16_t port, const char *own_name,
                    struct mail_hosts *out, struct attempt *attempt);
/* The addresses of one host or address, without MX. */
bool resolve_host(TALLOC_CTX *mem, struct resolver *resolver, const char *host, uint16_t port, struct mail_hosts *out,
                  struct attempt *attempt);

#endif
