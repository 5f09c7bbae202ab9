/* VRFY [RFC 5321] 4.1.1.6: says nothing about who exists [RFC 5321] 7.3. */
#include "smtp_session.h"

bool check_vrfy(struct smtp_session *session, struct slice argument)
{
    (void)session;
    (void)argument;
    return true;
}

void proceed_vrfy(struct smtp_session *session)
{
    smtp_answer(session, REPLY_CANNOT_VERIFY);
}
