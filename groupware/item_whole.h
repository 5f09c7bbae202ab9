/* One item with everything that a change or an export needs. Private to this folder. */
#ifndef BOURSE_GROUPWARE_ITEM_WHOLE_H
#define BOURSE_GROUPWARE_ITEM_WHOLE_H

#include "access_in.h"
#include "bourse/storage/message.h"

/* Properties with their stored values, recipients, attachments, structure and original bytes. Checks rights: `any` on all items, or `own`
 * on items that the session made. STATUS_ITEM_NOT_FOUND. */
enum status item_whole_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t item,
                          uint32_t any, uint32_t own, struct loaded_message *out) MUST_CHECK;

#endif
