/* The next hop of a destination: a fixed route, the smarthost, or the domain's mail hosts. */
#ifndef BOURSE_TRANSPORT_HOP_H
#define BOURSE_TRANSPORT_HOP_H

#include "resolve.h"

struct hop {
    const char *host;         /* fixed route or smarthost; NULL: by MX of the destination */
    uint16_t port;
    enum client_tls tls_mode;
    const char *user;         /* "" : no sign-in */
    const struct secret *password;
};

/* Texts are on `mem` or of the config. STATUS_CONFIGURATION when a setting cannot be read. `destination`: lower case. */
enum status hop_find(TALLOC_CTX *mem, const struct config *config, const char *destination, struct hop *out) MUST_CHECK;
/* All settings of hops, at start and reload. */
enum status hop_check(const struct config *config) MUST_CHECK;
/* "host", "host:port", "[address]:port". False when it is neither. `port` keeps its value when none is given. */
bool hop_parse_address(TALLOC_CTX *mem, const char *text, const char **host, uint16_t *port);

#endif
