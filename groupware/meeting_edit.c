#include "meeting_edit.h"

#include "bourse/model/properties.h"
#include "folder_view.h"
#include "item_defaults.h"
#include "item_derive.h"
#include "item_view.h"
#include "item_whole.h"
#include "quota.h"

enum { ATTEMPTS = 5 };

struct attempt {
    TALLOC_CTX *mem;
    struct meeting_edit *edit;
    struct loaded_message loaded;
    enum edit_outcome outcome;
    struct message *message; /* to be saved */
    struct prepared_message *prepared;
};

static enum status load(struct attempt *work)
{
    struct meeting_edit *edit = work->edit;
    struct transaction *tx = NULL;
    if (edit->item == 0)
        return STATUS_OK;
    TRY(folder_begin(work->mem, edit->session, edit->mailbox.guid, TRANSACTION_READ, &edit->mailbox, &tx));
    enum status status = item_whole_in(work->mem, tx, edit->session, &edit->mailbox, edit->item, edit->any, edit->own, &work->loaded);
    if (status == STATUS_OK)
        status = meeting_make_whole(work->mem, tx, edit->mailbox.id, edit->item, work->loaded.message);
    talloc_free(tx);
    return status;
}

static enum status prepare(struct attempt *work)
{
    struct meeting_edit *edit = work->edit;
    struct message *created = NULL;
    TRY(edit->apply(work->mem, edit, work->loaded.message, &created, &work->outcome));
    if (work->outcome != EDIT_REPLACE && work->outcome != EDIT_CREATE)
        return STATUS_OK;
    work->message = work->outcome == EDIT_CREATE ? created : work->loaded.message;
    struct derive_context derived = { .is_new = work->outcome == EDIT_CREATE, .session = edit->session, .mailbox = &edit->mailbox,
                                      .folder = work->outcome == EDIT_CREATE ? (int64_t)FOLDER_ROLE_CALENDAR : work->loaded.row.folder };
    TRY(item_fill_defaults(work->message, edit->session, work->outcome == EDIT_CREATE ? &edit->mailbox : NULL));
    TRY(item_derive(work->message, &derived));
    TRY(message_keep_prefix(work->message));
    return store_message_prepare(work->mem, edit->session->groupware->store, work->message, &work->prepared);
}

/* The item as it was read is the one that goes. */
static enum status check_unchanged(struct attempt *work, struct transaction *tx)
{
    struct item_row row;
    TRY(store_rows_get(work->mem, tx, work->edit->mailbox.id, &work->edit->item, 1, false, &row));
    if (row.item == 0)
        return status_fail(STATUS_ITEM_NOT_FOUND, "item %lld", (long long)work->edit->item);
    return row.cn == work->loaded.row.cn ? STATUS_OK : status_fail(STATUS_CONFLICT, "changed meanwhile");
}

static enum status move_away(struct attempt *work, struct transaction *tx, int64_t item, int64_t *now, int64_t *folder)
{
    struct message_moved moved;
    TRY(store_message_move(tx, work->edit->mailbox.id, &item, NULL, 1, (int64_t)FOLDER_ROLE_DELETED_ITEMS, &moved));
    *now = moved.item;
    *folder = (int64_t)FOLDER_ROLE_DELETED_ITEMS;
    return STATUS_OK;
}

static enum status remove_item(struct attempt *work, struct transaction *tx)
{
    struct meeting_edit *edit = work->edit;
    TRY(check_unchanged(work, tx));
    edit->is_removed = true;
    edit->result_item = edit->result_folder = 0;
    if (edit->remove_mode == DELETE_MOVE_TO_DELETED && work->loaded.row.folder != (int64_t)FOLDER_ROLE_DELETED_ITEMS)
        return move_away(work, tx, edit->item, &edit->result_item, &edit->result_folder);
    enum store_delete how = edit->remove_mode == DELETE_HARD ? STORE_DELETE_HARD : STORE_DELETE_SOFT;
    return store_message_delete(tx, edit->mailbox.id, &edit->item, 1, how, NULL, NULL);
}

