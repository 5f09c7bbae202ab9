/* Between client.c and client_send.c. */
#ifndef BOURSE_TRANSPORT_CLIENT_PRIVATE_H
#define BOURSE_TRANSPORT_CLIENT_PRIVATE_H

#include "client.h"

struct client {
    struct client_options options;
    struct client_target target;
    struct peer *peer;
    struct capabilities capabilities;
    bool is_broken; /* no further command */
    unsigned uses;  /* transactions, for the cache */
    int64_t timeout_us;
};

enum status client_write(struct client *client, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
/* Sends what is written and reads one whole reply. Breaks the client when that fails. */
enum status client_read_reply(struct client *client, struct reply *reply) MUST_CHECK;
/* The failure that such a status stands for. */
void client_failure(struct client *client, enum status status, enum send_failure lost, struct attempt *attempt);

#endif
