/* Transaction and identity of a session. */
#include "smtp_session.h"

#include <stdio.h>

#include "bourse/base/clock.h"
#include "bourse/base/hash.h"
#include "bourse/base/memory.h"

const struct config *smtp_config(const struct smtp_session *session)
{
    return session->options.config;
}

bool smtp_is_submission(const struct smtp_session *session)
{
    return session->options.service != SMTP_SERVICE_RELAY;
}

void smtp_new_id(char out[SMTP_ID_SIZE])
{
    snprintf(out, SMTP_ID_SIZE, "%016llx", (unsigned long long)random_u64());
}

struct smtp_transaction *smtp_transaction_begin(struct smtp_session *session)
{
    struct smtp_transaction *transaction = talloc_zero(NULL, struct smtp_transaction);
    if (transaction == NULL)
        return NULL;
    const struct smtp_command *command = &session->command;
    smtp_new_id(transaction->request_id);
    transaction->parameters = command->mail;
    transaction->sender = talloc_strdup(transaction, command->path.address);
    if (command->mail.envelope_id != NULL)
        transaction->parameters.envelope_id = talloc_strdup(transaction, command->mail.envelope_id);
    if (transaction->sender == NULL || (command->mail.envelope_id != NULL && transaction->parameters.envelope_id == NULL))
        TALLOC_FREE(transaction);
    session->transaction = transaction;
    return transaction;
}

void smtp_transaction_end(struct smtp_session *session)
{
    TALLOC_FREE(session->transaction);
}

bool smtp_transaction_add(struct smtp_transaction *transaction, const struct envelope_recipient *recipient)
{
    if (transaction->recipient_count == transaction->recipient_room) {
        size_t room = transaction->recipient_room == 0 ? 4 : transaction->recipient_room * 2;
        struct envelope_recipient *list = array_resize(transaction, transaction->recipients, struct envelope_recipient, room);
        if (list == NULL)
            return false;
        transaction->recipients = list;
        transaction->recipient_room = room;
    }
    transaction->recipients[transaction->recipient_count++] = *recipient;
    return true;
}

void smtp_session_forget(struct smtp_session *session)
{
    smtp_transaction_end(session);
    TALLOC_FREE(session->auth);
    session->sasl = NULL;
    TALLOC_FREE(session->principal);
    session->greeting = NULL;
    session->is_extended = false;
    session->input = INPUT_COMMAND;
    buffer_reset(session->line);
    session->is_line_too_long = false;
    session->line_started_us = 0;
    session->chunk_left = 0;
}

const char *smtp_protocol_name(const struct smtp_session *session)
{
    static const char *const names[2][4] = {
        { "ESMTP", "ESMTPS", "ESMTPA", "ESMTPSA" },
        { "UTF8SMTP", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTPSA" },
    };
    bool is_utf8 = session->transaction != NULL && session->transaction->parameters.smtputf8;
    if (!session->is_extended)
        return "SMTP";
    return names[is_utf8 ? 1 : 0][(session->is_tls ? 1 : 0) + (session->principal != NULL ? 2 : 0)];
}
