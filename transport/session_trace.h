/* The dialogue of a signed-in user for `boursectl trace`: commands and replies; neither what AUTH says nor content. What was said before the sign-in is kept, while
 * somebody is traced, and written when it is known whose it is. In the session's thread. */
#ifndef BOURSE_TRANSPORT_SESSION_TRACE_H
#define BOURSE_TRANSPORT_SESSION_TRACE_H

#include "smtp_session.h"

/* A line from the client as it came. */
void smtp_trace_command(struct smtp_session *session, struct slice line);
/* Octets of content instead of the content. */
void smtp_trace_content(struct smtp_session *session, uint64_t octets);
/* "TLSv1.3 begins" and the like. */
void smtp_trace_note(struct smtp_session *session, const char *note);
/* Whole lines; writes what there is when the user is traced. */
void smtp_trace_reply(struct smtp_session *session, int code, struct slice lines);

#endif
