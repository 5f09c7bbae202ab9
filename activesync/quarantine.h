/* What a quarantined device gets until an admin allows it: a tree with the Inbox, and nothing in it. The owner and the admin have mail about it (groupware). */
#ifndef ACTIVESYNC_QUARANTINE_H
#define ACTIVESYNC_QUARANTINE_H

#include "call.h"

/* Instead of the command. Its sync keys are none of ours, so that the device begins anew when it is allowed. */
enum status eas_quarantine(struct eas_call *call) MUST_CHECK;

#endif
