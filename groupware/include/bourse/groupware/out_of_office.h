/* Out-of-office settings [MS-OXWOOF] and what answers automatically. The answers themselves are sent by delivery (private to groupware). */
#ifndef BOURSE_GROUPWARE_OUT_OF_OFFICE_H
#define BOURSE_GROUPWARE_OUT_OF_OFFICE_H

#include "bourse/base/clock.h"
#include "bourse/groupware/session.h"

enum out_of_office_state { OOF_DISABLED, OOF_ENABLED, OOF_SCHEDULED };
enum out_of_office_audience { OOF_AUDIENCE_NONE, OOF_AUDIENCE_KNOWN /* senders in the user's contacts */, OOF_AUDIENCE_ALL };

struct out_of_office {
    enum out_of_office_state state;
    enum out_of_office_audience audience; /* of the external answer */
    instant starts, ends;                 /* SCHEDULED */
    const char *internal, *external;      /* HTML or plain text as the client gave it; never NULL */
};
/* Whether answers go out at this moment. */
bool out_of_office_is_on(const struct out_of_office *settings, instant now);
/* Of the session's mailbox, or of one that it owns fully. Nothing saved yet: disabled, "". */
enum status out_of_office_get(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct out_of_office **out) MUST_CHECK;
/* A change forgets who was answered already. STATUS_INVALID_ARGUMENT: an end before the start. */
enum status out_of_office_set(struct session *session, struct guid mailbox, const struct out_of_office *settings) MUST_CHECK;

/* Texts have no type of their own: what begins with "<" is HTML. */
bool out_of_office_is_html(const char *text);
/* A text in the form that a client wants: HTML, or plain text; "" stays "". */
enum status out_of_office_text(TALLOC_CTX *mem, const char *text, bool html, const char **out) MUST_CHECK;

#endif
