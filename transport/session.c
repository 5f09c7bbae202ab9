/* The machine: bytes to lines, deadlines, the beginning and the end of a session. */
#include "smtp_session.h"
#include "session_trace.h"

#include <inttypes.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"

#define MICRO INT64_C(1000000)
#define DATA_GRACE_US (10 * MICRO) /* before the rate of data is looked at */

bool smtp_session_is_waiting(const struct smtp_session *session)
{
    return session->job != NULL || session->held != NULL || session->is_starting_tls || session->is_closing || session->is_hung_up;
}

static int session_free(struct smtp_session *session)
{
    smtp_transaction_end(session);
    talloc_free(session->auth);
    session->magic = 0;
    return 0;
}

struct smtp_session *smtp_session_new(TALLOC_CTX *mem, const struct smtp_session_options *options)
{
    struct smtp_session *session = talloc_zero(mem, struct smtp_session);
    if (session == NULL)
        return NULL;
    session->magic = SMTP_SESSION_MAGIC;
    session->options = *options;
    session->options.peer = talloc_strdup(session, options->peer);
    session->client = talloc_asprintf(session, "[%s%s]", strchr(options->peer, ':') != NULL ? "IPv6:" : "", options->peer);
    session->is_tls = options->is_tls;
    session->active_us = clock_monotonic_us();
    size_t cap = (size_t)config_size(options->config, CONFIG_smtp_command_line) + (size_t)config_size(options->config, CONFIG_smtp_auth_line);
    session->line = buffer_new(session, cap);
    session->step = talloc_new(session);
    smtp_new_id(session->request_id);
    if (session->options.peer == NULL || session->client == NULL || session->line == NULL || session->step == NULL)
        TALLOC_FREE(session);
    else
        talloc_set_destructor(session, session_free);
    return session;
}

void smtp_session_greet(struct smtp_session *session)
{
    char line[512];
    int length = snprintf(line, sizeof line, "220 %.255s ESMTP\r\n", session->options.hostname);
    log_set_request(session->request_id);
    session->active_us = clock_monotonic_us();
    if (session->is_draining)
        smtp_answer(session, REPLY_SHUTTING_DOWN);
    else
        smtp_answer_raw(session, 220, slice_of(line, (size_t)length));
    log_set_request(NULL);
}

/* ---- lines ---- */

static size_t line_limit(const struct smtp_session *session, struct slice line)
{
    bool is_auth = session->input == INPUT_AUTH || slice_equal_ascii_nocase(slice_part(line, 0, 5), slice_of("AUTH ", 5));
    return (size_t)config_size(smtp_config(session), is_auth ? CONFIG_smtp_auth_line : CONFIG_smtp_command_line);
}

static bool has_bare_line_end(struct slice line)
{
    return slice_find_byte(line, '\r') >= 0 || slice_find_byte(line, '\n') >= 0;
}

static void take_line(struct smtp_session *session, struct slice line)
{
    bool is_auth = session->input == INPUT_AUTH;
    bool is_too_long = session->is_line_too_long || line.length + 2 > line_limit(session, line);
    session->commands++;
    status_chain_clear();
    smtp_trace_command(session, is_too_long ? (struct slice){ 0 } : line);
    if (is_too_long)
        metric_add(METRIC_LIMITS_HIT, 1);
    if (is_auth)
        smtp_auth_line(session, is_too_long ? (struct slice){ 0 } : line);
    else if (is_too_long)
        smtp_answer(session, REPLY_LINE_TOO_LONG);
    else if (has_bare_line_end(line))
        smtp_answer(session, REPLY_BAD_LINE_END);
    else
        smtp_dispatch(session, line);
}

/* A line that came in one piece is used where it is; else its parts are put together in session->line. */
static void end_line(struct smtp_session *session, struct slice last)
{
    struct slice line = last;
    if (buffer_length(session->line) > 0) {
        buffer_append_slice(session->line, last);
        line = buffer_slice(session->line);
        session->is_line_too_long |= buffer_status(session->line) != STATUS_OK;
    }
    take_line(session, slice_part(line, 0, line.length >= 2 ? line.length - 2 : 0));
    if (buffer_length(session->line) > 0) {
        struct slice used = buffer_slice(session->line);
        secret_wipe((void *)(uintptr_t)used.data, used.length);
    }
    buffer_reset(session->line);
    session->is_line_too_long = false;
    session->line_started_us = 0;
}

static void keep_part(struct smtp_session *session, struct slice part)
{
    if (session->line_started_us == 0)
        session->line_started_us = clock_monotonic_us();
    size_t limit = line_limit(session, buffer_length(session->line) >= 5 ? buffer_slice(session->line) : part);
    if (buffer_length(session->line) + part.length <= limit) {
        buffer_append_slice(session->line, part);
        return;
    }
    /* Too long: only the last byte counts from here on, for the search of the line's end. */
    session->is_line_too_long = true;
    buffer_reset(session->line);
    buffer_append_slice(session->line, slice_part(part, part.length - 1, 1));
}

