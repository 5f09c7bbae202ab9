/* Mailboxes: creating them with all special folders, finding them, their hot row, quotas. */
#ifndef BOURSE_STORAGE_MAILBOX_H
#define BOURSE_STORAGE_MAILBOX_H

#include "bourse/base/clock.h"
#include "bourse/base/guid.h"
#include "bourse/storage/transaction.h"

enum mailbox_kind { MAILBOX_USER = 0, MAILBOX_SHARED = 1, MAILBOX_ROOM = 2, MAILBOX_EQUIPMENT = 3, MAILBOX_PUBLIC = 4 };
enum mailbox_condition { MAILBOX_ACTIVE = 0, MAILBOX_FROZEN = 1 /* being moved: reads only */, MAILBOX_DELETED = 2 };

struct store_mailbox {
    int64_t id;               /* of this database; never leaves the server */
    struct guid guid;         /* what clients' ids carry */
    struct guid replica_guid; /* of the ids and change keys made here */
    struct guid owner_guid;   /* directory object */
    enum mailbox_kind kind;
    enum mailbox_condition condition;
    const char *label;        /* address at creation, for administrators' lists only */
    int64_t last_cn;          /* highest change number */
    int64_t hierarchy_cn;     /* highest change number of the folder tree */
    int64_t event_floor;      /* events up to this change number are gone */
    uint64_t size;            /* bytes of all items, recoverable ones not counted */
    uint64_t recoverable_size;
    int64_t item_count;
    uint64_t warning_quota, send_quota, receive_quota; /* bytes; 0: none of its own, the configured default counts */
    instant created;
    instant quota_warned;     /* last warning message; 0: never */
    int64_t automation;       /* 0: delivery has nothing to do but to deliver; else a number that is another after each change of rules or answers */
};

/* Creates it with every folder of model/folder_roles.def and its default permissions. `label` may be NULL.
 * STATUS_EXISTS if the owner has one already (its id is in *out all the same). */
enum status store_mailbox_create(struct transaction *tx, struct guid owner, enum mailbox_kind kind, const char *label, int64_t *out) MUST_CHECK;

/* STATUS_MAILBOX_NOT_FOUND. Mailboxes of condition DELETED are not found. */
enum status store_mailbox_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct store_mailbox *out) MUST_CHECK;
enum status store_mailbox_by_guid(TALLOC_CTX *mem, struct transaction *tx, struct guid guid, struct store_mailbox *out) MUST_CHECK;
enum status store_mailbox_by_owner(TALLOC_CTX *mem, struct transaction *tx, struct guid owner, struct store_mailbox *out) MUST_CHECK;
/* Pages by id: those above `after`, at most `limit`. */
enum status store_mailbox_list(TALLOC_CTX *mem, struct transaction *tx, int64_t after, size_t limit, struct store_mailbox **out, size_t *count) MUST_CHECK;

/* Locks the mailbox row until the end of the transaction: commit order is then change-number order. Take it last, after all slow
 * work. Several mailboxes: in ascending order of id (else STATUS_INTERNAL). `out` (as the row was when it was locked) may be NULL; its text is
 * on `tx`. A mailbox that this transaction has locked already: only `out` is filled.
 * STATUS_MAILBOX_NOT_FOUND; STATUS_UNAVAILABLE when frozen. */
enum status store_mailbox_lock(struct transaction *tx, int64_t mailbox, struct store_mailbox *out) MUST_CHECK;

/* Marks it deleted: it is no longer found; the sweeper (sweep.h) takes the content away in slices. Needs the lock. */
enum status store_mailbox_delete(struct transaction *tx, int64_t mailbox) MUST_CHECK;
/* Quotas of its own; 0: the default counts. Need the lock. */
enum status store_mailbox_set_quotas(struct transaction *tx, int64_t mailbox, uint64_t warning, uint64_t send, uint64_t receive) MUST_CHECK;
enum status store_mailbox_set_condition(struct transaction *tx, int64_t mailbox, enum mailbox_condition condition) MUST_CHECK;
enum status store_mailbox_set_quota_warned(struct transaction *tx, int64_t mailbox, instant when) MUST_CHECK;
/* Rules or automatic answers were changed; a number that the mailbox never had, or 0 when it has none any more. Needs the lock. */
enum status store_mailbox_set_automation(struct transaction *tx, int64_t mailbox, int64_t automation) MUST_CHECK;

/* Reserves `count` object ids (1 .. 0x100000) for an offline client. Needs the lock. */
enum status store_mailbox_reserve_ids(struct transaction *tx, int64_t mailbox, int64_t count, int64_t *first) MUST_CHECK;

#endif
