/* One SMTP session as a state machine without sockets: bytes in, replies out, blocking work handed to jobs.
 *
 * The host owns the connection (server_connection.c; tests and the fuzzer have their own). A session belongs to the host's thread; while a job runs the
 * session takes no input, and the job alone may use the transaction and the SASL exchange. Names of files: session_*.c are the machine, verb_*.c one
 * command each. */
#ifndef BOURSE_TRANSPORT_SMTP_SESSION_H
#define BOURSE_TRANSPORT_SMTP_SESSION_H

#include <stdatomic.h>

#include "bourse/base/buffer.h"
#include "bourse/base/config.h"
#include "bourse/directory/sign_in.h"
#include "bourse/groupware/deliver.h"
#include "bourse/transport/smtp_server.h"
#include "message_spool.h"
#include "parameters.h"
#include "path.h"
#include "text_input.h"

#define SMTP_SESSION_MAGIC 0x534D5450u
#define SMTP_ID_SIZE 20 /* 16 hexadecimal digits */

struct smtp_session;
struct smtp_job;

/* What a session asks of groupware and directory. All functions but `mechanisms` block. */
struct smtp_backend {
    enum status (*route)(TALLOC_CTX *mem, void *data, const char *address, struct route *out) MUST_CHECK;
    enum status (*accept)(TALLOC_CTX *mem, void *data, struct envelope *envelope, struct slice mime) MUST_CHECK;
    enum status (*check_sender)(void *data, struct guid person, const char *address, bool *on_behalf) MUST_CHECK;
    const char *(*mechanisms)(void *data, const struct sign_in_sasl_options *options);
    enum status (*sasl_new)(TALLOC_CTX *mem, void *data, const struct sign_in_sasl_options *options, struct sign_in_sasl **out) MUST_CHECK;
    enum status (*sasl_start)(struct sign_in_sasl *sasl, const char *mechanism, bool has_initial, struct slice response,
                              struct sign_in_progress *out) MUST_CHECK;
    enum status (*sasl_step)(struct sign_in_sasl *sasl, struct slice response, struct sign_in_progress *out) MUST_CHECK;
    enum status (*sasl_finish)(TALLOC_CTX *mem, struct sign_in_sasl *sasl, struct sign_in_outcome *out) MUST_CHECK;
    void *data;
};

/* What a session asks of its owner. All are called in the session's thread. */
struct smtp_host {
    void (*write)(void *data, struct slice bytes);
    /* Drop all input that is buffered; when what was written is out, do the handshake and call smtp_session_tls_started. */
    void (*start_tls)(void *data);
    /* When what was written is out, close and free the session; never before this call has returned. */
    void (*close)(void *data);
    /* Run job->work in a worker, then smtp_job_finish(job) in the session's thread. */
    enum status (*submit)(void *data, struct smtp_job *job) MUST_CHECK;
    /* Call smtp_session_resume after that time; at most one at a time. */
    void (*delay)(void *data, int64_t microseconds);
    /* The session takes input again: offer what is buffered. */
    void (*more)(void *data);
};

struct smtp_session_options {
    const struct config *config;
    const struct smtp_backend *backend;
    const struct smtp_host *host;
    void *host_data;
    enum smtp_service service;
    const char *hostname;     /* of ours */
    const char *peer;         /* IP address of the client */
    bool is_tls_available;
    bool is_tls;              /* from the start */
    const atomic_bool *is_space_low; /* free-space guard; NULL: never */
};

/* ---- for the host ---- */
struct smtp_session *smtp_session_new(TALLOC_CTX *mem, const struct smtp_session_options *options);
/* Sends the greeting. With TLS from the start: after the handshake. */
void smtp_session_greet(struct smtp_session *session);
/* Returns the number of bytes that were taken; the rest is to be offered again after host->more. */
size_t smtp_session_input(struct smtp_session *session, struct slice input);
void smtp_session_tls_started(struct smtp_session *session, const char *version);
void smtp_session_resume(struct smtp_session *session);
/* About once a second: idle time, deadlines, rates. */
void smtp_session_tick(struct smtp_session *session, int64_t now_us);
/* Says 421 and closes: at once when no transaction is open, else after it. */
void smtp_session_drain(struct smtp_session *session);
/* Takes no input just now: a job runs or a reply is held back. */
bool smtp_session_is_waiting(const struct smtp_session *session);
/* The connection is gone. True: free the session now; false: a job still runs, and smtp_job_finish will call host->close. */
bool smtp_session_hang_up(struct smtp_session *session);
/* In the session's thread; frees the job. */
void smtp_job_finish(struct smtp_job *job);

/* ---- the inside, for session_*.c and verb_*.c ---- */
enum smtp_input { INPUT_COMMAND, INPUT_AUTH, INPUT_TEXT, INPUT_CHUNK };

/* A mail transaction. A talloc root of its own, so that a worker may use it. */
struct smtp_transaction {
    char request_id[SMTP_ID_SIZE];
    const char *sender;
    struct mail_parameters parameters;
    bool is_on_behalf;              /* the sender was granted on behalf only */
    struct envelope_recipient *recipients;
    size_t recipient_count, recipient_room;
    struct message_spool *spool;    /* NULL before DATA or BDAT */
    struct text_input text;
    bool is_chunked;
    int64_t data_started_us, data_ended_us; /* clock_monotonic_us */
    uint64_t data_bytes;            /* as sent */
};

