/* STARTTLS [RFC 3207]. What the client sent behind it in the same packets is dropped unread, and all state goes (4.2). */
#include "smtp_session.h"

bool check_starttls(struct smtp_session *session, struct slice argument)
{
    (void)argument;
    if (session->is_tls)
        smtp_answer_text(session, REPLY_BAD_SEQUENCE, "TLS is on already");
    else if (!session->options.is_tls_available)
        smtp_answer(session, session->options.service == SMTP_SERVICE_RELAY ? REPLY_NOT_OFFERED : REPLY_TLS_UNAVAILABLE);
    else
        return true;
    return false;
}

void proceed_starttls(struct smtp_session *session)
{
    smtp_session_forget(session);
    smtp_answer(session, REPLY_READY_FOR_TLS);
    session->is_starting_tls = true;
    session->options.host->start_tls(session->options.host_data);
}
