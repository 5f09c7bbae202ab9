/* Basic credentials [RFC 7617]. */
#ifndef BOURSE_HTTP_BASIC_H
#define BOURSE_HTTP_BASIC_H

#include "bourse/base/secret.h"
#include "bourse/base/status.h"

struct basic_credentials {
    char *login;             /* UTF-8 */
    struct secret *password; /* UTF-8 */
};

/* `value`: the whole Authorization field. When the decoded bytes are not UTF-8 they are taken as ISO-8859-1.
 * STATUS_NOT_SUPPORTED: another scheme; STATUS_MALFORMED: bad base64, no colon, control characters in the login. */
enum status basic_parse(TALLOC_CTX *mem, struct slice value, struct basic_credentials *out) MUST_CHECK;
/* True when the field begins with that scheme; *rest is what follows it. */
bool scheme_is(struct slice value, const char *scheme, struct slice *rest);

#endif
