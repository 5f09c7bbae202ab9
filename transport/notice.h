/* Delivery status notifications that this host sends [RFC 3464], [RFC 3461] 5 and 6: for recipients refused after acceptance, by the server, and for the queue. */
#ifndef BOURSE_TRANSPORT_NOTICE_H
#define BOURSE_TRANSPORT_NOTICE_H

#include "bourse/base/config.h"
#include "bourse/mime/report.h"

/* Of the message that the notice is about. */
struct notice_subject {
    const char *sender;      /* who is told */
    const char *envelope_id; /* ENVID or NULL */
    bool return_full;
    instant arrival;
    struct slice mime;
};

/* The whole message, on `mem`. */
enum status notice_build(TALLOC_CTX *mem, const struct config *config, const struct notice_subject *subject,
                         const struct delivery_recipient *recipients, size_t count, struct slice *out) MUST_CHECK;
/* Is the sender to be told of such an outcome [RFC 3461] 4.1? `notify`: enum dsn_notify mask. */
bool notice_is_wanted(unsigned notify, enum delivery_action action);
/* Status of a final failure: "4.2.2" becomes "5.2.2" when we give up. On `mem`. */
const char *notice_failed_status(TALLOC_CTX *mem, const char *enhanced);
/* Our name in greetings and reports: server.hostname, else the system's. Lives as long as the process or the config. */
const char *notice_hostname(const struct config *config);

#endif
