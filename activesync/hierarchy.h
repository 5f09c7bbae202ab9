/* The folder tree as devices see it [MS-ASCMD] 2.2.1.5: below the IPM subtree, without hidden and search folders and those that the user may not see. */
#ifndef ACTIVESYNC_HIERARCHY_H
#define ACTIVESYNC_HIERARCHY_H

#include "call.h"

struct eas_folder {
    int64_t id, parent;      /* parent 0: the top */
    int type;                /* [MS-ASCMD] 2.2.3.186.3 */
    uint32_t name_hash;
    const char *name;        /* NULL in a state that was read back */
};

struct eas_hierarchy {
    struct eas_folder *folders; /* ordered by id */
    size_t count;
};

enum status eas_hierarchy_read(struct eas_call *call, struct eas_hierarchy *out) MUST_CHECK;
/* A state is what a device was told. STATUS_CORRUPT. */
enum status eas_hierarchy_pack(TALLOC_CTX *mem, const struct eas_hierarchy *hierarchy, struct slice *out) MUST_CHECK;
enum status eas_hierarchy_unpack(TALLOC_CTX *mem, struct slice packed, struct eas_hierarchy *out) MUST_CHECK;
/* NULL: not there. */
const struct eas_folder *eas_hierarchy_find(const struct eas_hierarchy *hierarchy, int64_t id);

/* Folder ids on the wire: decimal numbers; "0" is the top. */
bool eas_folder_id_parse(const char *text, int64_t *out);
/* A folder id of the session's own mailbox as an object id. */
struct object_id eas_folder_object(const struct eas_call *call, int64_t folder);
/* Container class of a folder that a client creates with this type; NULL: not a type that clients create. */
const char *eas_class_of_type(int64_t type);
/* Class of the items in a folder of this type ("Email", "Calendar", "Contacts", "Tasks", "Notes"); NULL: none that is synced. */
const char *eas_item_class_of_type(int type);

#endif
