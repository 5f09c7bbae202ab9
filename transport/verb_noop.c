/* NOOP [RFC 5321] 4.1.1.9. */
#include "smtp_session.h"

bool check_noop(struct smtp_session *session, struct slice argument)
{
    (void)session;
    (void)argument;
    return true;
}

void proceed_noop(struct smtp_session *session)
{
    smtp_answer(session, REPLY_OK);
}
