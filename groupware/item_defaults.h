/* What a message needs before it is saved, and what its columns show. Private to this folder. */
#ifndef BOURSE_GROUPWARE_ITEM_DEFAULTS_H
#define BOURSE_GROUPWARE_ITEM_DEFAULTS_H

#include "access_in.h"
#include "bourse/model/message.h"

/* Class, normalized subject, conversation, message id of mail, display lists, creator: set where missing or derived. `mailbox` may be NULL (unknown creator). */
enum status item_fill_defaults(struct message *message, const struct session *session, const struct mailbox_key *mailbox) MUST_CHECK;
/* Subject prefix, normalized subject, topic: after the subject changed. */
enum status item_derive_subject(struct message *message) MUST_CHECK;
/* PidTagDisplayTo, -Cc, -Bcc from the recipients. */
enum status item_derive_display(struct message *message) MUST_CHECK;

#endif
