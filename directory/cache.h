/* What the directory answered, in memory: records of bytes with one primary key and any number of further keys, the least recently used ones
 * dropped when there are too many. Thread-safe; records go in and out as copies. */
#ifndef BOURSE_DIRECTORY_CACHE_H
#define BOURSE_DIRECTORY_CACHE_H

#include "bourse/base/clock.h"
#include "bourse/base/locks.h"
#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct cache; /* opaque */

/* `most`: weight it may hold; a record weighs 1 and 1 more for each 4 KiB. */
struct cache *cache_new(TALLOC_CTX *mem, size_t most);
void cache_set_most(struct cache *cache, size_t most);

/* Stores or replaces the record `primary`. Its keys are then exactly `keys`; a key that another record had moves here. Memory trouble drops
 * the record (it is only a cache). */
void cache_put(struct cache *cache, const char *primary, const char *const *keys, size_t key_count, struct slice data, instant when);
struct cache_hit {
    struct slice data; /* on the caller's `mem` */
    instant when;
};
/* By primary or further key. */
bool cache_get(TALLOC_CTX *mem, struct cache *cache, const char *key, struct cache_hit *out);
/* The keys of a record besides the primary one, copied. */
const char **cache_keys(TALLOC_CTX *mem, struct cache *cache, const char *primary, size_t *count);
/* Drops the record that has the key. */
void cache_drop(struct cache *cache, const char *key);
void cache_clear(struct cache *cache);
/* Makes every record look as if it had been stored at `when` at the latest: fresh answers become old ones. */
void cache_age(struct cache *cache, instant when);
size_t cache_count(struct cache *cache);
/* Grows with every change of the content; re-use does not count. */
uint64_t cache_version(struct cache *cache);

/* Shows every record, most recently used first, under the lock: `visit` must not call the cache. */
struct cache_record_view {
    const char *primary;
    const char *const *keys;
    size_t key_count;
    struct slice data;
    instant when;
};
void cache_each(struct cache *cache, void (*visit)(const struct cache_record_view *record, void *data), void *data);
/* Adds a record only when nothing is known under its primary key, as the first to be dropped. */
void cache_add_old(struct cache *cache, const struct cache_record_view *record);

#endif
