/* Answers to and forwards of messages, the same from every protocol: subject, quoted text, attachments, thread; and what the original remembers of them. */
#ifndef BOURSE_GROUPWARE_REPLY_H
#define BOURSE_GROUPWARE_REPLY_H

#include "bourse/groupware/item.h"
#include "bourse/groupware/submit.h"

/* "RE: " or "FW: " before the subject without such a prefix [MS-OXCMSG] 2.2.1.10. NULL when out of memory. */
char *reply_subject(TALLOC_CTX *mem, const struct item *original, bool is_forward);
/* In-Reply-To, References, conversation topic and index [MS-OXOMSG] 2.2.1.3 of `message` as an answer to `original`. */
enum status reply_thread(struct message *message, const struct item *original) MUST_CHECK;
/* The body: `added`, then the head and the text of the original (loaded with ITEM_BODIES). HTML if either part is; the other form is left to be made from it. */
enum status reply_quote(struct message *message, const struct item *original, struct slice added, bool added_is_html) MUST_CHECK;
/* Attachments of the original with their contents, read now; `only_inline`: pictures of the quoted text. */
enum status reply_attachments(TALLOC_CTX *mem, struct session *session, struct message *message, const struct item *original, bool only_inline) MUST_CHECK;

/* What was done with an item [MS-OXOMSG] 2.2.1.40. */
enum reply_verb { REPLY_VERB_REPLY = 102, REPLY_VERB_REPLY_ALL = 103, REPLY_VERB_FORWARD = 104 };
/* Verb, time and icon of the original. An original that went meanwhile, or that one may only read, is left. */
enum status reply_note(struct session *session, const struct object_id *original, enum reply_verb verb) MUST_CHECK;

/* A client's MIME as answer to, or forward of, `original`, sent. `is_whole`: the client quoted and attached by itself. A meeting is sent on as an invitation. Failures as
 * submit_mime, and those of item_get. */
enum status reply_send(struct session *session, const struct object_id *original, bool is_forward, bool is_whole, struct slice mime, const struct submit_options *options,
                       struct object_id *saved) MUST_CHECK;

#endif
