/* A server with made-up services for test_http.py and hold_bench: what a protocol could do to the life cycle, on
 * demand.
 *
 * Arguments: section.name=value options; "plain" for no TLS. Prints {"port": N, "metrics_port": N} when it is ready;
 * reads commands from standard input: "reload", "drain SECONDS"; the end of input stops it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/hash.h"
#include "bourse/base/log.h"
#include "bourse/base/text.h"
#include "bourse/http/long_poll.h"
#include "bourse/http/metrics_listener.h"
#include "bourse/http/server.h"
#include "bourse/http/stream.h"
#include "fake_directory.h"

static atomic_int hang_ups;

static int64_t number(struct http_request *request, const char *name, int64_t otherwise)
{
    const char *text = http_query(request, name);
    return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

static struct guid key_of(struct http_request *request)
{
    const char *text = http_query(request, "key");
    struct hash256 hash = hash_sha256(slice_of_text(text != NULL ? text : ""));
    struct guid key;
    memcpy(key.bytes, hash.bytes, sizeof key.bytes);
    return key;
}

static enum status respond(struct http_request *request, const char *text)
{
    http_respond(request, 200, "text/plain", slice_of_text(text));
    return STATUS_OK;
}

static enum status echo(struct http_request *request)
{
    struct buffer *out = buffer_new(http_mem(request), 1 << 20);
    struct slice body = http_body(request);
    struct hash256 hash = hash_sha256(body);
    const char *q = http_query(request, "q");
    buffer_printf(out, "method=%s\npath=%s\nq=%s\nlogin=%s\nremote=%s\nlength=%zu\nsha256=", http_method(request),
                  http_path(request), q != NULL ? q : "-", http_login(request), http_remote_address(request),
                  body.length);
    hex_append(out, slice_of(hash.bytes, sizeof hash.bytes));
    buffer_printf(out, "\nauthorization=%s\nbase=%s\ntype=%s\n",
                  http_header(request, "Authorization") != NULL ? "seen" : "hidden", http_base_url(request),
                  http_content_type(request));
    http_set_header(request, "X-Echo", "yes");
    http_respond_buffer(request, 200, "text/plain; charset=utf-8", out);
    return STATUS_OK;
}

static enum status fail(struct http_request *request)
{
    int64_t wanted = number(request, "status", STATUS_INTERNAL);
    if (wanted == STATUS_OK)
        return STATUS_OK; /* no answer: a defect */
    return status_fail((enum status)wanted, "asked to fail");
}

