#include "bourse/http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "life.h"
#include "tls.h"

/* Mapped when touched: a larger limit costs less memory a connection than one that makes the library's pool come from
 * the heap, and has room for Kerberos tokens (measured: 64 KiB -> 19 KiB resident, 32 KiB -> 40 KiB, with 1,500
 * suspended TLS connections). */
#define CONNECTION_MEMORY ((size_t)65536)
#define LISTENER_THREADS 2u
#define BACKLOG 1024

enum status http_listen(const char *address, uint16_t port, int *out)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM }, *info = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    int code = getaddrinfo(address, service, &hints, &info);
    if (code != 0)
        return status_fail(STATUS_CONFIGURATION, "listen address %s: %s", address, gai_strerror(code));
    int one = 1;
    int listener = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_open = listener >= 0 && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                   (info->ai_family != AF_INET6 ||
                    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0) &&
                   bind(listener, info->ai_addr, info->ai_addrlen) == 0 && listen(listener, BACKLOG) == 0;
    int error = errno;
    freeaddrinfo(info);
    if (is_open) {
        *out = listener;
        return STATUS_OK;
    }
    if (listener >= 0)
        close(listener);
    return status_fail(STATUS_NETWORK, "listen on %s port %u: %s", address, port, strerror(error));
}

uint16_t http_listen_port(int listener)
{
    struct sockaddr_storage address = { 0 };
    socklen_t length = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)&address)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
}

/* GnuTLS asks in each handshake; libmicrohttpd has set its connection as the session's pointer. */
static int give_certificate(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                            const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain,
                            unsigned *count, gnutls_privkey_t *key)
{
    (void)authorities;
    (void)authority_count;
    (void)algorithms;
    (void)algorithm_count;
    struct MHD_Connection *mhd = gnutls_session_get_ptr(session);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const struct http_connection *connection = info != NULL ? info->socket_context : NULL;
    bool is_there = connection != NULL && certificates_current(connection->server->certificates, chain, count, key);
    return is_there ? 0 : -1;
}

/* Decoding is ours (path.c), once, after the checks. */
static size_t keep_escapes(void *data, struct MHD_Connection *mhd, char *text)
{
    (void)data;
    (void)mhd;
    return strlen(text);
}

static void log_library(void *data, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
static void log_library(void *data, const char *format, va_list arguments)
{
    char line[256];
    (void)data;
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\r\n")] = 0;
    log_event(EVENT_TRACE, "libmicrohttpd: %s", line);
}

static enum status start_daemon(struct http_server *server)
{
    const struct config *config = atomic_load(&server->config);
    /* The acceptor keeps the real limits. */
    unsigned limit = (unsigned)config_int(config, CONFIG_http_connections) + 1000;
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(intptr_t)give_certificate },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem plain[] = { { MHD_OPTION_END, 0, NULL } };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC |
                     MHD_USE_ERROR_LOG;
    if (server->certificates != NULL)
        flags |= MHD_USE_TLS;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, life_step, server, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, life_completed, server, MHD_OPTION_NOTIFY_CONNECTION, life_connection, server,
        MHD_OPTION_URI_LOG_CALLBACK, life_begin, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT, limit,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)config_seconds(config, CONFIG_http_idle), MHD_OPTION_STRICT_FOR_CLIENT,
        0, MHD_OPTION_THREAD_POOL_SIZE, LISTENER_THREADS, MHD_OPTION_ARRAY, server->certificates != NULL ? tls : plain,
        MHD_OPTION_END);
    if (server->daemon == NULL)
        return status_fail(STATUS_INTERNAL, "libmicrohttpd does not start");
    return STATUS_OK;
}

static const char *fallback_url(TALLOC_CTX *mem, const struct config *config)
{
    char name[256] = "localhost";
    const char *host = config_text(config, CONFIG_server_hostname);
    if (host[0] == 0 && gethostname(name, sizeof name - 1) == 0)
        host = name;
    int64_t port = config_int(config, CONFIG_http_port);
    if (port == 443 || port == 0)
        return talloc_asprintf(mem, "https://%s", host);
    return talloc_asprintf(mem, "https://%s:%lld", host, (long long)port);
}

static int server_free(struct http_server *server)
{
    http_server_stop(server);
    lock_destroy(&server->connections_lock);
    return 0;
}

