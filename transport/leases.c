#include "leases.h"

#include <stdatomic.h>
#include <string.h>

#include "bourse/base/clock.h"
#include "bourse/base/memory.h"

struct leases {
    int64_t *messages; /* one may stand here twice: with two destinations */
    size_t count, most;
    int64_t lease_us;
    atomic_llong sure_until_us;
};

struct leases *leases_new(TALLOC_CTX *mem, size_t most, int64_t seconds)
{
    struct leases *leases = talloc_zero(mem, struct leases);
    if (leases == NULL)
        return NULL;
    leases->most = most;
    leases->lease_us = seconds * 1000000;
    leases->messages = array_new(leases, int64_t, most);
    if (leases->messages == NULL)
        TALLOC_FREE(leases);
    return leases;
}

int64_t leases_seconds(const struct leases *leases)
{
    return leases->lease_us / 1000000;
}

bool leases_add(struct leases *leases, int64_t message, int64_t asked_us)
{
    if (leases->count == leases->most)
        return false;
    if (leases->count == 0)
        atomic_store(&leases->sure_until_us, asked_us + leases->lease_us);
    leases->messages[leases->count++] = message;
    return true;
}

void leases_remove(struct leases *leases, int64_t message)
{
    for (size_t i = 0; i < leases->count; i++) {
        if (leases->messages[i] == message) {
            leases->messages[i] = leases->messages[--leases->count];
            return;
        }
    }
}

size_t leases_list(TALLOC_CTX *mem, const struct leases *leases, int64_t **messages)
{
    *messages = array_new(mem, int64_t, leases->count + 1);
    if (*messages == NULL)
        return 0;
    memcpy(*messages, leases->messages, leases->count * sizeof **messages);
    return leases->count;
}

void leases_renewed(struct leases *leases, int64_t asked_us)
{
    atomic_store(&leases->sure_until_us, asked_us + leases->lease_us);
}

int64_t leases_due_us(const struct leases *leases)
{
    return atomic_load(&leases->sure_until_us) - leases->lease_us * 2 / 3;
}

bool leases_are_sure(const struct leases *leases)
{
    return clock_monotonic_us() < atomic_load(&leases->sure_until_us) - leases->lease_us / 3;
}
