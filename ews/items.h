/* What the operations on items share. */
#ifndef EWS_ITEMS_H
#define EWS_ITEMS_H

#include "ids.h"
#include "output.h"
#include "response.h"

/* Loads the valid ids of the batch, one round trip a mailbox; failures go to the batch. */
enum status items_load(struct ews_call *call, struct id_batch *batch, unsigned parts, struct item **items) MUST_CHECK;
/* A message with the item, or with the failure. */
enum status items_answer(struct ews_call *call, struct ews_shape *shape, enum status status, const struct item *item) MUST_CHECK;
/* An answer of one message that says only success or failure. */
enum status items_answer_plain(struct ews_call *call, enum status status) MUST_CHECK;
/* Element name of an item of this message class with id and change key only (answers of Create, Update, Move, Copy). */
void items_write_id(struct ews_call *call, const char *message_class, const struct object_id *id, int64_t change);
/* One status for each valid id of the batch, put back in place. */
void items_merge_statuses(struct id_batch *batch, const size_t *where, const enum status *statuses, size_t count);

#endif
