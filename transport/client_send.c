/* One transaction: MAIL, RCPT for each recipient, DATA; pipelined when the host allows it [RFC 2920]. */
#include <inttypes.h>
#include <stdio.h>

#include "bourse/base/buffer.h"
#include "bourse/base/log.h"
#include "client_private.h"
#include "message_text.h"
#include "xtext.h"

#define BATCH ((size_t)50) /* recipients written before replies are read: both fit into the sockets' buffers */

struct sending {
    struct client *client;
    const struct queue_work *work;
    const struct message_needs *needs;
    struct slice mime;
    struct attempt *attempts;
    struct attempt whole;  /* when is_over: the end of all recipients that have none yet */
    bool is_over;
    size_t accepted;       /* recipients that got 2xx */
};

static bool has_high_byte(const char *text)
{
    for (; *text != '\0'; text++)
        if ((uint8_t)*text >= 0x80)
            return true;
    return false;
}

static bool needs_utf8(const struct sending *sending)
{
    const struct queue_work *work = sending->work;
    bool needs = has_high_byte(work->sender) || (work->smtputf8 && sending->needs->has_8bit_header);
    for (size_t i = 0; i < work->recipient_count && !needs; i++)
        needs = has_high_byte(work->recipients[i].address);
    return needs;
}

static void end_all(struct sending *sending, enum status status, enum send_failure lost)
{
    client_failure(sending->client, status, lost, &sending->whole);
    sending->is_over = true;
}

/* What the host could not do is known before it is asked. */
static bool is_possible(struct sending *sending)
{
    const struct capabilities *capabilities = &sending->client->capabilities;
    const char *host = sending->client->target.name;
    sending->is_over = true;
    if (needs_utf8(sending) && !capabilities->smtputf8)
        attempt_fail(&sending->whole, FAILURE_NEEDS_UTF8, host, "");
    else if (capabilities->size_limit != 0 && sending->mime.length > capabilities->size_limit)
        attempt_fail(&sending->whole, FAILURE_TOO_LARGE, host, "");
    else
        sending->is_over = false;
    return !sending->is_over;
}

/* ---- commands ---- */

static enum status write_mail(struct sending *sending)
{
    const struct capabilities *capabilities = &sending->client->capabilities;
    const struct queue_work *work = sending->work;
    struct buffer *line = buffer_new(sending->client, 2048);
    if (line == NULL)
        return status_fail(STATUS_NO_MEMORY, "command");
    buffer_printf(line, "MAIL FROM:<%s>", work->sender);
    if (capabilities->size)
        buffer_printf(line, " SIZE=%zu", sending->mime.length);
    if (capabilities->eightbitmime && sending->needs->has_8bit_body)
        buffer_append_text(line, " BODY=8BITMIME");
    if (capabilities->smtputf8 && needs_utf8(sending))
        buffer_append_text(line, " SMTPUTF8");
    if (capabilities->dsn) {
        buffer_append_text(line, work->return_full ? " RET=FULL" : " RET=HDRS");
        if (work->envelope_id != NULL) {
            buffer_append_text(line, " ENVID=");
            xtext_append(line, work->envelope_id);
        }
    }
    enum status status = client_write(sending->client, "%s\r\n", buffer_text(line));
    talloc_free(line);
    return status;
}

