/* Blocking work of a session. */
#include "smtp_session.h"

#include <stdio.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"

struct smtp_job *smtp_job_new(struct smtp_session *session, void (*work)(struct smtp_job *job),
                              void (*done)(struct smtp_session *session, struct smtp_job *job))
{
    struct smtp_job *job = talloc_zero(NULL, struct smtp_job);
    if (job == NULL)
        return NULL;
    job->session = session;
    job->work = work;
    job->done = done;
    job->options = &session->options;
    job->transaction = session->transaction;
    memcpy(job->request_id, session->transaction != NULL ? session->transaction->request_id : session->request_id, SMTP_ID_SIZE);
    return job;
}

void smtp_job_start(struct smtp_job *job)
{
    struct smtp_session *session = job->session;
    session->job = job;
    enum status status = session->options.host->submit(session->options.host_data, job);
    if (status == STATUS_OK)
        return;
    session->job = NULL;
    talloc_free(job);
    smtp_answer(session, status == STATUS_CANCELLED ? REPLY_SHUTTING_DOWN : REPLY_TOO_BUSY);
}

void smtp_job_run(struct smtp_job *job)
{
    log_set_request(job->request_id);
    status_chain_clear();
    job->work(job);
    if (job->status != STATUS_OK) {
        snprintf(job->client_text, sizeof job->client_text, "%s", status_client_text(job->status));
        if (status_info(job->status)->fault != FAULT_CLIENT)
            log_failure(EVENT_SMTP_FAILED, job->status, "work for %s", job->options->peer);
    }
    log_set_request(NULL);
}

void smtp_job_finish(struct smtp_job *job)
{
    struct smtp_session *session = job->session;
    session->job = NULL;
    if (session->is_hung_up) {
        talloc_free(job);
        session->options.host->close(session->options.host_data);
        return;
    }
    session->active_us = clock_monotonic_us();
    log_set_request(job->request_id);
    job->done(session, job);
    log_set_request(NULL);
    talloc_free(job);
    if (session->is_draining && !session->is_closing)
        smtp_session_drain(session);
    if (!session->is_closing)
        session->options.host->more(session->options.host_data);
}
