#include "streams.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct served {
    struct served *next;
    uint64_t number;
    char subscription[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct served *all; /* as many as there are streams: few enough to look through */
static uint64_t last;

static struct served **find(const char *subscription)
{
    struct served **at = &all;
    while (*at != NULL && strcmp((*at)->subscription, subscription) != 0)
        at = &(*at)->next;
    return at;
}

static struct served *add(const char *subscription)
{
    size_t length = strlen(subscription) + 1;
    struct served *made = malloc(sizeof *made + length);
    if (made == NULL)
        return NULL;
    memcpy(made->subscription, subscription, length);
    made->next = all;
    all = made;
    return made;
}

uint64_t stream_serve(const char *subscription)
{
    uint64_t number = 0;
    pthread_mutex_lock(&lock);
    struct served *served = *find(subscription);
    if (served == NULL)
        served = add(subscription);
    if (served != NULL)
        number = served->number = ++last;
    pthread_mutex_unlock(&lock);
    return number;
}

bool stream_is_newest(const char *subscription, uint64_t number)
{
    pthread_mutex_lock(&lock);
    const struct served *served = *find(subscription);
    bool newest = served != NULL && served->number == number;
    pthread_mutex_unlock(&lock);
    return newest;
}

void stream_leave(const char *subscription, uint64_t number)
{
    pthread_mutex_lock(&lock);
    struct served **at = find(subscription), *served = *at;
    if (served != NULL && served->number == number) {
        *at = served->next;
        free(served);
    }
    pthread_mutex_unlock(&lock);
}
