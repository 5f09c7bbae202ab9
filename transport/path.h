/* Paths of MAIL and RCPT [RFC 5321] 4.1.2, with UTF-8 [RFC 6531] 3.3. */
#ifndef BOURSE_TRANSPORT_PATH_H
#define BOURSE_TRANSPORT_PATH_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct smtp_path {
    const char *address; /* "local@domain", the local part quoted only where it must be; "" for "<>"; "local" alone when there is no domain */
    const char *domain;  /* within `address`; NULL when there is none */
    bool is_utf8;        /* has non-ASCII characters: needs SMTPUTF8 */
};

/* Reads "<...>" at the start of `text`, behind optional blanks; *rest gets what follows. A source route is dropped [RFC 5321] C.
 * STATUS_INVALID_RECIPIENTS when it is not a path. Local part at most 64 bytes, domain 255, address 254. */
enum status smtp_path_parse(TALLOC_CTX *mem, struct slice text, struct slice *rest, struct smtp_path *out) MUST_CHECK;
/* An argument of EHLO or HELO: a domain or an address literal [RFC 5321] 4.1.1.1; anything a client may send that cannot harm a Received field. */
bool smtp_greeting_is_valid(struct slice text);

#endif
