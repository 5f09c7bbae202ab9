/* What a message needs of the host that it is sent to, and fitting it to hosts that take less. */
#ifndef BOURSE_TRANSPORT_MESSAGE_FIT_H
#define BOURSE_TRANSPORT_MESSAGE_FIT_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"
#include "reply.h"

struct message_needs {
    bool has_8bit_header;  /* SMTPUTF8 */
    bool has_8bit_body;    /* 8BITMIME */
    bool is_binary;        /* NUL, or CR or LF that stand alone: cannot go through DATA as it is */
};

void message_look(struct slice mime, struct message_needs *out);
/* *out is `mime` itself, or a copy on `mem` in which parts of 8-bit or binary content are encoded in quoted-printable or base64 [RFC 6152] 3, because the host
 * lacks 8BITMIME or because the content is binary. *needs is brought up to date. */
enum status message_fit(TALLOC_CTX *mem, struct slice mime, const struct capabilities *capabilities, struct message_needs *needs,
                        struct slice *out) MUST_CHECK;

#endif
