/* Meeting mail and those who act for its owner [MS-OXODLGT] 2.2.2: who gets copies, and whether calendars follow by themselves. Private to this folder. */
#ifndef BOURSE_GROUPWARE_MEETING_DELEGATE_H
#define BOURSE_GROUPWARE_MEETING_DELEGATE_H

#include "delivery_hooks.h"

/* Names the owner in a delegate's copy. Counts only when the copy's addressee is a delegate of that owner who gets copies. */
#define MEETING_DELEGATOR_FIELD "X-Bourse-Delegator"
/* The mailbox's setting (user configuration of the root folder): "0" keeps meeting mail from changing the calendar by itself. */
#define MEETING_PROCESSING_SETTING "bourse.meeting_processing"

struct meeting_plan {
    bool is_delegate_copy; /* the calendar of the mailbox is not meant */
    bool is_automatic;     /* the calendar follows */
};
/* Reads the mailbox's settings; adds copies for delegates, and where the owner's copy goes, to the plan. A delegate's copy gets the properties that name its owner
 * (PROP_RECEIVED_REPRESENTING_*, PROP_DELEGATE_MAIL). */
enum status meeting_delegate_plan(struct delivery_step *step, struct meeting_plan *out) MUST_CHECK;
/* The setting, inside of a transaction (meeting_setting.c). */
enum status meeting_processing_in(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, bool *is_automatic) MUST_CHECK;

#endif
