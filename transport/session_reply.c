/* Replies [RFC 5321] 4.2: one place that counts errors, delays and closes. */
#include "smtp_session.h"
#include "session_trace.h"

#include <stdarg.h>
#include <stdio.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"

#define LONGEST_REPLY 510 /* [RFC 5321] 4.5.3.1.5, without CR LF */
#define ERROR_DELAY_US INT64_C(1000000)
#define HELD_CAP 16384

void smtp_close(struct smtp_session *session)
{
    if (session->is_closing)
        return;
    session->is_closing = true;
    session->options.host->close(session->options.host_data);
}

static void count(struct smtp_session *session, int code, struct slice lines)
{
    if (code < 400)
        return;
    session->refused++;
    if (code >= 500)
        session->errors++;
    metric_add(METRIC_SMTP_REFUSED, 1);
    log_event(EVENT_SMTP_REFUSED, "%s %.*s", session->client, (int)(lines.length >= 2 ? lines.length - 2 : 0), (const char *)lines.data);
}

static void hold(struct smtp_session *session, struct slice lines, int64_t microseconds)
{
    session->held = buffer_new(session, HELD_CAP);
    if (session->held == NULL) {
        smtp_close(session);
        return;
    }
    buffer_append_slice(session->held, lines);
    session->options.host->delay(session->options.host_data, microseconds);
}

static void send_lines(struct smtp_session *session, struct slice lines, bool is_error)
{
    int64_t wait_us = session->hold_until_us != 0 ? session->hold_until_us - clock_monotonic_us() : 0;
    session->hold_until_us = 0;
    if (is_error && session->errors > config_int(smtp_config(session), CONFIG_smtp_soft_errors) && wait_us < ERROR_DELAY_US)
        wait_us = ERROR_DELAY_US;
    if (wait_us > 0)
        hold(session, lines, wait_us);
    else
        session->options.host->write(session->options.host_data, lines);
}

static struct slice format_reply(char out[LONGEST_REPLY + 3], int code, const char *enhanced, const char *text)
{
    int length = snprintf(out, LONGEST_REPLY + 1, "%d %s%s%s", code, enhanced, enhanced[0] != '\0' && text[0] != '\0' ? " " : "", text);
    if (length > LONGEST_REPLY)
        length = LONGEST_REPLY;
    for (int i = 0; i < length; i++) /* text may hold what a client or another server said */
        if ((uint8_t)out[i] < ' ' || out[i] == 0x7F)
            out[i] = '?';
    memcpy(out + length, "\r\n", 3);
    return slice_of(out, (size_t)length + 2);
}

/* Too many errors: the reply and then the last word. */
static bool is_over_hard_limit(const struct smtp_session *session, int code)
{
    return code >= 500 && session->errors >= config_int(smtp_config(session), CONFIG_smtp_hard_errors);
}

void smtp_answer_raw(struct smtp_session *session, int code, struct slice lines)
{
    if (session->is_closing)
        return;
    count(session, code, lines);
    smtp_trace_reply(session, code, lines);
    bool is_over = is_over_hard_limit(session, code);
    if (is_over) {
        char text[LONGEST_REPLY + 3];
        const struct smtp_reply_row *row = smtp_reply_row(REPLY_TOO_MANY_ERRORS);
        metric_add(METRIC_LIMITS_HIT, 1);
        session->options.host->write(session->options.host_data, lines);
        session->options.host->write(session->options.host_data, format_reply(text, row->code, row->enhanced, row->text));
        smtp_close(session);
        return;
    }
    send_lines(session, lines, code >= 500);
    if (code != 421 && code != 221)
        return;
    if (session->held != NULL)
        session->is_closing_after_held = true;
    else
        smtp_close(session);
}

void smtp_answer(struct smtp_session *session, enum smtp_reply reply)
{
    char text[LONGEST_REPLY + 3];
    const struct smtp_reply_row *row = smtp_reply_row(reply);
    smtp_answer_raw(session, row->code, format_reply(text, row->code, row->enhanced, row->text));
}

void smtp_answer_text(struct smtp_session *session, enum smtp_reply reply, const char *format, ...)
{
    char text[LONGEST_REPLY + 1], line[LONGEST_REPLY + 3];
    const struct smtp_reply_row *row = smtp_reply_row(reply);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    smtp_answer_raw(session, row->code, format_reply(line, row->code, row->enhanced, text));
}

void smtp_answer_status(struct smtp_session *session, enum status status, const char *text)
{
    char line[LONGEST_REPLY + 3];
    const struct status_info *info = status_info(status);
    const char *shown = text != NULL && text[0] != '\0' ? text : info->text;
    smtp_answer_raw(session, info->smtp, format_reply(line, info->smtp, info->enhanced, shown));
}

void smtp_hold_answer(struct smtp_session *session, int64_t until_us)
{
    session->hold_until_us = until_us;
}
