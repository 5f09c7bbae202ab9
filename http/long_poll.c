/* The registry of sleeping requests: keys, deadlines, hang-ups, and the way back to a worker.
 *
 * libmicrohttpd neither times out nor notices a hang-up while a connection is suspended, so the registry's own thread
 * waits on an epoll set with the sockets of the sleepers (EPOLLRDHUP only, one shot) and on the earliest deadline.
 * Waking puts a sleeper on the ready list; a few jobs in the worker pool work it off, so that 5,000 wake-ups at once
 * neither overflow the pool's queue nor push other requests out. */
#include "bourse/http/long_poll.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bourse/base/clock.h"
#include "bourse/base/hash.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "deadlines.h"
#include "life.h"

#define MOST_KEYS ((size_t)64)
#define FIRST_BUCKETS ((size_t)1024)
#define TURNS_A_JOB 32 /* sleepers that one job serves before it queues again behind other work */
#define LONGEST_NAP_MS 1000
#define RETRY_NAP_MS 5 /* the pool's queue was full */
#define WAKE_SLOT UINT64_MAX

enum waiter_state { AWAKE, ASLEEP, READY };

struct watch {
    struct guid key;
    struct waiter *waiter;
    struct watch *prev, *next; /* in the bucket */
};

struct waiter {
    struct http_request *request;
    enum waiter_state state;
    bool is_woken; /* a wake-up came while awake */
    enum http_wake_reason reason;
    struct deadline deadline;
    struct waiter *next_ready;
    size_t slot;
    struct watch *watches;
    size_t watch_count;
};

/* An epoll event names slot and generation, so an event that was fetched before its sleeper left hits nothing. */
struct slot {
    struct waiter *waiter;
    uint32_t generation;
    size_t next_free;
};

struct registry {
    struct http_server *server;
    struct lock lock; /* guards all below */
    pthread_t thread;
    int epoll, wake;
    struct watch **buckets;
    size_t bucket_count, watch_count;
    struct deadlines deadlines;
    struct slot *slots;
    size_t slot_count, slot_used, first_free; /* first_free: index + 1 */
    struct waiter *first_ready, *last_ready;
    size_t asleep, jobs, most_jobs;
    bool needs_retry, is_draining, is_stopping;
};

