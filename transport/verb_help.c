/* HELP [RFC 5321] 4.1.1.8. */
#include "smtp_session.h"

#define ANSWER_CAP 4096

bool check_help(struct smtp_session *session, struct slice argument)
{
    session->command.text = slice_text(session->step, argument);
    return true;
}

/* NULL when there is no such command. */
static const char *syntax_of(const char *name)
{
    for (size_t i = 0; smtp_verb_name(i) != NULL; i++)
        if (name != NULL && slice_equal_ascii_nocase(slice_of_text(name), slice_of_text(smtp_verb_name(i))))
            return smtp_verb_syntax(i);
    return NULL;
}

static void answer_all(struct smtp_session *session)
{
    struct buffer *out = buffer_new(session->step, ANSWER_CAP);
    if (out == NULL) {
        smtp_answer(session, REPLY_TOO_BUSY);
        return;
    }
    for (size_t i = 0; smtp_verb_syntax(i) != NULL; i++)
        buffer_printf(out, "214-2.0.0 %s\r\n", smtp_verb_syntax(i));
    buffer_append_text(out, "214 2.0.0 See RFC 5321\r\n");
    smtp_answer_raw(session, 214, buffer_slice(out));
}

void proceed_help(struct smtp_session *session)
{
    const char *syntax = syntax_of(session->command.text);
    if (syntax != NULL)
        smtp_answer_text(session, REPLY_HELP, "%s", syntax);
    else
        answer_all(session);
}
