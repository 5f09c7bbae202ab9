#include "replies.h"

static const struct smtp_reply_row rows[] = {
#define REPLY(name, code, enhanced, text) [REPLY_##name] = { code, enhanced, text },
#include "replies.def"
#undef REPLY
};

const struct smtp_reply_row *smtp_reply_row(enum smtp_reply reply)
{
    return &rows[reply];
}
