/* The text after DATA [RFC 5321] 4.5.2: dots doubled, every line end CR LF, no line above 998 bytes, the final dot. */
#ifndef BOURSE_TRANSPORT_MESSAGE_TEXT_H
#define BOURSE_TRANSPORT_MESSAGE_TEXT_H

#include "peer.h"

#define MESSAGE_TEXT_LINE ((size_t)998) /* [RFC 5321] 4.5.3.1.6, without CR LF */

/* Writes the pieces to `write`; stops at its first failure. */
enum status message_text_encode(struct slice mime, enum status (*write)(void *data, struct slice piece), void *data) MUST_CHECK;
enum status message_text_send(struct peer *peer, struct slice mime, int64_t timeout_us) MUST_CHECK;

#endif
