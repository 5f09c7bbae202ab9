/* Request targets [RFC 9112] 3.2: split once, decoded once, refused when there is more than one way to read them. */
#ifndef BOURSE_HTTP_PATH_H
#define BOURSE_HTTP_PATH_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct target {
    const char *path;  /* decoded; "*" for OPTIONS * */
    const char *query; /* as sent, "" when none */
};

/* Origin form or absolute form. STATUS_MALFORMED: no leading "/", control or non-ASCII bytes, "%" without two hex
 * digits, %00, something that is still encoded after one decode, "\", "." or ".." segments, "#", ill-formed UTF-8. */
enum status target_parse(TALLOC_CTX *mem, const char *text, struct target *out) MUST_CHECK;
/* Decoded value of a query parameter (name without case, "+" is a blank); NULL when absent or not decodable. */
char *query_value(TALLOC_CTX *mem, const char *query, const char *name);

#endif
