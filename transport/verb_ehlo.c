/* EHLO [RFC 5321] 4.1.1.1. */
#include "smtp_session.h"

#include <inttypes.h>

#define ANSWER_CAP 4096

enum when { ALWAYS, BEFORE_TLS, WITH_SIGN_IN };
enum argument { NONE, SIZE, MECHANISMS };

static const struct extension {
    const char *keyword;
    enum when when;
    enum argument argument;
} extensions[] = {
#define EXTENSION(keyword, when, argument) { keyword, when, argument },
#include "extensions.def"
#undef EXTENSION
};

static const char *mechanisms(const struct smtp_session *session)
{
    struct sign_in_sasl_options options = { .protocol = SIGN_IN_SMTP, .peer = session->options.peer, .is_encrypted = session->is_tls };
    return session->options.backend->mechanisms(session->options.backend->data, &options);
}

static bool is_offered(const struct smtp_session *session, const struct extension *extension)
{
    switch (extension->when) {
    case ALWAYS:
        return true;
    case BEFORE_TLS:
        return session->options.is_tls_available && !session->is_tls;
    case WITH_SIGN_IN:
        return session->is_tls && session->principal == NULL && mechanisms(session)[0] != '\0';
    }
    return false;
}

static void append_extension(struct buffer *out, const struct smtp_session *session, const struct extension *extension)
{
    buffer_printf(out, "250-%s", extension->keyword);
    if (extension->argument == SIZE)
        buffer_printf(out, " %" PRId64, config_size(smtp_config(session), CONFIG_smtp_message_size));
    if (extension->argument == MECHANISMS)
        buffer_printf(out, " %s", mechanisms(session));
    buffer_append_text(out, "\r\n");
}

bool check_ehlo(struct smtp_session *session, struct slice argument)
{
    if (!smtp_greeting_is_valid(argument)) {
        smtp_answer_text(session, REPLY_SYNTAX, "Not a host name or address literal");
        return false;
    }
    session->command.text = slice_text(session->step, argument);
    return session->command.text != NULL;
}

void proceed_ehlo(struct smtp_session *session)
{
    struct buffer *out = buffer_new(session->step, ANSWER_CAP);
    smtp_transaction_end(session);
    session->greeting = talloc_strdup(session, session->command.text);
    session->is_extended = true;
    if (out == NULL || session->greeting == NULL) {
        smtp_answer(session, REPLY_TOO_BUSY);
        return;
    }
    buffer_printf(out, "250-%s\r\n", session->options.hostname);
    size_t last = buffer_length(out);
    for (size_t i = 0; i < ARRAY_LENGTH(extensions); i++) {
        if (!is_offered(session, &extensions[i]))
            continue;
        last = buffer_length(out);
        append_extension(out, session, &extensions[i]);
    }
    struct slice lines = buffer_slice(out);
    ((char *)(uintptr_t)lines.data)[last + 3] = ' ';
    smtp_answer_raw(session, 250, lines);
}