static uint8_t last_byte(const struct buffer *line)
{
    struct slice part = buffer_slice(line);
    return part.length > 0 ? part.data[part.length - 1] : 0;
}

/* Takes bytes up to the first CR LF. */
static size_t line_input(struct smtp_session *session, struct slice input)
{
    size_t from = 0;
    for (;;) {
        ptrdiff_t found = slice_find_byte(slice_part(input, from, input.length), '\n');
        if (found < 0)
            break;
        size_t at = from + (size_t)found;
        uint8_t before = at > 0 ? input.data[at - 1] : last_byte(session->line);
        if (before == '\r') {
            end_line(session, slice_part(input, 0, at + 1));
            return at + 1;
        }
        from = at + 1;
    }
    keep_part(session, input);
    return input.length;
}

size_t smtp_session_input(struct smtp_session *session, struct slice input)
{
    size_t at = 0;
    log_set_request(session->request_id);
    while (at < input.length && !smtp_session_is_waiting(session)) {
        struct slice rest = slice_part(input, at, input.length);
        switch (session->input) {
        case INPUT_COMMAND:
        case INPUT_AUTH:
            at += line_input(session, rest);
            break;
        case INPUT_TEXT:
            at += smtp_text_input(session, rest);
            break;
        case INPUT_CHUNK:
            at += smtp_chunk_input(session, rest);
            break;
        }
    }
    if (at > 0)
        session->active_us = clock_monotonic_us();
    if (session->is_draining && !smtp_session_is_waiting(session))
        smtp_session_drain(session);
    log_set_request(NULL);
    return at;
}

/* ---- time ---- */

static bool is_too_slow(const struct smtp_session *session, int64_t now_us)
{
    const struct smtp_transaction *transaction = session->transaction;
    if (session->input != INPUT_TEXT && session->input != INPUT_CHUNK)
        return false;
    if (transaction == NULL || transaction->data_started_us == 0 || now_us - transaction->data_started_us < DATA_GRACE_US)
        return false;
    int64_t rate = config_int(smtp_config(session), CONFIG_smtp_data_rate);
    return transaction->data_bytes < (uint64_t)((now_us - transaction->data_started_us) / MICRO * rate);
}

void smtp_session_tick(struct smtp_session *session, int64_t now_us)
{
    const struct config *config = smtp_config(session);
    if (smtp_session_is_waiting(session))
        return;
    bool is_idle = now_us - session->active_us > config_seconds(config, CONFIG_smtp_idle) * MICRO;
    bool is_dawdling = session->line_started_us != 0 &&
                       now_us - session->line_started_us > config_seconds(config, CONFIG_smtp_command_deadline) * MICRO;
    if (!is_idle && !is_dawdling && !is_too_slow(session, now_us))
        return;
    log_set_request(session->request_id);
    metric_add(METRIC_LIMITS_HIT, 1);
    smtp_answer(session, is_idle || is_dawdling ? REPLY_IDLE_TOO_LONG : REPLY_TOO_SLOW);
    log_set_request(NULL);
}

void smtp_session_drain(struct smtp_session *session)
{
    session->is_draining = true;
    if (smtp_session_is_waiting(session) || session->transaction != NULL || session->input != INPUT_COMMAND)
        return;
    smtp_answer(session, REPLY_SHUTTING_DOWN);
}

void smtp_session_resume(struct smtp_session *session)
{
    struct buffer *held = session->held;
    if (held == NULL || session->is_hung_up)
        return;
    session->held = NULL;
    session->active_us = clock_monotonic_us();
    session->options.host->write(session->options.host_data, buffer_slice(held));
    talloc_free(held);
    if (session->is_closing_after_held)
        smtp_close(session);
    else
        session->options.host->more(session->options.host_data);
}

/* ---- TLS and the end ---- */

void smtp_session_tls_started(struct smtp_session *session, const char *version)
{
    bool is_upgrade = session->is_starting_tls;
    session->is_starting_tls = false;
    session->is_tls = true;
    session->tls_version = version;
    session->active_us = clock_monotonic_us();
    smtp_trace_note(session, version != NULL ? version : "TLS");
    if (is_upgrade)
        smtp_session_forget(session);
}

bool smtp_session_hang_up(struct smtp_session *session)
{
    session->is_hung_up = true;
    log_set_request(session->request_id);
    log_event(EVENT_SMTP_SESSION, "%s commands %" PRIu64 " messages %" PRId64 " refused %" PRIu64 "%s%s%s%s", session->client,
              session->commands, session->messages, session->refused, session->tls_version != NULL ? " " : "",
              session->tls_version != NULL ? session->tls_version : "", session->principal != NULL ? " user " : "",
              session->principal != NULL ? session->principal->login : "");
    log_set_request(NULL);
    return session->job == NULL;
}
