/* A connection to another host, with blocking calls that have deadlines, and TLS. One thread at a time. */
#ifndef BOURSE_TRANSPORT_PEER_H
#define BOURSE_TRANSPORT_PEER_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct peer;

struct peer_options {
    const struct sockaddr *address;
    socklen_t address_length;
    const char *source;           /* local address, "" for any */
    int64_t connect_us;
    const atomic_bool *cancelled; /* true: every call ends soon with STATUS_CANCELLED */
    int64_t until_us;             /* monotonic: no call goes on after it */
};

/* STATUS_NETWORK, STATUS_TIMED_OUT, STATUS_CANCELLED. Freeing it closes. */
enum status peer_connect(TALLOC_CTX *mem, const struct peer_options *options, struct peer **out) MUST_CHECK;
void peer_set_until(struct peer *peer, int64_t until_us);

enum peer_check { PEER_ANY_CERTIFICATE, PEER_VERIFY_CERTIFICATE };
/* `name`: host name or address that the certificate must have, also sent as SNI. What was read before is dropped. */
enum status peer_start_tls(struct peer *peer, SSL_CTX *context, const char *name, enum peer_check check, int64_t timeout_us) MUST_CHECK;
bool peer_is_tls(const struct peer *peer);
const char *peer_tls_version(const struct peer *peer); /* "" without TLS */

/* Collects; sends when much has come together. */
enum status peer_write(struct peer *peer, struct slice bytes, int64_t timeout_us) MUST_CHECK;
enum status peer_flush(struct peer *peer, int64_t timeout_us) MUST_CHECK;
/* A line without its line end (CR LF or LF), valid until the next call. STATUS_LIMIT_EXCEEDED above `longest` bytes; STATUS_NETWORK at the end. */
enum status peer_read_line(struct peer *peer, size_t longest, int64_t timeout_us, struct slice *out) MUST_CHECK;
/* False when the other side has closed or sent something while nobody asked. Does not block. */
bool peer_is_quiet(struct peer *peer);

#endif
