/* The booking policy of a mailbox as it is kept. Private to this folder. */
#ifndef BOURSE_GROUPWARE_BOOKING_POLICY_H
#define BOURSE_GROUPWARE_BOOKING_POLICY_H

#include "bourse/groupware/booking.h"
#include "groupware_state.h"

/* What is saved over the defaults. On `mem`. */
enum status booking_policy_load(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct booking_policy *out) MUST_CHECK;
/* Is the person one of those that an option of people names? */
enum status booking_names(TALLOC_CTX *mem, struct groupware *groupware, const char *people, const struct recipient_entry *person, bool *out) MUST_CHECK;

#endif
