#include "mailbox_cache.h"

#include <stdlib.h>
#include <uthash.h>

#include "bourse/base/locks.h"

/* 128 bytes an entry; when it is full it starts anew, which costs one query a mailbox. */
enum { CACHE_ENTRIES = 100000 };

struct entry {
    struct mailbox_key key;
    int64_t automation;
    UT_hash_handle by_owner, by_guid, by_id;
};

struct mailbox_cache {
    struct lock lock;
    struct entry *owners, *guids, *ids;
};

static void forget_all(struct mailbox_cache *cache)
{
    HASH_CLEAR(by_owner, cache->owners);
    HASH_CLEAR(by_guid, cache->guids);
    struct entry *entry = NULL, *next = NULL;
    HASH_ITER(by_id, cache->ids, entry, next) {
        HASH_DELETE(by_id, cache->ids, entry);
        free(entry);
    }
}

static int destroy(struct mailbox_cache *cache)
{
    forget_all(cache);
    lock_destroy(&cache->lock);
    return 0;
}

struct mailbox_cache *mailbox_cache_new(TALLOC_CTX *mem)
{
    struct mailbox_cache *cache = talloc_zero(mem, struct mailbox_cache);
    if (cache == NULL)
        return NULL;
    lock_init(&cache->lock, LOCK_MAILBOXES);
    talloc_set_destructor(cache, destroy);
    return cache;
}

static bool give(struct mailbox_cache *cache, const struct entry *entry, struct mailbox_key *out)
{
    bool found = entry != NULL;
    if (found)
        *out = entry->key;
    lock_release(&cache->lock);
    return found;
}

bool mailbox_cache_by_owner(struct mailbox_cache *cache, struct guid owner, struct mailbox_key *out)
{
    struct entry *entry = NULL;
    lock_take(&cache->lock);
    HASH_FIND(by_owner, cache->owners, &owner, sizeof owner, entry);
    return give(cache, entry, out);
}

bool mailbox_cache_by_guid(struct mailbox_cache *cache, struct guid guid, struct mailbox_key *out)
{
    struct entry *entry = NULL;
    lock_take(&cache->lock);
    HASH_FIND(by_guid, cache->guids, &guid, sizeof guid, entry);
    return give(cache, entry, out);
}

bool mailbox_cache_by_id(struct mailbox_cache *cache, int64_t id, struct mailbox_key *out)
{
    struct entry *entry = NULL;
    lock_take(&cache->lock);
    HASH_FIND(by_id, cache->ids, &id, sizeof id, entry);
    return give(cache, entry, out);
}

int64_t mailbox_cache_automation(struct mailbox_cache *cache, int64_t id)
{
    struct entry *entry = NULL;
    lock_take(&cache->lock);
    HASH_FIND(by_id, cache->ids, &id, sizeof id, entry);
    int64_t automation = entry != NULL ? entry->automation : 0;
    lock_release(&cache->lock);
    return automation;
}

void mailbox_cache_set_automation(struct mailbox_cache *cache, int64_t id, int64_t automation)
{
    struct entry *entry = NULL;
    lock_take(&cache->lock);
    HASH_FIND(by_id, cache->ids, &id, sizeof id, entry);
    if (entry != NULL)
        entry->automation = automation;
    lock_release(&cache->lock);
}

static void remove_entry(struct mailbox_cache *cache, struct entry *entry)
{
    HASH_DELETE(by_owner, cache->owners, entry);
    HASH_DELETE(by_guid, cache->guids, entry);
    HASH_DELETE(by_id, cache->ids, entry);
    free(entry);
}

static void insert_entry(struct mailbox_cache *cache, struct entry *entry)
{
    HASH_ADD(by_owner, cache->owners, key.owner, sizeof entry->key.owner, entry);
    HASH_ADD(by_guid, cache->guids, key.guid, sizeof entry->key.guid, entry);
    HASH_ADD(by_id, cache->ids, key.id, sizeof entry->key.id, entry);
}

/* An owner whose mailbox was deleted and made anew has another id by now: the old entry goes. */
static void remove_older(struct mailbox_cache *cache, const struct mailbox_key *key)
{
    struct entry *old = NULL;
    HASH_FIND(by_owner, cache->owners, &key->owner, sizeof key->owner, old);
    if (old != NULL)
        remove_entry(cache, old);
    HASH_FIND(by_id, cache->ids, &key->id, sizeof key->id, old);
    if (old != NULL)
        remove_entry(cache, old);
}

void mailbox_cache_add(struct mailbox_cache *cache, const struct mailbox_key *key)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return;
    entry->key = *key;
    lock_take(&cache->lock);
    remove_older(cache, key);
    if (HASH_CNT(by_id, cache->ids) >= CACHE_ENTRIES)
        forget_all(cache);
    insert_entry(cache, entry);
    lock_release(&cache->lock);
}

void mailbox_cache_drop(struct mailbox_cache *cache, int64_t id)
{
    struct entry *entry = NULL;
    lock_take(&cache->lock);
    HASH_FIND(by_id, cache->ids, &id, sizeof id, entry);
    if (entry != NULL)
        remove_entry(cache, entry);
    lock_release(&cache->lock);
}
