/* The one access function. Default deny. Owner of the mailbox: everything. Others: rights of the folder's permission table for the
 * person, the person's groups, or the default entry [MS-OXCPERM] 2.2; delegates and admins through rows of the same table. */
#ifndef BOURSE_GROUPWARE_ACCESS_H
#define BOURSE_GROUPWARE_ACCESS_H

#include "bourse/groupware/session.h"
#include "bourse/model/rights.h"

/* Rights mask (model/rights.h) of the session on a folder; 0 when it has none (also for a folder that does not exist). */
enum status access_rights(struct session *session, struct guid mailbox, int64_t folder, uint32_t *rights) MUST_CHECK;
/* STATUS_OK when all bits of `needed` are there. Else STATUS_FOLDER_NOT_FOUND if the folder is not even visible to the session,
 * STATUS_ACCESS_DENIED otherwise. */
enum status access_need(struct session *session, struct guid mailbox, int64_t folder, uint32_t needed) MUST_CHECK;

struct permission {
    struct guid person;        /* directory GUID; zero for the two special entries */
    enum { PERMISSION_PERSON, PERMISSION_DEFAULT, PERMISSION_ANONYMOUS } kind;
    const char *display_name;
    const char *address;
    uint32_t rights;
};
/* Reading the table needs FOLDER_VISIBLE, changing it FOLDER_OWNER. */
enum status permissions_get(TALLOC_CTX *mem, struct session *session, const struct object_id *folder,
                            struct permission **out, size_t *count) MUST_CHECK;
enum status permissions_set(struct session *session, const struct object_id *folder, const struct permission *entries, size_t count) MUST_CHECK;

#endif
