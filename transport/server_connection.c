/* A connection: socket or TLS stream on one side, the session on the other. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "notice.h"
#include "server.h"

#define READ_AHEAD ((size_t)128 * 1024)        /* taken from the socket while the session works */
#define SINGLE_READ ((size_t)64 * 1024)
#define HANDSHAKE_US INT64_C(60000000)
#define CLOSING_US INT64_C(10000000)           /* for the last reply to go out */
#define UNSENT_LIMIT ((size_t)256 * 1024)      /* a client that never reads its replies */

static void drop_stream(struct connection *connection)
{
    if (connection->stream == NULL)
        return;
    if (connection->tls != NULL && !connection->is_handshaking) {
        SSL_set_shutdown(connection->tls, SSL_RECEIVED_SHUTDOWN);
        SSL_shutdown(connection->tls); /* close_notify; nobody waits for an answer */
    }
    bufferevent_free(connection->stream);
    connection->stream = NULL;
    connection->tls = NULL;
}

static void connection_free(struct connection *connection)
{
    struct server_thread *thread = connection->thread;
    drop_stream(connection);
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        thread->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    address_counts_remove(thread->server->counts, &connection->address, connection->has_left);
    metric_add(METRIC_SMTP_SESSIONS, -1);
    connection->magic = 0;
    talloc_free(connection->session);
    talloc_free(connection);
    server_thread_gone(thread);
}

void connection_cut(struct connection *connection)
{
    if (connection->stream == NULL)
        return; /* a job still runs; its end frees all */
    drop_stream(connection);
    if (smtp_session_hang_up(connection->session))
        connection_free(connection);
}

/* ---- input ---- */

