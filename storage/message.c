#include "bourse/storage/message.h"

#include "array_count.h"
#include "message_private.h"
#include "prepared.h"

enum status message_insert(struct new_rows *rows, struct locked_mailbox *locked, struct folder_delta *folder,
                           const struct prepared_message *prepared, const struct message_place *place, enum store_event_kind kind,
                           struct message_created *out)
{
    struct sql_message_insert_in row = prepared->row;
    instant now = clock_now();
    row.mailbox = locked->id;
    row.folder = folder->folder;
    row.item = place->reserved_item != 0 ? place->reserved_item : tx_next_item_id(locked, folder);
    row.cn = tx_next_cn(locked);
    row.uid = folder->uid_next++;
    row.fai = place->is_fai;
    row.is_read = place->is_read;
    row.delivered = place->delivered != 0 ? place->delivered : row.delivered != 0 ? row.delivered : now;
    row.modified = now;
    row.created = row.created != 0 ? row.created : now;
    tx_count_item(locked, folder, 1, row.fai, row.is_read, row.size, row.cn);
    TRY(new_rows_add(rows, prepared, &row));
    *out = (struct message_created){ .item = row.item, .cn = row.cn, .uid = (uint32_t)row.uid };
    return tx_event(rows->tx, locked->id, &(struct store_event){ .cn = row.cn, .kind = kind, .folder = row.folder, .item = row.item });
}

static enum status check_reserved(struct transaction *tx, int64_t mailbox, int64_t item)
{
    struct result *result = NULL;
    if (item == 0)
        return STATUS_OK;
    TRY(TX_RUN(tx, tx, &result, id_range_find, .mailbox = mailbox, .id = item));
    bool found = result->row_count > 0;
    talloc_free(result);
    return found ? STATUS_OK : status_fail(STATUS_INVALID_ARGUMENT, "id %lld was not reserved", (long long)item);
}

enum status message_check_blobs(struct transaction *tx, const struct prepared_message *prepared)
{
    if (prepared->blob_count == 0)
        return STATUS_OK;
    int64_t *distinct = talloc_array(tx, int64_t, array_count(prepared->blob_count));
    size_t count = 0;
    if (distinct == NULL)
        return status_fail(STATUS_NO_MEMORY, "blobs");
    for (size_t i = 0; i < prepared->blob_count; i++) {
        size_t j = 0;
        while (j < count && distinct[j] != prepared->blobs[i])
            j++;
        if (j == count)
            distinct[count++] = prepared->blobs[i];
    }
    return TX_SEND(tx, blobs_must_exist, .blobs = { distinct, count });
}

enum status store_message_create(struct transaction *tx, int64_t mailbox, int64_t folder, const struct prepared_message *prepared,
                                 const struct message_place *place, struct message_created *out)
{
    struct locked_mailbox *locked = NULL;
    struct folder_delta *counters = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    TRY(tx_target_folder(tx, locked, folder, &counters));
    TRY(check_reserved(tx, mailbox, place->reserved_item));
    struct new_rows rows = { .tx = tx };
    TRY(prepared_take_blobs(tx, &(struct prepared_use){ .prepared = prepared, .copies = 1 }, 1));
    TRY(message_check_blobs(tx, prepared));
    TRY(message_insert(&rows, locked, counters, prepared, place, STORE_EVENT_CREATED, out));
    return new_rows_send(&rows);
}

enum status message_drop_blobs(struct transaction *tx, const struct sql_message_for_change_out *item)
{
    TRY(tx_blob_ref(tx, item->mime_blob, -1));
    for (size_t i = 0; i < item->value_blobs.count; i++)
        TRY(tx_blob_ref(tx, item->value_blobs.items[i], -1));
    for (size_t i = 0; i < item->attachment_blobs.count; i++)
        TRY(tx_blob_ref(tx, item->attachment_blobs.items[i], -1));
    return STATUS_OK;
}

