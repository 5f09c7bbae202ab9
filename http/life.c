/* libmicrohttpd's callbacks: one request from its first line to its end. Runs in the listener's thread and never
 * blocks. */
#include "life.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "bourse/directory/sign_in.h"

/* A body up to this is kept before sign-in and verified together with the call; a larger one only comes after it. */
#define UNSIGNED_BODY UINT64_C(16384)

static struct http_connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

void *life_begin(void *data, const char *target, struct MHD_Connection *mhd)
{
    struct http_server *server = data;
    struct http_connection *connection = connection_of(mhd);
    struct http_request *request = connection != NULL ? request_new(NULL) : NULL;
    if (request == NULL)
        return NULL;
    request->server = server;
    request->config = atomic_load(&server->config);
    request->connection = connection;
    request->mhd = mhd;
    request->remote_address = talloc_strdup(request, connection->address_text);
    request->target = talloc_strdup(request, target != NULL ? target : "");
    request->started_us = clock_monotonic_us();
    atomic_fetch_add(&server->request_count, 1);
    lock_take(&server->connections_lock);
    connection->request = request;
    lock_release(&server->connections_lock);
    atomic_store(&connection->deadline_us,
                 request->started_us + config_seconds(request->config, CONFIG_http_header_deadline) * 1000000);
    return request;
}

/* Suspends and queues; the worker's end resumes. When the queue is full the client hears it at once. */
static void submit(struct http_request *request)
{
    request->phase = PHASE_RUNNING;
    request_own(request);
    atomic_fetch_add(&request->server->run_count, 1);
    MHD_suspend_connection(request->mhd);
    enum status status = workers_submit(request->server->workers, run_request, request);
    if (status == STATUS_OK)
        return;
    limit_hit(request->server, "http.workers queue", request->remote_address);
    refuse_status(request, status);
    request->phase = PHASE_ANSWERED;
    life_resume(request);
}

void life_resume(struct http_request *request)
{
    struct http_server *server = request->server;
    struct MHD_Connection *mhd = request->mhd;
    log_set_request(NULL);
    request_disown(request); /* the listener owns it still and does nothing until the resume */
    MHD_resume_connection(mhd);
    atomic_fetch_sub(&server->run_count, 1);
}

/* True when the body may be larger than what is kept before sign-in. */
static bool needs_early_sign_in(const struct http_request *request)
{
    if (request->is_open || request->is_signed_in || request->authorization == NULL || !request->has_body)
        return false;
    const char *length = http_header(request, "Content-Length");
    return length == NULL || strtoull(length, NULL, 10) > UNSIGNED_BODY || request->expects_continue;
}

/* A client without credentials is told so after its body was read and dropped, so that the connection can be used
 * again; a client that asked first (Expect) or sends to the wrong place hears at once. libmicrohttpd closes after an
 * answer in its first call. */
static bool answers_before_body(const struct http_request *request)
{
    if (request->answer.must_close)
        return true;
    return request->has_body && (request->expects_continue || request->answer.status != 401);
}

static enum MHD_Result begin_body(struct http_request *request)
{
    struct http_connection *connection = request->connection;
    enum status status = body_begin(request, request->body.limit);
    if (status != STATUS_OK) {
        refuse_status(request, status);
        return answer_queue(request);
    }
    atomic_store(&connection->body_bytes, 0);
    atomic_store(&connection->body_started_us, request->has_body ? clock_monotonic_us() : 0);
    request->phase = PHASE_BODY;
    request->is_head_done = true;
    return MHD_YES;
}

static enum MHD_Result head_received(struct http_request *request, const char *method, const char *version)
{
    if (request->phase == PHASE_HEAD) {
        atomic_store(&request->connection->deadline_us, 0);
        head_check(request, method, version);
        if (!request->answer.is_set && !request->is_open && request->authorization == NULL) {
            challenge(request, NULL);
            refuse_status(request, STATUS_SIGN_IN_FAILED);
        }
        if (!request->answer.is_set && needs_early_sign_in(request)) {
            request->is_job_sign_in_only = true;
            submit(request);
            return MHD_YES;
        }
    }
    if (!request->answer.is_set)
        return begin_body(request);
    if (answers_before_body(request))
        return answer_queue(request);
    request->is_head_done = true;
    request->phase = PHASE_ANSWERED;
    request->body.limit = (uint64_t)config_size(request->config, CONFIG_http_body_size);
    atomic_store(&request->connection->body_bytes, 0);
    atomic_store(&request->connection->body_started_us, request->has_body ? clock_monotonic_us() : 0);
    return MHD_YES;
}

/* The answer is known but the client still sends: drop it, within the limit. */
static enum MHD_Result discard(struct http_request *request, size_t *length)
{
    request->discarded += *length;
    if (request->discarded > 2 * request->body.limit)
        return MHD_NO;
    *length = 0;
    return MHD_YES;
}

static enum MHD_Result body_received(struct http_request *request, struct slice piece, size_t *length)
{
    atomic_fetch_add(&request->connection->body_bytes, piece.length);
    if (request->answer.is_set)
        return discard(request, length);
    status_chain_clear();
    enum status status = body_append(request, piece);
    if (status != STATUS_OK) {
        body_drop(request);
        refuse_status(request, status);
        request->phase = PHASE_ANSWERED;
    }
    *length = 0;
    return MHD_YES;
}

