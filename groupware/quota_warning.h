/* Telling owners that their mailbox fills up. Private to this folder. */
#ifndef BOURSE_GROUPWARE_QUOTA_WARNING_H
#define BOURSE_GROUPWARE_QUOTA_WARNING_H

#include "groupware_state.h"

/* Once an hour looks at all mailboxes; an owner above the warning quota gets one message a day. Other calls return at once. */
enum status quota_warn_owners(struct groupware *groupware) MUST_CHECK;

#endif
