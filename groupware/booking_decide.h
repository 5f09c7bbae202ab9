/* Whether a room takes a booking. Private to this folder. */
#ifndef BOURSE_GROUPWARE_BOOKING_DECIDE_H
#define BOURSE_GROUPWARE_BOOKING_DECIDE_H

#include "bourse/calendar/recurrence.h"
#include "bourse/model/message.h"
#include "booking_policy.h"

enum booking_right { BOOKING_NOT, BOOKING_ON_REQUEST, BOOKING_DIRECT };
enum booking_verdict { BOOKING_ACCEPT, BOOKING_DECLINE, BOOKING_WAIT };

struct booking_question {
    const struct booking_policy *policy;
    enum booking_right right;
    bool is_outside;
    const struct message *item;  /* as it stands in the room's calendar: single, series, or one occurrence */
    int64_t mailbox, folder;     /* the room's calendar */
    instant now;
};

struct booking_decision {
    enum booking_verdict verdict;
    const char *text;            /* why, for the organiser */
    struct occurrence *conflicts; /* ACCEPT of a series: occurrences that are not taken */
    size_t conflict_count;
};

/* In the transaction that holds the room's lock. */
enum status booking_decide(TALLOC_CTX *mem, struct transaction *tx, const struct booking_question *question, struct booking_decision *out) MUST_CHECK;

#endif