static enum status send_update(struct transaction *tx, const struct prepared_message *prepared, int64_t mailbox, int64_t item, int64_t cn)
{
    const struct sql_message_insert_in *row = &prepared->row;
    return TX_SEND(tx, message_update, .mailbox = mailbox, .item = item, .cn = cn, .size = row->size, .delivered = row->delivered,
                   .submitted = row->submitted, .modified = clock_now(), .mime_blob = row->mime_blob, .mime_hash = row->mime_hash,
                   .message_id_hash = row->message_id_hash, .flags = row->flags, .icon_index = row->icon_index,
                   .importance = row->importance, .sensitivity = row->sensitivity, .flag_status = row->flag_status,
                   .has_attachments = row->has_attachments, .mime_mirrors = row->mime_mirrors, .mime_content = row->mime_content,
                   .mime_signed = row->mime_signed, .conversation = row->conversation, .message_class = row->message_class,
                   .subject = row->subject, .normalized_subject = row->normalized_subject, .from_name = row->from_name,
                   .from_address = row->from_address, .from_smtp = row->from_smtp, .display_to = row->display_to,
                   .display_cc = row->display_cc, .internet_message_id = row->internet_message_id,
                   .conversation_topic = row->conversation_topic, .conversation_index = row->conversation_index,
                   .categories = row->categories);
}

enum status message_load_for_change(struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count,
                                    struct sql_message_for_change_out *out)
{
    struct result *result = NULL;
    memset(out, 0, count * sizeof *out);
    TRY(TX_RUN(tx, tx, &result, message_for_change, .mailbox = mailbox, .items = { items, count }));
    for (int i = 0; i < result->row_count; i++) {
        struct sql_message_for_change_out row;
        result_read(result, i, STATEMENT_message_for_change, &row);
        for (size_t j = 0; j < count; j++)
            if (items[j] == row.item) {
                out[j] = row;
                break; /* an item that is named twice is changed once */
            }
    }
    return STATUS_OK;
}

static enum status replace_body(struct transaction *tx, const struct prepared_message *prepared, int64_t mailbox, int64_t item, int32_t next)
{
    struct sql_body_insert_in body = prepared_place_body(prepared, mailbox, item, next);
    size_t count = prepared->attachment_count;
    struct sql_attachment_insert_in *attachments = talloc_array(tx, struct sql_attachment_insert_in, array_count(count + 1));
    if (attachments == NULL)
        return status_fail(STATUS_NO_MEMORY, "attachments");
    prepared_place_attachments(prepared, mailbox, item, next, attachments);
    TRY(TX_SEND(tx, attachments_remove, .mailbox = mailbox, .item = item));
    if (count > 0)
        TRY(tx_send_rows(tx, STATEMENT_attachment_insert, attachments, count));
    return tx_send_rows(tx, STATEMENT_body_replace, &body, 1); /* has the same columns */
}

enum status store_message_replace(struct transaction *tx, int64_t mailbox, int64_t item, const struct prepared_message *prepared,
                                  int64_t expected_cn, int64_t *cn)
{
    struct locked_mailbox *locked = NULL;
    struct folder_delta *folder = NULL;
    struct sql_message_for_change_out now;
    TRY(tx_locked(tx, mailbox, &locked));
    TRY(message_load_for_change(tx, mailbox, &item, 1, &now));
    if (now.item == 0)
        return status_fail(STATUS_ITEM_NOT_FOUND, "item %lld", (long long)item);
    if (expected_cn != 0 && expected_cn != now.cn)
        return status_fail(STATUS_CONFLICT, "item %lld has change number %lld", (long long)item, (long long)now.cn);
    TRY(tx_folder(tx, locked, now.folder, &folder));
    int64_t new_cn = tx_next_cn(locked);
    TRY(prepared_take_blobs(tx, &(struct prepared_use){ .prepared = prepared, .copies = 1 }, 1));
    TRY(message_check_blobs(tx, prepared));
    TRY(message_drop_blobs(tx, &now));
    TRY(send_update(tx, prepared, mailbox, item, new_cn));
    TRY(replace_body(tx, prepared, mailbox, item, now.attachment_next));
    TRY(TX_SEND(tx, index_rows_remove, .mailbox = mailbox, .item = item));
    if (!now.fai)
        TRY(item_index_send(tx, &prepared->index, mailbox, now.folder, item));
    tx_count_item(locked, folder, -1, now.fai, now.is_read, now.size, new_cn);
    tx_count_item(locked, folder, 1, now.fai, now.is_read, prepared->row.size, new_cn);
    if (cn != NULL)
        *cn = new_cn;
    return tx_event(tx, mailbox, &(struct store_event){ .cn = new_cn, .kind = STORE_EVENT_MODIFIED, .folder = now.folder, .item = item });
}

