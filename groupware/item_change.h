/* Applying a change to a message in memory. Private to this folder. */
#ifndef BOURSE_GROUPWARE_ITEM_CHANGE_H
#define BOURSE_GROUPWARE_ITEM_CHANGE_H

#include "bourse/groupware/item.h"

/* Everything but the read state. Decides whether the original MIME still mirrors the properties, and turns it into properties when
 * bodies or attachments change. `message` must be whole (item_whole.h) or fresh from import. */
enum status item_change_apply(struct message *message, const struct item_change *change) MUST_CHECK;
/* False when only the read state changes. */
bool item_change_has_content(const struct item_change *change);

#endif
