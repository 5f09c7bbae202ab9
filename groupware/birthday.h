/* Birthdays and anniversaries of contacts as yearly all-day events in the mailbox's calendar, linked by PidLidBirthdayEventEntryId and PidLidAnniversaryEventEntryId
 * [MS-OXOCNTC] 2.2.1.5.3 and 2.2.1.5.6. Private to this folder. */
#ifndef BOURSE_GROUPWARE_BIRTHDAY_H
#define BOURSE_GROUPWARE_BIRTHDAY_H

#include "item_derive.h"

/* Makes, changes or takes away the events of a contact that the mailbox's owner saves, as companions of its write. Contacts that others save keep their link, the
 * event follows at the owner's next change. */
enum status birthday_derive(struct message *contact, struct derive_context *context) MUST_CHECK;
/* Before these items go (0: that one stays): the events of the contacts among them go too, in the caller's transaction under the mailbox lock. Only for the owner: a
 * link is what the client says, and must not let others delete in a calendar. */
enum status birthday_remove(TALLOC_CTX *mem, struct transaction *tx, const struct session *session, const struct mailbox_key *mailbox, const int64_t *items,
                            const struct item_row *rows, size_t count) MUST_CHECK;

#endif
