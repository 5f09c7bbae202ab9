#include "bourse/http/metrics_listener.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdatomic.h>

#include <microhttpd.h>

#include "bourse/base/metrics.h"
#include "bourse/http/server.h"

#define MOST_CONNECTIONS 16u
#define MOST_TEXT ((size_t)1 << 20)

struct metrics_listener {
    struct MHD_Daemon *daemon;
    uint16_t port;
    const char *role;
    struct health_check *checks;
    size_t check_count;
    atomic_bool is_draining;
};

static unsigned write_readiness(struct metrics_listener *listener, struct buffer *out)
{
    unsigned code = 200;
    if (atomic_load(&listener->is_draining)) {
        buffer_append_text(out, "draining\n");
        code = 503;
    }
    for (size_t i = 0; i < listener->check_count; i++) {
        status_chain_clear();
        enum status status = listener->checks[i].check(listener->checks[i].data);
        buffer_printf(out, "%s: %s\n", listener->checks[i].name,
                      status == STATUS_OK ? "ok" : status_client_text(status));
        if (status != STATUS_OK)
            code = 503;
    }
    if (listener->check_count == 0 && code == 200)
        buffer_append_text(out, "ok\n");
    return code;
}

static unsigned write_answer(struct metrics_listener *listener, const char *path, struct buffer *out)
{
    if (strcmp(path, "/metrics") == 0) {
        metrics_write(out, listener->role);
        return 200;
    }
    if (strcmp(path, "/health/live") == 0) {
        buffer_append_text(out, "ok\n");
        return 200;
    }
    if (strcmp(path, "/health/ready") == 0)
        return write_readiness(listener, out);
    buffer_append_text(out, "There is /metrics, /health/live and /health/ready\n");
    return 404;
}

static enum MHD_Result answer(void *data, struct MHD_Connection *mhd, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_length, void **context)
{
    (void)version;
    (void)upload;
    (void)context;
    if (*upload_length > 0 || (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0))
        return MHD_NO;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *out = buffer_new(mem, MOST_TEXT);
    if (out == NULL) {
        talloc_free(mem);
        return MHD_NO;
    }
    unsigned code = write_answer(data, url, out);
    struct slice body = buffer_slice(out);
    struct MHD_Response *response = MHD_create_response_from_buffer(body.length, (void *)(uintptr_t)body.data,
                                                                    MHD_RESPMEM_MUST_COPY);
    talloc_free(mem);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(mhd, code, response);
    MHD_destroy_response(response);
    return result;
}

static int listener_free(struct metrics_listener *listener)
{
    if (listener->daemon != NULL)
        MHD_stop_daemon(listener->daemon);
    return 0;
}

enum status metrics_listener_start(TALLOC_CTX *mem, const char *address, uint16_t port, const char *role,
                                   const struct health_check *checks, size_t check_count, struct metrics_listener **out)
{
    int socket = -1;
    TRY(http_listen(address, port, &socket));
    struct metrics_listener *listener = talloc_zero(mem, struct metrics_listener);
    if (listener == NULL)
        return status_fail(STATUS_NO_MEMORY, "metrics listener");
    talloc_set_destructor(listener, listener_free);
    listener->port = http_listen_port(socket);
    listener->role = talloc_strdup(listener, role);
    listener->checks = check_count > 0 ? talloc_memdup(listener, checks, check_count * sizeof *checks) : NULL;
    listener->check_count = listener->checks != NULL ? check_count : 0;
    /* A thread a connection: a check that waits for a database must not hold up the metrics. */
    listener->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC, 0, NULL, NULL,
        answer, listener, MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_CONNECTION_LIMIT, MOST_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)8192, MHD_OPTION_END);
    if (listener->daemon == NULL) {
        talloc_free(listener);
        return status_fail(STATUS_INTERNAL, "libmicrohttpd does not start");
    }
    *out = listener;
    return STATUS_OK;
}

uint16_t metrics_listener_port(const struct metrics_listener *listener)
{
    return listener->port;
}

void metrics_listener_set_draining(struct metrics_listener *listener)
{
    atomic_store(&listener->is_draining, true);
}
