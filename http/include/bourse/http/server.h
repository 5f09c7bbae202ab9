/* The HTTPS listener: start, reload, drain, stop. libmicrohttpd is inside and nowhere else. */
#ifndef BOURSE_HTTP_SERVER_H
#define BOURSE_HTTP_SERVER_H

#include "bourse/base/config.h"
#include "bourse/base/workers.h"
#include "bourse/http/service.h"

struct http_server; /* opaque */
struct directory;   /* bourse/directory/sign_in.h */

struct http_server_options {
    const struct config *config; /* must outlive the server; see http_server_reload */
    struct workers *workers;     /* runs handlers and sign-ins; outlives the server */
    struct directory *directory; /* checks sign-ins; may be NULL when all services are open */
    const struct http_service *const *services;
    size_t service_count;
    const int *listeners; /* listening sockets (http_listen), taken over */
    size_t listener_count;
    bool is_plain; /* without TLS: tests and a reverse proxy on the same host */
};

/* A listening TCP socket on an address ("127.0.0.1", "::") and port (0: the system picks one). Failure: STATUS_NETWORK.
 */
enum status http_listen(const char *address, uint16_t port, int *out) MUST_CHECK;
/* Port that the socket has. */
uint16_t http_listen_port(int listener);

/* Loads tls.certificate and tls.key and begins to accept. Freeing the server stops it. */
enum status http_server_start(TALLOC_CTX *mem, const struct http_server_options *options,
                              struct http_server **out) MUST_CHECK;
/* SIGHUP: certificate and key are read again for new connections (on failure the old ones stay), live options come from
 * `config`. The old config must stay valid while requests run: free it after the drain or never. */
enum status http_server_reload(struct http_server *server, const struct config *config) MUST_CHECK;
/* Accepts nothing new, answers 503 with Connection: close on open connections, wakes all waiting requests with
 * HTTP_WAKE_DRAIN and waits until running ones ended, at most `seconds`. True if all did. */
bool http_server_drain(struct http_server *server, int64_t seconds);
/* Drains for no time, then closes all. The workers must still run: requests at work are waited for. */
void http_server_stop(struct http_server *server);

struct http_server_counts {
    size_t connections; /* open */
    size_t requests;    /* being received, worked on or answered */
    size_t waiting;     /* asleep in long_poll.h */
};
struct http_server_counts http_server_counts(struct http_server *server);

#endif
