/* Replies of the protocol itself; the list is replies.def. */
#ifndef BOURSE_TRANSPORT_REPLIES_H
#define BOURSE_TRANSPORT_REPLIES_H

#include "bourse/base/status.h"

enum smtp_reply {
#define REPLY(name, ...) REPLY_##name,
#include "replies.def"
#undef REPLY
    REPLY_COUNT
};

struct smtp_reply_row {
    int code;
    const char *enhanced; /* "" for replies that have none [RFC 2034] 4 */
    const char *text;
};

const struct smtp_reply_row *smtp_reply_row(enum smtp_reply reply);

#endif
