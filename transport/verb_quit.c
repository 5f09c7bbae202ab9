/* QUIT [RFC 5321] 4.1.1.10. */
#include "smtp_session.h"

bool check_quit(struct smtp_session *session, struct slice argument)
{
    (void)session;
    (void)argument;
    return true;
}

void proceed_quit(struct smtp_session *session)
{
    smtp_answer(session, REPLY_CLOSING);
}
