#include "client_cache.h"

#include "bourse/base/clock.h"
#include "bourse/base/locks.h"
#include "client_private.h"

#define PLACES 64u
#define IDLE_US INT64_C(5000000) /* most hosts wait longer for the next command, and none should be kept busy for nothing */
#define MOST_USES 100u           /* then a new connection, so that a host can balance its load */

struct place {
    struct client *client; /* NULL: free */
    int64_t since_us;
};

struct client_cache {
    struct lock lock; /* guards all below */
    struct place places[PLACES];
};

static int cache_free(struct client_cache *cache)
{
    client_cache_expire(cache, true);
    lock_destroy(&cache->lock);
    return 0;
}

struct client_cache *client_cache_new(TALLOC_CTX *mem)
{
    struct client_cache *cache = talloc_zero(mem, struct client_cache);
    if (cache == NULL)
        return NULL;
    lock_init(&cache->lock, LOCK_QUEUE_RUNNER);
    talloc_set_destructor(cache, cache_free);
    return cache;
}

static bool is_same(const struct client *client, const struct client_target *target, enum client_tls tls_mode, const char *user)
{
    return client->options.tls_mode == tls_mode && strcmp(client->options.user, user) == 0 && strcmp(client->target.name, target->name) == 0 &&
           client->target.address_length == target->address_length &&
           memcmp(&client->target.address, &target->address, target->address_length) == 0;
}

struct client *client_cache_take(struct client_cache *cache, const struct client_target *target, enum client_tls tls_mode, const char *user)
{
    for (;;) {
        struct client *client = NULL;
        lock_take(&cache->lock);
        for (size_t i = 0; i < PLACES && client == NULL; i++) {
            if (cache->places[i].client == NULL || !is_same(cache->places[i].client, target, tls_mode, user))
                continue;
            client = cache->places[i].client;
            cache->places[i].client = NULL;
        }
        lock_release(&cache->lock);
        if (client == NULL || client_is_reusable(client))
            return client;
        client_close(client);
    }
}

void client_cache_put(struct client_cache *cache, struct client *client)
{
    bool is_kept = false;
    if (client_is_reusable(client) && ++client->uses < MOST_USES) {
        lock_take(&cache->lock);
        for (size_t i = 0; i < PLACES && !is_kept; i++) {
            if (cache->places[i].client != NULL)
                continue;
            cache->places[i] = (struct place){ .client = client, .since_us = clock_monotonic_us() };
            is_kept = true;
        }
        lock_release(&cache->lock);
    }
    if (!is_kept)
        client_close(client);
}

void client_cache_expire(struct client_cache *cache, bool is_end)
{
    struct client *old[PLACES];
    size_t count = 0;
    int64_t now_us = clock_monotonic_us();
    lock_take(&cache->lock);
    for (size_t i = 0; i < PLACES; i++) {
        if (cache->places[i].client == NULL || (!is_end && now_us - cache->places[i].since_us < IDLE_US))
            continue;
        old[count++] = cache->places[i].client;
        cache->places[i].client = NULL;
    }
    lock_release(&cache->lock);
    for (size_t i = 0; i < count; i++)
        client_close(old[i]);
}
