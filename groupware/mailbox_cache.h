/* Owner, GUID and database id of the mailboxes met lately. These three never change for a mailbox, so an entry is only ever dropped
 * (when the mailbox is gone). Thread-safe. */
#ifndef BOURSE_GROUPWARE_MAILBOX_CACHE_H
#define BOURSE_GROUPWARE_MAILBOX_CACHE_H

#include "bourse/base/guid.h"
#include "bourse/base/slice.h"

struct mailbox_key {
    int64_t id;        /* of the database */
    struct guid guid;
    struct guid owner; /* directory GUID */
    struct guid replica;
};

struct mailbox_cache;

/* NULL when out of memory. */
struct mailbox_cache *mailbox_cache_new(TALLOC_CTX *mem);
bool mailbox_cache_by_owner(struct mailbox_cache *cache, struct guid owner, struct mailbox_key *out);
bool mailbox_cache_by_guid(struct mailbox_cache *cache, struct guid guid, struct mailbox_key *out);
bool mailbox_cache_by_id(struct mailbox_cache *cache, int64_t id, struct mailbox_key *out);
/* Remembers (best effort). */
void mailbox_cache_add(struct mailbox_cache *cache, const struct mailbox_key *key);
/* The mailbox's automation number as delivery saw it last (storage/mailbox.h): a guess that the accept transaction corrects. 0 when nothing is known. */
int64_t mailbox_cache_automation(struct mailbox_cache *cache, int64_t id);
void mailbox_cache_set_automation(struct mailbox_cache *cache, int64_t id, int64_t automation);
void mailbox_cache_drop(struct mailbox_cache *cache, int64_t id);

#endif
