/* Inside http: the listener, its connections and requests, and who may touch what.
 *
 * Threads: the listener's (libmicrohttpd; receive, send, never block), the acceptor (accept, deadlines), the registry
 * (long_poll.c), workers. A request belongs to the listener's thread until its connection is suspended and a job is
 * queued, then to that worker (or sleeps in the registry), then, resumed, to the listener again. Only a streamed answer
 * has both at once; they meet in the stream's lock. */
#ifndef BOURSE_HTTP_LIFE_H
#define BOURSE_HTTP_LIFE_H

#include <netinet/in.h>
#include <stdatomic.h>

#include <microhttpd.h>

#include "bourse/base/locks.h"
#include "bourse/base/secret.h"
#include "bourse/base/workers.h"
#include "bourse/http/long_poll.h"
#include "bourse/http/server.h"
#include "bourse/http/stream.h"
#include "counts.h"

struct certificates;
struct registry;
struct sign_in_sasl;
struct waiter;

struct http_server {
    _Atomic(const struct config *) config;
    struct workers *workers;
    struct directory *directory;
    const struct http_service *const *services;
    size_t service_count;
    const char *fallback_url; /* base URL when http.public_url is empty */
    struct MHD_Daemon *daemon;
    struct certificates *certificates; /* NULL: plain */
    struct registry *registry;
    struct counts *users;     /* running calls by service and user */
    struct counts *addresses; /* open connections by IP address */
    /* acceptor.c */
    pthread_t acceptor;
    int accept_epoll;
    int *listeners;
    size_t listener_count;
    bool is_acceptor_started;
    struct lock connections_lock; /* guards the list */
    struct http_connection *connections;
    atomic_size_t connection_count;
    atomic_size_t request_count; /* begun and not completed */
    atomic_size_t run_count;     /* queued for, or in, a worker, or asleep */
    atomic_bool is_draining, is_stopping;
    bool is_stopped;
    _Atomic int64_t last_limit_log_us;
};

/* One TCP connection. */
struct http_connection {
    struct http_server *server;
    struct MHD_Connection *mhd;
    struct http_connection *prev, *next;
    int socket;
    bool is_handshake_done, is_armed; /* listener's thread */
    atomic_bool is_shaking_hands;     /* suspended until the client sends */
    struct in6_addr address;          /* IPv4 as mapped */
    char address_text[INET6_ADDRSTRLEN];
    bool is_counted; /* in server->addresses */
    /* Read by the acceptor's sweep: */
    _Atomic int64_t deadline_us;     /* head must be there; 0: none */
    _Atomic int64_t body_started_us; /* 0: no body is being received */
    _Atomic uint64_t body_bytes;
    struct http_request *request; /* current one; guarded by connections_lock */
    struct sign_in_sasl *sasl;    /* a Negotiate exchange between two requests */
};

enum request_phase {
    PHASE_HEAD,      /* head not looked at yet */
    PHASE_SIGNED_IN, /* the early sign-in is done, body may come */
    PHASE_BODY,      /* collecting */
    PHASE_RUNNING,   /* suspended; a worker or the registry has it */
    PHASE_ANSWERED,  /* answer is ready or being sent */
};

struct http_field {
    const char *name;
    const char *value;
    struct http_field *next;
};

struct http_answer {
    bool is_set;
    bool is_cut;     /* close the connection without an answer */
    bool must_close; /* Connection: close */
    unsigned status;
    const char *content_type; /* NULL: none */
    struct slice body;
    struct http_field *fields;
};

struct http_stream {
    struct http_request *request;
    struct lock lock;
    struct stream_piece *first, *last;
    size_t queued;
    bool is_suspended; /* the listener waits for pieces */
    bool is_ended, is_complete;
    bool is_gone; /* the connection has ended */
};

/* The body while it comes and after. */
struct http_body {
    struct buffer *memory;
    int spool; /* -1: none */
    uint64_t length;
    uint64_t limit;
    struct slice whole; /* when complete */
    void *mapping;
};

