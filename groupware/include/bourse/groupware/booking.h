/* Rooms and equipment answer meeting requests by themselves: by the policy of the mailbox, in the delivery's transaction and under the lock of the mailbox, so
 * that no two bookings that overlap can both be accepted. */
#ifndef BOURSE_GROUPWARE_BOOKING_H
#define BOURSE_GROUPWARE_BOOKING_H

#include "bourse/groupware/groupware.h"

struct booking_policy {
#define BOOKING_FLAG(name, absent, meaning) bool name;
#define BOOKING_NUMBER(name, absent, least, most, meaning) int32_t name;
#define BOOKING_PEOPLE(name, absent, meaning) const char *name; /* never NULL */
#include "bourse/groupware/booking_options.def"
#undef BOOKING_FLAG
#undef BOOKING_NUMBER
#undef BOOKING_PEOPLE
};

/* For administrators: of the room or equipment with this address. STATUS_RECIPIENT_NOT_FOUND; STATUS_INVALID_ARGUMENT when it is neither. */
enum status booking_policy_get(TALLOC_CTX *mem, struct groupware *groupware, const char *address, struct booking_policy **out) MUST_CHECK;
/* One option; the value as text ("on", "off", a number, people), "" for the default. STATUS_INVALID_ARGUMENT: no such option or value. */
enum status booking_policy_set(struct groupware *groupware, const char *address, const char *option, const char *value) MUST_CHECK;
/* All options in order, as lines of "name = value    # meaning"; for showing them. */
char *booking_policy_text(TALLOC_CTX *mem, const struct booking_policy *policy);

#endif
