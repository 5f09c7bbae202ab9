/* Search folders: what was asked for (restriction, folders), and the items that were found. search_hit is right up to search_folder.cn in the mailbox's change log; a reader first catches
 * up: the events behind that position name the items to look at again, so the cost follows what changed. Below the log's floor, or when folders were moved, all is
 * searched anew. Deleting and moving items takes their hits away at once. */
#ifndef BOURSE_STORAGE_SEARCH_FOLDER_H
#define BOURSE_STORAGE_SEARCH_FOLDER_H

#include "bourse/storage/search.h"

struct search_criteria {
    bool is_deep;              /* the folders below, too */
    bool skips_deleted;        /* not in Deleted Items, Junk Email, Drafts, Outbox and below */
    struct restriction *restriction; /* NULL: every item */
    int64_t *scopes;           /* none: all that users see */
    size_t scope_count;
};

/* Makes the folder a search folder with these criteria; what was found before is forgotten. Needs store_mailbox_lock. STATUS_FOLDER_NOT_FOUND; STATUS_CONFLICT when it holds
 * items of its own; STATUS_LIMIT_EXCEEDED above 1,000 scopes or 64 KiB of restriction. */
enum status store_search_folder_set(struct transaction *tx, int64_t mailbox, int64_t folder, const struct search_criteria *criteria) MUST_CHECK;
/* STATUS_NOT_FOUND: none was set. */
enum status store_search_folder_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct search_criteria *out) MUST_CHECK;
/* In a writing transaction without the mailbox's lock; locks the search folder's row, so that one does the work. STATUS_NOT_FOUND: no criteria. */
enum status store_search_folder_catch_up(struct transaction *tx, int64_t mailbox, int64_t folder) MUST_CHECK;
/* As far as it has caught up. */
enum status store_search_folder_count(struct transaction *tx, int64_t mailbox, int64_t folder, int64_t *items, int64_t *unread) MUST_CHECK;

#endif
