/* Content of a message: the text of DATA, chunks of BDAT. */
#include "smtp_session.h"
#include "session_trace.h"

#include "bourse/base/clock.h"

static void append(void *data, const uint8_t *bytes, size_t length)
{
    message_spool_append(data, bytes, length);
}

bool smtp_data_begin(struct smtp_session *session)
{
    struct smtp_transaction *transaction = session->transaction;
    const struct config *config = smtp_config(session);
    transaction->spool = message_spool_new(transaction, (uint64_t)config_size(config, CONFIG_smtp_message_size), transaction->parameters.size);
    if (transaction->spool == NULL)
        return false;
    transaction->data_started_us = clock_monotonic_us();
    text_input_start(&transaction->text, (size_t)config_size(config, CONFIG_smtp_text_line), append, transaction->spool);
    return true;
}

static void work_flush(struct smtp_job *job)
{
    job->status = message_spool_flush(job->transaction->spool, config_text(job->options->config, CONFIG_server_data_directory));
}

/* The spool failed: go on reading to the end of the message, and refuse it then. */
static void done_flush(struct smtp_session *session, struct smtp_job *job)
{
    if (job->status != STATUS_OK)
        smtp_answer(session, REPLY_NO_SPACE_CLOSING);
}

static void flush_when_full(struct smtp_session *session)
{
    if (!message_spool_is_full(session->transaction->spool))
        return;
    struct smtp_job *job = smtp_job_new(session, work_flush, done_flush);
    if (job != NULL)
        smtp_job_start(job);
    else
        smtp_answer(session, REPLY_TOO_BUSY);
}

size_t smtp_text_input(struct smtp_session *session, struct slice input)
{
    struct smtp_transaction *transaction = session->transaction;
    size_t taken = text_input_feed(&transaction->text, input);
    transaction->data_bytes += taken;
    if (transaction->text.state != TEXT_END) {
        flush_when_full(session);
        return taken;
    }
    session->input = INPUT_COMMAND;
    smtp_trace_content(session, transaction->data_bytes);
    smtp_accept(session);
    return taken;
}

/* The chunk is complete. */
static void end_chunk(struct smtp_session *session)
{
    session->input = INPUT_COMMAND;
    smtp_trace_content(session, session->command.chunk_size);
    if (session->chunk_reply != REPLY_OK) {
        smtp_answer(session, session->chunk_reply);
        return;
    }
    if (message_spool_status(session->transaction->spool) != STATUS_OK) {
        smtp_answer_status(session, message_spool_status(session->transaction->spool), smtp_reply_row(REPLY_TOO_LARGE)->text);
        smtp_transaction_end(session);
        return;
    }
    if (session->command.is_last_chunk)
        smtp_accept(session);
    else
        smtp_answer_text(session, REPLY_OK, "%llu octets received", (unsigned long long)session->command.chunk_size);
}

size_t smtp_chunk_input(struct smtp_session *session, struct slice input)
{
    size_t taken = session->chunk_left < input.length ? (size_t)session->chunk_left : input.length;
    session->chunk_left -= taken;
    if (session->chunk_reply == REPLY_OK) {
        message_spool_append(session->transaction->spool, input.data, taken);
        session->transaction->data_bytes += taken;
    }
    if (session->chunk_left == 0)
        end_chunk(session);
    else if (session->chunk_reply == REPLY_OK)
        flush_when_full(session);
    return taken;
}
