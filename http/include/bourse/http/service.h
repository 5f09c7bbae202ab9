/* What a protocol registers with the HTTP server, and what its handlers see of a request.
 *
 * Life cycle: the listener checks limits, routes by exact path, signs the client in, collects the body, and queues a
 * job; a worker thread calls `handle`, which runs straight-line blocking code and either answers (http_respond,
 * http_respond_buffer), begins a streamed answer (stream.h), or goes to sleep without a thread (long_poll.h). When it
 * returns STATUS_OK without any of these, that is a defect and the client gets a 500; when it returns another status,
 * the client gets what status_info() has for it, in the form that the service's `fault` gives it.
 *
 * A request belongs to one thread at a time; only the functions of stream.h and http_wake() may be called from others.
 * All text that accessors return lives as long as the request and is UTF-8 unless said otherwise. */
#ifndef BOURSE_HTTP_SERVICE_H
#define BOURSE_HTTP_SERVICE_H

#include "bourse/base/buffer.h"
#include "bourse/base/config.h"
#include "bourse/base/guid.h"

struct http_request; /* opaque */

struct http_service {
    const char *name;         /* for logs: "ews" */
    const char *path;         /* "/EWS/Exchange.asmx": the whole decoded path, ASCII letters in any case */
    bool is_prefix;           /* also all paths below `path` followed by "/" */
    const char *methods;      /* "POST" or "GET POST OPTIONS", separated by single blanks; others get 405. OPTIONS is
                                 answered with      200 and an Allow header by the server unless named here. GET implies HEAD. */
    const char *open_methods; /* of these, the ones that need no sign-in; NULL: all need it */
    int64_t body_limit;       /* largest body in bytes; 0: the configured http.body_size */
    int64_t open_body_limit;  /* for open methods; 0: 16 KiB */
    size_t user_concurrency;  /* calls of one user at a time, 0: any; see http_is_over_user_limit */

    /* In a worker thread. */
    enum status (*handle)(struct http_request *request) MUST_CHECK;
    /* Optional: gives a refusal (no sign-in, body too large, server busy, failed handler) the protocol's form with
     * http_respond, or only sets fields. Called in any thread, must not block, allocates on http_mem(request). Without it (or
     * when it does not answer) the text of the status is sent as text/plain. A refused sign-in is always a 401. */
    void (*fault)(struct http_request *request, enum status status);
    void *data; /* http_service_data() */
    /* Optional, for services whose bodies are no text: a body as text for traces (boursectl trace), without secrets. Any thread. */
    void (*describe)(struct slice body, struct buffer *out);
};

/* The request. Text lives as long as the request. */
const char *http_method(const struct http_request *request);       /* "POST"; HEAD arrives as "GET" */
const char *http_target(const struct http_request *request);       /* as sent, query included */
const char *http_path(const struct http_request *request);         /* decoded once, without query */
const char *http_query_string(const struct http_request *request); /* as sent, without "?"; "" when none */
/* A parameter of the query, decoded once ("+" is a blank); name in any case; NULL when absent. */
const char *http_query(const struct http_request *request, const char *name);
/* A field by name (any case), bytes as sent but checked to be free of control characters; NULL when absent; the first
 * when repeated. */
const char *http_header(const struct http_request *request, const char *name);
/* Media type of Content-Type, lower case, without parameters; "" when absent. */
const char *http_content_type(const struct http_request *request);
/* The whole body. Up to http.body_in_memory it is memory; a larger one is a mapping of an unlinked spool file, so
 * reading it costs page cache, not heap. Valid until the request ends or starts to wait (http_wait drops it). Empty
 * when there is none. */
struct slice http_body(const struct http_request *request);

/* Who signed in: GUID of the directory entry; all zero for open methods. The login name as the client gave it (for
 * logs). */
struct guid http_principal(const struct http_request *request);
const char *http_login(const struct http_request *request);
/* True if this user runs more than user_concurrency calls of the service now (waiting requests do not count): the
 * handler answers in its protocol's words (ErrorServerBusy). */
bool http_is_over_user_limit(const struct http_request *request);

const char *http_remote_address(const struct http_request *request); /* "192.0.2.1", "2001:db8::1" */
const char *
http_request_id(const struct http_request *request); /* a GUID of ours; also in every log line and in the answer */
/* Scheme, host and port that this client reaches: http.public_url, or made from server.hostname and port. No final "/".
 */
const char *http_base_url(const struct http_request *request);
const struct config *http_config(const struct http_request *request);
void *http_service_data(const struct http_request *request);
/* Lives until the answer was sent. Use it from the request's thread only. */
TALLOC_CTX *http_mem(const struct http_request *request);

/* The answer. Fields first. Set replaces a field of that name; names and values with control characters are refused
 * (dropped and logged). The server adds Date, Content-Length, request-id, Cache-Control: private (unless set),
 * Strict-Transport-Security, and Content-Encoding: gzip when the client takes it and the body has more than 1 KiB of a
 * text type. */
void http_set_header(struct http_request *request, const char *name, const char *value);
/* One answer a request; a second one is a defect and is ignored. `body` must live as long as http_mem (allocate it
 * there) or be static; it is not copied. `content_type` NULL: none. */
void http_respond(struct http_request *request, unsigned status, const char *content_type, struct slice body);
/* Takes the buffer's bytes; a buffer that failed (cap, memory) gives what its status says instead. */
void http_respond_buffer(struct http_request *request, unsigned status, const char *content_type, struct buffer *body);
/* The answer of a status: number of status_info()->http, through the service's fault. */
void http_respond_status(struct http_request *request, enum status status);
bool http_is_answered(const struct http_request *request);

#endif
