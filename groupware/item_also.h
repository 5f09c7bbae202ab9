/* Saving an item with more in the same transaction: meeting mail in the queue, copies, changes of other items of the mailbox. Private to this folder. */
#ifndef BOURSE_GROUPWARE_ITEM_ALSO_H
#define BOURSE_GROUPWARE_ITEM_ALSO_H

#include "access_in.h"
#include "bourse/groupware/item.h"

struct item_also {
    /* When `after` is what will be saved and before it is packed; may change it, and prepares what `write` needs. No transaction is open. `before`: the item as it
     * was, whole; NULL for a new one. For one occurrence of a series both are that occurrence. Runs again when somebody else was faster. */
    enum status (*prepare)(TALLOC_CTX *mem, const struct mailbox_key *mailbox, const struct message *before, struct message *after, void *data);
    /* In the writing transaction under the mailbox lock, after the item's own rows. `mem` is that of `prepare`. */
    enum status (*write)(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *mailbox, int64_t item, void *data);
    void *data;
};

/* item_create and item_update with it. `also` may be NULL. */
enum status item_create_also(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, const struct message *message,
                             const struct item_create_options *options, const struct item_also *also, struct item **out) MUST_CHECK;
enum status item_update_also(TALLOC_CTX *mem, struct session *session, const struct object_id *id, int64_t expected_change, enum conflict_resolution resolution,
                             const struct item_change *change, const struct item_also *also, struct item **out) MUST_CHECK;

#endif