struct http_request {
    struct http_server *server;         /* NULL: offline */
    struct http_connection *connection; /* NULL: offline */
    struct MHD_Connection *mhd;
    const struct config *config;
    const struct http_service *service;
    atomic_int owners; /* listener, run, stream; the last one frees */
    enum request_phase phase;
    bool is_head_done; /* the listener's first call returned */
    bool is_open;      /* needs no sign-in */
    bool expects_continue;
    bool has_body;
    bool is_refused; /* the answer was made before dispatch */
    bool is_job_sign_in_only;
    bool is_cut; /* by the stop; guarded by connections_lock */
    bool is_over_user_limit, is_user_counted;
    char id[GUID_TEXT_SIZE];
    const char *method;
    const char *target, *path, *query;
    const char *remote_address;
    struct http_field *fields;
    struct secret *authorization; /* until sign-in */
    struct guid principal;
    const char *login;
    bool is_signed_in;
    int64_t sign_in_not_before;
    struct http_body body;
    uint64_t discarded;
    struct http_answer answer;
    struct http_stream *stream;
    struct waiter *waiter;
    bool is_wait_asked;
    bool keeps_body; /* while asleep: the handler has not run yet */
    bool is_gone;    /* the connection of a streamed answer has ended; guarded by the registry's lock */
    int64_t wait_deadline_us;
    http_woken_function wait_function;
    void *wait_data;
    int64_t started_us; /* head complete */
};

/* request.c */
struct http_request *request_new(TALLOC_CTX *mem);
void request_own(struct http_request *request);
void request_disown(struct http_request *request); /* the last one frees */
bool field_is_text(const char *text);              /* no control characters */
/* Appends; NULL fields are left out. False when out of memory. */
bool request_add_field(struct http_request *request, const char *name, const char *value);

/* head.c: checks of the received head. Sets request's method, path, query, fields, service; or answers (refuses). */
void head_check(struct http_request *request, const char *method, const char *version);
/* framing.c: STATUS_MALFORMED when the raw head has a form that another server may read differently. */
enum status framing_check(struct MHD_Connection *mhd, const char *method, const char *version) MUST_CHECK;

/* body.c */
enum status body_begin(struct http_request *request, uint64_t limit) MUST_CHECK;
enum status body_append(struct http_request *request, struct slice piece) MUST_CHECK;
enum status body_finish(struct http_request *request) MUST_CHECK;
void body_drop(struct http_request *request);

/* answer.c */
/* Answers before dispatch: short text, logged as refused. */
void refuse(struct http_request *request, unsigned status, const char *text);
void refuse_status(struct http_request *request, enum status status);
/* As http_set_header, but keeps other fields of the name. */
void answer_add_field(struct http_request *request, const char *name, const char *value);
/* Compresses the body when the client takes it. In a worker. */
void answer_compress(struct http_request *request);
/* Listener: hands the answer to libmicrohttpd. */
enum MHD_Result answer_queue(struct http_request *request);
void answer_log(struct http_request *request);

/* stream.c */
struct MHD_Response *stream_response(struct http_stream *stream);
void stream_gone(struct http_stream *stream);
void stream_free(struct http_stream *stream);
/* What is queued, joined; offline.c only. */
struct slice stream_pieces(TALLOC_CTX *mem, struct http_stream *stream);

/* sign_in_step.c: in a worker. STATUS_OK: request->principal is set. Otherwise the request is answered and maybe asked
 * to wait. */
enum status sign_in_step(struct http_request *request) MUST_CHECK;
void challenge(struct http_request *request, const char *negotiate_token);

/* run.c: in a worker. */
void run_request(void *request);
/* After a handler or woken function returned `status`. */
void run_settle(struct http_request *request, enum status status, bool is_hang_up);
bool users_enter(struct http_request *request);
void users_leave(struct http_request *request);

/* life.c: libmicrohttpd's callbacks. */
void *life_begin(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result life_step(void *server, struct MHD_Connection *mhd, const char *url, const char *method,
                          const char *version, const char *upload, size_t *upload_length, void **context);
void life_completed(void *server, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code);
void life_connection(void *server, struct MHD_Connection *mhd, void **socket_context,
                     enum MHD_ConnectionNotificationCode code);
/* A worker gives the request back to the listener. */
void life_resume(struct http_request *request);

/* handshake.c */
void handshake_prepare(struct http_connection *connection);
/* Resumes a connection that waits for the client's part of the handshake. */
void handshake_go_on(struct http_connection *connection);
void handshakes_go_on(struct http_server *server); /* all of them: the stop */

/* acceptor.c */
enum status acceptor_start(struct http_server *server) MUST_CHECK;
void acceptor_close_listeners(struct http_server *server);
void acceptor_stop(struct http_server *server);
void limit_hit(struct http_server *server, const char *what, const char *who);

/* long_poll.c */
enum status registry_start(struct http_server *server, struct registry **out) MUST_CHECK;
void registry_sleep(struct http_request *request); /* takes over the run */
void registry_hang_up(struct http_request *request);
void registry_drain(struct registry *registry);
void registry_stop(struct registry *registry);
size_t registry_waiting(struct registry *registry);
void waiter_free(struct http_request *request);

#endif
