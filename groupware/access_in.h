/* The access function as the other files of this folder call it, inside their transaction. */
#ifndef BOURSE_GROUPWARE_ACCESS_IN_H
#define BOURSE_GROUPWARE_ACCESS_IN_H

#include "bourse/groupware/access.h"
#include "bourse/model/value.h"
#include "bourse/storage/transaction.h"
#include "session_state.h"

/* Everything that an owner may [MS-OXCPERM] 2.2.7. */
#define RIGHTS_ALL 0x00001DFBu

/* Directory GUID of who made an item, kept (in the range of the store's own properties [MS-OXPROPS] 1.3.3) when that was not the mailbox's owner:
 * "own items" of the folder rights. */
#define ITEM_CREATOR ((prop_tag)0x67E20102u)

/* Call before transaction_begin: asks the directory for the person's groups when the mailbox is somebody else's. */
enum status access_prepare(struct session *session, const struct mailbox_key *mailbox) MUST_CHECK;
/* Rights on one folder; needs access_prepare. */
enum status access_in(struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, int64_t folder,
                      uint32_t *rights) MUST_CHECK;
/* STATUS_OK when all bits of `needed` are in `rights`; else STATUS_FOLDER_NOT_FOUND when the folder is not even visible, or STATUS_ACCESS_DENIED. */
enum status access_verdict(uint32_t rights, uint32_t needed) MUST_CHECK;
/* access_in and access_verdict. */
enum status access_need_in(struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, int64_t folder,
                           uint32_t needed) MUST_CHECK;
/* For what only the owner decides (rules, out-of-office): the owner, or a delegate with full access; rights on folders are not enough. STATUS_ACCESS_DENIED. */
enum status access_full_in(struct transaction *tx, struct session *session, const struct mailbox_key *mailbox) MUST_CHECK;
/* May the session do to an item what needs `any`, or `own` for its own items? `creator` is the item's creator GUID bytes (empty: unknown). */
enum status access_item(const struct session *session, uint32_t rights, uint32_t any, uint32_t own, struct slice creator) MUST_CHECK;

#endif
