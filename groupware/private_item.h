/* Private appointments in somebody else's calendar [MS-OXODLGT] 3.1.4.2.1.1: who does not see the content sees that the time is taken. Private to this folder. */
#ifndef BOURSE_GROUPWARE_PRIVATE_ITEM_H
#define BOURSE_GROUPWARE_PRIVATE_ITEM_H

#include "access_in.h"
#include "bourse/groupware/item.h"

/* Subject of what is concealed, as Exchange shows it. */
#define PRIVATE_SUBJECT "Private Appointment"

/* Is the content kept from the session? After access_in on the mailbox. */
bool private_item_is_hidden(const struct session *session, const struct mailbox_key *mailbox, const char *message_class, int32_t sensitivity);
/* Takes all but times, busy status and pattern out of an item whose content is kept from the session; leaves others alone. */
enum status private_item_conceal(const struct session *session, const struct mailbox_key *mailbox, struct item *item) MUST_CHECK;

#endif
