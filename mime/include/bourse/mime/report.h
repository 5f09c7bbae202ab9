/* Reports about messages: delivery status notifications [RFC 3464] in multipart/report [RFC 6522], and disposition notifications
 * (read receipts) [RFC 8098]: building and parsing. */
#ifndef BOURSE_MIME_REPORT_H
#define BOURSE_MIME_REPORT_H

#include "bourse/base/clock.h"
#include "bourse/base/slice.h"
#include "bourse/mime/limits.h"

enum delivery_action { /* [RFC 3464] 2.3.3 */
    DELIVERY_FAILED = 0, DELIVERY_DELAYED = 1, DELIVERY_DELIVERED = 2, DELIVERY_RELAYED = 3, DELIVERY_EXPANDED = 4,
};

/* Strings are UTF-8; NULL or "" when absent. */
struct delivery_recipient {
    const char *original;   /* Original-Recipient as the sender gave it (ORCPT): "rfc822;a@b", or an address */
    const char *final;      /* address that was tried */
    enum delivery_action action;
    const char *status;     /* "5.1.1" [RFC 3463] */
    const char *remote_mta; /* host name that answered */
    const char *diagnostic; /* "550 5.1.1 no such user": its SMTP reply */
    instant last_attempt;   /* 0: absent */
    instant will_retry_until; /* delayed; 0: absent */
    const char *final_log_id;
};

struct delivery_report {
    const char *reporting_mta; /* our host name */
    const char *received_from_mta;
    const char *envelope_id;   /* ENVID of the sender */
    instant arrival;           /* of the original; 0: absent */
    const struct delivery_recipient *recipients;
    size_t recipient_count;
    /* Building only: */
    const char *from_name;     /* "Mail Delivery System" */
    const char *from;          /* postmaster address */
    const char *to;            /* the sender of the original */
    const char *message_id;    /* NULL: made for reporting_mta */
    instant now;
    const char *explanation;   /* text for people; NULL: made from the recipients */
    struct slice original;     /* the original message, or its header */
    bool return_full;          /* RET=FULL: all of it, else its header only */
};

/* Whole message with CR LF: multipart/report; report-type=delivery-status with text, message/delivery-status (message/global-delivery-status
 * when an address is not ASCII [RFC 6533]) and text/rfc822-headers or message/rfc822. Auto-Submitted: auto-replied. */
enum status mime_build_delivery_report(TALLOC_CTX *mem, const struct delivery_report *report, struct slice *out) MUST_CHECK;
/* The fields of a message/delivery-status body (decoded). STATUS_MALFORMED when no recipient can be read. At most 10,000 recipients. */
enum status mime_parse_delivery_status(TALLOC_CTX *mem, struct slice body, struct delivery_report *out) MUST_CHECK;

enum read_disposition { READ_DISPLAYED = 0, READ_DELETED = 1, READ_DISPATCHED = 2, READ_PROCESSED = 3 };

struct read_report {
    const char *reporting_ua;       /* "host; product" */
    const char *original_recipient; /* address */
    const char *final_recipient;    /* address */
    const char *original_message_id; /* with <> */
    bool automatic_action, automatic_sending; /* disposition-mode [RFC 8098] 3.2.6.1 */
    enum read_disposition disposition;
    /* Building only: */
    const char *from_name, *from, *to; /* the reader, his address, the Disposition-Notification-To address */
    const char *subject;            /* of the original */
    const char *message_id;         /* NULL: made */
    instant now;
    const char *explanation;        /* NULL: made */
};

enum status mime_build_read_report(TALLOC_CTX *mem, const struct read_report *report, struct slice *out) MUST_CHECK;
enum status mime_parse_disposition(TALLOC_CTX *mem, struct slice body, struct read_report *out) MUST_CHECK;

#endif
