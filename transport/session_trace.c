#include "session_trace.h"

#include <inttypes.h>
#include <stdio.h>

#include "bourse/base/trace.h"

#define KEPT_CAP 16384 /* before the sign-in, and between two replies */
#define LINE_CAP 512

static bool is_wanted(struct smtp_session *session)
{
    bool is_on = session->principal != NULL ? trace_is_on(session->principal->guid) : trace_is_any_on();
    if (is_on && session->trace == NULL)
        session->trace = buffer_new(session, KEPT_CAP);
    if (!is_on)
        TALLOC_FREE(session->trace);
    return session->trace != NULL;
}

/* One line without its end; what is no text becomes '?'. */
static void keep(struct smtp_session *session, char side, struct slice line)
{
    char text[LINE_CAP];
    size_t length = line.length < sizeof text ? line.length : sizeof text;
    for (size_t i = 0; i < length; i++)
        text[i] = line.data[i] < ' ' || line.data[i] == 0x7F ? '?' : (char)line.data[i];
    buffer_append_byte(session->trace, (uint8_t)side);
    buffer_append_text(session->trace, ": ");
    buffer_append_slice(session->trace, slice_of(text, length));
    buffer_append_text(session->trace, length < line.length ? "...\n" : "\n");
    if (buffer_status(session->trace) != STATUS_OK) /* a long talk without a sign-in */
        buffer_reset(session->trace);
}

static bool is_verb(struct slice name)
{
    const char *verb;
    for (size_t i = 0; (verb = smtp_verb_name(i)) != NULL; i++)
        if (slice_equal_ascii_nocase(name, slice_of_text(verb)))
            return true;
    return false;
}

/* Only names that are known: another word may be what belongs behind one. */
static const char *mechanism_name(struct slice word)
{
    static const char *const names[] = { "PLAIN", "LOGIN", "GSSAPI" };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (slice_equal_ascii_nocase(word, slice_of_text(names[i])))
            return names[i];
    return "[hidden]";
}

void smtp_trace_command(struct smtp_session *session, struct slice line)
{
    struct slice name, argument, mechanism, rest;
    char text[80];
    if (!is_wanted(session))
        return;
    slice_split(line, ' ', &name, &argument);
    slice_split(slice_trim(argument), ' ', &mechanism, &rest);
    /* A line that is no command may be what a client thinks belongs to its sign-in. */
    if (session->input == INPUT_AUTH || !is_verb(slice_trim(name)))
        snprintf(text, sizeof text, "[%zu octets %s]", line.length, session->input == INPUT_AUTH ? "of the sign-in" : "that are no command");
    else if (slice_equal_ascii_nocase(slice_trim(name), slice_of_text("AUTH")) && argument.length > 0)
        snprintf(text, sizeof text, "AUTH %s%s", mechanism_name(mechanism), rest.length > 0 ? " [hidden]" : "");
    else {
        keep(session, 'C', line);
        return;
    }
    keep(session, 'C', slice_of_text(text));
}

void smtp_trace_content(struct smtp_session *session, uint64_t octets)
{
    char text[48];
    if (!is_wanted(session))
        return;
    snprintf(text, sizeof text, "[%" PRIu64 " octets of content]", octets);
    keep(session, 'C', slice_of_text(text));
}

void smtp_trace_note(struct smtp_session *session, const char *note)
{
    if (is_wanted(session))
        keep(session, '-', slice_of_text(note));
}

static void write_kept(struct smtp_session *session)
{
    char heading[128];
    if (session->principal == NULL || buffer_length(session->trace) == 0)
        return;
    snprintf(heading, sizeof heading, "smtp %.60s session %s", session->client, session->request_id);
    trace_write(session->principal->guid, heading, buffer_slice(session->trace));
    buffer_reset(session->trace);
}

void smtp_trace_reply(struct smtp_session *session, int code, struct slice lines)
{
    if (!is_wanted(session))
        return;
    if (code == 334)
        keep(session, 'S', slice_of_text("334 [hidden]"));
    while (code != 334 && lines.length > 0) {
        struct slice line;
        slice_split(lines, '\n', &line, &lines);
        keep(session, 'S', slice_part(line, 0, line.length > 0 && line.data[line.length - 1] == '\r' ? line.length - 1 : line.length));
    }
    write_kept(session);
}
