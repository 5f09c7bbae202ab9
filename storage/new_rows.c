#include "new_rows.h"

#include "array_count.h"

#define ROWS_MAX 256

static enum status make_room(struct new_rows *rows)
{
    if (rows->count < rows->room)
        return STATUS_OK;
    size_t room = rows->room > 0 ? rows->room * 2 : 16;
    struct sql_message_insert_in *messages = talloc_realloc(rows->tx, rows->messages, struct sql_message_insert_in, array_count(room));
    if (messages != NULL)
        rows->messages = messages;
    struct sql_body_insert_in *bodies = talloc_realloc(rows->tx, rows->bodies, struct sql_body_insert_in, array_count(room));
    if (bodies != NULL)
        rows->bodies = bodies;
    if (messages == NULL || bodies == NULL)
        return status_fail(STATUS_NO_MEMORY, "rows");
    rows->room = room;
    return STATUS_OK;
}

static enum status add_attachments(struct new_rows *rows, const struct prepared_message *prepared, int64_t mailbox, int64_t item)
{
    size_t total = rows->attachment_count + prepared->attachment_count;
    if (total > rows->attachment_room) {
        struct sql_attachment_insert_in *more =
            talloc_realloc(rows->tx, rows->attachments, struct sql_attachment_insert_in, array_count(total * 2));
        if (more == NULL)
            return status_fail(STATUS_NO_MEMORY, "rows");
        rows->attachments = more;
        rows->attachment_room = total * 2;
    }
    prepared_place_attachments(prepared, mailbox, item, 0, rows->attachments + rows->attachment_count);
    rows->attachment_count = total;
    return STATUS_OK;
}

enum status new_rows_add(struct new_rows *rows, const struct prepared_message *prepared, const struct sql_message_insert_in *row)
{
    if (rows->count >= ROWS_MAX || rows->attachment_count >= ROWS_MAX)
        TRY(new_rows_send(rows));
    TRY(make_room(rows));
    TRY(add_attachments(rows, prepared, row->mailbox, row->item));
    if (!row->fai)
        TRY(item_index_send(rows->tx, &prepared->index, row->mailbox, row->folder, row->item));
    rows->messages[rows->count] = *row;
    rows->bodies[rows->count++] = prepared_place_body(prepared, row->mailbox, row->item, 0);
    return STATUS_OK;
}

enum status new_rows_send(struct new_rows *rows)
{
    size_t count = rows->count, attachments = rows->attachment_count;
    rows->count = rows->attachment_count = 0;
    if (count > 0) {
        TRY(tx_send_rows(rows->tx, STATEMENT_message_insert, rows->messages, count));
        TRY(tx_send_rows(rows->tx, STATEMENT_body_insert, rows->bodies, count));
    }
    return attachments > 0 ? tx_send_rows(rows->tx, STATEMENT_attachment_insert, rows->attachments, attachments) : STATUS_OK;
}
