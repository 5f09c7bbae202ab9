/* The message is complete: a worker checks it, makes it durable and tells the sender of recipients that failed; only then comes the 250. */
#include <inttypes.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/memory.h"
#include "bourse/base/metrics.h"
#include "bourse/mime/header.h"
#include "notice.h"
#include "smtp_session.h"
#include "submission.h"

struct acceptance {
    const struct smtp_session_options *options;
    struct smtp_transaction *transaction;
    struct envelope envelope;
    struct submission submission; /* person is zero for mail from other hosts */
    struct slice mime;
    enum smtp_reply refusal;      /* REPLY_OK: none */
    enum status answer;           /* what all recipients came to */
};

/* ---- checks ---- */

static bool header_is_within_limits(const struct config *config, struct slice mime)
{
    struct mime_field field;
    size_t at = 0;
    int64_t count = 0;
    if (mime_header_length(mime) > (size_t)config_size(config, CONFIG_smtp_headers_size))
        return false;
    while (mime_field_next(mime, &at, &field))
        if (++count > config_int(config, CONFIG_smtp_header_fields) || field.whole.length > (size_t)config_size(config, CONFIG_smtp_header_size))
            return false;
    return true;
}

static enum smtp_reply check_content(const struct acceptance *work)
{
    const struct smtp_transaction *transaction = work->transaction;
    bool has_bare = transaction->text.has_bare;
    if (transaction->is_chunked)
        has_bare = transaction->parameters.body != SMTP_BODY_BINARYMIME && text_has_bare_line_ends(work->mime);
    if (has_bare)
        return REPLY_BARE_LINE_END;
    if (header_is_within_limits(work->options->config, work->mime))
        return REPLY_OK;
    metric_add(METRIC_LIMITS_HIT, 1);
    return REPLY_HEADER_TOO_LARGE;
}

/* ---- recipients that failed although the message was accepted, and those that are to be confirmed ---- */

static bool is_accepted(const struct envelope_recipient *recipient)
{
    return recipient->result == STATUS_OK || recipient->result == STATUS_DUPLICATE;
}

static size_t count_accepted(const struct envelope *envelope)
{
    size_t count = 0;
    for (size_t i = 0; i < envelope->recipient_count; i++)
        count += is_accepted(&envelope->recipients[i]) ? 1 : 0;
    return count;
}

/* When all failed: a temporary cause is named first, because the client may try again. */
static enum status joint_result(const struct envelope *envelope)
{
    for (size_t i = 0; i < envelope->recipient_count; i++)
        if (status_info(envelope->recipients[i].result)->smtp < 500)
            return envelope->recipients[i].result;
    return envelope->recipients[0].result;
}

/* Remote recipients are confirmed by the queue. */
static bool is_final(const struct envelope_recipient *recipient)
{
    return !is_accepted(recipient) || (recipient->route.route != ROUTE_REMOTE && recipient->result == STATUS_OK);
}

static enum delivery_action action_of(const struct envelope_recipient *recipient)
{
    if (!is_accepted(recipient))
        return DELIVERY_FAILED;
    return recipient->route.route == ROUTE_GROUP ? DELIVERY_EXPANDED : DELIVERY_DELIVERED;
}

static enum status describe(TALLOC_CTX *mem, const struct envelope_recipient *recipient, struct delivery_recipient *out)
{
    const struct status_info *info = status_info(recipient->result);
    *out = (struct delivery_recipient){ .original = recipient->original_address, .final = recipient->address, .action = action_of(recipient),
                                        .last_attempt = clock_now() };
    if (out->action != DELIVERY_FAILED) {
        out->status = "2.0.0";
        return STATUS_OK;
    }
    out->status = notice_failed_status(mem, info->enhanced);
    out->diagnostic = talloc_asprintf(mem, "%u %s %s", info->smtp, info->enhanced, info->text);
    return out->status != NULL && out->diagnostic != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "notice");
}

static enum status collect(TALLOC_CTX *mem, const struct envelope *envelope, struct delivery_recipient **out, size_t *count)
{
    *count = 0;
    *out = array_new(mem, struct delivery_recipient, envelope->recipient_count);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "notice");
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        const struct envelope_recipient *recipient = &envelope->recipients[i];
        if (is_final(recipient) && notice_is_wanted(recipient->notify, action_of(recipient)))
            TRY(describe(mem, recipient, &(*out)[(*count)++]));
    }
    return STATUS_OK;
}

static enum status send_notice(TALLOC_CTX *mem, const struct acceptance *work, struct slice notice)
{
    const struct smtp_backend *backend = work->options->backend;
    struct envelope_recipient to = { .address = work->envelope.sender, .notify = DSN_NOTIFY_NEVER };
    struct envelope envelope = { .sender = "", .recipients = &to, .recipient_count = 1, .client = "local", .protocol = "", .greeting = "" };
    enum status status = backend->route(mem, backend->data, to.address, &to.route);
    if (status == STATUS_RECIPIENT_NOT_FOUND || status == STATUS_QUOTA_EXCEEDED) {
        log_failure(EVENT_QUEUE_BOUNCED, status, "a notice for %s cannot be delivered", to.address);
        return STATUS_OK;
    }
    TRY(status);
    return backend->accept(mem, backend->data, &envelope, notice);
}

