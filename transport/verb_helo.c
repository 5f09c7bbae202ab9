/* HELO [RFC 5321] 4.1.1.1: a session without extensions. */
#include "smtp_session.h"

bool check_helo(struct smtp_session *session, struct slice argument)
{
    return check_ehlo(session, argument);
}

void proceed_helo(struct smtp_session *session)
{
    char line[300];
    smtp_transaction_end(session);
    session->greeting = talloc_strdup(session, session->command.text);
    session->is_extended = false;
    if (session->greeting == NULL) {
        smtp_answer(session, REPLY_TOO_BUSY);
        return;
    }
    int length = snprintf(line, sizeof line, "250 %.255s\r\n", session->options.hostname);
    smtp_answer_raw(session, 250, slice_of(line, (size_t)length));
}
