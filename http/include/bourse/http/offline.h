/* A request without a connection: runs a service's handler and keeps the answer. For the protocols' unit tests and for
 * replays.
 *
 * Waits are not served by a registry: offline_wake() runs the function that the handler gave to http_wait. */
#ifndef BOURSE_HTTP_OFFLINE_H
#define BOURSE_HTTP_OFFLINE_H

#include "bourse/http/long_poll.h"
#include "bourse/http/stream.h"

struct offline_answer {
    unsigned status;          /* 0: not answered (yet) */
    const char *content_type; /* "" when none */
    struct slice body;        /* streamed pieces are joined */
    bool is_streamed, is_ended, is_waiting;
};

/* `headers`: name, value, name, value, ..., NULL (may be NULL). The request lives on `mem`. NULL when out of memory. */
struct http_request *offline_request(TALLOC_CTX *mem, const struct http_service *service, const struct config *config,
                                     const char *method, const char *target, const char *const *headers,
                                     struct slice body, struct guid principal, const char *login);
/* Calls the handler; a failing status is answered as the server would. */
void offline_run(struct http_request *request);
/* Calls the function of http_wait; nothing when the request does not wait. */
void offline_wake(struct http_request *request, enum http_wake_reason reason);
struct offline_answer offline_answer(struct http_request *request);
/* A field of the answer; NULL when not set. */
const char *offline_answer_header(struct http_request *request, const char *name);

#endif
