/* EXPN [RFC 5321] 4.1.1.7: members of a list are not shown [RFC 5321] 7.3. */
#include "smtp_session.h"

bool check_expn(struct smtp_session *session, struct slice argument)
{
    (void)argument;
    smtp_answer(session, REPLY_NOT_OFFERED);
    return false;
}

void proceed_expn(struct smtp_session *session)
{
    smtp_answer(session, REPLY_NOT_OFFERED);
}