/* A failure here makes the whole reply a temporary one: the client sends again, the message itself is known then, and the notice is tried anew. */
static enum status tell_sender(TALLOC_CTX *mem, const struct acceptance *work)
{
    const struct envelope *envelope = &work->envelope;
    struct delivery_recipient *recipients = NULL;
    size_t count = 0;
    struct slice notice;
    struct notice_subject subject = { .sender = envelope->sender, .envelope_id = envelope->envelope_id, .return_full = envelope->return_full,
                                      .arrival = clock_now(), .mime = work->mime };
    if (envelope->sender[0] == '\0')
        return STATUS_OK;
    TRY(collect(mem, envelope, &recipients, &count));
    if (count == 0)
        return STATUS_OK;
    TRY(notice_build(mem, work->options->config, &subject, recipients, count, &notice));
    return send_notice(mem, work, notice);
}

/* ---- in the worker ---- */

static enum status deliver(TALLOC_CTX *mem, struct acceptance *work)
{
    const struct smtp_backend *backend = work->options->backend;
    struct envelope *envelope = &work->envelope;
    TRY(backend->accept(mem, backend->data, envelope, work->mime));
    size_t accepted = count_accepted(envelope);
    if (accepted == 0) {
        work->answer = joint_result(envelope);
        return STATUS_OK;
    }
    log_event(EVENT_SMTP_ACCEPTED, "from <%s> to %zu of %zu recipients, %zu bytes, %s", envelope->sender, accepted,
              envelope->recipient_count, work->mime.length, envelope->client);
    return tell_sender(mem, work);
}

static enum status accept_message(TALLOC_CTX *mem, struct acceptance *work)
{
    struct smtp_transaction *transaction = work->transaction;
    TRY(message_spool_status(transaction->spool));
    TRY(message_spool_finish(transaction->spool, config_text(work->options->config, CONFIG_server_data_directory), &work->mime));
    work->refusal = check_content(work);
    if (work->refusal != REPLY_OK)
        return STATUS_OK;
    if (!guid_is_zero(work->submission.person))
        TRY(submission_prepare(mem, &work->submission, work->mime, &work->mime));
    return deliver(mem, work);
}

static void work_accept(struct smtp_job *job)
{
    job->status = accept_message(job, job->data);
}

/* ---- in the loop ---- */

static void fill_envelope(struct smtp_session *session, struct acceptance *work)
{
    const struct smtp_transaction *transaction = session->transaction;
    const struct mail_parameters *parameters = &transaction->parameters;
    work->envelope = (struct envelope){
        .sender = transaction->sender, .recipients = transaction->recipients, .recipient_count = transaction->recipient_count,
        .envelope_id = parameters->envelope_id, .return_full = parameters->return_full, .smtputf8 = parameters->smtputf8,
        .body_8bit = parameters->body != SMTP_BODY_7BIT, .client = session->client, .protocol = smtp_protocol_name(session),
        .greeting = session->greeting,
    };
    if (session->principal == NULL)
        return;
    work->envelope.submitter = session->principal->guid;
    work->submission = (struct submission){
        .backend = session->options.backend, .person = session->principal->guid, .address = session->principal->address,
        .name = session->principal->display_name, .sender = transaction->sender, .is_on_behalf = transaction->is_on_behalf,
        .smtputf8 = parameters->smtputf8, .hostname = session->options.hostname,
    };
}

static void answer_result(struct smtp_session *session, const struct smtp_job *job, const struct acceptance *work)
{
    if (job->status != STATUS_OK)
        smtp_answer_status(session, job->status, job->status == STATUS_LIMIT_EXCEEDED ? smtp_reply_row(REPLY_TOO_LARGE)->text : job->client_text);
    else if (work->refusal != REPLY_OK)
        smtp_answer(session, work->refusal);
    else if (work->answer != STATUS_OK)
        smtp_answer_status(session, work->answer, NULL);
    else
        smtp_answer_text(session, REPLY_OK, "Accepted as %s", job->request_id);
}

static void done_accept(struct smtp_session *session, struct smtp_job *job)
{
    const struct acceptance *work = job->data;
    bool is_accepted_now = job->status == STATUS_OK && work->refusal == REPLY_OK && work->answer == STATUS_OK;
    metric_observe_us(METRIC_SMTP_ACCEPT_TIME, clock_monotonic_us() - session->transaction->data_ended_us);
    session->messages++;
    if (is_accepted_now) {
        metric_add(METRIC_SMTP_ACCEPTED, 1);
        session->errors = 0;
    }
    smtp_transaction_end(session);
    answer_result(session, job, work);
}

void smtp_accept(struct smtp_session *session)
{
    struct smtp_job *job = smtp_job_new(session, work_accept, done_accept);
    struct acceptance *work = job != NULL ? talloc_zero(job, struct acceptance) : NULL;
    session->transaction->data_ended_us = clock_monotonic_us();
    if (work == NULL) {
        talloc_free(job);
        smtp_transaction_end(session);
        smtp_answer(session, REPLY_TOO_BUSY);
        return;
    }
    work->options = &session->options;
    work->transaction = session->transaction;
    work->refusal = REPLY_OK;
    fill_envelope(session, work);
    job->data = work;
    smtp_job_start(job);
}
