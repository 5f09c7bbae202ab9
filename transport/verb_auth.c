/* AUTH [RFC 4954]: the exchange runs in a worker, step by step; a failure's answer may be held back to slow guessing. */
#include "smtp_session.h"

#include "bourse/base/metrics.h"
#include "bourse/base/text.h"

#define ANSWER_CAP 32768

struct auth_step {
    bool is_first;
    const char *mechanism;
    bool has_initial;
    struct slice response;            /* decoded, of the command's memory */
    struct sign_in_sasl *sasl;
    TALLOC_CTX *auth;
    bool is_encrypted;
    struct sign_in_progress progress;
    struct sign_in_outcome outcome;   /* principal on `auth` */
};

static bool decode(struct smtp_session *session, struct slice text)
{
    if (base64_decode(session->step, text, &session->command.response) == STATUS_OK)
        return true;
    smtp_answer(session, REPLY_BAD_BASE64);
    return false;
}

bool check_auth(struct smtp_session *session, struct slice argument)
{
    struct slice mechanism, initial;
    if (session->principal != NULL) {
        smtp_answer_text(session, REPLY_BAD_SEQUENCE, "Signed in already");
        return false;
    }
    if (!session->is_tls) {
        smtp_answer(session, REPLY_NOT_BEFORE_TLS);
        return false;
    }
    session->command.has_initial = slice_split(argument, ' ', &mechanism, &initial);
    session->command.mechanism = slice_text(session->step, mechanism);
    bool is_empty = slice_equal(initial, slice_of("=", 1)); /* [RFC 4954] 4: an initial response of no bytes */
    if (session->command.mechanism == NULL) {
        smtp_answer(session, REPLY_UNKNOWN_MECHANISM);
        return false;
    }
    return !session->command.has_initial || is_empty || decode(session, initial);
}

static enum status advance(struct smtp_job *job, struct auth_step *step)
{
    const struct smtp_backend *backend = job->options->backend;
    if (!step->is_first)
        return backend->sasl_step(step->sasl, step->response, &step->progress);
    struct sign_in_sasl_options options = { .protocol = SIGN_IN_SMTP, .peer = job->options->peer, .is_encrypted = step->is_encrypted };
    TRY(backend->sasl_new(step->auth, backend->data, &options, &step->sasl));
    return backend->sasl_start(step->sasl, step->mechanism, step->has_initial, step->response, &step->progress);
}

static void work_auth(struct smtp_job *job)
{
    struct auth_step *step = job->data;
    const struct smtp_backend *backend = job->options->backend;
    job->status = advance(job, step);
    bool is_over = job->status != STATUS_OK || step->progress.is_done;
    /* A mechanism that is not offered has no outcome. */
    if (is_over && step->sasl != NULL && job->status != STATUS_NOT_SUPPORTED && job->status != STATUS_MALFORMED) {
        enum status finished = backend->sasl_finish(step->auth, step->sasl, &step->outcome);
        if (job->status == STATUS_OK)
            job->status = finished;
    }
}

static void end_exchange(struct smtp_session *session)
{
    session->input = INPUT_COMMAND;
    session->sasl = NULL;
    TALLOC_FREE(session->auth);
}

static void answer_challenge(struct smtp_session *session, struct slice challenge)
{
    struct buffer *out = buffer_new(session->step, ANSWER_CAP);
    if (out == NULL) {
        end_exchange(session);
        smtp_answer(session, REPLY_TOO_BUSY);
        return;
    }
    buffer_append_text(out, "334 ");
    base64_append(out, challenge);
    buffer_append_text(out, "\r\n");
    session->input = INPUT_AUTH;
    smtp_answer_raw(session, 334, buffer_slice(out));
}

static void answer_failure(struct smtp_session *session, enum status status, const char *text)
{
    if (status == STATUS_NOT_SUPPORTED)
        smtp_answer(session, REPLY_UNKNOWN_MECHANISM);
    else if (status == STATUS_MALFORMED)
        smtp_answer_text(session, REPLY_SYNTAX, "Authentication exchange cannot be read");
    else
        smtp_answer_status(session, status, text);
}

static void done_auth(struct smtp_session *session, struct smtp_job *job)
{
    struct auth_step *step = job->data;
    secret_wipe((void *)(uintptr_t)step->response.data, step->response.length);
    session->sasl = step->sasl;
    if (job->status == STATUS_OK && !step->progress.is_done) {
        answer_challenge(session, step->progress.challenge);
        return;
    }
    if (step->outcome.not_before != 0)
        smtp_hold_answer(session, step->outcome.not_before);
    if (job->status == STATUS_OK) {
        session->principal = talloc_steal(session, step->outcome.principal);
        end_exchange(session);
        smtp_answer(session, REPLY_SIGNED_IN);
        return;
    }
    end_exchange(session);
    answer_failure(session, job->status, job->client_text);
}

static void run_step(struct smtp_session *session, bool is_first)
{
    struct smtp_job *job = smtp_job_new(session, work_auth, done_auth);
    struct auth_step *step = job != NULL ? talloc_zero(job, struct auth_step) : NULL;
    if (is_first)
        session->auth = talloc_new(NULL);
    if (step == NULL || session->auth == NULL) {
        talloc_free(job);
        end_exchange(session);
        smtp_answer(session, REPLY_TOO_BUSY);
        return;
    }
    *step = (struct auth_step){ .is_first = is_first, .mechanism = session->command.mechanism, .has_initial = session->command.has_initial,
                                .response = session->command.response, .sasl = session->sasl, .auth = session->auth,
                                .is_encrypted = session->is_tls };
    job->data = step;
    smtp_job_start(job);
}

void proceed_auth(struct smtp_session *session)
{
    run_step(session, true);
}

void smtp_auth_line(struct smtp_session *session, struct slice line)
{
    talloc_free_children(session->step);
    session->command = (struct smtp_command){ 0 };
    enum smtp_reply refusal = REPLY_OK;
    if (line.data == NULL)
        refusal = REPLY_AUTH_LINE_TOO_LONG;
    else if (slice_equal(line, slice_of("*", 1)))
        refusal = REPLY_AUTH_CANCELLED;
    else if (base64_decode(session->step, line, &session->command.response) != STATUS_OK)
        refusal = REPLY_BAD_BASE64;
    if (refusal == REPLY_OK) {
        run_step(session, false);
        return;
    }
    end_exchange(session);
    smtp_answer(session, refusal);
}
