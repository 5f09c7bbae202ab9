/* Folders of a mailbox: the tree, its properties and counters. All writing functions need store_mailbox_lock. */
#ifndef BOURSE_STORAGE_FOLDER_H
#define BOURSE_STORAGE_FOLDER_H

#include "bourse/model/bag.h"
#include "bourse/storage/mailbox.h"

/* Numbers of model/folder_roles.def, as every layer has them. */
enum store_role {
    STORE_ROLE_NONE = 0,
#define FOLDER_ROLE(name, number, ...) STORE_ROLE_##name = (number),
#include "bourse/model/folder_roles.def"
#undef FOLDER_ROLE
};

/* Recoverable Items and below: not part of the mailbox's size, not searched. */
bool store_role_is_recoverable(enum store_role role);

struct store_folder {
    int64_t id;
    int64_t parent;          /* the root is its own parent */
    enum store_role role;
    bool is_search;
    const char *name;        /* UTF-8 */
    const char *container_class;
    int64_t cn;              /* of the folder object */
    uint32_t uid_validity;
    instant created, modified;
    struct bag *props;       /* all else; never NULL */
    /* Counters as of the last commit. */
    int64_t live;            /* ordinary items */
    int64_t unread;          /* of them */
    int64_t fai;             /* associated (hidden) items */
    uint64_t bytes;          /* of both */
    int64_t child_count;
    int64_t content_cn;      /* highest change number of its content (cn, read_cn, deletions) */
    int64_t floor_cn;        /* deletions up to this one are forgotten: older sync positions start anew */
    uint32_t uid_next;
};

/* STATUS_FOLDER_NOT_FOUND. */
enum status store_folder_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct store_folder *out) MUST_CHECK;
enum status store_folder_by_role(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, enum store_role role, struct store_folder *out) MUST_CHECK;
/* By name below `parent`, compared as users see it (case folded). */
enum status store_folder_by_name(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t parent, const char *name, struct store_folder *out) MUST_CHECK;
/* Those of `ids` that exist, in the same order; missing ones have id 0. One statement. */
enum status store_folder_get_many(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const int64_t *ids, size_t count, struct store_folder *out) MUST_CHECK;

enum store_depth { STORE_CHILDREN, STORE_ALL_BELOW };
/* Below `parent`, without it, parents before children, siblings by name. */
enum status store_folder_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t parent, enum store_depth depth, struct store_folder **out,
                        size_t *count) MUST_CHECK;

/* STATUS_FOLDER_EXISTS when the parent has one of that name; STATUS_FOLDER_NOT_FOUND for the parent. `props` may be NULL.
 * The new folder inherits the parent's permissions. */
enum status store_folder_create(struct transaction *tx, int64_t mailbox, int64_t parent, const char *name, const char *container_class,
                          const struct bag *props, int64_t *out) MUST_CHECK;

struct store_folder_update {
    const char *name;            /* NULL: unchanged */
    const char *container_class; /* NULL: unchanged */
    const struct bag *set;       /* properties set, or NULL */
    const prop_tag *remove;      /* properties removed */
    size_t remove_count;
    int64_t expected_cn;         /* 0: none; else STATUS_CONFLICT when the folder has another one */
};
/* STATUS_DISTINGUISHED_FOLDER for renaming a special folder. *cn (or NULL) gets the new change number. */
enum status store_folder_update(struct transaction *tx, int64_t mailbox, int64_t folder, const struct store_folder_update *update, int64_t *cn) MUST_CHECK;
/* The id stays. STATUS_MOVE_INTO_ITSELF, STATUS_FOLDER_EXISTS, STATUS_DISTINGUISHED_FOLDER. */
enum status store_folder_move(struct transaction *tx, int64_t mailbox, int64_t folder, int64_t new_parent, int64_t *cn) MUST_CHECK;
/* The folder must be empty (no items, no children), else STATUS_CONFLICT: see store_folder_delete_tree. Leaves a folder tombstone. */
enum status store_folder_delete(struct transaction *tx, int64_t mailbox, int64_t folder) MUST_CHECK;

enum store_delete {
    STORE_DELETE_SOFT, /* items go to Recoverable Items: Deletions */
    STORE_DELETE_HARD, /* rows and content go, the tombstone stays */
};
/* Takes at most `limit` (500) items out of the folder. *left tells whether there are more. */
enum status store_folder_empty_slice(struct transaction *tx, int64_t mailbox, int64_t folder, enum store_delete mode, bool with_fai, bool *left) MUST_CHECK;
/* Own transactions, so none may be open in this thread: empties and deletes the folder and all below it, leaves first, in slices of
 * 500 with change numbers of their own. Can be repeated after a failure. */
enum status store_folder_delete_tree(struct store *store, int64_t mailbox, int64_t folder, enum store_delete mode) MUST_CHECK;
enum status store_folder_empty(struct store *store, int64_t mailbox, int64_t folder, enum store_delete mode, bool with_subfolders) MUST_CHECK;

/* Receive folder: where new items of a class go [MS-OXCSTOR] 2.2.1.2; longest class prefix wins; the Inbox when nothing matches. */
enum status receive_folder_get(struct transaction *tx, int64_t mailbox, const char *message_class, int64_t *folder) MUST_CHECK;
/* folder 0 removes the entry. */
enum status receive_folder_set(struct transaction *tx, int64_t mailbox, const char *message_class, int64_t folder) MUST_CHECK;

#endif
