/* The SMTP client: a connection to one host, greeted and perhaps encrypted and signed in, and the transactions on it [RFC 5321]. Blocking; one thread. */
#ifndef BOURSE_TRANSPORT_CLIENT_H
#define BOURSE_TRANSPORT_CLIENT_H

#include "attempt.h"
#include "bourse/base/config.h"
#include "message_fit.h"
#include "peer.h"

enum client_tls { CLIENT_TLS_OFF, CLIENT_TLS_OPPORTUNISTIC, CLIENT_TLS_REQUIRED, CLIENT_TLS_VERIFIED };

/* Where to connect. */
struct client_target {
    char name[256];            /* host name, or the address as text: for TLS, logs and reports */
    struct sockaddr_storage address;
    socklen_t address_length;
    bool is_tls_at_once;       /* port 465 */
};

struct client_options {
    const struct config *config;
    SSL_CTX *tls;
    enum client_tls tls_mode;
    const char *user;          /* "" : no sign-in */
    const struct secret *password;
    const atomic_bool *cancelled;
    int64_t until_us;          /* monotonic: no call goes on after it */
};

struct client; /* opaque; freeing it closes the connection */

/* Connects, greets, starts TLS and signs in as the options say. On failure *attempt says why (for all recipients) and *out is NULL. */
bool client_open(TALLOC_CTX *mem, const struct client_options *options, const struct client_target *target, struct client **out,
                 struct attempt *attempt);
const struct capabilities *client_capabilities(const struct client *client);
const char *client_host(const struct client *client);
/* Sends one message to all recipients of `work`; attempts[i] is recipient i's. `mime` must fit what the host takes (message_fit). */
void client_send(struct client *client, const struct queue_work *work, const struct message_needs *needs, struct slice mime,
                 struct attempt *attempts);
/* After a transaction: may another one follow on this connection? */
bool client_is_reusable(struct client *client);
void client_set_until(struct client *client, int64_t until_us);
/* Says QUIT without waiting, and frees. */
void client_close(struct client *client);

#endif
