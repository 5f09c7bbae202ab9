/* Search folders: folders that show what a search finds [MS-OXOSRCH]. item_find, folder_get and folder_by_role bring one up to date when they read it; the cost
 * follows what changed in the mailbox since the last look. To-Do, Reminders, All Items and My Contacts [MS-OXOSRCH] 2.2.2.1 get their criteria at the first look.
 *
 * They find items of folders that a permission table may close, so they are for the owner and delegates with full access (else STATUS_ACCESS_DENIED). */
#ifndef BOURSE_GROUPWARE_SEARCH_FOLDER_H
#define BOURSE_GROUPWARE_SEARCH_FOLDER_H

#include "bourse/groupware/folder.h"

struct search_folder {
    bool is_deep;                          /* the folders below, too */
    const struct restriction *restriction; /* NULL: all items */
    const struct object_id *scopes;        /* folders of the same mailbox; none: all that users see */
    size_t scope_count;
};

/* Below `parent`; usually the folder of role SEARCH_ROOT. As folder_create, and STATUS_INVALID_RESTRICTION, STATUS_FOLDER_NOT_FOUND (scope). */
enum status search_folder_create(TALLOC_CTX *mem, struct session *session, const struct object_id *parent, const char *display_name, const char *folder_class,
                                 const struct search_folder *criteria, struct folder **out) MUST_CHECK;
/* New criteria for one; what it shows follows at the next look. STATUS_DISTINGUISHED_FOLDER: those that come with the mailbox keep theirs. STATUS_NOT_SUPPORTED: an ordinary folder. */
enum status search_folder_set(struct session *session, const struct object_id *folder, const struct search_folder *criteria) MUST_CHECK;
enum status search_folder_get(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, struct search_folder **out) MUST_CHECK;

#endif
