/* Requests that sleep until something happens, without a thread and without a database connection.
 *
 *     http_watch(request, keys, count);            // from now on wake-ups are remembered
 *     ... read the event table: nothing there ...
 *     return http_wait(request, deadline, woken, data);   // returns at once; the handler ends with its result
 *
 *     static enum status woken(struct http_request *request, enum http_wake_reason reason, void *data)
 *     {
 *         ... in a worker thread: read the event table again; answer, or http_wait() again ...
 *     }
 *
 * A wake-up that comes between http_watch and http_wait is not lost. Wake-ups are hints: always read the event table.
 * Works for requests that were not answered yet and for those that stream. While a request waits its body is gone, and
 * it should hold little else: memory of http_mem() stays. A hang-up of the client is noticed within seconds. */
#ifndef BOURSE_HTTP_LONG_POLL_H
#define BOURSE_HTTP_LONG_POLL_H

#include "bourse/http/service.h"

enum http_wake_reason {
    HTTP_WAKE_EVENT,    /* http_wake() with one of the keys */
    HTTP_WAKE_DEADLINE, /* the deadline passed */
    HTTP_WAKE_HANG_UP,  /* the client has gone: release what you hold; an answer goes nowhere. Return STATUS_OK */
    HTTP_WAKE_DRAIN,    /* the server stops: answer now (http_wait would be refused with STATUS_CANCELLED) */
};

typedef enum status (*http_woken_function)(struct http_request *request, enum http_wake_reason reason, void *data);

/* Keys are mailbox GUIDs (or any other 128-bit name both sides agree on); copied; at most 64; a second call replaces
 * them. */
enum status http_watch(struct http_request *request, const struct guid *keys, size_t count) MUST_CHECK;
/* Sleeps until a wake-up, the deadline (clock_monotonic_us), a hang-up or a drain; then `function` runs in a worker
 * thread, exactly once for each http_wait. Its result means the same as that of a handler. Call it as the last thing of
 * a handler or woken function, which then returns its result. Without http_watch only the deadline counts (a pause
 * without a thread). */
enum status http_wait(struct http_request *request, int64_t deadline_us, http_woken_function function,
                      void *data) MUST_CHECK;

/* Wakes all requests that watch `key`. Any thread; never blocks. */
struct http_server;
void http_wake(struct http_server *server, struct guid key);
/* Wakes all (a sweep after lost hints: database reconnect). */
void http_wake_all(struct http_server *server);
/* Requests that wait now. */
size_t http_waiting(struct http_server *server);
struct http_server *http_request_server(const struct http_request *request);

#endif
