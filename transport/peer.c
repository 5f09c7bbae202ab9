#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "tls.h"

#define ROOM ((size_t)16 * 1024)
#define SLICE_US INT64_C(200000) /* between looks at `cancelled` */

struct peer {
    int socket;
    SSL *tls;
    const atomic_bool *cancelled;
    int64_t until_us;
    uint8_t in[ROOM];
    size_t in_at, in_end;
    uint8_t out[ROOM];
    size_t out_length;
};

static int peer_free(struct peer *peer)
{
    if (peer->tls != NULL)
        SSL_free(peer->tls);
    if (peer->socket >= 0)
        close(peer->socket);
    return 0;
}

static int64_t deadline_of(const struct peer *peer, int64_t timeout_us)
{
    int64_t deadline_us = clock_monotonic_us() + timeout_us;
    return deadline_us < peer->until_us ? deadline_us : peer->until_us;
}

static enum status wait_for(struct peer *peer, short events, int64_t deadline_us)
{
    for (;;) {
        int64_t left_us = deadline_us - clock_monotonic_us();
        if (atomic_load(peer->cancelled))
            return status_fail(STATUS_CANCELLED, "stopping");
        if (left_us <= 0)
            return status_fail(STATUS_TIMED_OUT, "timed out");
        struct pollfd descriptor = { .fd = peer->socket, .events = events };
        int count = poll(&descriptor, 1, (int)((left_us < SLICE_US ? left_us : SLICE_US) / 1000) + 1);
        if (count > 0)
            return STATUS_OK;
        if (count < 0 && errno != EINTR)
            return status_fail(STATUS_NETWORK, "poll: %s", strerror(errno));
    }
}

/* ---- connect ---- */

static enum status bind_source(const struct peer *peer, const char *source, int family)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    bool is_bound = true;
    if (source[0] != '\0' && family == AF_INET && inet_pton(AF_INET, source, &v4.sin_addr) == 1)
        is_bound = bind(peer->socket, (struct sockaddr *)&v4, sizeof v4) == 0;
    else if (source[0] != '\0' && family == AF_INET6 && inet_pton(AF_INET6, source, &v6.sin6_addr) == 1)
        is_bound = bind(peer->socket, (struct sockaddr *)&v6, sizeof v6) == 0;
    return is_bound ? STATUS_OK : status_fail(STATUS_NETWORK, "queue.source_address: %s", strerror(errno));
}

static enum status open_socket(struct peer *peer, const struct peer_options *options)
{
    int one = 1, error = 0;
    socklen_t length = sizeof error;
    peer->socket = socket(options->address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (peer->socket < 0)
        return status_fail(STATUS_NETWORK, "socket: %s", strerror(errno));
    setsockopt(peer->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    TRY(bind_source(peer, options->source, options->address->sa_family));
    if (connect(peer->socket, options->address, options->address_length) == 0)
        return STATUS_OK;
    if (errno != EINPROGRESS)
        return status_fail(STATUS_NETWORK, "%s", strerror(errno));
    TRY(wait_for(peer, POLLOUT, deadline_of(peer, options->connect_us)));
    getsockopt(peer->socket, SOL_SOCKET, SO_ERROR, &error, &length);
    return error == 0 ? STATUS_OK : status_fail(STATUS_NETWORK, "%s", strerror(error));
}

enum status peer_connect(TALLOC_CTX *mem, const struct peer_options *options, struct peer **out)
{
    struct peer *peer = talloc_zero(mem, struct peer);
    if (peer == NULL)
        return status_fail(STATUS_NO_MEMORY, "connection");
    peer->socket = -1;
    peer->cancelled = options->cancelled;
    peer->until_us = options->until_us;
    talloc_set_destructor(peer, peer_free);
    enum status status = open_socket(peer, options);
    if (status == STATUS_OK)
        *out = peer;
    else
        talloc_free(peer);
    return status;
}

void peer_set_until(struct peer *peer, int64_t until_us)
{
    peer->until_us = until_us;
}

/* ---- TLS ---- */

/* After an SSL call that did not succeed: waits, or says why not. */
static enum status wait_for_tls(struct peer *peer, int result, int64_t deadline_us)
{
    char text[256];
    int error = SSL_get_error(peer->tls, result);
    if (error == SSL_ERROR_WANT_READ)
        return wait_for(peer, POLLIN, deadline_us);
    if (error == SSL_ERROR_WANT_WRITE)
        return wait_for(peer, POLLOUT, deadline_us);
    return status_fail(STATUS_NETWORK, "TLS: %s", tls_error(text, sizeof text));
}

static bool set_name(SSL *tls, const char *name, enum peer_check check)
{
    struct in6_addr address;
    bool is_address = inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
    if (!is_address && SSL_set_tlsext_host_name(tls, name) != 1)
        return false;
    if (check == PEER_ANY_CERTIFICATE)
        return true;
    SSL_set_verify(tls, SSL_VERIFY_PEER, NULL);
    if (is_address)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), name) == 1;
    return SSL_set1_host(tls, name) == 1;
}

