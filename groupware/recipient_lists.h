/* Personal distribution lists as recipients of what is sent. Private to this folder. */
#ifndef BOURSE_GROUPWARE_RECIPIENT_LISTS_H
#define BOURSE_GROUPWARE_RECIPIENT_LISTS_H

#include "bourse/groupware/distribution_list.h"

/* Puts the members in place of each recipient of address type "MAPIPDL" [MS-OXOCNTC] 2.2.2: the list is named by the recipient's address as an item id's text
 * (model/ids.h), or by its PROP_ENTRY_ID. STATUS_INVALID_RECIPIENTS for a list that is not there or hidden from the session. */
enum status recipient_lists_expand(TALLOC_CTX *mem, struct session *session, struct message *message) MUST_CHECK;

#endif