static enum status big(struct http_request *request)
{
    size_t size = (size_t)number(request, "n", 100000);
    uint8_t *text = talloc_size(http_mem(request), size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (uint8_t)('a' + i % 23);
    http_respond(request, 200, "text/plain", slice_of(text, size));
    return STATUS_OK;
}

static enum status slow(struct http_request *request)
{
    int64_t ms = number(request, "ms", 100);
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
    return respond(request, http_is_over_user_limit(request) ? "over the limit" : "done");
}

static enum status woken(struct http_request *request, enum http_wake_reason reason, void *data)
{
    static const char *const words[] = { "event", "deadline", "hang-up", "drain" };
    (void)data;
    if (reason == HTTP_WAKE_HANG_UP) {
        atomic_fetch_add(&hang_ups, 1);
        return STATUS_OK;
    }
    return respond(request, words[reason]);
}

static enum status wait(struct http_request *request)
{
    struct guid key = key_of(request);
    TRY(http_watch(request, &key, 1));
    if (number(request, "lost", 0) != 0)
        http_wake(http_request_server(request), key); /* between watch and wait */
    return http_wait(request, clock_monotonic_us() + number(request, "ms", 60000) * 1000, woken, NULL);
}

static enum status wake(struct http_request *request)
{
    http_wake(http_request_server(request), key_of(request));
    return respond(request, "woken");
}

static enum status streaming(struct http_request *request, enum http_wake_reason reason, void *data)
{
    struct http_stream *stream = data;
    int64_t ms = number(request, "ms", 1000);
    if (reason == HTTP_WAKE_HANG_UP) {
        atomic_fetch_add(&hang_ups, 1);
        http_stream_end(stream, false);
        return STATUS_OK;
    }
    enum status status = http_stream_write(stream, slice_of_text(reason == HTTP_WAKE_EVENT   ? "event\n"
                                                                 : reason == HTTP_WAKE_DRAIN ? "drain\n"
                                                                                             : "alive\n"));
    if (status != STATUS_OK || reason == HTTP_WAKE_DRAIN || number(request, "once", 0) != 0) {
        http_stream_end(stream, status == STATUS_OK);
        return STATUS_OK;
    }
    return http_wait(request, clock_monotonic_us() + ms * 1000, streaming, stream);
}

static enum status stream(struct http_request *request)
{
    struct http_stream *begun = NULL;
    struct guid key = key_of(request);
    TRY(http_watch(request, &key, 1));
    TRY(http_stream_begin(request, 200, "text/plain", &begun));
    int64_t pieces = number(request, "pieces", 0);
    char piece[1024];
    memset(piece, 'x', sizeof piece);
    for (int64_t i = 0; i < pieces; i++)
        TRY(http_stream_write(begun, slice_of(piece, sizeof piece)));
    if (number(request, "cut", 0) != 0 || number(request, "end", 0) != 0) {
        http_stream_end(begun, number(request, "end", 0) != 0);
        return STATUS_OK;
    }
    TRY(http_stream_write(begun, slice_of_text("begin\n")));
    return http_wait(request, clock_monotonic_us() + number(request, "ms", 1000) * 1000, streaming, begun);
}

/* A stream that first waits after it began, when the client may have gone already. */
static enum status late(struct http_request *request)
{
    struct http_stream *begun = NULL;
    TRY(http_stream_begin(request, 200, "text/plain", &begun));
    nanosleep(&(struct timespec){ .tv_nsec = 300000 }, NULL);
    enum status status = http_stream_write(begun, slice_of_text("begin\n"));
    if (status != STATUS_OK) {
        http_stream_end(begun, false);
        return STATUS_OK;
    }
    return http_wait(request, clock_monotonic_us() + number(request, "ms", 1000) * 1000, streaming, begun);
}

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static enum status counts(struct http_request *request)
{
    struct http_server_counts now = http_server_counts(http_request_server(request));
    char *text = talloc_asprintf(http_mem(request),
                                 "{\"connections\": %zu, \"requests\": %zu, \"waiting\": %zu, \"hang_ups\": %d, "
                                 "\"sign_ins\": %d, \"rss_kib\": %ld}",
                                 now.connections, now.requests, now.waiting, atomic_load(&hang_ups),
                                 atomic_load(&fake_sign_ins), resident_kib());
    http_respond(request, 200, "application/json", slice_of_text(text));
    return STATUS_OK;
}

static enum status set(struct http_request *request)
{
    atomic_store(&fake_kerberos, number(request, "kerberos", 0) != 0);
    atomic_store(&fake_delay_us, number(request, "delay_ms", 0) * 1000);
    return respond(request, "set");
}

static void typed_fault(struct http_request *request, enum status status)
{
    unsigned code = status == STATUS_SIGN_IN_FAILED ? 500 : status_info(status)->http;
    http_respond(request, code, "text/xml", slice_of_text("<fault/>"));
}

static const struct http_service services[] = {
    { .name = "echo", .path = "/Echo", .methods = "GET POST", .handle = echo },
    { .name = "tree", .path = "/tree", .is_prefix = true, .methods = "GET", .handle = echo },
    { .name = "open",
      .path = "/open",
      .methods = "GET POST OPTIONS",
      .open_methods = "GET POST OPTIONS",
      .handle = echo },
    { .name = "small", .path = "/small", .methods = "POST", .body_limit = 1000, .handle = echo, .fault = typed_fault },
    { .name = "fail", .path = "/fail", .methods = "GET", .open_methods = "GET", .handle = fail },
    { .name = "typed",
      .path = "/typed",
      .methods = "GET",
      .open_methods = "GET",
      .handle = fail,
      .fault = typed_fault },
    { .name = "big", .path = "/big", .methods = "GET", .open_methods = "GET", .handle = big },
    { .name = "slow", .path = "/slow", .methods = "GET", .user_concurrency = 2, .handle = slow },
    { .name = "busy", .path = "/busy", .methods = "GET", .open_methods = "GET", .handle = slow },
    { .name = "wait", .path = "/wait", .methods = "GET", .open_methods = "GET", .handle = wait },
    { .name = "wake", .path = "/wake", .methods = "GET", .open_methods = "GET", .handle = wake },
    { .name = "stream", .path = "/stream", .methods = "GET", .open_methods = "GET", .handle = stream },
    { .name = "late", .path = "/late", .methods = "GET", .open_methods = "GET", .handle = late },
    { .name = "counts", .path = "/counts", .methods = "GET", .open_methods = "GET", .handle = counts },
    { .name = "set", .path = "/set", .methods = "GET", .open_methods = "GET", .handle = set },
};

static enum status always_well(void *data)
{
    (void)data;
    return STATUS_OK;
}

static enum status down_when_asked(void *data)
{
    (void)data;
    return access("down", F_OK) == 0 ? status_fail(STATUS_STORE_UNAVAILABLE, "file down is there") : STATUS_OK;
}

static void serve(struct http_server *server, struct metrics_listener *metrics, const struct config *config)
{
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strncmp(line, "reload", 6) == 0) {
            enum status status = http_server_reload(server, config);
            printf("%s\n", status_info(status)->name);
        } else if (strncmp(line, "drain", 5) == 0) {
            metrics_listener_set_draining(metrics);
            printf("%s\n", http_server_drain(server, strtol(line + 5, NULL, 10)) ? "drained" : "busy");
        }
        fflush(stdout);
    }
}

