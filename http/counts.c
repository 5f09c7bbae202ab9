#include "counts.h"

#include <stdlib.h>

#include "bourse/base/hash.h"
#include "bourse/base/locks.h"

#define BUCKETS 4096u /* keys at a time are bounded by open connections and busy users */

struct count_entry {
    struct count_entry *next;
    struct count_key key;
    size_t count;
};

struct counts {
    struct lock lock;
    uint64_t seed; /* so that nobody can choose addresses that share a bucket */
    struct count_entry *buckets[BUCKETS];
};

static int counts_free(struct counts *counts)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (counts->buckets[i] != NULL) {
            struct count_entry *entry = counts->buckets[i];
            counts->buckets[i] = entry->next;
            free(entry);
        }
    }
    lock_destroy(&counts->lock);
    return 0;
}

struct counts *counts_new(TALLOC_CTX *mem)
{
    struct counts *counts = talloc_zero(mem, struct counts);
    if (counts == NULL)
        return NULL;
    lock_init(&counts->lock, LOCK_HTTP_LIMITS);
    counts->seed = random_u64() | 1;
    talloc_set_destructor(counts, counts_free);
    return counts;
}

static struct count_entry **find(struct counts *counts, const struct count_key *key)
{
    uint64_t sum = counts->seed;
    for (size_t i = 0; i < sizeof key->bytes; i++)
        sum = (sum ^ key->bytes[i]) * UINT64_C(0x9E3779B97F4A7C15) + (sum >> 29);
    struct count_entry **at = &counts->buckets[(sum >> 32) % BUCKETS];
    while (*at != NULL && memcmp((*at)->key.bytes, key->bytes, sizeof key->bytes) != 0)
        at = &(*at)->next;
    return at;
}

size_t counts_enter(struct counts *counts, const struct count_key *key)
{
    lock_take(&counts->lock);
    struct count_entry **at = find(counts, key);
    if (*at == NULL) {
        *at = calloc(1, sizeof **at);
        if (*at != NULL)
            (*at)->key = *key;
    }
    size_t count = *at != NULL ? ++(*at)->count : 0;
    lock_release(&counts->lock);
    return count;
}

void counts_leave(struct counts *counts, const struct count_key *key)
{
    lock_take(&counts->lock);
    struct count_entry **at = find(counts, key);
    struct count_entry *entry = *at;
    if (entry != NULL && --entry->count == 0) {
        *at = entry->next;
        free(entry);
    }
    lock_release(&counts->lock);
}

size_t counts_of(struct counts *counts, const struct count_key *key)
{
    lock_take(&counts->lock);
    struct count_entry *entry = *find(counts, key);
    size_t count = entry != NULL ? entry->count : 0;
    lock_release(&counts->lock);
    return count;
}
