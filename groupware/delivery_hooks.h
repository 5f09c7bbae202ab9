/* What happens to a message on its way into one mailbox: an ordered table of hooks that fill a plan. Private to this folder.
 *
 * Hooks run before the transaction, in the delivery of every message, and must be cheap: no query unless the message itself (junk mark, class, calendar part) or the
 * mailbox's automation number asks for it. They decide; what has to be written is noted in the plan and done in the delivery's transaction: folder, read state
 * and changed properties by the delivery itself, all else by `also` functions after the item's rows were written. A plan with `also` functions commits alone (storage/delivery.h).
 *
 * One file a hook: delivery_junk.c, meeting's, rules_delivery.c, out_of_office_delivery.c. A hook registers by a row in the table of delivery_hooks.c; the order there is the
 * order of running. Each sees what those before it decided. */
#ifndef BOURSE_GROUPWARE_DELIVERY_HOOKS_H
#define BOURSE_GROUPWARE_DELIVERY_HOOKS_H

#include "bourse/groupware/deliver.h"
#include "bourse/groupware/folder.h"
#include "bourse/model/message.h"
#include "bourse/storage/delivery.h"
#include "groupware_state.h"
#include "outbox.h"

/* Where the message was put, for `also` functions. */
struct delivery_placed {
    struct groupware *groupware;
    const struct mailbox_key *mailbox; /* its row is locked */
    int64_t folder, item, cn;
};

struct delivery_also {
    /* In the delivery's transaction, in the order of adding; not run for a mailbox that refused the message or had it already. May run again from the start when the
     * transaction is repeated. What has no place (a deleted folder) is left out; a failure is that of the whole delivery. */
    enum status (*run)(TALLOC_CTX *mem, struct transaction *tx, const struct delivery_placed *placed, void *data);
    void *data;
};

struct delivery_step {
    /* in */
    TALLOC_CTX *mem;                   /* lives until the delivery is over */
    struct groupware *groupware;
    const struct envelope *envelope;
    const struct message *message;     /* as imported for delivery (mime.has_content) */
    struct slice mime;                 /* with our Return-Path and Received fields */
    const struct mailbox_key *mailbox;
    const char *address;               /* envelope address that led here */
    int64_t automation;                /* the mailbox's number: 0 means that it has neither rules nor out-of-office */
    const struct automation *rules_and_answers; /* automation.h; NULL when automation is 0 */
    /* out */
    int64_t folder;                    /* 0: Inbox */
    bool is_read;
    bool is_junk;                      /* no rules, no answers */
    bool is_gone;                      /* deleted by a rule for good: goes to Recoverable Items at once */
    bool is_handled;                   /* set by a hook to keep rules and answers off (a meeting message that a room has processed) */
    struct bag *set;                   /* properties that this mailbox's copy gets besides; see delivery_set */
    struct delivery_also *also;
    size_t also_count;
};

typedef enum status delivery_hook(struct delivery_step *step);
delivery_hook delivery_hook_junk;
delivery_hook delivery_hook_meeting;
delivery_hook delivery_hook_booking;
delivery_hook delivery_hook_rules;
delivery_hook delivery_hook_out_of_office;

/* Runs all hooks in order. A failing hook is logged and its part left out, but for temporary failures (database or directory down), which fail the delivery so that the
 * sender comes again: a rule must not be skipped because of an outage. */
enum status delivery_hooks_run(struct delivery_step *step) MUST_CHECK;

/* For hooks. `data` must live on step->mem. */
enum status delivery_add_also(struct delivery_step *step, enum status (*run)(TALLOC_CTX *mem, struct transaction *tx, const struct delivery_placed *placed, void *data),
                              void *data) MUST_CHECK;
/* The bag of changed properties, made at the first call; NULL when out of memory. */
struct bag *delivery_set(struct delivery_step *step);
/* Sends `mail` (all of it on step->mem) in the delivery's transaction. `once_key` (or NULL): only if autoreply_seen has not noted that key since `since`. */
enum status delivery_add_outgoing(struct delivery_step *step, const struct outgoing *mail, const char *once_key, instant since) MUST_CHECK;
/* Copies the item into a folder of its mailbox; left out when the folder is gone by then. */
enum status delivery_add_copy(struct delivery_step *step, int64_t folder) MUST_CHECK;

#endif