/* Straight into the socket when nothing waits there: a reply nearly always fits, and this saves the event loop a round. */
static void send_now(struct connection *connection, struct slice bytes)
{
    bool is_direct = connection->tls == NULL && evbuffer_get_length(bufferevent_get_output(connection->stream)) == 0;
    ssize_t sent = is_direct ? send(bufferevent_getfd(connection->stream), bytes.data, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    struct slice rest = slice_part(bytes, sent > 0 ? (size_t)sent : 0, bytes.length);
    if (rest.length > 0) /* also after an error, which shows again in the loop */
        bufferevent_write(connection->stream, rest.data, rest.length);
}

static void uncork(struct connection *connection)
{
    connection->is_corked = false;
    if (connection->stream != NULL && buffer_length(connection->replies) > 0)
        send_now(connection, buffer_slice(connection->replies));
    buffer_reset(connection->replies);
}

/* The session takes it all, or stops for a job. */
static void feed_session(struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    size_t length;
    while ((length = evbuffer_get_contiguous_space(input)) > 0) {
        size_t taken = smtp_session_input(connection->session, slice_of(evbuffer_pullup(input, (ev_ssize_t)length), length));
        if (connection->is_switching) /* STARTTLS: nothing that came before it is used after it */
            taken = evbuffer_get_length(input);
        evbuffer_drain(input, taken);
        if (taken == 0 || connection->is_closing || connection->is_switching)
            return;
    }
}

/* Offers what is buffered. Replies to a group of pipelined commands leave together [RFC 2920] 3.2. */
static void offer_input(struct connection *connection)
{
    if (connection->stream == NULL || connection->is_closing || connection->is_switching || connection->is_handshaking)
        return;
    connection->is_corked = true;
    feed_session(connection);
    uncork(connection);
    bool is_all_taken = evbuffer_get_length(bufferevent_get_input(connection->stream)) == 0;
    if (connection->is_end_of_input && is_all_taken && !smtp_session_is_waiting(connection->session))
        smtp_close(connection->session);
}

static void on_read(struct bufferevent *stream, void *data)
{
    (void)stream;
    offer_input(data);
}

static void host_more(void *data)
{
    offer_input(data);
}

/* ---- output ---- */

static void start_handshake(struct connection *connection);

static void on_write(struct bufferevent *stream, void *data)
{
    struct connection *connection = data;
    if (evbuffer_get_length(bufferevent_get_output(stream)) > 0)
        return;
    if (connection->is_closing)
        connection_cut(connection);
    else if (connection->is_switching)
        start_handshake(connection);
}

static void host_write(void *data, struct slice bytes)
{
    struct connection *connection = data;
    if (connection->stream == NULL)
        return;
    if (connection->is_corked)
        buffer_append_slice(connection->replies, bytes);
    else
        send_now(connection, bytes);
    bool is_too_much = buffer_status(connection->replies) != STATUS_OK || evbuffer_get_length(bufferevent_get_output(connection->stream)) > UNSENT_LIMIT;
    if (is_too_much)
        smtp_close(connection->session);
}

/* on_write is called when all is out, soon even when there is nothing; never from here. */
static void call_when_written(struct connection *connection)
{
    uncork(connection);
    bufferevent_disable(connection->stream, EV_READ);
    bufferevent_trigger(connection->stream, EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

static void host_close(void *data)
{
    struct connection *connection = data;
    if (connection->stream == NULL) {
        connection_free(connection);
        return;
    }
    connection->is_closing = true;
    connection->since_us = clock_monotonic_us();
    if (!connection->has_left)
        address_counts_leave(connection->thread->server->counts, &connection->address);
    connection->has_left = true;
    call_when_written(connection);
}

static void host_start_tls(void *data)
{
    struct connection *connection = data;
    connection->is_switching = true;
    call_when_written(connection);
}

/* ---- TLS ---- */

static void on_event(struct bufferevent *stream, short what, void *data);

static bool use_stream(struct connection *connection, struct bufferevent *stream)
{
    connection->stream = stream;
    if (stream == NULL)
        return false;
    struct timeval longest = { .tv_sec = config_seconds(atomic_load(&connection->thread->server->config), CONFIG_smtp_idle) };
    bufferevent_setcb(stream, on_read, on_write, on_event, connection);
    bufferevent_setwatermark(stream, EV_READ, 0, READ_AHEAD);
    bufferevent_set_max_single_read(stream, SINGLE_READ);
    bufferevent_set_timeouts(stream, NULL, &longest);
    return bufferevent_enable(stream, EV_READ | EV_WRITE) == 0;
}

static bool use_tls_stream(struct connection *connection, int socket)
{
    SSL_CTX *context = atomic_load(&connection->thread->server->tls);
    SSL *tls = context != NULL ? SSL_new(context) : NULL;
    struct bufferevent *stream = NULL;
    if (tls != NULL)
        stream = bufferevent_openssl_socket_new(loop_base(connection->thread->loop), socket, tls, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (stream == NULL) {
        SSL_free(tls);
        close(socket);
        return false;
    }
    bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
    connection->tls = tls;
    connection->is_handshaking = true;
    connection->since_us = clock_monotonic_us();
    return use_stream(connection, stream);
}

static void start_handshake(struct connection *connection)
{
    struct bufferevent *plain = connection->stream;
    int socket = bufferevent_getfd(plain);
    connection->is_switching = false;
    bufferevent_setfd(plain, -1);
    bufferevent_free(plain);
    connection->stream = NULL;
    if (use_tls_stream(connection, socket))
        return;
    drop_stream(connection);
    if (smtp_session_hang_up(connection->session))
        connection_free(connection);
}

static void on_handshake_end(struct connection *connection)
{
    bool is_implicit = connection->session->is_tls;
    connection->is_handshaking = false;
    smtp_session_tls_started(connection->session, SSL_get_version(connection->tls));
    if (is_implicit)
        smtp_session_greet(connection->session);
    offer_input(connection);
}

static void log_tls_failure(const struct connection *connection)
{
    char text[256] = "connection closed";
    unsigned long code = bufferevent_get_openssl_error(connection->stream);
    if (code != 0)
        ERR_error_string_n(code, text, sizeof text);
    log_set_request(connection->session->request_id);
    log_event(EVENT_TLS_FAILED, "%s %s", connection->session->client, text);
    log_set_request(NULL);
}

static void on_event(struct bufferevent *stream, short what, void *data)
{
    struct connection *connection = data;
    (void)stream;
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        on_handshake_end(connection);
        return;
    }
    if (connection->is_handshaking)
        log_tls_failure(connection);
    /* A client may close its side after QUIT and still wait for replies. */
    if ((what & BEV_EVENT_EOF) != 0 && !connection->is_handshaking && !connection->is_closing) {
        connection->is_end_of_input = true;
        offer_input(connection);
        return;
    }
    connection_cut(connection);
}

/* ---- jobs and time ---- */

static void finish_job(void *data)
{
    smtp_job_finish(data);
}

static void run_job(void *data)
{
    struct smtp_job *job = data;
    struct server_thread *thread = job->host_data;
    smtp_job_run(job);
    /* The session waits for it: it must get there. */
    while (loop_post(thread->loop, finish_job, job) != STATUS_OK)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

static enum status host_submit(void *data, struct smtp_job *job)
{
    struct connection *connection = data;
    job->host_data = connection->thread;
    return workers_submit(connection->thread->server->options.workers, run_job, job);
}

static void on_delay(void *data)
{
    struct connection *connection = data;
    TALLOC_FREE(connection->delay);
    smtp_session_resume(connection->session);
}

static void host_delay(void *data, int64_t microseconds)
{
    struct connection *connection = data;
    talloc_free(connection->delay);
    connection->delay = loop_timer_once(connection->thread->loop, connection, microseconds, on_delay, connection);
    if (connection->delay == NULL)
        smtp_close(connection->session);
}

void connection_tick(struct connection *connection, int64_t now_us)
{
    int64_t age_us = now_us - connection->since_us;
    if (connection->stream == NULL)
        return;
    if ((connection->is_handshaking && age_us > HANDSHAKE_US) || (connection->is_closing && age_us > CLOSING_US)) {
        connection_cut(connection);
        return;
    }
    if (!connection->is_handshaking && !connection->is_closing && !connection->is_switching)
        smtp_session_tick(connection->session, now_us);
}

void smtp_connection_drain(struct connection *connection)
{
    if (connection->is_handshaking)
        connection_cut(connection);
    else if (!connection->is_closing)
        smtp_session_drain(connection->session);
}

/* ---- begin ---- */

static const struct smtp_host host = { .write = host_write, .start_tls = host_start_tls, .close = host_close, .submit = host_submit,
                                       .delay = host_delay, .more = host_more };

static struct smtp_session *new_session(struct connection *connection, enum smtp_service service)
{
    struct smtp_server *server = connection->thread->server;
    char peer[INET6_ADDRSTRLEN];
    address_text(&connection->address, peer);
    const struct config *config = atomic_load(&server->config);
    struct smtp_session_options options = {
        .config = config, .backend = &server->backend, .host = &host, .host_data = connection, .service = service,
        .hostname = notice_hostname(config), .peer = peer, .is_tls_available = atomic_load(&server->tls) != NULL,
        .is_tls = service == SMTP_SERVICE_SUBMISSIONS, .is_space_low = &server->is_space_low,
    };
    return smtp_session_new(connection, &options);
}

static void link_connection(struct connection *connection)
{
    struct server_thread *thread = connection->thread;
    connection->next = thread->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    thread->connections = connection;
    metric_add(METRIC_SMTP_SESSIONS, 1);
    metric_add(METRIC_SMTP_SESSIONS_TOTAL, 1);
}

void connection_begin(struct server_thread *thread, int socket, const struct in6_addr *address, enum smtp_service service)
{
    int one = 1;
    struct connection *connection = talloc_zero(thread->loop, struct connection);
    if (connection != NULL) {
        connection->magic = CONNECTION_MAGIC;
        connection->thread = thread;
        connection->address = *address;
        connection->replies = buffer_new(connection, UNSENT_LIMIT);
        connection->session = new_session(connection, service);
    }
    if (connection == NULL || connection->session == NULL || connection->replies == NULL) {
        talloc_free(connection);
        close(socket);
        address_counts_remove(thread->server->counts, address, false);
        return;
    }
    link_connection(connection);
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    bool is_open;
    if (service == SMTP_SERVICE_SUBMISSIONS)
        is_open = use_tls_stream(connection, socket);
    else
        is_open = use_stream(connection, bufferevent_socket_new(loop_base(thread->loop), socket, BEV_OPT_CLOSE_ON_FREE));
    if (!is_open) {
        drop_stream(connection);
        connection_free(connection);
        return;
    }
    if (service != SMTP_SERVICE_SUBMISSIONS)
        smtp_session_greet(connection->session);
}
