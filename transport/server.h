/* The SMTP server's own objects: server > loop thread > connection > session. */
#ifndef BOURSE_TRANSPORT_SERVER_H
#define BOURSE_TRANSPORT_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "address_counts.h"
#include "smtp_session.h"
#include "bourse/base/loop.h"
#include "bourse/base/locks.h"
#include "tls.h"

struct bufferevent;

/* One event loop. Its connections belong to its thread. */
struct server_thread {
    struct smtp_server *server;
    struct loop *loop;
    pthread_t thread;
    bool is_started;
    bool is_stopping;               /* in the thread: ends when the last connection has gone */
    struct connection *connections; /* doubly linked */
};

struct smtp_server {
    struct smtp_server_options options;
    _Atomic(const struct config *) config;
    struct smtp_backend backend;
    _Atomic(SSL_CTX *) tls;         /* NULL: no certificate. Contexts are kept until the end, reloads are rare */
    SSL_CTX **contexts;             /* all that were loaded */
    size_t context_count;
    struct smtp_listener *listeners;
    size_t listener_count;
    struct server_thread *threads;
    size_t thread_count;
    size_t next_thread;             /* of the accepting thread */
    struct address_counts *counts;
    atomic_bool is_space_low;
    atomic_bool is_draining;
    _Atomic int64_t last_limit_log_us;
    bool is_stopped;
};

#define CONNECTION_MAGIC 0x434F4E4Eu

struct connection {
    unsigned magic;
    struct server_thread *thread;
    struct connection *previous, *next;
    struct in6_addr address;
    struct smtp_session *session;
    struct bufferevent *stream;  /* NULL once the connection is gone */
    SSL *tls;                    /* belongs to stream */
    struct buffer *replies;      /* collected while is_corked */
    bool is_corked;
    struct loop_timer *delay;
    int64_t since_us;            /* begin of the handshake, or of closing */
    bool is_handshaking, is_closing, is_switching; /* to TLS, when the output is out */
    bool is_end_of_input;
    bool has_left;               /* of the counts of its address */
};

/* server.c: smtp_server_start with any backend (copied). */
enum status smtp_server_start_with(TALLOC_CTX *mem, const struct smtp_server_options *options, const struct smtp_backend *backend,
                                   struct smtp_server **out) MUST_CHECK;
/* server_accept.c, in the first thread */
enum status accept_start(struct smtp_server *server) MUST_CHECK;
/* server_connection.c, in the connection's thread. Takes the socket over. */
void connection_begin(struct server_thread *thread, int socket, const struct in6_addr *address, enum smtp_service service);
void connection_tick(struct connection *connection, int64_t now_us);
void smtp_connection_drain(struct connection *connection);
/* At once. The object stays while a job runs. */
void connection_cut(struct connection *connection);
/* server_thread.c */
enum status server_thread_start(struct server_thread *thread) MUST_CHECK;
void server_thread_drain(struct server_thread *thread);
void server_thread_stop(struct server_thread *thread);
void server_thread_gone(struct server_thread *thread); /* a connection was freed */
void server_limit_hit(struct smtp_server *server, const char *what, const char *who);

#endif
