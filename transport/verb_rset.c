/* RSET [RFC 5321] 4.1.1.5. */
#include "smtp_session.h"

bool check_rset(struct smtp_session *session, struct slice argument)
{
    (void)session;
    (void)argument;
    return true;
}

void proceed_rset(struct smtp_session *session)
{
    smtp_transaction_end(session);
    smtp_answer(session, REPLY_OK);
}
