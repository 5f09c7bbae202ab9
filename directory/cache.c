#include "cache.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#define WEIGHT_BYTES 4096

struct cache_record;

struct cache_key {
    char *text; /* child of this key */
    struct cache_record *record;
    UT_hash_handle hh;
};

struct cache_record {
    struct cache_key **keys; /* the first is the primary one */
    size_t key_count;
    struct slice data;
    instant when;
    struct cache_record *prev, *next; /* most recently used first */
};

struct cache {
    struct lock lock; /* DIRECTORY: all below; all memory hangs below the cache and is touched under the lock only */
    struct cache_key *by_key;
    struct cache_record *records;
    size_t most, weight, count;
    uint64_t version;
};

static int cache_free(struct cache *cache)
{
    HASH_CLEAR(hh, cache->by_key);
    lock_destroy(&cache->lock);
    return 0;
}

struct cache *cache_new(TALLOC_CTX *mem, size_t most)
{
    struct cache *cache = talloc_zero(mem, struct cache);
    if (cache == NULL)
        return NULL;
    cache->most = most;
    lock_init(&cache->lock, LOCK_DIRECTORY);
    talloc_set_destructor(cache, cache_free);
    return cache;
}

static size_t weight_of(const struct cache_record *record)
{
    return 1 + record->data.length / WEIGHT_BYTES;
}

static struct cache_key *find_key(struct cache *cache, const char *text)
{
    struct cache_key *key = NULL;
    HASH_FIND_STR(cache->by_key, text, key);
    return key;
}

static void forget_record(struct cache *cache, struct cache_record *record)
{
    for (size_t i = 0; i < record->key_count; i++)
        HASH_DEL(cache->by_key, record->keys[i]);
    DL_DELETE(cache->records, record);
    cache->weight -= weight_of(record);
    cache->count--;
    cache->version++;
    talloc_free(record);
}

/* Takes a key from another record that had it. */
static void release_key(struct cache *cache, const char *text)
{
    struct cache_key *key = find_key(cache, text);
    if (key == NULL)
        return;
    struct cache_record *record = key->record;
    if (record->keys[0] == key) {
        forget_record(cache, record);
        return;
    }
    HASH_DEL(cache->by_key, key);
    for (size_t i = 1; i < record->key_count; i++) {
        if (record->keys[i] == key)
            record->keys[i] = record->keys[--record->key_count];
    }
    talloc_free(key);
}

static bool add_key(struct cache *cache, struct cache_record *record, const char *text)
{
    release_key(cache, text);
    struct cache_key *key = talloc_zero(record, struct cache_key);
    if (key == NULL || (key->text = talloc_strdup(key, text)) == NULL)
        return false;
    key->record = record;
    HASH_ADD_KEYPTR(hh, cache->by_key, key->text, strlen(key->text), key);
    if (find_key(cache, text) != key)
        return false;
    record->keys[record->key_count++] = key;
    return true;
}

static bool has_key(const struct cache_record *record, const char *text)
{
    for (size_t i = 0; i < record->key_count; i++) {
        if (strcmp(record->keys[i]->text, text) == 0)
            return true;
    }
    return false;
}

/* With the lock; the primary key is free. The record is in the list, first. NULL when out of memory. */
static struct cache_record *add_record(struct cache *cache, const char *primary, const char *const *keys, size_t key_count,
                                       struct slice data, instant when)
{
    struct cache_record *record = talloc_zero(cache, struct cache_record);
    if (record == NULL)
        return NULL;
    record->keys = talloc_array(record, struct cache_key *, (unsigned)key_count + 1);
    record->data = slice_copy(record, data);
    record->when = when;
    DL_PREPEND(cache->records, record);
    cache->weight += weight_of(record);
    cache->count++;
    cache->version++;
    bool is_whole = record->keys != NULL && (record->data.data != NULL || data.length == 0) && add_key(cache, record, primary);
    for (size_t i = 0; is_whole && i < key_count; i++)
        is_whole = has_key(record, keys[i]) || add_key(cache, record, keys[i]);
    if (is_whole)
        return record;
    forget_record(cache, record);
    return NULL;
}

static void shrink(struct cache *cache)
{
    while (cache->weight > cache->most && cache->records != NULL)
        forget_record(cache, cache->records->prev); /* the list's head points to its tail */
}

void cache_set_most(struct cache *cache, size_t most)
{
    lock_take(&cache->lock);
    cache->most = most;
    shrink(cache);
    lock_release(&cache->lock);
}

