#include "bourse/storage/changes.h"

#include "array_count.h"
#include "transaction_private.h"

_Static_assert(sizeof(struct sql_changes_content_out) == sizeof(struct sql_changes_created_out), "columns of changes differ");

/* One reading of the log: what is asked for, and the answer as it grows. */
struct reading {
    struct transaction *tx;
    int64_t mailbox, folder;
    bool with_items, with_fai;
    struct sql_changes_position_out head;
    struct changes *out;
    size_t limit;
};

static size_t room(const struct reading *reading)
{
    return reading->limit - reading->out->count;
}

/* Takes the rows; false when there are more than fit. */
static bool take(struct reading *reading, struct result *result)
{
    bool all = (size_t)result->row_count <= room(reading);
    for (int i = 0; i < result->row_count && room(reading) > 0; i++) {
        struct sql_changes_content_out row;
        result_read(result, i, STATEMENT_changes_content, &row);
        reading->out->list[reading->out->count++] = (struct change){
            .kind = (enum change_kind)(row.kind == 2 ? CHANGE_READ : row.kind == 3 ? CHANGE_DELETE : row.kind == 1 ? CHANGE_UPDATE : CHANGE_CREATE),
            .item = row.item, .uid = (uint32_t)row.uid, .cn = row.cn, .is_read = row.is_read, .is_fai = row.fai, .is_soft = row.is_soft,
            .new_folder = row.new_folder, .new_item = row.new_item,
        };
    }
    talloc_free(result);
    return all;
}

static const struct change *last(const struct reading *reading)
{
    return &reading->out->list[reading->out->count - 1];
}

/* Read states come first: when they are through, read_cn jumps to the head, and whatever is told later carries its read state. */
static enum status read_states(struct reading *reading)
{
    struct store_position *at = &reading->out->position;
    struct result *result = NULL;
    if (at->uid == 0) {
        at->read_cn = reading->head.last_cn;
        return STATUS_OK;
    }
    TRY(TX_RUN(reading->tx, reading->tx, &result, changes_read_state, .mailbox = reading->mailbox, .folder = reading->folder, .cn = at->cn,
               .read_cn = at->read_cn, .uid = at->uid, .first_uid = at->first_uid, .with_items = reading->with_items,
               .with_fai = reading->with_fai, .limit = (int64_t)room(reading) + 1));
    if (take(reading, result))
        at->read_cn = reading->head.last_cn;
    else {
        at->read_cn = last(reading)->cn;
        reading->out->more = true;
    }
    return STATUS_OK;
}

/* During the first pass they wait: what was not told yet will be told as it is by then. */
static enum status content(struct reading *reading)
{
    struct store_position *at = &reading->out->position;
    struct result *result = NULL;
    if (at->uid == 0)
        at->cn = reading->head.last_cn;
    if (at->uid == 0 || at->first_uid != 0 || reading->out->more)
        return STATUS_OK;
    TRY(TX_RUN(reading->tx, reading->tx, &result, changes_content, .mailbox = reading->mailbox, .folder = reading->folder, .cn = at->cn,
               .uid = at->uid, .with_items = reading->with_items, .with_fai = reading->with_fai, .limit = (int64_t)room(reading) + 1));
    if (take(reading, result))
        at->cn = reading->head.last_cn;
    else {
        if (reading->out->count > 0 && last(reading)->kind != CHANGE_READ)
            at->cn = last(reading)->cn;
        reading->out->more = true;
    }
    return STATUS_OK;
}

/* Newest first, down from the uid that was the highest when the pass began. */
static enum status first_pass(struct reading *reading)
{
    struct store_position *at = &reading->out->position;
    struct result *result = NULL;
    bool begins = at->uid == 0;
    if (begins) {
        at->uid = reading->head.uid_next - 1;
        at->first_uid = reading->head.uid_next;
    }
    if (at->first_uid == 0 || reading->out->more)
        return STATUS_OK;
    TRY(TX_RUN(reading->tx, reading->tx, &result, changes_first_pass, .mailbox = reading->mailbox, .folder = reading->folder,
               .below = at->first_uid, .with_items = reading->with_items, .with_fai = reading->with_fai, .limit = (int64_t)room(reading) + 1));
    if (take(reading, result)) {
        at->first_uid = 0;
        reading->out->more = at->cn < reading->head.last_cn; /* changes that waited for the pass */
    } else {
        at->first_uid = reading->out->count > 0 ? last(reading)->uid : at->first_uid;
        reading->out->more = true;
    }
    return STATUS_OK;
}

static enum status created(struct reading *reading)
{
    struct store_position *at = &reading->out->position;
    struct result *result = NULL;
    if (at->first_uid != 0 || reading->out->more)
        return STATUS_OK;
    TRY(TX_RUN(reading->tx, reading->tx, &result, changes_created, .mailbox = reading->mailbox, .folder = reading->folder, .uid = at->uid,
               .with_items = reading->with_items, .with_fai = reading->with_fai, .limit = (int64_t)room(reading) + 1));
    if (take(reading, result))
        at->uid = reading->head.uid_next - 1;
    else {
        if (reading->out->count > 0 && last(reading)->kind == CHANGE_CREATE)
            at->uid = last(reading)->uid;
        reading->out->more = true;
    }
    return STATUS_OK;
}

