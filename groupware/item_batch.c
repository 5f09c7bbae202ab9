/* Operations on many items: read state, deletion, move, copy. Each run of items of one mailbox is taken in slices of 500, each slice one
 * transaction; an item that fails does not keep the others from succeeding. */
#include "birthday.h"
#include "bourse/base/memory.h"
#include "bourse/model/properties.h"
#include "folder_view.h"
#include "item_view.h"
#include "occurrence.h"
#include "private_item.h"
#include "quota.h"

enum { SLICE = 500 };

/* One slice: items of one mailbox. */
struct slice_work {
    struct session *session;
    const struct mailbox_key *mailbox;
    struct transaction *tx;
    const struct object_id *ids;
    int64_t *items;   /* those that may be touched, others 0 */
    size_t count;
    enum status *statuses;
    struct item_row *rows;
};

typedef enum status (*slice_function)(struct slice_work *work, void *data);

/* Which of the items exist and may be touched: `any` on all items of the folder, or `own` on own ones. */
static enum status check_slice(TALLOC_CTX *mem, struct slice_work *work, uint32_t any, uint32_t own)
{
    int64_t folder = 0;
    uint32_t rights = 0;
    for (size_t i = 0; i < work->count; i++)
        work->items[i] = work->ids[i].item;
    bool needs_creator = !session_owns(work->session, work->mailbox);
    TRY(store_rows_get(mem, work->tx, work->mailbox->id, work->items, work->count, needs_creator, work->rows));
    for (size_t i = 0; i < work->count; i++) {
        const struct item_row *row = &work->rows[i];
        work->statuses[i] = row->item != 0 ? STATUS_OK : STATUS_ITEM_NOT_FOUND;
        if (row->item != 0 && row->folder != folder) {
            TRY(access_in(work->tx, work->session, work->mailbox, row->folder, &rights));
            folder = row->folder;
        }
        if (row->item != 0)
            work->statuses[i] = access_item(work->session, rights, any, own,
                                            row->props != NULL ? bag_bytes(row->props, ITEM_CREATOR) : slice_of(NULL, 0));
        if (work->statuses[i] == STATUS_OK && private_item_is_hidden(work->session, work->mailbox, row->message_class, row->sensitivity))
            work->statuses[i] = status_fail(STATUS_ACCESS_DENIED, "item %lld is private", (long long)row->item);
        work->items[i] = work->statuses[i] == STATUS_OK ? row->item : 0;
    }
    return STATUS_OK;
}

struct batch {
    struct session *session;
    uint32_t any, own; /* rights needed on the items */
    slice_function apply;
    void *data;
    const struct mailbox_key *other; /* also locked, NULL: none */
};

static enum status lock_both(struct transaction *tx, const struct mailbox_key *first, const struct mailbox_key *second)
{
    int64_t low = first->id, high = second != NULL ? second->id : first->id;
    if (low > high) {
        int64_t swap = low;
        low = high;
        high = swap;
    }
    TRY(store_mailbox_lock(tx, low, NULL));
    return high != low ? store_mailbox_lock(tx, high, NULL) : STATUS_OK;
}

static enum status run_slice_in(TALLOC_CTX *mem, const struct batch *batch, struct slice_work *work)
{
    work->items = array_new(mem, int64_t, work->count);
    work->rows = array_new(mem, struct item_row, work->count);
    if (work->items == NULL || work->rows == NULL)
        return status_fail(STATUS_NO_MEMORY, "batch");
    /* The lock comes first here: what is read decides what is written, and nothing slow lies between. */
    TRY(lock_both(work->tx, work->mailbox, batch->other));
    TRY(check_slice(mem, work, batch->any, batch->own));
    TRY(batch->apply(work, batch->data));
    return transaction_commit(work->tx);
}

static enum status run_slice(const struct batch *batch, const struct object_id *ids, size_t count, enum status *statuses)
{
    TALLOC_CTX *mem = talloc_new(batch->session);
    struct mailbox_key key;
    struct slice_work work = { .session = batch->session, .mailbox = &key, .ids = ids, .count = count, .statuses = statuses };
    enum status status = folder_begin(mem, batch->session, ids[0].mailbox, TRANSACTION_WRITE, &key, &work.tx);
    if (status == STATUS_OK)
        status = run_slice_in(mem, batch, &work);
    talloc_free(mem);
    return status;
}

