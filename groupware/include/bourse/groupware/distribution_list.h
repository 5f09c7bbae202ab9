/* Personal distribution lists: items of class IPM.DistList in a contacts folder [MS-OXOCNTC] 2.2.2. */
#ifndef BOURSE_GROUPWARE_DISTRIBUTION_LIST_H
#define BOURSE_GROUPWARE_DISTRIBUTION_LIST_H

#include "bourse/groupware/item.h"

enum list_member_kind {
    LIST_MEMBER_ONE_OFF,   /* an address alone */
    LIST_MEMBER_CONTACT,   /* address email_index of a contact item */
    LIST_MEMBER_LIST,      /* another personal list */
    LIST_MEMBER_PERSON,    /* of the directory, by X.500 name */
    LIST_MEMBER_GROUP,     /* likewise */
};

struct list_member {
    enum list_member_kind kind;
    const char *display_name;  /* texts are never NULL */
    const char *address_type;  /* "SMTP" or "EX"; "MAPIPDL" for lists */
    const char *address;       /* SMTP address, or X.500 name of type EX; "" for lists */
    struct object_id item;     /* CONTACT, LIST; item 0: not of this server */
    uint32_t email_index;      /* CONTACT: 1..3 */
    struct slice entry_id;     /* as it is kept; empty in new ones (it is then made) */
};

enum { LIST_MEMBERS = 10000 }; /* STATUS_LIMIT_EXCEEDED above */

/* ---- properties alone ---- */
/* `replica`: of the mailbox that the list is in. What cannot be read is left out; *damaged tells (may be NULL). */
enum status list_members_of(TALLOC_CTX *mem, const struct bag *props, struct guid mailbox, struct guid replica, struct list_member **out, size_t *count,
                            size_t *damaged) MUST_CHECK;
/* Members, one-off members, check sum; above 15,000 bytes the stream instead [MS-OXOCNTC] 2.2.2.2.4. */
enum status list_members_put(struct bag *props, struct guid replica, const struct list_member *members, size_t count) MUST_CHECK;

/* ---- items ---- */
/* Needs READ_ANY on the folder. STATUS_INVALID_ARGUMENT: not a list. */
enum status list_members_get(TALLOC_CTX *mem, struct session *session, const struct object_id *list, struct list_member **out, size_t *count) MUST_CHECK;
/* Replaces the members. Needs EDIT_ANY (or EDIT_OWN). */
enum status list_members_set(TALLOC_CTX *mem, struct session *session, const struct object_id *list, const struct list_member *members, size_t count,
                             struct item **out) MUST_CHECK;

/* All addresses that a list leads to: lists in it are followed (each once), an address comes once. Directory groups stay (sending expands them).
 * STATUS_LIMIT_EXCEEDED above LIST_MEMBERS. */
enum status list_expand(TALLOC_CTX *mem, struct session *session, const struct object_id *list, struct list_member **out, size_t *count) MUST_CHECK;

#endif
