/* Accepting mail for local mailboxes and the outgoing queue: one transaction before the 250 [promises 1-4]. Used by SMTP in, by submission and by EWS send. */
#ifndef BOURSE_GROUPWARE_DELIVER_H
#define BOURSE_GROUPWARE_DELIVER_H

#include "bourse/groupware/groupware.h"

enum recipient_route {
    ROUTE_LOCAL,    /* a mailbox of ours */
    ROUTE_GROUP,    /* a distribution group: expanded at acceptance */
    ROUTE_REMOTE,   /* another host */
};

/* Where an address leads. STATUS_RECIPIENT_NOT_FOUND: in a domain of ours, but nobody (550). STATUS_DIRECTORY_UNAVAILABLE: cannot tell now (451). Quota is
 * looked at here already when it can be (STATUS_QUOTA_EXCEEDED). Source routes are ignored, the domain's case too. postmaster and abuse always lead somewhere. */
struct route {
    enum recipient_route route;
    struct guid guid;          /* of the directory entry; zero when remote */
    const char *address;       /* primary address; remote: the address as given */
};
enum status deliver_route(TALLOC_CTX *mem, struct groupware *groupware, const char *address, struct route *out) MUST_CHECK;

/* Delivery status notification options of a recipient [RFC 3461]. */
enum dsn_notify { DSN_NOTIFY_DEFAULT = 0, DSN_NOTIFY_NEVER = 1, DSN_NOTIFY_SUCCESS = 2, DSN_NOTIFY_FAILURE = 4, DSN_NOTIFY_DELAY = 8 };

struct envelope_recipient {
    const char *address;
    struct route route;
    unsigned notify;               /* enum dsn_notify mask */
    const char *original_address;  /* ORCPT as given, NULL: none */
    enum status result;            /* out: STATUS_OK, STATUS_DUPLICATE or why not */
};

struct envelope {
    const char *sender;            /* "" is the null sender */
    struct envelope_recipient *recipients;
    size_t recipient_count;
    const char *envelope_id;       /* ENVID, NULL: none */
    bool return_full;              /* RET=FULL */
    bool smtputf8;
    bool body_8bit;
    struct guid submitter;         /* directory GUID when signed in, else zero */
    const char *client;            /* for Received and log: "host [192.0.2.1]" */
    const char *protocol;          /* "ESMTPSA" for Received; "" when no Received field is to be added (EWS send) */
    const char *greeting;          /* HELO name, for Received */
};

/* Takes responsibility: on STATUS_OK everything is durable. `mime`: the message with CRLF line ends, as received; Return-Path and Received are added here.
 * Groups are expanded, duplicates of one mailbox joined, rules, junk and out-of-office hooks run. recipients[].result tells each recipient's fate when the
 * whole is STATUS_OK (some may have been refused: quota); any other status means that nothing was kept, or that it is not known
 * (STATUS_COMMIT_UNKNOWN): always answer 4xx then, except for FAULT_CLIENT statuses. Blocks until the shared commit is done. */
enum status deliver_accept(TALLOC_CTX *mem, struct groupware *groupware, struct envelope *envelope, struct slice mime) MUST_CHECK;

#endif