/* Only what ends the whole call comes back as its status; all else is told item by item. */
static enum status run_batch(const struct batch *batch, const struct object_id *ids, size_t count, enum status *statuses)
{
    for (size_t first = 0; first < count;) {
        size_t run = 1;
        while (first + run < count && run < SLICE && guid_equal(ids[first].mailbox, ids[first + run].mailbox))
            run++;
        enum status status = run_slice(batch, ids + first, run, statuses + first);
        if (status == STATUS_MAILBOX_NOT_FOUND)
            status = STATUS_ITEM_NOT_FOUND;
        for (size_t i = first; status != STATUS_OK && i < first + run; i++)
            statuses[i] = status;
        if (status_info(status)->fault == FAULT_TEMPORARY || status_info(status)->fault == FAULT_SERVER)
            return status;
        first += run;
    }
    return STATUS_OK;
}

/* The touchable items without gaps; *map[i] is the place of the i-th one in the slice. */
static size_t compact(TALLOC_CTX *mem, const struct slice_work *work, int64_t **items, size_t **map)
{
    size_t count = 0;
    *items = array_new(mem, int64_t, work->count + 1);
    *map = array_new(mem, size_t, work->count + 1);
    if (*items == NULL || *map == NULL)
        return 0;
    for (size_t i = 0; i < work->count; i++) {
        if (work->items[i] == 0)
            continue;
        (*items)[count] = work->items[i];
        (*map)[count++] = i;
    }
    return count;
}

static enum status apply_read(struct slice_work *work, void *data)
{
    const bool *read = data;
    int64_t *items = NULL;
    size_t *map = NULL;
    size_t count = compact(work->rows, work, &items, &map);
    return count > 0 ? store_message_set_read(work->tx, work->mailbox->id, items, count, *read, NULL) : STATUS_OK;
}

enum status item_mark_read(struct session *session, const struct object_id *ids, size_t count, bool read, enum status *statuses)
{
    struct batch batch = { .session = session, .any = RIGHT_EDIT_ANY, .own = RIGHT_EDIT_OWN, .apply = apply_read, .data = &read };
    return run_batch(&batch, ids, count, statuses);
}

static enum status apply_delete(struct slice_work *work, void *data)
{
    const enum store_delete *mode = data;
    int64_t *items = NULL;
    size_t *map = NULL;
    size_t count = compact(work->rows, work, &items, &map);
    TRY(birthday_remove(work->rows, work->tx, work->session, work->mailbox, work->items, work->rows, work->count));
    return count > 0 ? store_message_delete(work->tx, work->mailbox->id, items, count, *mode, NULL, NULL) : STATUS_OK;
}

struct move_target {
    struct object_id folder;
    struct mailbox_key mailbox;
    struct object_id *new_ids; /* of the whole call; NULL: not wanted */
    const struct object_id *first_id;
    bool is_copy;
    bool deletes_source;
    bool is_deletion;          /* to Deleted Items */
};

static void give_ids(const struct slice_work *work, const struct move_target *target, const struct message_moved *moved, const size_t *map, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = map[i];
        if (moved[i].item == 0)
            work->statuses[at] = STATUS_ITEM_NOT_FOUND;
        if (target->new_ids == NULL)
            continue;
        target->new_ids[(work->ids - target->first_id) + (ptrdiff_t)at] = (struct object_id){
            .kind = OBJECT_ITEM, .mailbox = target->mailbox.guid, .folder = target->folder.folder, .item = moved[i].item,
        };
    }
}

static enum status check_target_quota(struct slice_work *work, const struct move_target *target)
{
    struct store_mailbox mailbox;
    uint64_t bytes = 0;
    if (!target->is_copy)
        return STATUS_OK;
    for (size_t i = 0; i < work->count; i++)
        bytes += work->items[i] != 0 ? work->rows[i].size : 0;
    TRY(store_mailbox_get(work->rows, work->tx, target->mailbox.id, &mailbox));
    return quota_check_save(work->session->groupware, &mailbox, bytes);
}