enum status store_message_set_read(struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count, bool is_read, size_t *changed)
{
    struct locked_mailbox *locked = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    struct sql_message_for_change_out *now = talloc_array(tx, struct sql_message_for_change_out, array_count(count + 1));
    int64_t *ids = talloc_array(tx, int64_t, array_count(count + 1)), *cns = talloc_array(tx, int64_t, array_count(count + 1));
    if (now == NULL || ids == NULL || cns == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    TRY(message_load_for_change(tx, mailbox, items, count, now));
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct folder_delta *folder = NULL;
        if (now[i].item == 0 || now[i].is_read == is_read)
            continue;
        TRY(tx_folder(tx, locked, now[i].folder, &folder));
        ids[n] = now[i].item;
        cns[n] = tx_next_cn(locked);
        folder->unread += now[i].fai ? 0 : is_read ? -1 : 1;
        folder->content_cn = cns[n];
        TRY(tx_event(tx, mailbox, &(struct store_event){ .cn = cns[n], .kind = STORE_EVENT_READ_CHANGED, .folder = now[i].folder, .item = ids[n] }));
        n++;
    }
    if (changed != NULL)
        *changed = n;
    return n > 0 ? TX_SEND(tx, message_set_read, .mailbox = mailbox, .item = { ids, n }, .read_cn = { cns, n }, .is_read = is_read) : STATUS_OK;
}

enum status store_message_set_read_all(struct transaction *tx, int64_t mailbox, int64_t folder, bool is_read, bool *left)
{
    struct result *result = NULL;
    int64_t items[MESSAGE_SLICE];
    TRY(TX_RUN(tx, tx, &result, message_unread_page, .mailbox = mailbox, .folder = folder, .is_read = is_read, .limit = MESSAGE_SLICE));
    size_t count = (size_t)result->row_count;
    for (size_t i = 0; i < count; i++) {
        struct sql_message_unread_page_out row;
        result_read(result, (int)i, STATEMENT_message_unread_page, &row);
        items[i] = row.item;
    }
    talloc_free(result);
    *left = count == MESSAGE_SLICE;
    return count > 0 ? store_message_set_read(tx, mailbox, items, count, is_read, NULL) : STATUS_OK;
}

enum status store_message_set_keywords(struct transaction *tx, int64_t mailbox, int64_t item, const char *const *keywords, size_t count)
{
    struct locked_mailbox *locked = NULL;
    struct folder_delta *folder = NULL;
    struct sql_message_for_change_out now;
    TRY(tx_locked(tx, mailbox, &locked));
    TRY(message_load_for_change(tx, mailbox, &item, 1, &now));
    if (now.item == 0)
        return status_fail(STATUS_ITEM_NOT_FOUND, "item %lld", (long long)item);
    TRY(tx_folder(tx, locked, now.folder, &folder));
    int64_t cn = folder->content_cn = tx_next_cn(locked);
    TRY(TX_SEND(tx, message_set_keywords, .mailbox = mailbox, .item = item, .cn = cn, .keywords = { keywords, count }));
    return tx_event(tx, mailbox, &(struct store_event){ .cn = cn, .kind = STORE_EVENT_MODIFIED, .folder = now.folder, .item = item });
}
