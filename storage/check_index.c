/* Index rows against what the properties of their items say. */
#include <string.h>

#include "array_count.h"
#include "check_private.h"
#include "folder_private.h"
#include "item_index.h"

static bool same_texts(const struct sql_texts *a, const struct sql_texts *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

/* Rows of older versions have none. */
static bool series_is_right(struct slice wanted, struct slice row)
{
    return row.data == NULL || slice_equal(wanted, row);
}

static bool calendar_is_right(const struct item_index *wanted, const struct sql_check_item_indexes_out *row)
{
    const struct sql_calendar_index_insert_in *calendar = &wanted->calendar;
    if (!wanted->has_calendar || !row->has_calendar)
        return wanted->has_calendar == row->has_calendar;
    return row->calendar_folder == row->folder && row->starts == calendar->starts && row->ends == calendar->ends &&
           row->busy_status == calendar->busy_status && row->is_recurring == calendar->is_recurring && row->goid_hash == calendar->goid_hash &&
           series_is_right(calendar->series, row->series);
}

static bool contact_is_right(const struct item_index *wanted, const struct sql_check_item_indexes_out *row)
{
    if (!wanted->has_contact || !row->has_contact)
        return wanted->has_contact == row->has_contact;
    return row->contact_folder == row->folder && strcmp(row->file_as, wanted->contact.file_as) == 0 &&
           same_texts(&row->addresses, &wanted->contact.addresses);
}

static bool reminder_is_right(const struct item_index *wanted, const struct sql_check_item_indexes_out *row)
{
    return wanted->has_reminder == row->has_reminder && (!wanted->has_reminder || wanted->reminder.signal_time == row->signal_time);
}

/* A bag that cannot be read is another finding, and its item keeps the rows that it has. */
static enum status is_right(TALLOC_CTX *mem, const struct sql_check_item_indexes_out *row, struct item_index *wanted, bool *right)
{
    struct bag *props = NULL;
    *right = bytes_to_bag(mem, row->props, &props) != STATUS_OK;
    if (*right)
        return STATUS_OK;
    *wanted = (struct item_index){ 0 };
    if (!row->fai)
        TRY(item_index_of(mem, row->message_class, props, wanted));
    *right = calendar_is_right(wanted, row) && reminder_is_right(wanted, row) && contact_is_right(wanted, row);
    return STATUS_OK;
}

/* Calls `wrong` for each item whose rows differ from what they should be. */
static enum status each_wrong(struct transaction *tx, TALLOC_CTX *mem, int64_t mailbox,
                              enum status (*wrong)(const struct sql_check_item_indexes_out *row, const struct item_index *wanted, void *data), void *data)
{
    int64_t after = 0;
    for (int rows = CHECK_PAGE; rows == CHECK_PAGE;) {
        struct result *result = NULL;
        TRY(TX_RUN(tx, mem, &result, check_item_indexes, .mailbox = mailbox, .after = after, .limit = CHECK_PAGE));
        rows = result->row_count;
        for (int r = 0; r < rows; r++) {
            struct sql_check_item_indexes_out row;
            struct item_index wanted;
            bool right = false;
            result_read(result, r, STATEMENT_check_item_indexes, &row);
            after = row.item;
            TRY(is_right(result, &row, &wanted, &right));
            if (!right)
                TRY(wrong(&row, &wanted, data));
        }
        talloc_free(result);
    }
    return STATUS_OK;
}

static enum status report(const struct sql_check_item_indexes_out *row, const struct item_index *wanted, void *data)
{
    (void)wanted;
    check_report(data, "item_index", true, "item %lld of folder %lld: its calendar, reminder or contact rows are not what its properties say",
                 (long long)row->item, (long long)row->folder);
    return STATUS_OK;
}

enum status check_indexes(struct check *check)
{
    return each_wrong(check->tx, check->mem, check->mailbox, report, check);
}

struct repair {
    struct transaction *tx;
    int64_t mailbox;
};

static enum status mend(const struct sql_check_item_indexes_out *row, const struct item_index *wanted, void *data)
{
    struct repair *repair = data;
    TRY(TX_SEND(repair->tx, index_rows_remove, .mailbox = repair->mailbox, .item = row->item));
    TRY(item_index_send(repair->tx, wanted, repair->mailbox, row->folder, row->item));
    return tx_run(repair->tx, repair->tx, NULL, 0); /* what is queued is bounded */
}

enum status check_repair_indexes(struct transaction *tx, int64_t mailbox)
{
    struct repair repair = { tx, mailbox };
    return each_wrong(tx, tx, mailbox, mend, &repair);
}
