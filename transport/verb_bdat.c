/* BDAT [RFC 3030] 2. The octets of a chunk follow the command at once, so they are taken in and dropped even when the command is refused. */
#include "smtp_session.h"

#define MOST_DIGITS 18u

static bool read_size(struct slice text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.length > 0 && text.length <= MOST_DIGITS;
}

/* Where the chunk ends cannot be known after a syntax error: the session cannot go on. */
bool check_bdat(struct smtp_session *session, struct slice argument)
{
    struct slice size, last;
    slice_split(argument, ' ', &size, &last);
    last = slice_trim(last);
    session->command.is_last_chunk = slice_equal_ascii_nocase(last, slice_of("LAST", 4));
    if (read_size(size, &session->command.chunk_size) && (last.length == 0 || session->command.is_last_chunk))
        return true;
    smtp_answer_text(session, REPLY_SYNTAX, "Syntax: BDAT size [LAST]");
    smtp_close(session);
    return false;
}

static enum smtp_reply refusal(struct smtp_session *session)
{
    const struct smtp_transaction *transaction = session->transaction;
    if (transaction == NULL)
        return REPLY_BAD_SEQUENCE;
    if (transaction->recipient_count == 0)
        return REPLY_NO_RECIPIENTS;
    return REPLY_OK;
}

void proceed_bdat(struct smtp_session *session)
{
    session->chunk_reply = refusal(session);
    if (session->chunk_reply == REPLY_OK && session->transaction->spool == NULL && !smtp_data_begin(session))
        session->chunk_reply = REPLY_TOO_BUSY;
    if (session->chunk_reply == REPLY_OK)
        session->transaction->is_chunked = true;
    session->chunk_left = session->command.chunk_size;
    session->input = INPUT_CHUNK;
    if (session->chunk_left == 0)
        smtp_chunk_input(session, (struct slice){ 0 });
}
