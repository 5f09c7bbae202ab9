/* Accepts connections for all listeners, keeps the limit of open ones, and cuts those that are too slow. A thread of
 * its own, because libmicrohttpd has inactivity timeouts only: somebody who sends a byte now and then would stay for
 * ever. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "life.h"

#define SWEEP_MS 250
#define BODY_GRACE_US INT64_C(10000000) /* before the rate of a body is looked at */
#define BATCH 64                        /* connections taken from a listener at a time */

void limit_hit(struct http_server *server, const char *what, const char *who)
{
    metric_add(METRIC_LIMITS_HIT, 1);
    int64_t now_us = clock_monotonic_us();
    int64_t last_us = atomic_load(&server->last_limit_log_us);
    /* A flood must not fill the log: one line a second, the metric has the count. */
    if (last_us != 0 && now_us - last_us < 1000000)
        return;
    if (atomic_compare_exchange_strong(&server->last_limit_log_us, &last_us, now_us))
        log_event(EVENT_LIMIT_HIT, "%s by %s", what, who);
}

static bool is_too_slow(const struct http_connection *connection, int64_t now_us, int64_t rate)
{
    int64_t deadline_us = atomic_load(&connection->deadline_us);
    if (deadline_us != 0 && now_us > deadline_us)
        return true;
    int64_t started_us = atomic_load(&connection->body_started_us);
    if (started_us == 0 || now_us - started_us < BODY_GRACE_US)
        return false;
    uint64_t expected = (uint64_t)((now_us - started_us) / 1000000 * rate);
    return atomic_load(&connection->body_bytes) < expected;
}

static void sweep(struct http_server *server)
{
    int64_t now_us = clock_monotonic_us();
    int64_t rate = config_int(atomic_load(&server->config), CONFIG_http_body_rate);
    lock_take(&server->connections_lock);
    for (struct http_connection *connection = server->connections; connection != NULL; connection = connection->next) {
        if (!is_too_slow(connection, now_us, rate))
            continue;
        /* The listener sees the end of the stream and tidies up; its notice takes this lock before the descriptor is
         * closed. */
        shutdown(connection->socket, SHUT_RDWR);
        atomic_store(&connection->deadline_us, 0);
        atomic_store(&connection->body_started_us, 0);
        metric_add(METRIC_LIMITS_HIT, 1);
    }
    lock_release(&server->connections_lock);
}

static void take_over(struct http_server *server, int socket, const struct sockaddr *address, socklen_t length)
{
    size_t most = (size_t)config_int(atomic_load(&server->config), CONFIG_http_connections);
    if (atomic_load(&server->connection_count) >= most) {
        limit_hit(server, "http.connections", "a new connection");
        close(socket);
        return;
    }
    int one = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    MHD_add_connection(server->daemon, socket, address, length); /* closes it if it fails */
}

static void accept_batch(struct http_server *server, int listener)
{
    for (int i = 0; i < BATCH; i++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        int socket = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket >= 0) {
            take_over(server, socket, (const struct sockaddr *)&address, length);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            limit_hit(server, "open files", "a new connection");
            nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
        }
        if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

/* A listener, named by its index (its memory is the array), or a connection in the middle of its handshake. */
static void handle_event(struct http_server *server, const struct epoll_event *event)
{
    int *listener = event->data.ptr;
    bool is_listener = (uintptr_t)listener >= (uintptr_t)server->listeners &&
                       (uintptr_t)listener < (uintptr_t)(server->listeners + server->listener_count);
    if (!is_listener)
        handshake_go_on(event->data.ptr);
    else if (!atomic_load(&server->is_draining))
        accept_batch(server, *listener);
}

static void *acceptor_run(void *data)
{
    struct http_server *server = data;
    struct epoll_event events[64];
    int64_t swept_us = clock_monotonic_us();
    pthread_setname_np(pthread_self(), "http-accept");
    while (!atomic_load(&server->is_stopping)) {
        int count = epoll_wait(server->accept_epoll, events, (int)ARRAY_LENGTH(events), SWEEP_MS);
        for (int i = 0; i < count; i++)
            handle_event(server, &events[i]);
        if (clock_monotonic_us() - swept_us < INT64_C(1000) * SWEEP_MS)
            continue;
        swept_us = clock_monotonic_us();
        sweep(server);
    }
    return NULL;
}

enum status acceptor_start(struct http_server *server)
{
    server->accept_epoll = epoll_create1(EPOLL_CLOEXEC);
    if (server->accept_epoll < 0)
        return status_fail(STATUS_INTERNAL, "epoll: %s", strerror(errno));
    for (size_t i = 0; i < server->listener_count; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &server->listeners[i] };
        int flags = fcntl(server->listeners[i], F_GETFL);
        if (flags < 0 || fcntl(server->listeners[i], F_SETFL, flags | O_NONBLOCK) != 0 ||
            epoll_ctl(server->accept_epoll, EPOLL_CTL_ADD, server->listeners[i], &event) != 0)
            return status_fail(STATUS_INTERNAL, "listener: %s", strerror(errno));
    }
    if (pthread_create(&server->acceptor, NULL, acceptor_run, server) != 0)
        return status_fail(STATUS_INTERNAL, "acceptor thread");
    server->is_acceptor_started = true;
    return STATUS_OK;
}

void acceptor_close_listeners(struct http_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        /* Out of the set and deaf; the descriptor itself is closed when the acceptor has ended. */
        epoll_ctl(server->accept_epoll, EPOLL_CTL_DEL, server->listeners[i], NULL);
        shutdown(server->listeners[i], SHUT_RDWR);
    }
}

void acceptor_stop(struct http_server *server)
{
    atomic_store(&server->is_stopping, true);
    if (server->is_acceptor_started)
        pthread_join(server->acceptor, NULL);
    server->is_acceptor_started = false;
    handshakes_go_on(server);
    for (size_t i = 0; i < server->listener_count; i++)
        close(server->listeners[i]);
    server->listener_count = 0;
    if (server->accept_epoll >= 0)
        close(server->accept_epoll);
    server->accept_epoll = -1;
}
