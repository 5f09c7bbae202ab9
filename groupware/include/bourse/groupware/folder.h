/* Folders: look, create, change, move, delete. Special folders are found by role (model/folder_roles.def). */
#ifndef BOURSE_GROUPWARE_FOLDER_H
#define BOURSE_GROUPWARE_FOLDER_H

#include "bourse/groupware/session.h"
#include "bourse/model/bag.h"
#include "bourse/model/restriction.h"

/* Roles of special folders; the columns are in the table. */
enum folder_role {
    FOLDER_ROLE_NONE = 0,
#define FOLDER_ROLE(name, number, ...) FOLDER_ROLE_##name = (number),
#include "bourse/model/folder_roles.def"
#undef FOLDER_ROLE
};

struct folder {
    struct object_id id;
    struct object_id parent;   /* item 0, folder 0 for the root */
    enum folder_role role;
    const char *display_name;
    const char *folder_class;  /* "IPF.Note" */
    int64_t change_number;
    int64_t total_count;       /* normal items */
    int64_t unread_count;
    int64_t child_count;       /* direct subfolders */
    uint64_t size;             /* bytes of the items */
    bool is_search;
    bool is_hidden;
    uint32_t rights;           /* the session's effective rights */
    instant created, modified;
    struct bag *props;         /* all properties, custom ones too */
};

/* EWS name <-> role; FOLDER_ROLE_NONE / "" when there is none. Names compare exactly [MS-OXWSCDATA] 2.2.4.3. */
enum folder_role folder_role_of_ews_name(const char *name);
const char *folder_role_ews_name(enum folder_role role);

/* Reading needs FOLDER_VISIBLE. STATUS_FOLDER_NOT_FOUND. */
enum status folder_get(TALLOC_CTX *mem, struct session *session, const struct object_id *id, struct folder **out) MUST_CHECK;
/* Zero mailbox: the session's own. */
enum status folder_by_role(TALLOC_CTX *mem, struct session *session, struct guid mailbox, enum folder_role role, struct folder **out) MUST_CHECK;
/* Just the id, without rights check or counters: for turning a role into an id that another call then checks. */
enum status folder_id_of_role(struct session *session, struct guid mailbox, enum folder_role role, struct object_id *out) MUST_CHECK;

struct folder_query {
    bool deep;                              /* all below, parents before children; else direct children */
    bool soft_deleted;
    const struct restriction *restriction;  /* may be NULL */
    size_t offset, limit;                   /* limit 0: all */
};
struct folder_page {
    struct folder **folders;
    size_t count;
    size_t total;       /* matches in all */
    bool includes_last;
    size_t next_offset;
};
enum status folder_find(TALLOC_CTX *mem, struct session *session, const struct object_id *parent, const struct folder_query *query,
                        struct folder_page **out) MUST_CHECK;

/* Needs CREATE_SUBFOLDER on the parent. STATUS_FOLDER_EXISTS for a sibling of that name (folded). `props` may hold more properties. */
enum status folder_create(TALLOC_CTX *mem, struct session *session, const struct object_id *parent, const char *display_name,
                          const char *folder_class, const struct bag *props, struct folder **out) MUST_CHECK;
/* Sets and removes properties (display name too). expected_change 0: no check, else STATUS_CONFLICT if it is older. */
enum status folder_update(TALLOC_CTX *mem, struct session *session, const struct object_id *id, int64_t expected_change, const struct bag *set,
                          const prop_tag *remove, size_t remove_count, struct folder **out) MUST_CHECK;
enum status folder_move(TALLOC_CTX *mem, struct session *session, const struct object_id *id, const struct object_id *new_parent,
                        struct folder **out) MUST_CHECK;
enum status folder_copy(TALLOC_CTX *mem, struct session *session, const struct object_id *id, const struct object_id *new_parent,
                        struct folder **out) MUST_CHECK;

enum delete_mode { DELETE_HARD, DELETE_SOFT, DELETE_MOVE_TO_DELETED };
/* STATUS_DISTINGUISHED_FOLDER for special folders. */
enum status folder_delete(struct session *session, const struct object_id *id, enum delete_mode mode) MUST_CHECK;
/* Deletes all items (and subfolders when asked), in slices; the folder stays. */
enum status folder_empty(struct session *session, const struct object_id *id, enum delete_mode mode, bool subfolders) MUST_CHECK;
/* Marks all items of the folder. Needs EDIT_ANY: the read state is the mailbox's, who may only read must not change what its owner sees. */
enum status folder_mark_read(struct session *session, const struct object_id *id, bool read, bool suppress_receipts) MUST_CHECK;

#endif
