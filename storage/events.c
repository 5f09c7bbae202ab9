#include "bourse/storage/events.h"

#include "array_count.h"
#include "transaction_private.h"

enum status events_read(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t since, const int64_t *folders, size_t folder_count,
                        size_t limit, struct store_event **out, size_t *count, bool *more, int64_t *until)
{
    struct result *results[2] = { 0 };
    struct sql_event_position_out position;
    TRY(TX_SEND(tx, event_position, .mailbox = mailbox));
    TRY(TX_SEND(tx, event_page, .mailbox = mailbox, .since = since, .all = folders == NULL, .folders = { folders, folder_count },
                .limit = (int64_t)limit + 1));
    TRY(tx_run(tx, mem, results, 2));
    if (results[0]->row_count == 0)
        return status_fail(STATUS_MAILBOX_NOT_FOUND, "mailbox %lld", (long long)mailbox);
    result_read(results[0], 0, STATEMENT_event_position, &position);
    if (since < position.floor || since > position.last_cn)
        return status_fail(STATUS_INVALID_WATERMARK, "watermark %lld, events from %lld to %lld", (long long)since,
                           (long long)position.floor, (long long)position.last_cn);
    *more = results[1]->row_count > (int)limit;
    *count = *more ? limit : (size_t)results[1]->row_count;
    *out = talloc_zero_array(mem, struct store_event, array_count(*count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "events");
    for (size_t i = 0; i < *count; i++) {
        struct sql_event_page_out row;
        result_read(results[1], (int)i, STATEMENT_event_page, &row);
        (*out)[i] = (struct store_event){ .cn = row.cn, .kind = (enum store_event_kind)row.kind, .folder = row.folder, .item = row.item,
                                          .parent = row.parent, .old_folder = row.old_folder, .old_item = row.old_item,
                                          .unread = row.unread, .when = row.created };
    }
    *until = *more ? (*out)[*count - 1].cn : position.last_cn;
    talloc_free(results[0]);
    talloc_free(results[1]);
    return STATUS_OK;
}
