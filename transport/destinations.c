#include "destinations.h"

#include <stdlib.h>

#include "bourse/base/memory.h"

#define uthash_fatal(message) abort()
#include <uthash.h>

#define MICRO INT64_C(1000000)
#define LONGEST_SILENCE_US (300 * MICRO)

struct destination {
    char *name;
    size_t active;
    unsigned failures;     /* attempts in a row that reached no host */
    int64_t silent_until_us;
    UT_hash_handle hh;
};

struct destinations {
    struct destination *list;
};

static void remove_one(struct destinations *destinations, struct destination *destination)
{
    HASH_DEL(destinations->list, destination);
    free(destination->name);
    free(destination);
}

static int destinations_free(struct destinations *destinations)
{
    struct destination *destination, *next;
    HASH_ITER(hh, destinations->list, destination, next)
    {
        remove_one(destinations, destination);
    }
    return 0;
}

struct destinations *destinations_new(TALLOC_CTX *mem)
{
    struct destinations *destinations = talloc_zero(mem, struct destinations);
    if (destinations != NULL)
        talloc_set_destructor(destinations, destinations_free);
    return destinations;
}

static struct destination *find(struct destinations *destinations, const char *name)
{
    struct destination *destination = NULL;
    HASH_FIND_STR(destinations->list, name, destination);
    return destination;
}

void destinations_begin(struct destinations *destinations, const char *name)
{
    struct destination *destination = find(destinations, name);
    if (destination == NULL) {
        destination = calloc(1, sizeof *destination);
        char *copy = strdup(name);
        if (destination == NULL || copy == NULL) { /* counts are only for fairness: go on without */
            free(destination);
            free(copy);
            return;
        }
        destination->name = copy;
        HASH_ADD_KEYPTR(hh, destinations->list, destination->name, strlen(destination->name), destination);
    }
    destination->active++;
}

static int64_t silence_us(const struct config *config, unsigned failures)
{
    int64_t silence = config_seconds(config, CONFIG_queue_first_retry) * MICRO / 2;
    for (unsigned i = 1; i < failures && silence < LONGEST_SILENCE_US; i++)
        silence *= 2;
    return silence < LONGEST_SILENCE_US ? silence : LONGEST_SILENCE_US;
}

void destinations_end(struct destinations *destinations, const struct config *config, const char *name, bool was_reached, int64_t now_us)
{
    struct destination *destination = find(destinations, name);
    if (destination == NULL)
        return;
    destination->active -= destination->active > 0 ? 1 : 0;
    destination->failures = was_reached ? 0 : destination->failures + 1;
    destination->silent_until_us = was_reached ? 0 : now_us + silence_us(config, destination->failures);
    if (destination->active == 0 && was_reached)
        remove_one(destinations, destination);
}

/* Silence that ended long ago is forgotten. */
static bool is_stale(const struct destination *destination, int64_t now_us)
{
    return destination->active == 0 && now_us - destination->silent_until_us > 10 * LONGEST_SILENCE_US;
}

enum status destinations_busy(TALLOC_CTX *mem, struct destinations *destinations, const struct config *config, int64_t now_us,
                              const char ***names, size_t *count, int64_t *until_us)
{
    size_t most = (size_t)config_int(config, CONFIG_queue_destination_concurrency);
    struct destination *destination, *next;
    *count = 0;
    *until_us = 0;
    *names = array_new(mem, const char *, HASH_COUNT(destinations->list) + 1);
    if (*names == NULL)
        return status_fail(STATUS_NO_MEMORY, "destinations");
    HASH_ITER(hh, destinations->list, destination, next)
    {
        bool is_silent = destination->silent_until_us > now_us;
        if (is_silent && (*until_us == 0 || destination->silent_until_us < *until_us))
            *until_us = destination->silent_until_us;
        if (is_silent || destination->active >= most) {
            const char *copy = talloc_strdup(mem, destination->name);
            if (copy != NULL)
                (*names)[(*count)++] = copy;
        } else if (is_stale(destination, now_us)) {
            remove_one(destinations, destination);
        }
    }
    return STATUS_OK;
}
