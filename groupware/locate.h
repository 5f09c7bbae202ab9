/* From directory GUID, mailbox GUID or client id to the mailbox's row. Private to this folder. */
#ifndef BOURSE_GROUPWARE_LOCATE_H
#define BOURSE_GROUPWARE_LOCATE_H

#include "groupware_state.h"

/* The mailbox of a directory object. With `create`: made when it is not there yet (the directory must say that the object has one).
 * No transaction may be open in this thread. STATUS_MAILBOX_NOT_FOUND. */
enum status locate_by_owner(TALLOC_CTX *mem, struct groupware *groupware, struct guid owner, bool create, struct mailbox_key *out) MUST_CHECK;
/* The same for an entry that was looked up already. */
enum status locate_entry(TALLOC_CTX *mem, struct groupware *groupware, const struct recipient_entry *entry, struct mailbox_key *out) MUST_CHECK;
enum status locate_by_guid(TALLOC_CTX *mem, struct groupware *groupware, struct guid mailbox, struct mailbox_key *out) MUST_CHECK;
enum status locate_by_id(TALLOC_CTX *mem, struct groupware *groupware, int64_t mailbox, struct mailbox_key *out) MUST_CHECK;

#endif
