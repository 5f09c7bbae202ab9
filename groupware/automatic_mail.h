/* What the server writes in a user's name: answers, forwards, redirects; and when it must keep silent. Private to this folder. */
#ifndef BOURSE_GROUPWARE_AUTOMATIC_MAIL_H
#define BOURSE_GROUPWARE_AUTOMATIC_MAIL_H

#include "delivery_hooks.h"

/* May a program answer this message? No to: the null sender, Auto-Submitted, Precedence bulk, list or junk, List-* fields, X-Auto-Response-Suppress (OOF, AutoReply or All),
 * addresses of programs (mailer-daemon, postmaster, owner-, -request, noreply), the owner himself, junk, and mail that names none of the owner's addresses in To or Cc
 * [RFC 3834] 2, [MS-OXWOOF] 3.1.4. `oof`: an out-of-office answer rather than a rule's. */
bool automatic_reply_is_wanted(const struct delivery_step *step, const struct recipient_entry *owner, bool oof);

struct automatic_reply {
    const char *subject;         /* NULL: "Automatic reply: " and the subject of the message */
    const char *message_class;
    const char *html, *text;     /* one may be NULL: made from the other */
};
/* To the envelope's sender, from the owner: null sender, Auto-Submitted, X-Auto-Response-Suppress, In-Reply-To, References, Precedence. */
enum status automatic_reply_make(struct delivery_step *step, const struct recipient_entry *owner, const struct automatic_reply *reply, struct outgoing *out) MUST_CHECK;

enum automatic_forward { FORWARD_INLINE, FORWARD_ATTACHED, FORWARD_REDIRECTED };
/* False when the message has been through this mailbox's rules before, or through too many. */
bool automatic_forward_is_wanted(const struct delivery_step *step, const struct recipient_entry *owner);
/* The message on its way to others: "FW:" with its text and attachments, as an attachment, or unchanged with Resent- fields. The envelope's sender is the owner, so that failures are told to
 * the owner; the null sender stays null. */
enum status automatic_forward_make(struct delivery_step *step, const struct recipient_entry *owner, enum automatic_forward how, const char *const *to, size_t count,
                                   struct outgoing *out) MUST_CHECK;

#endif