/* What `check` of a command read, for `proceed`; text on session->step. */
struct smtp_command {
    const char *text;            /* greeting, or HELP's argument */
    struct smtp_path path;
    struct mail_parameters mail;
    struct recipient_parameters recipient;
    uint64_t chunk_size;
    bool is_last_chunk;
    const char *mechanism;
    bool has_initial;
    struct slice response;       /* of SASL, decoded */
};

struct smtp_session {
    unsigned magic;
    struct smtp_session_options options;
    char request_id[SMTP_ID_SIZE];
    const char *client;              /* "[192.0.2.1]" for Received */
    enum smtp_input input;
    struct buffer *line;             /* the part of a line that has come */
    bool is_line_too_long;
    int64_t line_started_us;         /* 0: none */
    int64_t active_us;               /* last input or end of a job */
    const char *greeting;            /* of EHLO or HELO; NULL before */
    bool is_extended;                /* EHLO */
    bool is_tls;
    const char *tls_version;
    struct principal *principal;     /* NULL: not signed in */
    TALLOC_CTX *auth;                /* root that holds `sasl`; NULL when no exchange runs */
    struct sign_in_sasl *sasl;
    struct smtp_transaction *transaction;
    TALLOC_CTX *step;                /* memory of the current command */
    struct smtp_command command;
    uint64_t chunk_left;
    enum smtp_reply chunk_reply;     /* after the chunk; REPLY_OK: it is wanted */
    struct smtp_job *job;            /* runs now */
    bool is_starting_tls, is_closing, is_draining, is_hung_up;
    struct buffer *held;             /* reply that waits for smtp_session_resume; NULL: none */
    bool is_closing_after_held;
    int64_t hold_until_us;           /* of the next answer; 0: at once */
    int64_t messages, errors;
    uint64_t commands, refused;
    struct buffer *trace;            /* session_trace.c; NULL: nobody is traced */
};

/* Work for a worker. A talloc root; the handler's data hang on it. */
struct smtp_job {
    struct smtp_session *session; /* not for the worker */
    void (*work)(struct smtp_job *job);
    void (*done)(struct smtp_session *session, struct smtp_job *job); /* not called when the client has gone */
    const struct smtp_session_options *options;
    char request_id[SMTP_ID_SIZE];
    enum status status;       /* set by work */
    char client_text[256];    /* status_client_text at the end of work */
    struct smtp_transaction *transaction; /* lent to the job */
    void *data;
    void *host_data;          /* the host's */
};

struct smtp_job *smtp_job_new(struct smtp_session *session, void (*work)(struct smtp_job *job),
                              void (*done)(struct smtp_session *session, struct smtp_job *job));
/* Submits it; when that fails the client is answered and the job freed. */
void smtp_job_start(struct smtp_job *job);
/* In the worker: calls work, keeps the client text, logs a failure. */
void smtp_job_run(struct smtp_job *job);

/* session_reply.c. A 421 closes the session; many errors delay replies and then close it. */
void smtp_answer(struct smtp_session *session, enum smtp_reply reply);
void smtp_answer_text(struct smtp_session *session, enum smtp_reply reply, const char *format, ...) PRINTF_LIKE(3, 4);
/* Reply of the status table. `text` NULL or "": the table's. */
void smtp_answer_status(struct smtp_session *session, enum status status, const char *text);
/* Complete reply lines with CR LF. */
void smtp_answer_raw(struct smtp_session *session, int code, struct slice lines);
/* The next answer is held back until that monotonic time. */
void smtp_hold_answer(struct smtp_session *session, int64_t until_us);
void smtp_close(struct smtp_session *session);

/* session_state.c */
const struct config *smtp_config(const struct smtp_session *session);
bool smtp_is_submission(const struct smtp_session *session);
struct smtp_transaction *smtp_transaction_begin(struct smtp_session *session);
void smtp_transaction_end(struct smtp_session *session);
/* Texts of `recipient` must hang on the transaction. False when out of memory. */
bool smtp_transaction_add(struct smtp_transaction *transaction, const struct envelope_recipient *recipient);
/* Forgets everything that the client said [RFC 3207] 4.2. */
void smtp_session_forget(struct smtp_session *session);
void smtp_new_id(char out[SMTP_ID_SIZE]);
/* "ESMTPSA" and so on [RFC 3848], [RFC 6531] 4.3. */
const char *smtp_protocol_name(const struct smtp_session *session);

/* session_data.c: DATA text and BDAT chunks. */
bool smtp_data_begin(struct smtp_session *session);
size_t smtp_text_input(struct smtp_session *session, struct slice input);
size_t smtp_chunk_input(struct smtp_session *session, struct slice input);
/* accept.c: the message is complete; answers when it is durable or refused. */
void smtp_accept(struct smtp_session *session);
/* verb_auth.c: a line of the exchange. */
void smtp_auth_line(struct smtp_session *session, struct slice line);
/* verbs.c: a command line without its CR LF. */
void smtp_dispatch(struct smtp_session *session, struct slice line);
const char *smtp_verb_syntax(size_t index); /* NULL at the end */
const char *smtp_verb_name(size_t index);

#define SMTP_VERB_CHECK(stem) bool check_##stem(struct smtp_session *session, struct slice argument)
#define SMTP_VERB_PROCEED(stem) void proceed_##stem(struct smtp_session *session)
#define VERB(name, stem, ...)  \
    SMTP_VERB_CHECK(stem);     \
    SMTP_VERB_PROCEED(stem);
#include "verbs.def"
#undef VERB

#endif