static bool is_fine(enum status status, const char *what)
{
    char chain[512];
    if (status != STATUS_OK)
        fprintf(stderr, "%s: %s\n", what, status_chain_text(chain, sizeof chain));
    return status == STATUS_OK;
}

int main(int argc, char **argv)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct config *config = config_default(mem);
    bool is_plain = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "plain") == 0)
            is_plain = true;
        else if (!is_fine(config_set(config, argv[i]), argv[i]))
            return 2;
    }
    log_open("httpd", STDERR_FILENO, LOG_LEVEL_WARNING);
    const struct http_service *registered[ARRAY_LENGTH(services)];
    for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
        registered[i] = &services[i];
    const struct health_check checks[] = { { "database", down_when_asked, NULL }, { "directory", always_well, NULL } };
    struct workers *workers = NULL;
    struct http_server *server = NULL;
    struct metrics_listener *metrics = NULL;
    int listener = -1;
    /* A short queue for the tests of overload (two workers), a long one for those with many connections. */
    size_t threads = (size_t)config_int(config, CONFIG_http_workers);
    if (!is_fine(workers_start(mem, "worker", threads, threads > 2 ? 4096 : 64, &workers), "workers") ||
        !is_fine(http_listen("127.0.0.1", 0, &listener), "listen"))
        return 2;
    struct http_server_options options = { .config = config,
                                           .workers = workers,
                                           .directory = fake_directory(),
                                           .services = registered,
                                           .service_count = ARRAY_LENGTH(services),
                                           .listeners = &listener,
                                           .listener_count = 1,
                                           .is_plain = is_plain };
    if (!is_fine(http_server_start(mem, &options, &server), "start") ||
        !is_fine(metrics_listener_start(mem, "127.0.0.1", 0, "httpd", checks, ARRAY_LENGTH(checks), &metrics),
                 "metrics"))
        return 2;
    printf("{\"port\": %u, \"metrics_port\": %u}\n", http_listen_port(listener), metrics_listener_port(metrics));
    fflush(stdout);
    serve(server, metrics, config);
    http_server_stop(server);
    workers_stop(workers);
    talloc_free(mem);
    return 0;
}
