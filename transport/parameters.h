/* Parameters of MAIL and RCPT; the list is parameters.def. */
#ifndef BOURSE_TRANSPORT_PARAMETERS_H
#define BOURSE_TRANSPORT_PARAMETERS_H

#include "bourse/base/slice.h"
#include "replies.h"

enum smtp_body { SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME };

struct mail_parameters {
    uint64_t size;           /* 0: not told */
    enum smtp_body body;
    bool smtputf8;
    bool return_full, has_return;
    const char *envelope_id; /* decoded; NULL: none */
};

struct recipient_parameters {
    unsigned notify;              /* enum dsn_notify mask */
    const char *original_address; /* "rfc822;decoded address"; NULL: none */
};

/* `text`: what follows the path. On a fault the reply to give; REPLY_OK else. `parameters` is a struct mail_parameters or recipient_parameters on `mem`,
 * zeroed by the caller. */
enum smtp_reply parameters_read_mail(TALLOC_CTX *mem, struct slice text, struct mail_parameters *parameters) MUST_CHECK;
enum smtp_reply parameters_read_recipient(TALLOC_CTX *mem, struct slice text, struct recipient_parameters *parameters) MUST_CHECK;

#endif