static enum MHD_Result request_received(struct http_request *request)
{
    atomic_store(&request->connection->body_started_us, 0);
    request->started_us = clock_monotonic_us();
    enum status status = body_finish(request);
    if (status != STATUS_OK) {
        refuse_status(request, status);
        return answer_queue(request);
    }
    submit(request);
    return MHD_YES;
}

enum MHD_Result life_step(void *server, struct MHD_Connection *mhd, const char *url, const char *method,
                          const char *version, const char *upload, size_t *upload_length, void **context)
{
    struct http_request *request = *context;
    (void)server;
    (void)mhd;
    (void)url;
    if (request == NULL)
        return MHD_NO;
    if (*upload_length > 0)
        return body_received(request, slice_of(upload, *upload_length), upload_length);
    if (!request->is_head_done &&
        (request->phase == PHASE_HEAD || request->phase == PHASE_SIGNED_IN || request->phase == PHASE_ANSWERED))
        return head_received(request, method, version);
    if (request->phase == PHASE_BODY)
        return request_received(request);
    if (request->phase == PHASE_ANSWERED) {
        atomic_store(&request->connection->body_started_us, 0);
        return answer_queue(request);
    }
    return MHD_YES;
}

void life_completed(void *data, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
    struct http_server *server = data;
    struct http_request *request = *context;
    (void)mhd;
    (void)code;
    *context = NULL;
    if (request == NULL)
        return;
    struct http_connection *connection = request->connection;
    lock_take(&server->connections_lock);
    connection->request = NULL;
    lock_release(&server->connections_lock);
    atomic_store(&connection->body_started_us, 0);
    /* Until the next request line is whole. libmicrohttpd's own timeout counts inactivity only. */
    atomic_store(&connection->deadline_us,
                 clock_monotonic_us() + (config_seconds(request->config, CONFIG_http_idle) +
                                         config_seconds(request->config, CONFIG_http_header_deadline)) *
                                            1000000);
    if (request->stream != NULL) {
        stream_gone(request->stream);
        registry_hang_up(request);
    }
    metric_add(METRIC_HTTP_REQUESTS, 1);
    if (request->answer.status >= 500)
        metric_add(METRIC_HTTP_ERRORS, 1);
    atomic_fetch_sub(&server->request_count, 1);
    request_disown(request);
}

static void set_address(struct http_connection *connection, const struct sockaddr *address)
{
    if (address != NULL && address->sa_family == AF_INET6) {
        connection->address = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    } else if (address != NULL && address->sa_family == AF_INET) {
        connection->address.s6_addr[10] = connection->address.s6_addr[11] = 0xFF;
        memcpy(connection->address.s6_addr + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    }
    bool is_ipv4 = IN6_IS_ADDR_V4MAPPED(&connection->address);
    inet_ntop(is_ipv4 ? AF_INET : AF_INET6, connection->address.s6_addr + (is_ipv4 ? 12 : 0), connection->address_text,
              sizeof connection->address_text);
}

static struct count_key address_key(const struct http_connection *connection)
{
    struct count_key key = { 0 };
    memcpy(key.bytes, connection->address.s6_addr, 16);
    return key;
}

static void opened(struct http_server *server, struct MHD_Connection *mhd, void **context)
{
    struct http_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return;
    const struct config *config = atomic_load(&server->config);
    connection->server = server;
    connection->mhd = mhd;
    connection->socket = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    set_address(connection, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    atomic_store(&connection->deadline_us,
                 clock_monotonic_us() + config_seconds(config, CONFIG_http_header_deadline) * 1000000);
    struct count_key key = address_key(connection);
    size_t count = counts_enter(server->addresses, &key);
    connection->is_counted = count > 0;
    atomic_fetch_add(&server->connection_count, 1);
    metric_add(METRIC_HTTP_CONNECTIONS, 1);
    lock_take(&server->connections_lock);
    connection->next = server->connections;
    if (connection->next != NULL)
        connection->next->prev = connection;
    server->connections = connection;
    lock_release(&server->connections_lock);
    *context = connection;
    if (server->certificates != NULL)
        handshake_prepare(connection);
    if (count > (size_t)config_int(config, CONFIG_http_connections_per_address)) {
        limit_hit(server, "http.connections_per_address", connection->address_text);
        shutdown(connection->socket, SHUT_RDWR);
    }
}

static void closed(struct http_server *server, void **context)
{
    struct http_connection *connection = *context;
    *context = NULL;
    if (connection == NULL)
        return;
    lock_take(&server->connections_lock);
    if (connection->prev != NULL)
        connection->prev->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next != NULL)
        connection->next->prev = connection->prev;
    lock_release(&server->connections_lock);
    struct count_key key = address_key(connection);
    if (connection->is_counted)
        counts_leave(server->addresses, &key);
    talloc_free(connection->sasl);
    free(connection);
    atomic_fetch_sub(&server->connection_count, 1);
    metric_add(METRIC_HTTP_CONNECTIONS, -1);
}

void life_connection(void *server, struct MHD_Connection *mhd, void **socket_context,
                     enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        opened(server, mhd, socket_context);
    else
        closed(server, socket_context);
}
