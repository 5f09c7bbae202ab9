/* The SMTP server: mail from other hosts (port 25) and submission (ports 587 and 465). [RFC 5321], [RFC 6409].
 *
 * The server has event loop threads of its own, which never block; database and directory work runs in `workers`, and the replies wait for it.
 * A message is answered with 250 only after deliver_accept (bourse/groupware/deliver.h) has made it durable.
 *
 *     smtp_listen("0.0.0.0", 25, &socket)          as root, in the master
 *     smtp_server_start(mem, &options, &server)    in the role smtpd
 *     smtp_server_reload(server, config)           SIGHUP
 *     smtp_server_drain(server, 10)                SIGTERM
 *     smtp_server_stop(server)                     or talloc_free */
#ifndef BOURSE_TRANSPORT_SMTP_SERVER_H
#define BOURSE_TRANSPORT_SMTP_SERVER_H

#include "bourse/base/config.h"
#include "bourse/base/workers.h"

struct smtp_server; /* opaque */
struct groupware;   /* bourse/groupware/groupware.h */
struct directory;   /* bourse/directory/sign_in.h */

enum smtp_service {
    SMTP_SERVICE_RELAY,       /* smtp.port: mail from other hosts, STARTTLS offered */
    SMTP_SERVICE_SUBMISSION,  /* smtp.submission_port: STARTTLS, then AUTH, are required */
    SMTP_SERVICE_SUBMISSIONS, /* smtp.submissions_port: TLS from the start [RFC 8314] 3.3 */
};

struct smtp_listener {
    int socket; /* smtp_listen; taken over */
    enum smtp_service service;
};

struct smtp_server_options {
    const struct config *config;  /* must outlive the server; see smtp_server_reload */
    struct groupware *groupware;  /* outlives the server */
    struct directory *directory;  /* checks sign-ins: groupware_directory() */
    struct workers *workers;      /* outlives the server and runs until smtp_server_stop has returned; option smtp.workers */
    const struct smtp_listener *listeners;
    size_t listener_count;
    size_t threads;               /* event loops; 0: one */
};

/* A listening TCP socket on an address ("127.0.0.1", "::") and port (0: the system picks one). STATUS_NETWORK, STATUS_CONFIGURATION (bad address). */
enum status smtp_listen(const char *address, uint16_t port, int *out) MUST_CHECK;
/* Port that the socket has. */
uint16_t smtp_listen_port(int listener);

/* Loads tls.certificate and tls.key (without them STARTTLS is not offered and nobody can sign in; STATUS_CONFIGURATION if there is a listener for
 * submissions or when they cannot be read) and begins to accept. On failure the listeners stay the caller's. Freeing the server stops it. */
enum status smtp_server_start(TALLOC_CTX *mem, const struct smtp_server_options *options, struct smtp_server **out) MUST_CHECK;
/* SIGHUP: certificate and key are read again for new connections (on failure the old ones stay and the status says why); live options come from
 * `config` for new sessions. The old config must stay valid as long as sessions that began with it: free it after the stop or never. */
enum status smtp_server_reload(struct smtp_server *server, const struct config *config) MUST_CHECK;
/* Accepts nothing new; idle sessions get 421 and end, sessions within a transaction may finish it. Waits at most `seconds`. True if all ended. */
bool smtp_server_drain(struct smtp_server *server, int64_t seconds);
/* Closes what is open, waits for jobs that workers run for sessions, and ends the threads. May be called again. */
void smtp_server_stop(struct smtp_server *server);
/* Sessions open now. */
size_t smtp_server_sessions(struct smtp_server *server);

#endif