void cache_put(struct cache *cache, const char *primary, const char *const *keys, size_t key_count, struct slice data, instant when)
{
    lock_take(&cache->lock);
    release_key(cache, primary);
    add_record(cache, primary, keys, key_count, data, when);
    shrink(cache);
    lock_release(&cache->lock);
}

bool cache_get(TALLOC_CTX *mem, struct cache *cache, const char *key, struct cache_hit *out)
{
    lock_take(&cache->lock);
    struct cache_key *found = find_key(cache, key);
    if (found != NULL) {
        struct cache_record *record = found->record;
        DL_DELETE(cache->records, record);
        DL_PREPEND(cache->records, record);
        *out = (struct cache_hit){ .data = slice_copy(mem, record->data), .when = record->when };
    }
    lock_release(&cache->lock);
    return found != NULL && (out->data.data != NULL || out->data.length == 0);
}

const char **cache_keys(TALLOC_CTX *mem, struct cache *cache, const char *primary, size_t *count)
{
    const char **copies = NULL;
    *count = 0;
    lock_take(&cache->lock);
    struct cache_key *found = find_key(cache, primary);
    if (found != NULL)
        copies = talloc_array(mem, const char *, (unsigned)found->record->key_count);
    for (size_t i = 1; copies != NULL && i < found->record->key_count; i++) {
        copies[*count] = talloc_strdup(copies, found->record->keys[i]->text);
        *count += copies[*count] != NULL ? 1 : 0;
    }
    lock_release(&cache->lock);
    return copies;
}

void cache_drop(struct cache *cache, const char *key)
{
    lock_take(&cache->lock);
    struct cache_key *found = find_key(cache, key);
    if (found != NULL)
        forget_record(cache, found->record);
    lock_release(&cache->lock);
}

void cache_clear(struct cache *cache)
{
    lock_take(&cache->lock);
    while (cache->records != NULL)
        forget_record(cache, cache->records);
    lock_release(&cache->lock);
}

void cache_age(struct cache *cache, instant when)
{
    struct cache_record *record;
    lock_take(&cache->lock);
    DL_FOREACH(cache->records, record)
    {
        if (record->when > when)
            record->when = when;
    }
    cache->version++;
    lock_release(&cache->lock);
}

size_t cache_count(struct cache *cache)
{
    lock_take(&cache->lock);
    size_t count = cache->count;
    lock_release(&cache->lock);
    return count;
}

uint64_t cache_version(struct cache *cache)
{
    lock_take(&cache->lock);
    uint64_t version = cache->version;
    lock_release(&cache->lock);
    return version;
}

static void show_record(const struct cache_record *record, void (*visit)(const struct cache_record_view *record, void *data),
                        void *data)
{
    const char **keys = talloc_array(NULL, const char *, (unsigned)record->key_count);
    if (keys == NULL)
        return;
    for (size_t i = 1; i < record->key_count; i++)
        keys[i - 1] = record->keys[i]->text;
    struct cache_record_view view = { record->keys[0]->text, keys, record->key_count - 1, record->data, record->when };
    visit(&view, data);
    talloc_free(keys);
}

void cache_each(struct cache *cache, void (*visit)(const struct cache_record_view *record, void *data), void *data)
{
    lock_take(&cache->lock);
    for (struct cache_record *record = cache->records; record != NULL; record = record->next)
        show_record(record, visit, data);
    lock_release(&cache->lock);
}

void cache_add_old(struct cache *cache, const struct cache_record_view *view)
{
    lock_take(&cache->lock);
    bool has_room = cache->weight + 1 + view->data.length / WEIGHT_BYTES <= cache->most;
    if (has_room && find_key(cache, view->primary) == NULL) {
        const char **keys = talloc_array(NULL, const char *, (unsigned)view->key_count + 1);
        size_t count = 0;
        for (size_t i = 0; keys != NULL && i < view->key_count; i++) {
            if (find_key(cache, view->keys[i]) == NULL) /* what a newer record has, it keeps */
                keys[count++] = view->keys[i];
        }
        struct cache_record *record = keys != NULL ? add_record(cache, view->primary, keys, count, view->data, view->when) : NULL;
        if (record != NULL) {
            DL_DELETE(cache->records, record);
            DL_APPEND(cache->records, record);
        }
        talloc_free(keys);
    }
    lock_release(&cache->lock);
}
