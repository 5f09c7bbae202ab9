/* Occurrences of a series as items: the master's rows, read and changed through calendar/exception.h. Private to this folder. */
#ifndef BOURSE_GROUPWARE_OCCURRENCE_H
#define BOURSE_GROUPWARE_OCCURRENCE_H

#include "access_in.h"
#include "bourse/calendar/exception.h"
#include "bourse/groupware/item.h"
#include "bourse/storage/message.h"
#include "item_also.h"

/* Parts of the master that an occurrence with these parts needs, and more. */
unsigned occurrence_store_parts(unsigned parts);
/* Unpacks the embedded messages of all exceptions of a loaded master: one statement, or none. */
enum status occurrence_load_exceptions(TALLOC_CTX *mem, struct transaction *tx, struct message *master) MUST_CHECK;
/* Takes the attachments that hold exceptions out of what clients see of a master. */
void occurrence_hide_exceptions(struct message *message);

/* As items_load_in, of ids whose `occurrence` is set: each master is loaded once. */
enum status occurrences_load_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, const struct object_id *ids,
                                size_t count, unsigned parts, struct item **out, enum status *statuses) MUST_CHECK;
/* One occurrence of a master that was loaded with occurrence_store_parts and its exceptions. */
enum status occurrence_item(TALLOC_CTX *mem, const struct mailbox_key *mailbox, const struct loaded_message *master, int32_t occurrence, unsigned parts,
                            uint32_t rights, struct item **out) MUST_CHECK;
/* Contents of the attachments of one occurrence as bytes (from blobs and the master's MIME), before they are kept in an exception or in another item. */
enum status occurrence_load_attachments(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, int64_t item, const struct message *master,
                                        struct message *occurrence) MUST_CHECK;

/* Copies one occurrence as an item of its own. Needs READ_ANY there, CREATE here. */
enum status occurrence_copy(struct session *session, const struct object_id *id, const struct object_id *folder, struct object_id *new_id) MUST_CHECK;
/* item_write.c: takes the occurrence out of its series. Needs EDIT_ANY, or EDIT_OWN. `expected_change`: STATUS_CONFLICT when the series has a newer one; 0: any.
 * `also` (or NULL) gets the occurrence as `before` and NULL as `after`. *is_last: it is the only one, and nothing was written: the caller deletes the series. */
enum status occurrence_delete(struct session *session, const struct object_id *id, int64_t expected_change, const struct item_also *also, bool *is_last) MUST_CHECK;

#endif
