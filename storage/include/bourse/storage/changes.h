/* The change log: what changed in a folder, or in the folder tree, since a position. One position serves every protocol.
 *
 * All numbers come from the one counter of the mailbox, whose order is commit order; so a reader never misses a change. A position
 * tells exactly what a client that read up to it has seen, without a row per client:
 *   uid        it was told of all items created in the folder up to this uid (uids grow with creation in the folder)
 *   first_uid  while the first pass runs (newest first): only of those from this uid up; else 0
 *   cn         of these, it knows changes and deletions up to this change number
 *   read_cn    of these, it knows read states up to this change number
 * All zero is "nothing yet". changes_read moves the position as far as the answer goes. */
#ifndef BOURSE_STORAGE_CHANGES_H
#define BOURSE_STORAGE_CHANGES_H

#include "bourse/storage/message.h"

struct store_position {
    int64_t uid;
    int64_t first_uid;
    int64_t cn;
    int64_t read_cn;
};

enum change_kind {
    CHANGE_CREATE,
    CHANGE_UPDATE, /* content, perhaps read state too */
    CHANGE_READ,   /* read state only */
    CHANGE_DELETE, /* deleted or moved away */
};

struct change {
    enum change_kind kind;
    int64_t item;
    uint32_t uid;
    int64_t cn;         /* that orders it */
    bool is_read;       /* as it is now (not for DELETE) */
    bool is_fai;
    bool is_soft;       /* DELETE: went to Recoverable Items */
    int64_t new_folder; /* DELETE: where it moved to, else 0 */
    int64_t new_item;
};

struct changes {
    struct change *list;
    size_t count;
    bool more;                     /* call again with `position` */
    struct store_position position; /* after these */
};

/* At most `limit` changes (> 0) behind `from`. Cost depends on what changed only. STATUS_INVALID_SYNC_STATE when `from` lies below the
 * folder's floor (the client has to start anew) or ahead of the mailbox; STATUS_FOLDER_NOT_FOUND. The order: read states, then
 * changes and deletions, then the first pass or what is new. A client that stops anywhere goes on with `position`. */
enum status changes_read(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, enum list_content content,
                         const struct store_position *from, size_t limit, struct changes *out) MUST_CHECK;
/* How many changes wait (an upper bound, at most `cap`). */
enum status changes_estimate(struct transaction *tx, int64_t mailbox, int64_t folder, enum list_content content, const struct store_position *from,
                             size_t cap, size_t *count) MUST_CHECK;
/* The position of a client that knows everything now. */
enum status changes_head(struct transaction *tx, int64_t mailbox, int64_t folder, struct store_position *out) MUST_CHECK;

struct folder_change {
    enum change_kind kind; /* CREATE, UPDATE, DELETE */
    int64_t folder;
    int64_t cn;
};
/* Changes of the folder tree behind `since` in cn order. A folder that was created after `since` is CREATE (in a
 * later page of the same sync a changed one may be UPDATE that the client does not know: treat UPDATE of an unknown folder as CREATE). *until: the position
 * after these. STATUS_INVALID_SYNC_STATE as above. */
enum status changes_hierarchy(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t since, size_t limit, struct folder_change **out,
                              size_t *count, bool *more, int64_t *until) MUST_CHECK;

#endif
