/* The table of commands and what holds for all of them. */
#include "smtp_session.h"

enum argument_rule { ARGUMENT_NONE, ARGUMENT_OPTIONAL, ARGUMENT_REQUIRED };
enum condition { GREETED = 1, IDLE = 2, OPEN = 4, SIGNED = 8 };

struct verb {
    const char *name;
    enum argument_rule argument;
    unsigned conditions;
    const char *syntax;
    bool (*check)(struct smtp_session *session, struct slice argument); /* answers and returns false when the command is refused */
    void (*proceed)(struct smtp_session *session);
};

static const struct verb verbs[] = {
#define VERB(name, stem, argument, conditions, syntax) { #name, ARGUMENT_##argument, conditions, syntax, check_##stem, proceed_##stem },
#include "verbs.def"
#undef VERB
};

const char *smtp_verb_syntax(size_t index)
{
    return index < ARRAY_LENGTH(verbs) ? verbs[index].syntax : NULL;
}

const char *smtp_verb_name(size_t index)
{
    return index < ARRAY_LENGTH(verbs) ? verbs[index].name : NULL;
}

static const struct verb *find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++)
        if (slice_equal_ascii_nocase(name, slice_of_text(verbs[i].name)))
            return &verbs[i];
    return NULL;
}

/* Answers and returns false when a condition does not hold. */
static bool conditions_hold(struct smtp_session *session, const struct verb *verb)
{
    if ((verb->conditions & SIGNED) != 0 && smtp_is_submission(session) && session->principal == NULL) {
        smtp_answer(session, session->is_tls ? REPLY_SIGN_IN_FIRST : REPLY_START_TLS_FIRST);
        return false;
    }
    if ((verb->conditions & GREETED) != 0 && session->greeting == NULL) {
        smtp_answer_text(session, REPLY_BAD_SEQUENCE, "Say EHLO first");
        return false;
    }
    if ((verb->conditions & IDLE) != 0 && session->transaction != NULL) {
        smtp_answer_text(session, REPLY_BAD_SEQUENCE, "Not during a mail transaction");
        return false;
    }
    if ((verb->conditions & OPEN) != 0 && (session->transaction == NULL || session->transaction->is_chunked)) {
        smtp_answer_text(session, REPLY_BAD_SEQUENCE, session->transaction == NULL ? "Need MAIL command" : "BDAT has begun");
        return false;
    }
    return true;
}

static bool argument_fits(struct smtp_session *session, const struct verb *verb, struct slice argument)
{
    bool is_wrong = (verb->argument == ARGUMENT_NONE && argument.length > 0) || (verb->argument == ARGUMENT_REQUIRED && argument.length == 0);
    if (is_wrong)
        smtp_answer_text(session, REPLY_SYNTAX, "Syntax: %s", verb->syntax);
    return !is_wrong;
}

void smtp_dispatch(struct smtp_session *session, struct slice line)
{
    struct slice name, argument;
    slice_split(line, ' ', &name, &argument);
    argument = slice_trim(argument);
    const struct verb *verb = find(slice_trim(name));
    if (verb == NULL) {
        smtp_answer(session, REPLY_UNKNOWN_COMMAND);
        return;
    }
    if (!conditions_hold(session, verb) || !argument_fits(session, verb, argument))
        return;
    talloc_free_children(session->step);
    session->command = (struct smtp_command){ 0 };
    if (verb->check(session, argument))
        verb->proceed(session);
}
