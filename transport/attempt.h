/* What came of an attempt to send to one recipient, or to a whole host. */
#ifndef BOURSE_TRANSPORT_ATTEMPT_H
#define BOURSE_TRANSPORT_ATTEMPT_H

#include "bourse/groupware/queue.h"
#include "reply.h"

enum send_failure {
#define FAILURE(name, ...) FAILURE_##name,
#include "failures.def"
#undef FAILURE
    FAILURE_COUNT
};

struct attempt {
    enum queue_outcome outcome;
    int code;            /* reply code, 0: none */
    char enhanced[16];
    char text[512];
    char host[256];      /* that answered, "" */
    bool is_soon;        /* DEFER: try again at once, it was a limit of recipients */
};

void attempt_fail(struct attempt *attempt, enum send_failure failure, const char *host, const char *detail);
/* 2xx SENT, 4xx DEFER, 5xx FAIL; anything else is a reply that cannot be understood. `command`: what it answered, for people. */
void attempt_of_reply(struct attempt *attempt, const struct reply *reply, const char *host, const char *command);
/* Of a delivery by this server itself: OK SENT, a client's fault FAIL, anything else DEFER (a defect of ours must not lose mail). */
void attempt_of_status(struct attempt *attempt, enum status status);

#endif