static void append_notify(struct buffer *line, unsigned notify)
{
    if (notify == DSN_NOTIFY_DEFAULT)
        return;
    if ((notify & DSN_NOTIFY_NEVER) != 0) {
        buffer_append_text(line, " NOTIFY=NEVER");
        return;
    }
    const char *separator = " NOTIFY=";
    static const struct { unsigned bit; const char *word; } words[] = {
        { DSN_NOTIFY_SUCCESS, "SUCCESS" }, { DSN_NOTIFY_FAILURE, "FAILURE" }, { DSN_NOTIFY_DELAY, "DELAY" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if ((notify & words[i].bit) == 0)
            continue;
        buffer_printf(line, "%s%s", separator, words[i].word);
        separator = ",";
    }
}

/* "rfc822;address" with the address as xtext; made of the address when the sender gave none, so that later hosts can name it [RFC 3461] 5.2.1. */
static void append_original(struct buffer *line, const struct queue_recipient *recipient)
{
    const char *original = recipient->original_address;
    const char *separator = original != NULL ? strchr(original, ';') : NULL;
    if (separator == NULL && has_high_byte(recipient->address))
        return;
    buffer_append_text(line, " ORCPT=");
    if (separator == NULL) {
        buffer_append_text(line, "rfc822;");
        xtext_append(line, recipient->address);
        return;
    }
    buffer_append(line, original, (size_t)(separator - original) + 1);
    xtext_append(line, separator + 1);
}

static enum status write_recipient(struct sending *sending, const struct queue_recipient *recipient)
{
    struct buffer *line = buffer_new(sending->client, 2048);
    if (line == NULL)
        return status_fail(STATUS_NO_MEMORY, "command");
    buffer_printf(line, "RCPT TO:<%s>", recipient->address);
    if (sending->client->capabilities.dsn) {
        append_notify(line, recipient->notify);
        append_original(line, recipient);
    }
    enum status status = client_write(sending->client, "%s\r\n", buffer_text(line));
    talloc_free(line);
    return status;
}

/* ---- replies ---- */

/* False when the transaction has ended. */
static bool read_mail_reply(struct sending *sending)
{
    struct reply reply;
    enum status status = client_read_reply(sending->client, &reply);
    if (status != STATUS_OK) {
        end_all(sending, status, FAILURE_LOST);
        return false;
    }
    if (reply.code / 100 == 2)
        return true;
    attempt_of_reply(&sending->whole, &reply, sending->client->target.name, "MAIL FROM");
    sending->is_over = true;
    return !sending->client->is_broken; /* the replies to what was pipelined still come */
}

static bool read_recipient_reply(struct sending *sending, size_t index)
{
    struct reply reply;
    enum status status = client_read_reply(sending->client, &reply);
    if (status != STATUS_OK) {
        end_all(sending, status, FAILURE_LOST);
        return false;
    }
    if (sending->is_over)
        return !sending->client->is_broken;
    attempt_of_reply(&sending->attempts[index], &reply, sending->client->target.name, "RCPT TO");
    if (sending->attempts[index].outcome == QUEUE_SENT)
        sending->accepted++;
    if (sending->client->is_broken) {
        sending->whole = sending->attempts[index];
        sending->is_over = true;
    }
    return !sending->client->is_broken;
}

/* ---- the three ways ---- */

static bool exchange_plain(struct sending *sending)
{
    enum status status = write_mail(sending);
    if (status != STATUS_OK) {
        end_all(sending, status, FAILURE_LOST);
        return false;
    }
    if (!read_mail_reply(sending) || sending->is_over)
        return false;
    for (size_t i = 0; i < sending->work->recipient_count; i++) {
        status = write_recipient(sending, &sending->work->recipients[i]);
        if (status != STATUS_OK)
            end_all(sending, status, FAILURE_LOST);
        if (status != STATUS_OK || !read_recipient_reply(sending, i))
            return false;
    }
    return sending->accepted > 0;
}

static bool write_batch(struct sending *sending, size_t from, size_t to)
{
    enum status status = from == 0 ? write_mail(sending) : STATUS_OK;
    for (size_t i = from; i < to && status == STATUS_OK; i++)
        status = write_recipient(sending, &sending->work->recipients[i]);
    if (status != STATUS_OK)
        end_all(sending, status, FAILURE_LOST);
    return status == STATUS_OK;
}

/* DATA is not pipelined with the last recipients: a lone dot after a refusal of all is what some hosts handle badly. */
static bool exchange_pipelined(struct sending *sending)
{
    size_t count = sending->work->recipient_count;
    for (size_t from = 0; from < count; from += BATCH) {
        size_t to = count - from < BATCH ? count : from + BATCH;
        if (!write_batch(sending, from, to))
            return false;
        if (from == 0 && !read_mail_reply(sending))
            return false;
        for (size_t i = from; i < to; i++)
            if (!read_recipient_reply(sending, i))
                return false;
        if (sending->is_over)
            return false;
    }
    return sending->accepted > 0;
}

/* Replaces "accepted" by what the end of the data said. */
static void give_all(struct sending *sending, const struct attempt *attempt)
{
    for (size_t i = 0; i < sending->work->recipient_count; i++)
        if (sending->attempts[i].outcome == QUEUE_SENT)
            sending->attempts[i] = *attempt;
}

static void send_text(struct sending *sending)
{
    struct client *client = sending->client;
    struct reply reply;
    struct attempt attempt;
    enum status status = client_write(client, "DATA\r\n");
    if (status == STATUS_OK)
        status = client_read_reply(client, &reply);
    if (status == STATUS_OK && reply.code != 354) {
        attempt_of_reply(&attempt, &reply, client->target.name, "DATA");
        if (attempt.outcome == QUEUE_SENT)
            attempt_fail(&attempt, FAILURE_BAD_REPLY, client->target.name, reply.text);
        give_all(sending, &attempt);
        return;
    }
    enum send_failure lost = FAILURE_LOST;
    if (status == STATUS_OK)
        status = message_text_send(client->peer, sending->mime, client->timeout_us);
    if (status == STATUS_OK) {
        lost = FAILURE_LOST_AFTER_TEXT;
        status = client_read_reply(client, &reply);
    }
    if (status == STATUS_OK)
        attempt_of_reply(&attempt, &reply, client->target.name, "end of DATA");
    else
        client_failure(client, status, lost, &attempt);
    client->is_broken |= status != STATUS_OK;
    give_all(sending, &attempt);
}

static void reset(struct client *client)
{
    struct reply reply;
    if (client->is_broken || client_write(client, "RSET\r\n") != STATUS_OK || client_read_reply(client, &reply) != STATUS_OK)
        client->is_broken = true;
}

void client_send(struct client *client, const struct queue_work *work, const struct message_needs *needs, struct slice mime,
                 struct attempt *attempts)
{
    struct sending sending = { .client = client, .work = work, .needs = needs, .mime = mime, .attempts = attempts };
    for (size_t i = 0; i < work->recipient_count; i++)
        attempts[i] = (struct attempt){ .outcome = QUEUE_DEFER };
    if (is_possible(&sending)) {
        bool goes_on = client->capabilities.pipelining ? exchange_pipelined(&sending) : exchange_plain(&sending);
        if (goes_on)
            send_text(&sending);
        else
            reset(client);
    }
    if (!sending.is_over)
        return;
    for (size_t i = 0; i < work->recipient_count; i++)
        if (attempts[i].outcome == QUEUE_SENT || attempts[i].text[0] == '\0')
            attempts[i] = sending.whole;
}
