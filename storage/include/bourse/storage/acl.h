/* Folder permissions and delegates, keyed by directory GUID. The access decision itself is groupware's. */
#ifndef BOURSE_STORAGE_ACL_H
#define BOURSE_STORAGE_ACL_H

#include "bourse/storage/folder.h"

enum acl_kind { ACL_DEFAULT = 0, ACL_ANONYMOUS = 1, ACL_PRINCIPAL = 2 /* user or group */ };

struct acl_entry {
    enum acl_kind kind;
    struct guid principal;    /* ACL_PRINCIPAL */
    const char *display_name; /* as it was when set, for lists; never NULL */
    uint32_t rights;          /* model/rights.h */
};

enum status acl_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct acl_entry **out, size_t *count) MUST_CHECK;
/* Replaces all entries of the folder. Needs store_mailbox_lock; cn of the folder rises. */
enum status acl_set(struct transaction *tx, int64_t mailbox, int64_t folder, const struct acl_entry *entries, size_t count) MUST_CHECK;

/* The rights of a principal that has these GUIDs (own one first, then groups'): its own entry if there is one, else the union of its
 * groups' entries, else the default entry [MS-OXCPERM] 3.2.4.1. principal_count 0: the anonymous entry. One statement. */
enum status acl_effective(struct transaction *tx, int64_t mailbox, int64_t folder, const struct guid *principals, size_t principal_count,
                          uint32_t *rights) MUST_CHECK;
/* The same for all folders of the mailbox at once (hierarchies): pairs in folder order. */
struct folder_rights {
    int64_t folder;
    uint32_t rights;
};
enum status acl_effective_all(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct guid *principals, size_t principal_count,
                              struct folder_rights **out, size_t *count) MUST_CHECK;

enum delegate_flag {
    DELEGATE_SEND_ON_BEHALF = 1,
    DELEGATE_MEETING_COPIES = 2, /* gets meeting messages */
    DELEGATE_PRIVATE_ITEMS = 4,
    DELEGATE_SEND_AS = 8,
    DELEGATE_FULL_ACCESS = 16,
};
struct delegate {
    struct guid principal;
    const char *display_name;
    uint32_t flags;
};
enum status delegate_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct delegate **out, size_t *count) MUST_CHECK;
/* flags 0 removes. Needs store_mailbox_lock. */
enum status delegate_set(struct transaction *tx, int64_t mailbox, const struct delegate *delegate) MUST_CHECK;
/* Union of the flags of the delegate rows of these GUIDs. */
enum status delegate_flags(struct transaction *tx, int64_t mailbox, const struct guid *principals, size_t principal_count, uint32_t *flags) MUST_CHECK;

#endif
