/* Rows of new items, collected so that many go into the database as one statement a table (private to storage). */
#ifndef BOURSE_STORAGE_NEW_ROWS_H
#define BOURSE_STORAGE_NEW_ROWS_H

#include "prepared.h"
#include "transaction_private.h"

struct new_rows {
    struct transaction *tx;
    struct sql_message_insert_in *messages;
    struct sql_body_insert_in *bodies; /* of the same items */
    struct sql_attachment_insert_in *attachments;
    size_t count, room, attachment_count, attachment_room;
};

/* Adds the rows of an item; what `prepared` points to must live until they are sent. Sends when many have collected. */
enum status new_rows_add(struct new_rows *rows, const struct prepared_message *prepared, const struct sql_message_insert_in *row) MUST_CHECK;
/* Queues the statements for what has collected. */
enum status new_rows_send(struct new_rows *rows) MUST_CHECK;

#endif
