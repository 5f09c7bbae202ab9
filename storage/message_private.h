/* Inside of item functions (private to storage). */
#ifndef BOURSE_STORAGE_MESSAGE_PRIVATE_H
#define BOURSE_STORAGE_MESSAGE_PRIVATE_H

#include "bourse/storage/message.h"
#include "new_rows.h"
#include "transaction_private.h"

#define MESSAGE_SLICE 500

/* Adds a new item whose blobs are taken already to the rows. */
enum status message_insert(struct new_rows *rows, struct locked_mailbox *locked, struct folder_delta *folder,
                           const struct prepared_message *prepared, const struct message_place *place, enum store_event_kind kind,
                           struct message_created *out) MUST_CHECK;
/* Queues a statement that fails (STATUS_BLOB_NOT_FOUND) when a blob was swept: the preparation is too old. */
enum status message_check_blobs(struct transaction *tx, const struct prepared_message *prepared) MUST_CHECK;
/* out[i].item is 0 for what is not there. */
enum status message_load_for_change(struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count,
                                    struct sql_message_for_change_out *out) MUST_CHECK;
/* Fetches the values of all bags that lie in blobs, with one statement. */
enum status message_load_values(TALLOC_CTX *mem, struct transaction *tx, struct bag *const *bags, size_t count) MUST_CHECK;
enum status message_drop_blobs(struct transaction *tx, const struct sql_message_for_change_out *item) MUST_CHECK;

#endif
