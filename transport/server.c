/* Start, reload, drain and stop of the SMTP server. */
#include "server.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bourse/base/certificate.h"
#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/memory.h"
#include "bourse/transport/smtp_server.h"

#define BACKLOG 1024

static bool open_listener(const struct addrinfo *info, int *out)
{
    int one = 1;
    *out = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return *out >= 0 && setsockopt(*out, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
           (info->ai_family != AF_INET6 || setsockopt(*out, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0) &&
           bind(*out, info->ai_addr, info->ai_addrlen) == 0 && listen(*out, BACKLOG) == 0;
}

enum status smtp_listen(const char *address, uint16_t port, int *out)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM }, *info = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    int code = getaddrinfo(address, service, &hints, &info);
    if (code != 0)
        return status_fail(STATUS_CONFIGURATION, "listen address %s: %s", address, gai_strerror(code));
    bool is_open = open_listener(info, out);
    int error = errno;
    freeaddrinfo(info);
    if (is_open)
        return STATUS_OK;
    if (*out >= 0)
        close(*out);
    *out = -1;
    return status_fail(STATUS_NETWORK, "listen on %s port %u: %s", address, port, strerror(error));
}

uint16_t smtp_listen_port(int listener)
{
    struct sockaddr_storage address = { 0 };
    socklen_t length = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)&address)->sin6_port);
    /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): getsockname has written it */
    return ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
}

/* ---- certificate ---- */

static enum status load_certificate(struct smtp_server *server, const struct config *config)
{
    const char *chain = config_text(config, CONFIG_tls_certificate), *key = config_text(config, CONFIG_tls_key);
    SSL_CTX *context = NULL;
    if (chain[0] == '\0')
        return STATUS_OK;
    TRY(tls_server_context(chain, key[0] != '\0' ? key : chain, &context));
    SSL_CTX **contexts = array_resize(server, server->contexts, SSL_CTX *, server->context_count + 1);
    if (contexts == NULL) {
        SSL_CTX_free(context);
        return status_fail(STATUS_NO_MEMORY, "certificate");
    }
    server->contexts = contexts;
    server->contexts[server->context_count++] = context;
    atomic_store(&server->tls, context);
    certificate_loaded(chain, tls_expires(context));
    return STATUS_OK;
}

static bool has_listener(const struct smtp_server *server, enum smtp_service service)
{
    for (size_t i = 0; i < server->listener_count; i++)
        if (server->listeners[i].service == service)
            return true;
    return false;
}

static enum status check_certificate(const struct smtp_server *server)
{
    if (server->context_count > 0)
        return STATUS_OK;
    if (has_listener(server, SMTP_SERVICE_SUBMISSIONS)) {
        status_set_client_text("smtp.submissions_port needs tls.certificate and tls.key");
        return status_fail(STATUS_CONFIGURATION, "smtp.submissions_port needs tls.certificate and tls.key");
    }
    if (has_listener(server, SMTP_SERVICE_SUBMISSION))
        log_event(EVENT_CONFIG_WARNING, "without tls.certificate nobody can sign in on smtp.submission_port");
    return STATUS_OK;
}

enum status smtp_server_reload(struct smtp_server *server, const struct config *config)
{
    enum status status = load_certificate(server, config);
    atomic_store(&server->config, config);
    return status;
}

/* ---- start and stop ---- */

static void free_loops(struct smtp_server *server)
{
    for (size_t i = 0; i < server->thread_count; i++)
        TALLOC_FREE(server->threads[i].loop);
}

static int server_free(struct smtp_server *server)
{
    smtp_server_stop(server);
    for (size_t i = 0; i < server->context_count; i++)
        SSL_CTX_free(server->contexts[i]);
    return 0;
}

static enum status copy_listeners(struct smtp_server *server, const struct smtp_server_options *options)
{
    server->listeners = array_new(server, struct smtp_listener, options->listener_count);
    if (server->listeners == NULL)
        return status_fail(STATUS_NO_MEMORY, "listeners");
    memcpy(server->listeners, options->listeners, options->listener_count * sizeof *server->listeners);
    server->listener_count = options->listener_count;
    return STATUS_OK;
}

static enum status make_threads(struct smtp_server *server)
{
    size_t count = server->options.threads > 0 ? server->options.threads : 1;
    server->threads = array_new(server, struct server_thread, count);
    if (server->threads == NULL)
        return status_fail(STATUS_NO_MEMORY, "threads");
    for (size_t i = 0; i < count; i++) {
        server->threads[i] = (struct server_thread){ .server = server, .loop = loop_new(NULL) };
        if (server->threads[i].loop == NULL)
            return status_fail(STATUS_NO_MEMORY, "event loop");
        server->thread_count++;
    }
    return STATUS_OK;
}

static enum status start(struct smtp_server *server, const struct smtp_server_options *options)
{
    TRY(copy_listeners(server, options));
    server->counts = address_counts_new(server);
    if (server->counts == NULL)
        return status_fail(STATUS_NO_MEMORY, "session counts");
    TRY(load_certificate(server, options->config));
    TRY(check_certificate(server));
    TRY(make_threads(server));
    TRY(accept_start(server));
    for (size_t i = 0; i < server->thread_count; i++)
        TRY(server_thread_start(&server->threads[i]));
    return STATUS_OK;
}

enum status smtp_server_start_with(TALLOC_CTX *mem, const struct smtp_server_options *options, const struct smtp_backend *backend,
                                   struct smtp_server **out)
{
    struct smtp_server *server = talloc_zero(mem, struct smtp_server);
    if (server == NULL)
        return status_fail(STATUS_NO_MEMORY, "SMTP server");
    server->options = *options;
    atomic_store(&server->config, options->config);
    server->backend = *backend;
    talloc_set_destructor(server, server_free);
    enum status status = start(server, options);
    if (status != STATUS_OK) {
        server->listener_count = 0; /* the caller's */
        talloc_free(server);
        return status;
    }
    *out = server;
    return STATUS_OK;
}

size_t smtp_server_sessions(struct smtp_server *server)
{
    return address_counts_total(server->counts);
}

bool smtp_server_drain(struct smtp_server *server, int64_t seconds)
{
    int64_t deadline_us = clock_monotonic_us() + seconds * 1000000;
    atomic_store(&server->is_draining, true);
    for (size_t i = 0; i < server->listener_count; i++)
        shutdown(server->listeners[i].socket, SHUT_RDWR); /* deaf from now on; closed by the stop */
    for (size_t i = 0; i < server->thread_count; i++)
        server_thread_drain(&server->threads[i]);
    while (smtp_server_sessions(server) > 0 && clock_monotonic_us() < deadline_us)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    return smtp_server_sessions(server) == 0;
}

void smtp_server_stop(struct smtp_server *server)
{
    if (server->is_stopped)
        return;
    server->is_stopped = true;
    atomic_store(&server->is_draining, true);
    for (size_t i = 0; i < server->thread_count; i++)
        server_thread_stop(&server->threads[i]);
    free_loops(server);
    for (size_t i = 0; i < server->listener_count; i++)
        close(server->listeners[i].socket);
    server->listener_count = 0;
}
