/* xtext, the form of ENVID, ORCPT and AUTH values [RFC 3461] 4. */
#ifndef BOURSE_TRANSPORT_XTEXT_H
#define BOURSE_TRANSPORT_XTEXT_H

#include "bourse/base/buffer.h"

/* Decoded text, NUL-terminated. STATUS_MALFORMED for anything that is not xtext, and when what it stands for has control characters (it is
 * shown in reports). UTF-8 is taken as it is [RFC 6533] 3. */
enum status xtext_decode(TALLOC_CTX *mem, struct slice text, char **out) MUST_CHECK;
void xtext_append(struct buffer *out, const char *text);

#endif
