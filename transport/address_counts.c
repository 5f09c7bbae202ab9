#include "address_counts.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "bourse/base/locks.h"

#define uthash_fatal(message) abort()
#include <uthash.h>

struct entry {
    struct in6_addr address;
    size_t count;
    UT_hash_handle hh;
};

struct address_counts {
    struct lock lock; /* guards all below */
    struct entry *entries;
    size_t total;
};

static int counts_free(struct address_counts *counts)
{
    struct entry *entry, *next;
    HASH_ITER(hh, counts->entries, entry, next)
    {
        HASH_DEL(counts->entries, entry); /* NOLINT(clang-analyzer-unix.Malloc): HASH_ITER has read the next one already */
        free(entry);
    }
    lock_destroy(&counts->lock);
    return 0;
}

struct address_counts *address_counts_new(TALLOC_CTX *mem)
{
    struct address_counts *counts = talloc_zero(mem, struct address_counts);
    if (counts == NULL)
        return NULL;
    lock_init(&counts->lock, LOCK_SMTP_LIMITS);
    talloc_set_destructor(counts, counts_free);
    return counts;
}

static struct in6_addr network_of(const struct in6_addr *address)
{
    struct in6_addr network = *address;
    if (!IN6_IS_ADDR_V4MAPPED(address) && !IN6_IS_ADDR_LOOPBACK(address))
        memset(network.s6_addr + 8, 0, 8);
    return network;
}

static struct entry *find(struct address_counts *counts, const struct in6_addr *network)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, counts->entries, network, sizeof *network, entry);
    return entry;
}

static struct entry *find_or_add(struct address_counts *counts, const struct in6_addr *network)
{
    struct entry *entry = find(counts, network);
    if (entry != NULL)
        return entry;
    entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->address = *network;
    HASH_ADD(hh, counts->entries, address, sizeof entry->address, entry);
    return entry;
}

bool address_counts_add(struct address_counts *counts, const struct in6_addr *address, size_t most, size_t most_per_address)
{
    struct in6_addr network = network_of(address);
    bool is_added = false;
    lock_take(&counts->lock);
    struct entry *entry = counts->total < most ? find_or_add(counts, &network) : NULL;
    if (entry != NULL && entry->count < most_per_address) {
        entry->count++;
        counts->total++;
        is_added = true;
    }
    lock_release(&counts->lock);
    return is_added;
}

/* With the lock. */
static void leave(struct address_counts *counts, const struct in6_addr *address)
{
    struct in6_addr network = network_of(address);
    struct entry *entry = find(counts, &network);
    if (entry == NULL || --entry->count > 0)
        return;
    HASH_DEL(counts->entries, entry);
    free(entry);
}

void address_counts_leave(struct address_counts *counts, const struct in6_addr *address)
{
    lock_take(&counts->lock);
    leave(counts, address);
    lock_release(&counts->lock);
}

void address_counts_remove(struct address_counts *counts, const struct in6_addr *address, bool has_left)
{
    lock_take(&counts->lock);
    if (!has_left)
        leave(counts, address);
    counts->total--;
    lock_release(&counts->lock);
}

size_t address_counts_total(struct address_counts *counts)
{
    lock_take(&counts->lock);
    size_t total = counts->total;
    lock_release(&counts->lock);
    return total;
}

bool address_of_socket(const struct sockaddr *from, struct in6_addr *out)
{
    if (from->sa_family == AF_INET6) {
        *out = ((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
        return true;
    }
    if (from->sa_family != AF_INET)
        return false;
    memset(out, 0, sizeof *out);
    out->s6_addr[10] = out->s6_addr[11] = 0xFF;
    memcpy(out->s6_addr + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    return true;
}

void address_text(const struct in6_addr *address, char out[INET6_ADDRSTRLEN])
{
    if (IN6_IS_ADDR_V4MAPPED(address))
        inet_ntop(AF_INET, address->s6_addr + 12, out, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, address, out, INET6_ADDRSTRLEN);
}