static enum status apply_move(struct slice_work *work, void *data)
{
    struct move_target *target = data;
    int64_t *items = NULL;
    size_t *map = NULL;
    size_t count = compact(work->rows, work, &items, &map);
    struct message_moved *moved = array_new(work->rows, struct message_moved, count + 1);
    if (moved == NULL)
        return status_fail(STATUS_NO_MEMORY, "move");
    TRY(access_need_in(work->tx, work->session, &target->mailbox, target->folder.folder, RIGHT_CREATE));
    TRY(check_target_quota(work, target));
    if (count == 0)
        return STATUS_OK;
    if (target->is_deletion)
        TRY(birthday_remove(work->rows, work->tx, work->session, work->mailbox, work->items, work->rows, work->count));
    if (target->is_copy)
        TRY(store_message_copy_to(work->tx, work->mailbox->id, items, count, target->mailbox.id, target->folder.folder, moved));
    else
        TRY(store_message_move(work->tx, work->mailbox->id, items, NULL, count, target->folder.folder, moved));
    if (target->deletes_source)
        TRY(store_message_delete(work->tx, work->mailbox->id, items, count, STORE_DELETE_HARD, NULL, NULL));
    give_ids(work, target, moved, map, count);
    return STATUS_OK;
}

static enum status prepare_target(struct session *session, const struct object_id *folder, struct move_target *target)
{
    target->folder = *folder;
    TRY(session_locate(session, folder->mailbox, &target->mailbox));
    return access_prepare(session, &target->mailbox);
}

/* How many ids in a row are occurrences, or are none. */
static size_t run_of_kind(const struct object_id *ids, size_t count)
{
    size_t run = 1;
    while (run < count && (ids[0].occurrence != 0) == (ids[run].occurrence != 0))
        run++;
    return run;
}

static bool ends_call(enum status status)
{
    return status_info(status)->fault == FAULT_TEMPORARY || status_info(status)->fault == FAULT_SERVER;
}

static enum status copy_items(struct session *session, const struct object_id *ids, size_t count, const struct object_id *folder,
                              struct object_id *new_ids, enum status *statuses)
{
    struct move_target target = { .new_ids = new_ids, .first_id = ids, .is_copy = true };
    TRY(prepare_target(session, folder, &target));
    struct batch batch = { .session = session, .any = RIGHT_READ_ANY, .apply = apply_move, .data = &target, .other = &target.mailbox };
    return run_batch(&batch, ids, count, statuses);
}

enum status item_copy(struct session *session, const struct object_id *ids, size_t count, const struct object_id *folder,
                      struct object_id *new_ids, enum status *statuses)
{
    for (size_t first = 0, run; first < count; first += run) {
        run = run_of_kind(ids + first, count - first);
        struct object_id *new_first = new_ids != NULL ? new_ids + first : NULL;
        if (ids[first].occurrence == 0) {
            TRY(copy_items(session, ids + first, run, folder, new_first, statuses + first));
            continue;
        }
        for (size_t i = first; i < first + run; i++) {
            statuses[i] = occurrence_copy(session, &ids[i], folder, new_ids != NULL ? &new_ids[i] : NULL);
            if (ends_call(statuses[i]))
                return statuses[i];
        }
    }
    return STATUS_OK;
}

static bool any_elsewhere(struct session *session, const struct object_id *ids, size_t count, const struct mailbox_key *target)
{
    struct mailbox_key key;
    for (size_t i = 0; i < count; i++)
        if (session_locate(session, ids[i].mailbox, &key) != STATUS_OK || key.id != target->id)
            return true;
    return false;
}

