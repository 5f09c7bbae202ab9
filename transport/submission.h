/* What a submission server does to a message [RFC 6409] 6, 8: the author's addresses are checked, missing fields are added. */
#ifndef BOURSE_TRANSPORT_SUBMISSION_H
#define BOURSE_TRANSPORT_SUBMISSION_H

#include "smtp_session.h"

struct submission {
    const struct smtp_backend *backend;
    struct guid person;
    const char *address;  /* primary address of the person */
    const char *name;     /* display name */
    const char *sender;   /* of the envelope: already checked; "" for the null sender */
    bool is_on_behalf;    /* the envelope sender was granted on behalf only */
    bool smtputf8;
    const char *hostname; /* for Message-ID */
};

/* *out is `mime` itself when nothing had to be changed, else a copy on `mem`. Blocks. STATUS_SEND_AS_DENIED, STATUS_INVALID_MIME (several From
 * fields), temporary ones. */
enum status submission_prepare(TALLOC_CTX *mem, const struct submission *submission, struct slice mime, struct slice *out) MUST_CHECK;

#endif
