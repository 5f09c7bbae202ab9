/* Mail that the server sends by itself or for a user inside a change: meeting mail, responses, out-of-office answers, forwards by rules. Private to this folder.
 *
 * outbox_put writes a queue entry in the caller's open transaction, so that "the item is saved" and "its mail is on the way" are one commit: a crash before it
 * leaves neither, after it both. The commit wakes the queue runner, which takes up the entry within milliseconds. Recipients in a domain of ours get the
 * destination QUEUE_LOCAL (queue.h): the runner delivers them through accept_message (routes, groups, forwarding, rules as for any mail), with a retry key made of
 * the queue entry, so that a crash between delivery and record delivers nothing twice. No other mailbox is locked by the caller.
 *
 *     struct outgoing mail = { .sender = session_address(session), .origin = session_address(session), .mime = mime, .recipients = list, .recipient_count = n };
 *     TRY(outbox_prepare(mem, groupware, &mail));      // before the transaction: large content becomes a blob
 *     TRY(transaction_begin(...)); lock; write the item
 *     TRY(outbox_put(mem, tx, groupware, &mail, NULL));
 *     return transaction_commit(tx);
 *
 * Failures of delivery are told to `sender` by the usual notice [RFC 3464]; the null sender ("") is told nothing. Replies that no person asked for (out-of-office,
 * template replies, meeting responses of a room) must use the null sender [RFC 3834] 3.3 and carry Auto-Submitted; forwards and redirects carry the
 * loop field OUTBOX_LOOP_FIELD with the forwarding user's address. The caller writes these fields into `mime`; outbox adds none. */
#ifndef BOURSE_GROUPWARE_OUTBOX_H
#define BOURSE_GROUPWARE_OUTBOX_H

#include "bourse/groupware/deliver.h"
#include "bourse/storage/queue.h"
#include "groupware_state.h"

/* Names the mailbox that a rule of sent the message on, as Exchange writes it; one field a pass. A mailbox that finds itself there sends nothing on. */
#define OUTBOX_LOOP_FIELD "X-MS-Exchange-Inbox-Rules-Loop"

struct outgoing {
    const char *sender;             /* envelope sender; "": null */
    const char *origin;             /* address of the mailbox that it is sent for: for people, and for groups that take mail from their own users only */
    struct slice mime;              /* whole message, CR LF; must stay valid until the commit */
    const char *const *recipients;  /* addresses; each one once */
    size_t recipient_count;         /* at least 1 */
    unsigned notify;                /* enum dsn_notify, for all of them */
    instant due;                    /* 0: now */
    struct store_queue_content *content; /* of outbox_prepare */
};

/* Before the transaction (none may be open in this thread). Content above 64 KiB becomes a blob with a lease; less stays in memory. On `mem`, which must live until
 * the commit. STATUS_DISK_FULL, STATUS_STORE_UNAVAILABLE, STATUS_INVALID_RECIPIENTS (not an address). */
enum status outbox_prepare(TALLOC_CTX *mem, struct groupware *groupware, struct outgoing *mail) MUST_CHECK;

/* In the caller's write transaction, after its mailbox lock. `queue_id` may be NULL. Several calls a transaction are fine. */
enum status outbox_put(TALLOC_CTX *mem, struct transaction *tx, struct groupware *groupware, const struct outgoing *mail, int64_t *queue_id) MUST_CHECK;

#endif
