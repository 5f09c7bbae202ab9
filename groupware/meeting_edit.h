/* One change of a calendar item, the mail that it causes, and what else happens in the mailbox, as one transaction. Private to this folder. */
#ifndef BOURSE_GROUPWARE_MEETING_EDIT_H
#define BOURSE_GROUPWARE_MEETING_EDIT_H

#include "bourse/groupware/folder.h"
#include "meeting_send.h"
#include "meeting_store.h"

enum edit_outcome { EDIT_NOTHING, EDIT_REPLACE, EDIT_REMOVE, EDIT_CREATE };

struct meeting_edit {
    /* in */
    struct session *session;
    struct mailbox_key mailbox;
    int64_t item;                 /* 0: a new one */
    uint32_t any, own;            /* rights needed on the item */
    int64_t dispose;              /* another item of the mailbox that goes to Deleted Items in the same transaction (the answered request), 0: none */
    enum delete_mode remove_mode; /* EDIT_REMOVE */
    bool then_remove;             /* the item, changed or not, goes to Deleted Items (declined) */
    struct meeting_sending sending; /* opened by the caller */
    /* Changes the whole `message` (NULL when item is 0: then gives a new one in *created) and adds mail to edit->sending. No transaction is open. Runs again when
     * somebody else was faster. */
    enum status (*apply)(TALLOC_CTX *mem, struct meeting_edit *edit, struct message *message, struct message **created, enum edit_outcome *outcome);
    void *data;
    /* out */
    int64_t result_item, result_folder; /* where the item is now, 0: gone for good */
    bool is_removed;
};
enum status meeting_edit_run(TALLOC_CTX *mem, struct meeting_edit *edit) MUST_CHECK;

#endif
