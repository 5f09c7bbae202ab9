/* Accepting: limits of sessions, and the way of a socket to its thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "replies.h"
#include "server.h"

#define BATCH 64 /* connections taken from a listener at a time */

struct listening {
    struct smtp_server *server;
    enum smtp_service service;
};

/* On its way to the connection's thread. */
struct arrival {
    struct server_thread *thread;
    int socket;
    struct in6_addr address;
    enum smtp_service service;
};

void server_limit_hit(struct smtp_server *server, const char *what, const char *who)
{
    metric_add(METRIC_LIMITS_HIT, 1);
    int64_t now_us = clock_monotonic_us();
    int64_t last_us = atomic_load(&server->last_limit_log_us);
    /* A flood must not fill the log: one line a second, the metric has the count. */
    if (last_us != 0 && now_us - last_us < 1000000)
        return;
    if (atomic_compare_exchange_strong(&server->last_limit_log_us, &last_us, now_us))
        log_event(EVENT_LIMIT_HIT, "%s: %s", what, who);
}

static void refuse(int socket, enum smtp_service service, enum smtp_reply reply)
{
    char line[128];
    const struct smtp_reply_row *row = smtp_reply_row(reply);
    int length = snprintf(line, sizeof line, "%d %s %s\r\n", row->code, row->enhanced, row->text);
    if (service != SMTP_SERVICE_SUBMISSIONS && send(socket, line, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        errno = 0; /* the client has gone: nobody to tell */
    close(socket);
}

static void begin(void *data)
{
    struct arrival *arrival = data;
    if (arrival->thread->is_stopping) {
        close(arrival->socket);
        address_counts_remove(arrival->thread->server->counts, &arrival->address, false);
    } else {
        connection_begin(arrival->thread, arrival->socket, &arrival->address, arrival->service);
    }
    free(arrival);
}

static bool hand_over(struct smtp_server *server, int socket, const struct in6_addr *address, enum smtp_service service)
{
    struct server_thread *thread = &server->threads[server->next_thread++ % server->thread_count];
    if (thread == &server->threads[0]) {
        connection_begin(thread, socket, address, service);
        return true;
    }
    struct arrival *arrival = malloc(sizeof *arrival);
    if (arrival == NULL)
        return false;
    *arrival = (struct arrival){ .thread = thread, .socket = socket, .address = *address, .service = service };
    if (loop_post(thread->loop, begin, arrival) == STATUS_OK)
        return true;
    free(arrival);
    return false;
}

static void take_over(struct smtp_server *server, int socket, const struct sockaddr *from, enum smtp_service service)
{
    const struct config *config = atomic_load(&server->config);
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];
    if (!address_of_socket(from, &address)) {
        close(socket);
        return;
    }
    if (!address_counts_add(server->counts, &address, (size_t)config_int(config, CONFIG_smtp_sessions),
                            (size_t)config_int(config, CONFIG_smtp_sessions_per_address))) {
        address_text(&address, text);
        server_limit_hit(server, "smtp.sessions or smtp.sessions_per_address", text);
        refuse(socket, service, REPLY_TOO_MANY_SESSIONS);
        return;
    }
    if (hand_over(server, socket, &address, service))
        return;
    address_counts_remove(server->counts, &address, false);
    refuse(socket, service, REPLY_TOO_BUSY);
}

static void on_connections(int listener, void *data)
{
    struct listening *listening = data;
    if (atomic_load(&listening->server->is_draining)) {
        talloc_free(listening); /* with the watch: a listener that was shut down stays readable */
        return;
    }
    for (int i = 0; i < BATCH && !atomic_load(&listening->server->is_draining); i++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        int socket = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket >= 0) {
            take_over(listening->server, socket, (const struct sockaddr *)&address, listening->service);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            server_limit_hit(listening->server, "open files", "a new connection");
        if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

enum status accept_start(struct smtp_server *server)
{
    struct server_thread *thread = &server->threads[0];
    for (size_t i = 0; i < server->listener_count; i++) {
        struct listening *listening = talloc(thread->loop, struct listening);
        int flags = fcntl(server->listeners[i].socket, F_GETFL);
        if (listening == NULL || flags < 0 || fcntl(server->listeners[i].socket, F_SETFL, flags | O_NONBLOCK) != 0)
            return status_fail(STATUS_INTERNAL, "listener");
        *listening = (struct listening){ .server = server, .service = server->listeners[i].service };
        if (loop_watch_readable(thread->loop, listening, server->listeners[i].socket, on_connections, listening) == NULL)
            return status_fail(STATUS_NO_MEMORY, "listener");
    }
    return STATUS_OK;
}
