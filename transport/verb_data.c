/* DATA [RFC 5321] 4.1.1.4. */
#include "smtp_session.h"

bool check_data(struct smtp_session *session, struct slice argument)
{
    const struct smtp_transaction *transaction = session->transaction;
    (void)argument;
    if (transaction->recipient_count == 0)
        smtp_answer(session, REPLY_NO_RECIPIENTS);
    else if (transaction->parameters.body == SMTP_BODY_BINARYMIME) /* [RFC 3030] 3 */
        smtp_answer_text(session, REPLY_BAD_SEQUENCE, "BODY=BINARYMIME needs BDAT");
    else
        return true;
    return false;
}

void proceed_data(struct smtp_session *session)
{
    if (!smtp_data_begin(session)) {
        smtp_answer(session, REPLY_TOO_BUSY);
        return;
    }
    session->input = INPUT_TEXT;
    smtp_answer(session, REPLY_START_TEXT);
}