static enum status check_position(const struct store_position *from, const struct sql_changes_position_out *head)
{
    bool is_start = from->uid == 0 && from->cn == 0 && from->read_cn == 0;
    if (from->uid < 0 || from->first_uid < 0 || from->cn < 0 || from->read_cn < 0)
        return status_fail(STATUS_INVALID_SYNC_STATE, "negative position");
    if (!is_start && from->cn < head->floor_cn)
        return status_fail(STATUS_INVALID_SYNC_STATE, "position %lld is below the floor %lld", (long long)from->cn, (long long)head->floor_cn);
    if (from->cn > head->last_cn || from->read_cn > head->last_cn || from->uid >= head->uid_next || from->first_uid > head->uid_next)
        return status_fail(STATUS_INVALID_SYNC_STATE, "position is ahead of the mailbox");
    return STATUS_OK;
}

static enum status open_reading(struct reading *reading)
{
    struct result *result = NULL;
    TRY(TX_RUN(reading->tx, reading->tx, &result, changes_position, .mailbox = reading->mailbox, .folder = reading->folder));
    if (result->row_count == 0)
        return status_fail(STATUS_FOLDER_NOT_FOUND, "folder %lld", (long long)reading->folder);
    result_read(result, 0, STATEMENT_changes_position, &reading->head);
    talloc_free(result);
    return STATUS_OK;
}

/* An empty folder has no uid yet: its position begins with the first one. */
static enum status run(struct reading *reading)
{
    struct store_position *at = &reading->out->position;
    bool begins = at->uid == 0;
    TRY(read_states(reading));
    TRY(content(reading));
    if (begins || at->first_uid != 0)
        return first_pass(reading);
    return created(reading);
}

enum status changes_read(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, enum list_content list_content,
                         const struct store_position *from, size_t limit, struct changes *out)
{
    struct reading reading = { .tx = tx, .mailbox = mailbox, .folder = folder, .with_items = list_content != LIST_FAI,
                               .with_fai = list_content != LIST_ITEMS, .out = out, .limit = limit };
    *out = (struct changes){ .position = *from };
    if (limit == 0)
        return status_fail(STATUS_INVALID_ARGUMENT, "no room for changes");
    TRY(open_reading(&reading));
    TRY(check_position(from, &reading.head));
    out->list = talloc_zero_array(mem, struct change, array_count(limit));
    if (out->list == NULL)
        return status_fail(STATUS_NO_MEMORY, "changes");
    return run(&reading);
}

enum status changes_estimate(struct transaction *tx, int64_t mailbox, int64_t folder, enum list_content list_content, const struct store_position *from,
                             size_t cap, size_t *count)
{
    TALLOC_CTX *mem = talloc_new(tx);
    struct changes changes = { .position = *from, .more = true };
    *count = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && changes.more && *count < cap) {
        struct store_position at = changes.position;
        status = changes_read(mem, tx, mailbox, folder, list_content, &at, cap - *count, &changes);
        *count += status == STATUS_OK ? changes.count : 0;
    }
    talloc_free(mem);
    return status;
}

enum status changes_head(struct transaction *tx, int64_t mailbox, int64_t folder, struct store_position *out)
{
    struct reading reading = { .tx = tx, .mailbox = mailbox, .folder = folder };
    TRY(open_reading(&reading));
    *out = (struct store_position){ .uid = reading.head.uid_next - 1, .cn = reading.head.last_cn, .read_cn = reading.head.last_cn };
    return STATUS_OK;
}

enum status changes_hierarchy(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t since, size_t limit, struct folder_change **out,
                              size_t *count, bool *more, int64_t *until)
{
    struct result *results[2] = { 0 };
    struct sql_hierarchy_position_out head;
    TRY(TX_SEND(tx, hierarchy_position, .mailbox = mailbox));
    TRY(TX_SEND(tx, hierarchy_page, .mailbox = mailbox, .since = since, .limit = (int64_t)limit + 1));
    TRY(tx_run(tx, mem, results, 2));
    if (results[0]->row_count == 0)
        return status_fail(STATUS_MAILBOX_NOT_FOUND, "mailbox %lld", (long long)mailbox);
    result_read(results[0], 0, STATEMENT_hierarchy_position, &head);
    if (since < 0 || since > head.last_cn || (since != 0 && since < head.floor))
        return status_fail(STATUS_INVALID_SYNC_STATE, "hierarchy position %lld", (long long)since);
    *more = (size_t)results[1]->row_count > limit;
    *count = *more ? limit : (size_t)results[1]->row_count;
    *out = talloc_zero_array(mem, struct folder_change, array_count(*count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "changes");
    for (size_t i = 0; i < *count; i++) {
        struct sql_hierarchy_page_out row;
        result_read(results[1], (int)i, STATEMENT_hierarchy_page, &row);
        (*out)[i] = (struct folder_change){ .kind = row.kind == 0 ? CHANGE_CREATE : row.kind == 3 ? CHANGE_DELETE : CHANGE_UPDATE,
                                            .folder = row.folder, .cn = row.cn };
    }
    *until = *more ? (*out)[*count - 1].cn : head.last_cn;
    return STATUS_OK;
}