static size_t bucket_of(const struct registry *registry, struct guid key)
{
    uint64_t sum;
    memcpy(&sum, key.bytes, sizeof sum);
    uint64_t rest;
    memcpy(&rest, key.bytes + 8, sizeof rest);
    return (size_t)(((sum ^ rest) * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (registry->bucket_count - 1);
}

static void link_watch(struct registry *registry, struct watch *watch)
{
    struct watch **bucket = &registry->buckets[bucket_of(registry, watch->key)];
    watch->prev = NULL;
    watch->next = *bucket;
    if (*bucket != NULL)
        (*bucket)->prev = watch;
    *bucket = watch;
    registry->watch_count++;
}

static void unlink_watch(struct registry *registry, struct watch *watch)
{
    if (watch->prev != NULL)
        watch->prev->next = watch->next;
    else
        registry->buckets[bucket_of(registry, watch->key)] = watch->next;
    if (watch->next != NULL)
        watch->next->prev = watch->prev;
    registry->watch_count--;
}

/* Keeps buckets short; when memory is out they just get longer. */
static void grow_buckets(struct registry *registry)
{
    size_t old_count = registry->bucket_count;
    if (registry->watch_count < 2 * old_count)
        return;
    struct watch **old = registry->buckets;
    struct watch **fresh = calloc(4 * old_count, sizeof(struct watch *));
    if (fresh == NULL)
        return;
    registry->buckets = fresh;
    registry->bucket_count = 4 * old_count;
    registry->watch_count = 0;
    for (size_t i = 0; i < old_count; i++) {
        for (struct watch *watch = old[i], *next; watch != NULL; watch = next) {
            next = watch->next;
            link_watch(registry, watch);
        }
    }
    free(old);
}

static void poke(struct registry *registry)
{
    uint64_t one = 1;
    ssize_t written = write(registry->wake, &one, sizeof one);
    (void)written; /* full means that it is signalled already */
}

static void serve_ready(void *data);

/* Holding the lock: enough jobs for the ready list. */
static void dispatch(struct registry *registry)
{
    if (registry->first_ready == NULL || registry->jobs >= registry->most_jobs)
        return;
    /* One job to begin with; each job that finds more behind it starts another. */
    if (workers_submit(registry->server->workers, serve_ready, registry) == STATUS_OK) {
        registry->jobs++;
    } else if (!registry->needs_retry) {
        registry->needs_retry = true;
        poke(registry);
    }
}

static void make_ready(struct registry *registry, struct waiter *waiter, enum http_wake_reason reason)
{
    waiter->state = READY;
    waiter->reason = reason;
    waiter->next_ready = NULL;
    if (registry->last_ready != NULL)
        registry->last_ready->next_ready = waiter;
    else
        registry->first_ready = waiter;
    registry->last_ready = waiter;
}

static void rouse(struct registry *registry, struct waiter *waiter, enum http_wake_reason reason)
{
    deadlines_remove(&registry->deadlines, &waiter->deadline);
    epoll_ctl(registry->epoll, EPOLL_CTL_DEL, waiter->request->connection->socket, NULL);
    registry->slots[waiter->slot].generation++;
    registry->asleep--;
    metric_add(METRIC_HTTP_SUSPENDED, -1);
    make_ready(registry, waiter, reason);
}

static void run_woken(struct waiter *waiter, enum http_wake_reason reason)
{
    struct http_request *request = waiter->request;
    log_set_request(request->id);
    status_chain_clear();
    enum status status = request->wait_function(request, reason, request->wait_data);
    run_settle(request, status, reason == HTTP_WAKE_HANG_UP);
    log_set_request(NULL);
}

static struct waiter *next_ready(struct registry *registry)
{
    struct waiter *waiter = registry->first_ready;
    if (waiter == NULL)
        return NULL;
    registry->first_ready = waiter->next_ready;
    if (registry->first_ready == NULL)
        registry->last_ready = NULL;
    waiter->state = AWAKE;
    waiter->is_woken = false;
    return waiter;
}

/* Job in the worker pool. */
static void serve_ready(void *data)
{
    struct registry *registry = data;
    lock_take(&registry->lock);
    for (int turn = 0; turn < TURNS_A_JOB; turn++) {
        struct waiter *waiter = next_ready(registry);
        if (waiter == NULL)
            break;
        enum http_wake_reason reason = waiter->reason;
        dispatch(registry);
        lock_release(&registry->lock);
        run_woken(waiter, reason);
        lock_take(&registry->lock);
    }
    registry->jobs--;
    dispatch(registry);
    lock_release(&registry->lock);
}

static bool take_slot(struct registry *registry, struct waiter *waiter)
{
    if (registry->first_free == 0 && registry->slot_used == registry->slot_count) {
        size_t count = registry->slot_count == 0 ? 64 : 2 * registry->slot_count;
        struct slot *grown = realloc(registry->slots, count * sizeof *grown);
        if (grown == NULL)
            return false;
        registry->slots = grown;
        registry->slot_count = count;
    }
    size_t slot = registry->slot_used;
    if (registry->first_free != 0) {
        slot = registry->first_free - 1;
        registry->first_free = registry->slots[slot].next_free;
    } else {
        registry->slots[registry->slot_used++] = (struct slot){ 0 };
    }
    registry->slots[slot].waiter = waiter;
    waiter->slot = slot;
    return true;
}

static void release_slot(struct registry *registry, const struct waiter *waiter)
{
    struct slot *slot = &registry->slots[waiter->slot];
    slot->waiter = NULL;
    slot->generation++;
    slot->next_free = registry->first_free;
    registry->first_free = waiter->slot + 1;
}

static struct waiter *waiter_of(struct http_request *request)
{
    struct registry *registry = request->server->registry;
    if (request->waiter != NULL)
        return request->waiter;
    struct waiter *waiter = calloc(1, sizeof *waiter);
    if (waiter == NULL)
        return NULL;
    waiter->request = request;
    lock_take(&registry->lock);
    bool is_placed =
        deadlines_reserve(&registry->deadlines, registry->slot_used + 1) && take_slot(registry, waiter);
    if (is_placed)
        request->waiter = waiter;
    lock_release(&registry->lock);
    if (!is_placed) {
        free(waiter);
        return NULL;
    }
    return waiter;
}

static void drop_watches(struct registry *registry, struct waiter *waiter)
{
    for (size_t i = 0; i < waiter->watch_count; i++)
        unlink_watch(registry, &waiter->watches[i]);
    waiter->watch_count = 0;
}

void waiter_free(struct http_request *request)
{
    struct waiter *waiter = request->waiter;
    if (waiter == NULL || request->server == NULL)
        return;
    struct registry *registry = request->server->registry;
    lock_take(&registry->lock);
    drop_watches(registry, waiter);
    release_slot(registry, waiter);
    lock_release(&registry->lock);
    free(waiter->watches);
    free(waiter);
    request->waiter = NULL;
}

enum status http_watch(struct http_request *request, const struct guid *keys, size_t count)
{
    if (count > MOST_KEYS)
        return status_fail(STATUS_TOO_COMPLEX, "%zu wake-up keys", count);
    if (request->server == NULL)
        return STATUS_OK;
    struct waiter *waiter = waiter_of(request);
    struct watch *watches = count > 0 ? calloc(count, sizeof *watches) : NULL;
    if (waiter == NULL || (count > 0 && watches == NULL)) {
        free(watches);
        return status_fail(STATUS_NO_MEMORY, "wake-up keys");
    }
    struct registry *registry = request->server->registry;
    lock_take(&registry->lock);
    drop_watches(registry, waiter);
    struct watch *old = waiter->watches;
    waiter->watches = watches;
    waiter->watch_count = count;
    for (size_t i = 0; i < count; i++) {
        watches[i] = (struct watch){ .key = keys[i], .waiter = waiter };
        link_watch(registry, &watches[i]);
    }
    grow_buckets(registry);
    lock_release(&registry->lock);
    free(old);
    return STATUS_OK;
}

enum status http_wait(struct http_request *request, int64_t deadline_us, http_woken_function function, void *data)
{
    if (request->server != NULL) {
        if (waiter_of(request) == NULL)
            return status_fail(STATUS_NO_MEMORY, "long poll");
        if (atomic_load(&request->server->is_draining))
            return status_fail(STATUS_CANCELLED, "the server stops");
    }
    request->is_wait_asked = true;
    request->wait_deadline_us = deadline_us;
    request->wait_function = function;
    request->wait_data = data;
    return STATUS_OK;
}

/* Holding the lock. */
static void fall_asleep(struct registry *registry, struct waiter *waiter)
{
    struct slot *slot = &registry->slots[waiter->slot];
    struct epoll_event event = { .events = EPOLLRDHUP | EPOLLONESHOT,
                                 .data.u64 = (uint64_t)slot->generation << 32 | waiter->slot };
    waiter->state = ASLEEP;
    deadlines_add(&registry->deadlines, &waiter->deadline);
    registry->asleep++;
    metric_add(METRIC_HTTP_SUSPENDED, 1);
    epoll_ctl(registry->epoll, EPOLL_CTL_ADD, waiter->request->connection->socket, &event);
    if (deadlines_first(&registry->deadlines) == &waiter->deadline)
        poke(registry);
}

void registry_sleep(struct http_request *request)
{
    struct registry *registry = request->server->registry;
    struct waiter *waiter = waiter_of(request);
    if (waiter == NULL) { /* only for a held-back answer: it goes out early rather than never */
        enum status status = request->wait_function(request, HTTP_WAKE_DEADLINE, request->wait_data);
        run_settle(request, status, false);
        return;
    }
    if (!request->keeps_body)
        body_drop(request);
    request->keeps_body = false;
    lock_take(&registry->lock);
    waiter->deadline.at_us = request->wait_deadline_us;
    if (request->is_gone)
        make_ready(registry, waiter, HTTP_WAKE_HANG_UP);
    else if (registry->is_draining)
        make_ready(registry, waiter, HTTP_WAKE_DRAIN);
    else if (waiter->is_woken)
        make_ready(registry, waiter, HTTP_WAKE_EVENT);
    else
        fall_asleep(registry, waiter);
    dispatch(registry);
    lock_release(&registry->lock);
}

void registry_hang_up(struct http_request *request)
{
    struct registry *registry = request->server->registry;
    lock_take(&registry->lock);
    struct waiter *waiter = request->waiter;
    request->is_gone = true;
    if (waiter != NULL && waiter->state == ASLEEP)
        rouse(registry, waiter, HTTP_WAKE_HANG_UP);
    dispatch(registry);
    lock_release(&registry->lock);
}

static void wake_watch(struct registry *registry, struct watch *watch)
{
    if (watch->waiter->state == ASLEEP)
        rouse(registry, watch->waiter, HTTP_WAKE_EVENT);
    else if (watch->waiter->state == AWAKE)
        watch->waiter->is_woken = true;
}

void http_wake(struct http_server *server, struct guid key)
{
    struct registry *registry = server->registry;
    lock_take(&registry->lock);
    for (struct watch *watch = registry->buckets[bucket_of(registry, key)]; watch != NULL; watch = watch->next)
        if (guid_equal(watch->key, key))
            wake_watch(registry, watch);
    dispatch(registry);
    lock_release(&registry->lock);
}

void http_wake_all(struct http_server *server)
{
    struct registry *registry = server->registry;
    lock_take(&registry->lock);
    for (size_t i = 0; i < registry->bucket_count; i++)
        for (struct watch *watch = registry->buckets[i]; watch != NULL; watch = watch->next)
            wake_watch(registry, watch);
    dispatch(registry);
    lock_release(&registry->lock);
}

size_t registry_waiting(struct registry *registry)
{
    lock_take(&registry->lock);
    size_t asleep = registry->asleep;
    lock_release(&registry->lock);
    return asleep;
}

size_t http_waiting(struct http_server *server)
{
    return registry_waiting(server->registry);
}

/* Holding the lock. */
static void handle_event(struct registry *registry, const struct epoll_event *event)
{
    if (event->data.u64 == WAKE_SLOT) {
        uint64_t count;
        ssize_t got = read(registry->wake, &count, sizeof count);
        (void)got;
        return;
    }
    size_t index = event->data.u64 & UINT32_MAX;
    const struct slot *slot = &registry->slots[index];
    if (index < registry->slot_used && slot->waiter != NULL && slot->generation == event->data.u64 >> 32 &&
        slot->waiter->state == ASLEEP)
        rouse(registry, slot->waiter, HTTP_WAKE_HANG_UP);
}

static void rouse_expired(struct registry *registry)
{
    int64_t now_us = clock_monotonic_us();
    for (struct deadline *first; (first = deadlines_first(&registry->deadlines)) != NULL && first->at_us <= now_us;) {
        struct waiter *waiter = (struct waiter *)(void *)((char *)first - offsetof(struct waiter, deadline));
        rouse(registry, waiter, HTTP_WAKE_DEADLINE);
    }
}

/* Milliseconds to the next deadline, rounded up. */
static int nap(struct registry *registry)
{
    if (registry->needs_retry)
        return RETRY_NAP_MS;
    const struct deadline *first = deadlines_first(&registry->deadlines);
    int64_t left_us = first != NULL ? first->at_us - clock_monotonic_us() : INT64_C(1000) * LONGEST_NAP_MS;
    if (left_us <= 0)
        return 0;
    return left_us >= INT64_C(1000) * LONGEST_NAP_MS ? LONGEST_NAP_MS : (int)((left_us + 999) / 1000);
}

static void *registry_run(void *data)
{
    struct registry *registry = data;
    struct epoll_event events[256];
    pthread_setname_np(pthread_self(), "long-polls");
    lock_take(&registry->lock);
    while (!registry->is_stopping) {
        int timeout = nap(registry);
        lock_release(&registry->lock);
        int count = epoll_wait(registry->epoll, events, (int)ARRAY_LENGTH(events), timeout);
        lock_take(&registry->lock);
        for (int i = 0; i < count; i++)
            handle_event(registry, &events[i]);
        rouse_expired(registry);
        registry->needs_retry = false;
        dispatch(registry);
    }
    lock_release(&registry->lock);
    return NULL;
}

static int registry_free(struct registry *registry)
{
    if (registry->epoll >= 0)
        close(registry->epoll);
    if (registry->wake >= 0)
        close(registry->wake);
    free(registry->buckets);
    free(registry->slots);
    deadlines_free(&registry->deadlines);
    lock_destroy(&registry->lock);
    return 0;
}

enum status registry_start(struct http_server *server, struct registry **out)
{
    struct registry *registry = talloc_zero(server, struct registry);
    if (registry == NULL)
        return status_fail(STATUS_NO_MEMORY, "long polls");
    registry->server = server;
    lock_init(&registry->lock, LOCK_LONG_POLLS);
    registry->epoll = epoll_create1(EPOLL_CLOEXEC);
    registry->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    registry->buckets = calloc(FIRST_BUCKETS, sizeof(struct watch *));
    registry->bucket_count = FIRST_BUCKETS;
    registry->most_jobs = (size_t)config_int(atomic_load(&server->config), CONFIG_http_workers);
    talloc_set_destructor(registry, registry_free);
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = WAKE_SLOT };
    bool is_ready = registry->epoll >= 0 && registry->wake >= 0 && registry->buckets != NULL &&
                    epoll_ctl(registry->epoll, EPOLL_CTL_ADD, registry->wake, &event) == 0 &&
                    pthread_create(&registry->thread, NULL, registry_run, registry) == 0;
    if (!is_ready) {
        talloc_free(registry);
        return status_fail(STATUS_INTERNAL, "long polls: epoll, eventfd or thread");
    }
    *out = registry;
    return STATUS_OK;
}

void registry_drain(struct registry *registry)
{
    lock_take(&registry->lock);
    registry->is_draining = true;
    for (struct deadline *first; (first = deadlines_first(&registry->deadlines)) != NULL;) {
        struct waiter *waiter = (struct waiter *)(void *)((char *)first - offsetof(struct waiter, deadline));
        rouse(registry, waiter, HTTP_WAKE_DRAIN);
    }
    dispatch(registry);
    lock_release(&registry->lock);
}

void registry_stop(struct registry *registry)
{
    lock_take(&registry->lock);
    registry->is_stopping = true;
    lock_release(&registry->lock);
    poke(registry);
    pthread_join(registry->thread, NULL);
}
