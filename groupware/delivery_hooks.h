/* What happens to a message on its way into one mailbox: an ordered table of hooks, each of which may choose another folder. Private to this folder.
 *
 * Hooks run in the delivery of every message and must be cheap: no query unless a header asks for it. */
#ifndef BOURSE_GROUPWARE_DELIVERY_HOOKS_H
#define BOURSE_GROUPWARE_DELIVERY_HOOKS_H

#include "bourse/model/message.h"
#include "bourse/groupware/folder.h"
#include "groupware_state.h"

struct delivery_step {
    struct groupware *groupware;
    const struct message *message;
    struct slice mime;                 /* with our Received field */
    const struct mailbox_key *mailbox;
    enum folder_role folder;           /* in: Inbox; out: where it goes */
};

/* Runs all hooks in order. */
void delivery_hooks_run(struct delivery_step *step);

#endif
