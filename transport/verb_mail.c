/* MAIL [RFC 5321] 4.1.1.2. On submission ports the sender must be the user's to use [RFC 6409] 6.1. */
#include "smtp_session.h"

#include "bourse/base/metrics.h"

static bool is_within_limits(struct smtp_session *session)
{
    const struct config *config = smtp_config(session);
    enum smtp_reply reply = REPLY_OK;
    if (session->messages >= config_int(config, CONFIG_smtp_messages_per_session))
        reply = REPLY_TOO_MANY_MESSAGES;
    else if (session->command.mail.size > (uint64_t)config_size(config, CONFIG_smtp_message_size))
        reply = REPLY_TOO_LARGE;
    else if (session->options.is_space_low != NULL && atomic_load(session->options.is_space_low))
        reply = REPLY_NO_SPACE;
    if (reply == REPLY_OK)
        return true;
    metric_add(METRIC_LIMITS_HIT, 1);
    smtp_answer(session, reply);
    return false;
}

bool check_mail(struct smtp_session *session, struct slice argument)
{
    struct smtp_command *command = &session->command;
    struct slice rest;
    if (!slice_equal_ascii_nocase(slice_part(argument, 0, 5), slice_of("FROM:", 5))) {
        smtp_answer_text(session, REPLY_SYNTAX, "Syntax: MAIL FROM:<address> [parameters]");
        return false;
    }
    if (smtp_path_parse(session->step, slice_part(argument, 5, argument.length), &rest, &command->path) != STATUS_OK ||
        (command->path.domain == NULL && command->path.address[0] != '\0')) {
        smtp_answer(session, REPLY_BAD_SENDER);
        return false;
    }
    enum smtp_reply reply = parameters_read_mail(session->step, rest, &command->mail);
    if (reply == REPLY_OK && command->path.is_utf8 && !command->mail.smtputf8)
        reply = REPLY_NEEDS_UTF8;
    if (reply != REPLY_OK)
        smtp_answer(session, reply);
    return reply == REPLY_OK && is_within_limits(session);
}

static void begin(struct smtp_session *session, bool is_on_behalf)
{
    struct smtp_transaction *transaction = smtp_transaction_begin(session);
    if (transaction == NULL) {
        smtp_answer(session, REPLY_TOO_BUSY);
        return;
    }
    transaction->is_on_behalf = is_on_behalf;
    smtp_answer(session, REPLY_SENDER_OK);
}

struct sender_check {
    struct guid person;
    const char *address; /* lives as long as the command */
    bool is_on_behalf;
};

static void work_check(struct smtp_job *job)
{
    struct sender_check *check = job->data;
    const struct smtp_backend *backend = job->options->backend;
    job->status = backend->check_sender(backend->data, check->person, check->address, &check->is_on_behalf);
}

static void done_check(struct smtp_session *session, struct smtp_job *job)
{
    const struct sender_check *check = job->data;
    if (job->status == STATUS_OK)
        begin(session, check->is_on_behalf);
    else
        smtp_answer_status(session, job->status, job->client_text);
}

/* Mail from other hosts may come from anybody; so may the null sender, of which a read receipt is sent [RFC 8098] 3. */
void proceed_mail(struct smtp_session *session)
{
    if (session->principal == NULL || session->command.path.address[0] == '\0') {
        begin(session, false);
        return;
    }
    struct smtp_job *job = smtp_job_new(session, work_check, done_check);
    struct sender_check *check = job != NULL ? talloc_zero(job, struct sender_check) : NULL;
    if (check == NULL) {
        talloc_free(job);
        smtp_answer(session, REPLY_TOO_BUSY);
        return;
    }
    *check = (struct sender_check){ .person = session->principal->guid, .address = session->command.path.address };
    job->data = check;
    smtp_job_start(job);
}
