/* RCPT [RFC 5321] 4.1.1.3: every recipient is looked up before it is accepted. */
#include "smtp_session.h"

#include "bourse/base/metrics.h"

bool check_rcpt(struct smtp_session *session, struct slice argument)
{
    struct smtp_command *command = &session->command;
    struct slice rest;
    if (!slice_equal_ascii_nocase(slice_part(argument, 0, 3), slice_of("TO:", 3))) {
        smtp_answer_text(session, REPLY_SYNTAX, "Syntax: RCPT TO:<address> [parameters]");
        return false;
    }
    if (smtp_path_parse(session->step, slice_part(argument, 3, argument.length), &rest, &command->path) != STATUS_OK ||
        command->path.address[0] == '\0') {
        smtp_answer(session, REPLY_BAD_RECIPIENT);
        return false;
    }
    enum smtp_reply reply = parameters_read_recipient(session->step, rest, &command->recipient);
    if (reply == REPLY_OK && command->path.is_utf8 && !session->transaction->parameters.smtputf8)
        reply = REPLY_NEEDS_UTF8;
    if (reply == REPLY_OK && session->transaction->recipient_count >= (size_t)config_int(smtp_config(session), CONFIG_smtp_recipients)) {
        metric_add(METRIC_LIMITS_HIT, 1);
        reply = REPLY_TOO_MANY_RECIPIENTS;
    }
    if (reply != REPLY_OK)
        smtp_answer(session, reply);
    return reply == REPLY_OK;
}

struct look_up {
    const char *address; /* lives as long as the command */
    bool is_signed_in;
    struct route route;  /* on the transaction */
};

static void work_look_up(struct smtp_job *job)
{
    struct look_up *look_up = job->data;
    const struct smtp_backend *backend = job->options->backend;
    job->status = backend->route(job->transaction, backend->data, look_up->address, &look_up->route);
    /* A contact of the directory is ours to forward to; any other host is not. */
    if (job->status == STATUS_OK && look_up->route.route == ROUTE_REMOTE && guid_is_zero(look_up->route.guid) && !look_up->is_signed_in)
        job->status = status_fail(STATUS_RELAY_DENIED, "%s", look_up->address);
}

static void done_look_up(struct smtp_session *session, struct smtp_job *job)
{
    struct look_up *look_up = job->data;
    struct smtp_transaction *transaction = session->transaction;
    const struct recipient_parameters *parameters = &session->command.recipient;
    if (job->status != STATUS_OK) {
        smtp_answer_status(session, job->status, job->client_text);
        return;
    }
    struct envelope_recipient recipient = { .address = talloc_strdup(transaction, look_up->address), .route = look_up->route,
                                            .notify = parameters->notify };
    if (parameters->original_address != NULL)
        recipient.original_address = talloc_strdup(transaction, parameters->original_address);
    if (recipient.address == NULL || (parameters->original_address != NULL && recipient.original_address == NULL) ||
        !smtp_transaction_add(transaction, &recipient))
        smtp_answer(session, REPLY_TOO_BUSY);
    else
        smtp_answer(session, REPLY_RECIPIENT_OK);
}

void proceed_rcpt(struct smtp_session *session)
{
    struct smtp_job *job = smtp_job_new(session, work_look_up, done_look_up);
    struct look_up *look_up = job != NULL ? talloc_zero(job, struct look_up) : NULL;
    if (look_up == NULL) {
        talloc_free(job);
        smtp_answer(session, REPLY_TOO_BUSY);
        return;
    }
    look_up->address = session->command.path.address;
    look_up->is_signed_in = session->principal != NULL;
    job->data = look_up;
    smtp_job_start(job);
}
