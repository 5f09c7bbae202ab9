/* TLS handshakes that do not spin. libmicrohttpd 0.9.75 in epoll mode keeps a connection on its ready list while a
 * handshake waits for the client, so one slow client keeps a listener thread at full load. So the read function that
 * GnuTLS calls is ours: when the handshake has nothing to read, the connection is suspended, and the acceptor's epoll
 * set resumes it when bytes (or the end) come. */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "life.h"

static void wait_for_bytes(struct http_connection *connection)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = connection };
    MHD_suspend_connection(connection->mhd);
    atomic_store(&connection->is_shaking_hands, true);
    int operation = connection->is_armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    connection->is_armed = true;
    if (epoll_ctl(connection->server->accept_epoll, operation, connection->socket, &event) != 0)
        handshake_go_on(connection);
}

static ssize_t pull(gnutls_transport_ptr_t data, void *to, size_t length)
{
    struct http_connection *connection = data;
    ssize_t got = recv(connection->socket, to, length, 0);
    if (got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        return got;
    if (!connection->is_handshake_done && !atomic_load(&connection->server->is_stopping))
        wait_for_bytes(connection);
    errno = EAGAIN;
    return -1;
}

/* The client's Finished is the last message that a server waits for, in TLS 1.2 without resumption and in 1.3. */
static int finished(gnutls_session_t session, unsigned type, unsigned when, unsigned is_incoming,
                    const gnutls_datum_t *message)
{
    (void)type;
    (void)when;
    (void)message;
    struct MHD_Connection *mhd = gnutls_session_get_ptr(session);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_connection *connection = info != NULL ? info->socket_context : NULL;
    if (is_incoming != 0 && connection != NULL)
        connection->is_handshake_done = true;
    return 0;
}

void handshake_prepare(struct http_connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info == NULL || info->tls_session == NULL)
        return;
    gnutls_session_t session = info->tls_session;
    gnutls_transport_set_ptr2(session, connection, (gnutls_transport_ptr_t)(intptr_t)connection->socket);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST, finished);
}

void handshake_go_on(struct http_connection *connection)
{
    if (atomic_exchange(&connection->is_shaking_hands, false))
        MHD_resume_connection(connection->mhd);
}

void handshakes_go_on(struct http_server *server)
{
    lock_take(&server->connections_lock);
    for (struct http_connection *connection = server->connections; connection != NULL; connection = connection->next)
        handshake_go_on(connection);
    lock_release(&server->connections_lock);
}