enum status peer_start_tls(struct peer *peer, SSL_CTX *context, const char *name, enum peer_check check, int64_t timeout_us)
{
    int64_t deadline_us = deadline_of(peer, timeout_us);
    peer->in_at = peer->in_end = 0;
    peer->tls = SSL_new(context);
    if (peer->tls == NULL || SSL_set_fd(peer->tls, peer->socket) != 1 || !set_name(peer->tls, name, check))
        return status_fail(STATUS_NO_MEMORY, "TLS connection");
    for (int result; (result = SSL_connect(peer->tls)) != 1;)
        TRY(wait_for_tls(peer, result, deadline_us));
    return STATUS_OK;
}

bool peer_is_tls(const struct peer *peer)
{
    return peer->tls != NULL;
}

const char *peer_tls_version(const struct peer *peer)
{
    return peer->tls != NULL ? SSL_get_version(peer->tls) : "";
}

/* ---- bytes ---- */

static enum status send_some(struct peer *peer, const uint8_t *bytes, size_t length, int64_t deadline_us, size_t *sent)
{
    *sent = 0;
    if (peer->tls != NULL) {
        int result = SSL_write(peer->tls, bytes, (int)length);
        *sent = result > 0 ? (size_t)result : 0;
        return result > 0 ? STATUS_OK : wait_for_tls(peer, result, deadline_us);
    }
    ssize_t result = send(peer->socket, bytes, length, MSG_NOSIGNAL);
    *sent = result > 0 ? (size_t)result : 0;
    if (result >= 0 || errno == EINTR)
        return STATUS_OK;
    return errno == EAGAIN ? wait_for(peer, POLLOUT, deadline_us) : status_fail(STATUS_NETWORK, "%s", strerror(errno));
}

static enum status send_all(struct peer *peer, struct slice bytes, int64_t timeout_us)
{
    int64_t deadline_us = deadline_of(peer, timeout_us);
    for (size_t done = 0, sent; done < bytes.length; done += sent) {
        size_t piece = bytes.length - done < ROOM ? bytes.length - done : ROOM;
        TRY(send_some(peer, bytes.data + done, piece, deadline_us, &sent));
        if (sent > 0) /* the deadline is for silence, not for long messages */
            deadline_us = deadline_of(peer, timeout_us);
    }
    return STATUS_OK;
}

enum status peer_flush(struct peer *peer, int64_t timeout_us)
{
    size_t length = peer->out_length;
    peer->out_length = 0;
    return send_all(peer, slice_of(peer->out, length), timeout_us);
}

enum status peer_write(struct peer *peer, struct slice bytes, int64_t timeout_us)
{
    if (peer->out_length + bytes.length > ROOM)
        TRY(peer_flush(peer, timeout_us));
    if (bytes.length > ROOM)
        return send_all(peer, bytes, timeout_us);
    if (bytes.length > 0)
        memcpy(peer->out + peer->out_length, bytes.data, bytes.length);
    peer->out_length += bytes.length;
    return STATUS_OK;
}

static enum status receive(struct peer *peer, int64_t deadline_us)
{
    size_t room = ROOM - peer->in_end;
    if (peer->tls != NULL) {
        int result = SSL_read(peer->tls, peer->in + peer->in_end, (int)room);
        peer->in_end += result > 0 ? (size_t)result : 0;
        return result > 0 ? STATUS_OK : wait_for_tls(peer, result, deadline_us);
    }
    ssize_t result = recv(peer->socket, peer->in + peer->in_end, room, 0);
    if (result > 0)
        peer->in_end += (size_t)result;
    if (result == 0)
        return status_fail(STATUS_NETWORK, "the other side closed the connection");
    if (result > 0 || errno == EINTR)
        return STATUS_OK;
    return errno == EAGAIN ? wait_for(peer, POLLIN, deadline_us) : status_fail(STATUS_NETWORK, "%s", strerror(errno));
}

enum status peer_read_line(struct peer *peer, size_t longest, int64_t timeout_us, struct slice *out)
{
    int64_t deadline_us = deadline_of(peer, timeout_us);
    if (longest > ROOM)
        longest = ROOM;
    for (;;) {
        struct slice unread = slice_of(peer->in + peer->in_at, peer->in_end - peer->in_at);
        ptrdiff_t end = slice_find_byte(unread, '\n');
        if (end >= 0) {
            peer->in_at += (size_t)end + 1;
            *out = slice_part(unread, 0, (size_t)end);
            if (out->length > 0 && out->data[out->length - 1] == '\r')
                out->length--;
            return STATUS_OK;
        }
        if (unread.length >= longest)
            return status_fail(STATUS_LIMIT_EXCEEDED, "line longer than %zu bytes", longest);
        memmove(peer->in, unread.data, unread.length);
        peer->in_at = 0;
        peer->in_end = unread.length;
        TRY(receive(peer, deadline_us));
    }
}

bool peer_is_quiet(struct peer *peer)
{
    struct pollfd descriptor = { .fd = peer->socket, .events = POLLIN };
    return peer->in_at == peer->in_end && poll(&descriptor, 1, 0) == 0;
}
