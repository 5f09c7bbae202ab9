/* What a mailbox does by itself with mail that comes in: rules and out-of-office, and the number in the mailbox's row that tells delivery of them. Private to this folder.
 *
 * mailbox.automation is 0 for a mailbox that has neither, else a number that is another one after each change. Delivery plans with the number it knows of (mailbox_cache), and the
 * accept transaction, which locks the row anyway, refuses a plan made with another one. So a mailbox without rules costs no statement, and a rule that was saved counts for the
 * next message, in whichever process it comes in. */
#ifndef BOURSE_GROUPWARE_AUTOMATION_H
#define BOURSE_GROUPWARE_AUTOMATION_H

#include "bourse/groupware/out_of_office.h"
#include "bourse/groupware/rules.h"
#include "delivery_hooks.h"

struct automation {
    struct rule *rules; /* enabled ones in order */
    size_t rule_count;
    struct out_of_office *out_of_office; /* NULL: off */
};

/* Reads what the mailbox has now, when step->automation is not 0; corrects step->automation. One transaction of its own. */
enum status automation_load(struct delivery_step *step) MUST_CHECK;
/* In the transaction that changed rules or answers, with the mailbox locked. */
enum status automation_changed(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox) MUST_CHECK;

#endif