static enum status write_item(struct attempt *work, struct transaction *tx, const struct store_mailbox *mailbox)
{
    struct meeting_edit *edit = work->edit;
    struct message_created created;
    struct message_place place = { .is_read = true };
    uint64_t size = work->prepared != NULL ? prepared_message_size(work->prepared) : 0;
    if (size > work->loaded.row.size)
        TRY(quota_check_save(edit->session->groupware, mailbox, size - work->loaded.row.size));
    edit->is_removed = false;
    edit->result_item = edit->item;
    edit->result_folder = work->loaded.row.folder;
    if (work->outcome == EDIT_REMOVE)
        return remove_item(work, tx);
    if (work->outcome == EDIT_REPLACE)
        TRY(store_message_replace(tx, edit->mailbox.id, edit->item, work->prepared, work->loaded.row.cn, NULL));
    if (work->outcome != EDIT_CREATE)
        return STATUS_OK;
    int64_t folder = (int64_t)(edit->then_remove ? FOLDER_ROLE_DELETED_ITEMS : FOLDER_ROLE_CALENDAR);
    TRY(access_need_in(tx, edit->session, &edit->mailbox, (int64_t)FOLDER_ROLE_CALENDAR, RIGHT_CREATE));
    TRY(store_message_create(tx, edit->mailbox.id, folder, work->prepared, &place, &created));
    edit->result_item = created.item;
    edit->result_folder = folder;
    return STATUS_OK;
}

static enum status remove_after(struct attempt *work, struct transaction *tx)
{
    struct meeting_edit *edit = work->edit;
    bool is_to_go = edit->then_remove && !edit->is_removed && edit->result_item != 0 && edit->result_folder != (int64_t)FOLDER_ROLE_DELETED_ITEMS;
    if (!is_to_go)
        return STATUS_OK;
    edit->is_removed = true;
    return move_away(work, tx, edit->result_item, &edit->result_item, &edit->result_folder);
}

/* The request that was answered. One that is gone by now is no failure; one that lies in Deleted Items stays. */
static enum status dispose(struct attempt *work, struct transaction *tx)
{
    struct meeting_edit *edit = work->edit;
    struct item_row row;
    int64_t item = 0, folder = 0;
    if (edit->dispose == 0 || edit->dispose == edit->item)
        return STATUS_OK;
    TRY(store_rows_get(work->mem, tx, edit->mailbox.id, &edit->dispose, 1, false, &row));
    if (row.item == 0 || row.folder == (int64_t)FOLDER_ROLE_DELETED_ITEMS)
        return STATUS_OK;
    return move_away(work, tx, edit->dispose, &item, &folder);
}

static enum status write_all(struct attempt *work, struct transaction *tx)
{
    struct store_mailbox mailbox;
    TRY(store_mailbox_lock(tx, work->edit->mailbox.id, &mailbox));
    TRY(write_item(work, tx, &mailbox));
    TRY(remove_after(work, tx));
    TRY(dispose(work, tx));
    TRY(meeting_sending_write(work->mem, tx, &work->edit->sending));
    return transaction_commit(tx);
}

static enum status attempt(TALLOC_CTX *mem, struct meeting_edit *edit)
{
    struct attempt work = { .mem = mem, .edit = edit };
    struct transaction *tx = NULL;
    edit->sending.posts = NULL;
    edit->sending.count = 0;
    TRY(load(&work));
    TRY(prepare(&work));
    if (work.outcome == EDIT_NOTHING && edit->sending.count == 0 && edit->dispose == 0 && !edit->then_remove) {
        edit->result_item = edit->item;
        edit->result_folder = work.loaded.row.folder;
        return STATUS_OK;
    }
    TRY(folder_begin(mem, edit->session, edit->mailbox.guid, TRANSACTION_WRITE, &edit->mailbox, &tx));
    enum status status = write_all(&work, tx);
    talloc_free(tx);
    return status;
}

enum status meeting_edit_run(TALLOC_CTX *mem, struct meeting_edit *edit)
{
    enum status status = STATUS_RETRY;
    TRY(store_check_space(edit->session->groupware->store));
    for (int i = 0; i < ATTEMPTS && (status == STATUS_RETRY || status == STATUS_CONFLICT); i++) {
        TALLOC_CTX *step = talloc_new(mem);
        status = attempt(step, edit);
        edit->sending.posts = NULL; /* they were on `step` */
        talloc_free(step);
    }
    return status;
}