static enum status fill(struct http_server *server, const struct http_server_options *options)
{
    atomic_store(&server->config, options->config);
    server->workers = options->workers;
    server->directory = options->directory;
    server->accept_epoll = -1;
    lock_init(&server->connections_lock, LOCK_HTTP_LIMITS);
    talloc_set_destructor(server, server_free);
    server->services = talloc_memdup(server, options->services, options->service_count * sizeof *options->services);
    server->service_count = options->service_count;
    server->listeners = talloc_memdup(server, options->listeners, options->listener_count * sizeof *options->listeners);
    server->listener_count = options->listener_count;
    server->users = counts_new(server);
    server->addresses = counts_new(server);
    server->fallback_url = fallback_url(server, options->config);
    if (server->services == NULL || server->listeners == NULL || server->users == NULL || server->addresses == NULL ||
        server->fallback_url == NULL)
        return status_fail(STATUS_NO_MEMORY, "HTTP server");
    return STATUS_OK;
}

static enum status start_parts(struct http_server *server, bool is_plain)
{
    const struct config *config = atomic_load(&server->config);
    if (!is_plain) {
        server->certificates = certificates_new(server);
        if (server->certificates == NULL)
            return status_fail(STATUS_NO_MEMORY, "certificates");
        TRY(certificates_load(server->certificates, config_text(config, CONFIG_tls_certificate),
                              config_text(config, CONFIG_tls_key)));
    }
    TRY(registry_start(server, &server->registry));
    TRY(start_daemon(server));
    return acceptor_start(server);
}

enum status http_server_start(TALLOC_CTX *mem, const struct http_server_options *options, struct http_server **out)
{
    struct http_server *server = talloc_zero(mem, struct http_server);
    if (server == NULL)
        return status_fail(STATUS_NO_MEMORY, "HTTP server");
    enum status status = fill(server, options);
    if (status == STATUS_OK)
        status = start_parts(server, options->is_plain);
    if (status != STATUS_OK) {
        talloc_free(server);
        return status;
    }
    *out = server;
    return STATUS_OK;
}

enum status http_server_reload(struct http_server *server, const struct config *config)
{
    enum status status = STATUS_OK;
    if (server->certificates != NULL)
        status = certificates_load(server->certificates, config_text(config, CONFIG_tls_certificate),
                                   config_text(config, CONFIG_tls_key));
    atomic_store(&server->config, config);
    return status;
}

static void nap_ms(long milliseconds)
{
    nanosleep(&(struct timespec){ .tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000 }, NULL);
}

bool http_server_drain(struct http_server *server, int64_t seconds)
{
    if (!atomic_exchange(&server->is_draining, true))
        acceptor_close_listeners(server);
    if (server->registry != NULL)
        registry_drain(server->registry);
    for (int64_t waited_ms = 0; waited_ms < seconds * 1000 && atomic_load(&server->request_count) > 0; waited_ms += 10)
        nap_ms(10);
    return atomic_load(&server->request_count) == 0;
}

/* Cuts the streams that are still open, so that nothing stays suspended. */
static void cut_streams(struct http_server *server)
{
    for (;;) {
        struct http_request *found = NULL;
        lock_take(&server->connections_lock);
        for (struct http_connection *connection = server->connections; connection != NULL && found == NULL;
             connection = connection->next)
            if (connection->request != NULL && connection->request->stream != NULL && !connection->request->is_cut)
                found = connection->request;
        if (found != NULL) {
            found->is_cut = true;
            request_own(found);
        }
        lock_release(&server->connections_lock);
        if (found == NULL)
            return;
        stream_gone(found->stream);
        request_disown(found);
    }
}

void http_server_stop(struct http_server *server)
{
    if (server->registry == NULL || server->is_stopped)
        return;
    server->is_stopped = true;
    if (server->accept_epoll >= 0)
        http_server_drain(server, 0);
    acceptor_stop(server);
    while (atomic_load(&server->run_count) > 0)
        nap_ms(2);
    if (server->daemon != NULL) {
        nap_ms(5); /* a handshake that did not see is_stopping yet */
        handshakes_go_on(server);
        cut_streams(server);
        MHD_stop_daemon(server->daemon);
    }
    server->daemon = NULL;
    registry_stop(server->registry); /* it stays until the server is freed: late http_wake calls find it empty */
}

struct http_server_counts http_server_counts(struct http_server *server)
{
    return (struct http_server_counts){
        .connections = atomic_load(&server->connection_count),
        .requests = atomic_load(&server->request_count),
        .waiting = registry_waiting(server->registry),
    };
}