static enum status move_items(struct session *session, const struct object_id *ids, size_t count, const struct object_id *folder, bool is_deletion,
                              struct object_id *new_ids, enum status *statuses)
{
    struct move_target target = { .new_ids = new_ids, .first_id = ids, .is_deletion = is_deletion };
    TRY(prepare_target(session, folder, &target));
    target.is_copy = target.deletes_source = any_elsewhere(session, ids, count, &target.mailbox);
    struct batch batch = { .session = session, .any = RIGHT_READ_ANY | RIGHT_DELETE_ANY, .own = RIGHT_DELETE_OWN, .apply = apply_move,
                           .data = &target, .other = &target.mailbox };
    return run_batch(&batch, ids, count, statuses);
}

/* An occurrence has no place of its own that it could leave. */
enum status item_move(struct session *session, const struct object_id *ids, size_t count, const struct object_id *folder,
                      struct object_id *new_ids, enum status *statuses)
{
    for (size_t first = 0, run; first < count; first += run) {
        run = run_of_kind(ids + first, count - first);
        if (ids[first].occurrence == 0)
            TRY(move_items(session, ids + first, run, folder, false, new_ids != NULL ? new_ids + first : NULL, statuses + first));
        for (size_t i = first; ids[first].occurrence != 0 && i < first + run; i++)
            statuses[i] = status_fail(STATUS_OCCURRENCE_STAYS, "move of an occurrence");
    }
    return STATUS_OK;
}

/* Deleting from Deleted Items (or a folder below) takes the item out for good as far as the user sees: Recoverable Items. */
static enum status move_to_deleted(struct session *session, const struct object_id *ids, size_t count, enum status *statuses)
{
    struct object_id deleted;
    enum store_delete soft = STORE_DELETE_SOFT;
    TRY(folder_id_of_role(session, ids[0].mailbox, FOLDER_ROLE_DELETED_ITEMS, &deleted));
    for (size_t first = 0; first < count;) {
        size_t run = 1;
        bool is_there = ids[first].folder == deleted.folder;
        while (first + run < count && (ids[first + run].folder == deleted.folder) == is_there)
            run++;
        struct batch batch = { .session = session, .any = RIGHT_DELETE_ANY, .own = RIGHT_DELETE_OWN, .apply = apply_delete, .data = &soft };
        if (is_there)
            TRY(run_batch(&batch, ids + first, run, statuses + first));
        else
            TRY(move_items(session, ids + first, run, &deleted, true, NULL, statuses + first));
        first += run;
    }
    return STATUS_OK;
}

static enum status delete_items(struct session *session, const struct object_id *ids, size_t count, enum delete_mode mode, enum status *statuses)
{
    if (mode != DELETE_MOVE_TO_DELETED) {
        enum store_delete how = mode == DELETE_HARD ? STORE_DELETE_HARD : STORE_DELETE_SOFT;
        struct batch batch = { .session = session, .any = RIGHT_DELETE_ANY, .own = RIGHT_DELETE_OWN, .apply = apply_delete, .data = &how };
        return run_batch(&batch, ids, count, statuses);
    }
    for (size_t first = 0; first < count;) {
        size_t run = 1;
        while (first + run < count && guid_equal(ids[first].mailbox, ids[first + run].mailbox))
            run++;
        TRY(move_to_deleted(session, ids + first, run, statuses + first));
        first += run;
    }
    return STATUS_OK;
}

/* The last occurrence takes the series with it. */
static enum status delete_occurrence(struct session *session, const struct object_id *id, enum delete_mode mode, enum status *out)
{
    bool is_last = false;
    struct object_id series = *id;
    series.occurrence = 0;
    *out = occurrence_delete(session, id, 0, NULL, &is_last);
    if (*out == STATUS_OK && is_last)
        return delete_items(session, &series, 1, mode, out);
    return ends_call(*out) ? *out : STATUS_OK;
}

enum status item_delete(struct session *session, const struct object_id *ids, size_t count, enum delete_mode mode, enum status *statuses)
{
    for (size_t first = 0, run; first < count; first += run) {
        run = run_of_kind(ids + first, count - first);
        if (ids[first].occurrence == 0)
            TRY(delete_items(session, ids + first, run, mode, statuses + first));
        for (size_t i = first; ids[first].occurrence != 0 && i < first + run; i++)
            TRY(delete_occurrence(session, &ids[i], mode, &statuses[i]));
    }
    return STATUS_OK;
}
