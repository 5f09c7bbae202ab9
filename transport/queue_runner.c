/* Threads of the queue runner: one that leases work, one that renews the leases, queue.workers that send. */
#include "bourse/transport/queue_runner.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "bourse/base/clock.h"
#include "bourse/base/locks.h"
#include "bourse/base/log.h"
#include "bourse/base/memory.h"
#include "bourse/groupware/queue_lease.h"
#include "client_cache.h"
#include "delivery.h"
#include "destinations.h"
#include "hop.h"
#include "leases.h"
#include "tls.h"

#define MICRO INT64_C(1000000)
#define POLL_US (5 * MICRO)     /* a wake-up that is lost costs at most this */
#define HOUSEKEEPING_US (2 * MICRO)
#define DUE_US (MICRO / 5)
#define TROUBLE_US (3 * MICRO)  /* after the database failed */
#define RENEW_LOOK_US (MICRO / 2)
#define RENEW_AGAIN_US (MICRO / 2)

/* What one call of queue_lease gave; freed when the last of it is done. */
struct batch {
    TALLOC_CTX *mem;
    struct queue_work *works;
    size_t left;
};

struct assignment {
    struct assignment *next;
    struct batch *batch;
    const struct queue_work *work;
};

struct queue_runner {
    struct groupware *groupware;
    _Atomic(const struct config *) config;
    struct resolver *resolver;
    struct client_cache *cache;
    SSL_CTX *tls;
    atomic_bool is_cancelled;       /* cuts connections */

    struct lock lock;               /* guards all below */
    pthread_cond_t work;            /* for senders */
    pthread_cond_t change;          /* for the dispatcher, and for drain */
    struct assignment *first, **last;
    size_t active;                  /* leased and not yet done */
    struct destinations *destinations;
    struct leases *leases;
    bool is_woken, is_draining, is_stopping;
    uint64_t ended, seen;           /* assignments that ended; as many as the dispatcher knew of at its last look */

    size_t sender_count;
    pthread_t *threads;             /* senders, then the one that renews and the dispatcher */
    size_t thread_count;
    bool is_stopped;
};

/* ---- senders ---- */

static struct assignment *next_assignment(struct queue_runner *runner)
{
    lock_take(&runner->lock);
    while (runner->first == NULL && !runner->is_stopping)
        lock_wait(&runner->lock, &runner->work, -1);
    struct assignment *assignment = runner->is_stopping ? NULL : runner->first;
    if (assignment != NULL) {
        runner->first = assignment->next;
        if (runner->first == NULL)
            runner->last = &runner->first;
    }
    lock_release(&runner->lock);
    return assignment;
}

static void end_assignment(struct queue_runner *runner, struct assignment *assignment, bool was_reached)
{
    struct batch *batch = assignment->batch;
    lock_take(&runner->lock);
    destinations_end(runner->destinations, atomic_load(&runner->config), assignment->work->destination, was_reached, clock_monotonic_us());
    leases_remove(runner->leases, assignment->work->message);
    runner->active--;
    runner->ended++;
    bool is_last = --batch->left == 0;
    pthread_cond_broadcast(&runner->change);
    lock_release(&runner->lock);
    free(assignment);
    if (is_last)
        talloc_free(batch->mem);
}

static void *send_messages(void *data)
{
    struct queue_runner *runner = data;
    struct assignment *assignment;
    pthread_setname_np(pthread_self(), "queue-send");
    while ((assignment = next_assignment(runner)) != NULL) {
        struct delivery_context context = { .config = atomic_load(&runner->config), .groupware = runner->groupware, .resolver = runner->resolver,
                                            .tls = runner->tls, .cache = runner->cache, .cancelled = &runner->is_cancelled,
                                            .leases = runner->leases };
        end_assignment(runner, assignment, delivery_run(&context, assignment->work));
    }
    return NULL;
}

/* ---- dispatcher ---- */

/* With the lock. */
static bool assign(struct queue_runner *runner, struct batch *batch, size_t count, int64_t asked_us)
{
    for (size_t i = 0; i < count; i++) {
        struct assignment *assignment = calloc(1, sizeof *assignment);
        if (assignment == NULL || !leases_add(runner->leases, batch->works[i].message, asked_us)) {
            free(assignment);
            return false; /* the leases of the rest run out */
        }
        *assignment = (struct assignment){ .batch = batch, .work = &batch->works[i] };
        batch->left++;
        destinations_begin(runner->destinations, batch->works[i].destination);
        *runner->last = assignment;
        runner->last = &assignment->next;
        runner->active++;
        pthread_cond_signal(&runner->work);
    }
    return true;
}

/* Leases up to `room` messages. *silent_until_us as destinations_busy has it. */
static enum status lease(struct queue_runner *runner, size_t room, size_t *count, int64_t *silent_until_us)
{
    const struct config *config = atomic_load(&runner->config);
    TALLOC_CTX *mem = talloc_new(NULL);
    struct batch *batch = mem != NULL ? talloc_zero(mem, struct batch) : NULL;
    const char **busy = NULL;
    size_t busy_count = 0;
    *count = 0;
    if (batch == NULL) {
        talloc_free(mem);
        return status_fail(STATUS_NO_MEMORY, "queue runner");
    }
    batch->mem = mem;
    status_chain_clear();
    int64_t asked_us = clock_monotonic_us();
    lock_take(&runner->lock);
    /* Else a lease of our own that ran out while the database was away would be taken for a dead process's. */
    enum status status = runner->active == 0 || leases_are_sure(runner->leases) ? STATUS_OK : status_fail(STATUS_RETRY, "leases are not renewed yet");
    if (status == STATUS_OK)
        status = destinations_busy(mem, runner->destinations, config, clock_monotonic_us(), &busy, &busy_count, silent_until_us);
    lock_release(&runner->lock);
    if (status == STATUS_OK)
        status = queue_lease(mem, runner->groupware, leases_seconds(runner->leases), room, busy, busy_count, &batch->works, count);
    lock_take(&runner->lock);
    if (status == STATUS_OK && !assign(runner, batch, *count, asked_us))
        status = status_fail(STATUS_NO_MEMORY, "queue runner");
    bool is_unused = batch->left == 0;
    lock_release(&runner->lock);
    if (is_unused)
        talloc_free(mem);
    return status;
}

/* When to look again if nobody wakes us. */
static int64_t next_look_us(struct queue_runner *runner, int64_t silent_until_us)
{
    int64_t wait_us = POLL_US;
    instant when = 0;
    if (queue_next_due(runner->groupware, &when) == STATUS_OK && when != 0)
        wait_us = (when - clock_now()) / 10 + 1000; /* a little late rather than early */
    int64_t now_us = clock_monotonic_us(); /* after the database was asked */
    if (silent_until_us != 0 && silent_until_us - now_us < wait_us)
        wait_us = silent_until_us - now_us;
    /* Due already and not leased: it became so just now, or its destination is busy or silent. */
    if (wait_us < DUE_US)
        wait_us = DUE_US;
    return now_us + (wait_us < POLL_US ? wait_us : POLL_US);
}

/* With the lock: until something happened, it is time to look, or idle connections are to be closed. True when there is a reason to look. */
static bool wait_for_reason(struct queue_runner *runner, int64_t look_us)
{
    int64_t house_us = clock_monotonic_us() + HOUSEKEEPING_US;
    int64_t until_us = look_us < house_us ? look_us : house_us;
    while (!runner->is_stopping && !runner->is_woken && runner->ended == runner->seen && clock_monotonic_us() < until_us)
        lock_wait(&runner->lock, &runner->change, until_us);
    bool has_reason = runner->is_woken || runner->ended != runner->seen || clock_monotonic_us() >= look_us;
    while (!runner->is_stopping && (runner->active >= runner->sender_count || runner->is_draining))
        lock_wait(&runner->lock, &runner->change, -1);
    return has_reason;
}

/* False at the end. *room: messages that may be leased now, 0: none. */
static bool wait_for_room(struct queue_runner *runner, int64_t look_us, size_t *room)
{
    lock_take(&runner->lock);
    bool has_reason = wait_for_reason(runner, look_us);
    *room = has_reason ? runner->sender_count - runner->active : 0;
    if (has_reason) { /* what ends or comes from here on is a new reason, even while the database is asked */
        runner->is_woken = false;
        runner->seen = runner->ended;
    }
    bool goes_on = !runner->is_stopping;
    lock_release(&runner->lock);
    return goes_on;
}

static void *dispatch(void *data)
{
    struct queue_runner *runner = data;
    int64_t look_us = 0;
    bool is_in_trouble = false;
    pthread_setname_np(pthread_self(), "queue-lease");
    for (size_t room; wait_for_room(runner, look_us, &room);) {
        size_t count = 0;
        int64_t silent_until_us = 0;
        client_cache_expire(runner->cache, false);
        if (room == 0)
            continue;
        enum status status = lease(runner, room, &count, &silent_until_us);
        if (status != STATUS_OK && !is_in_trouble)
            log_failure(EVENT_QUEUE_FAILED, status, "no work can be leased");
        is_in_trouble = status != STATUS_OK;
        look_us = is_in_trouble ? clock_monotonic_us() + TROUBLE_US : count > 0 ? 0 : next_look_us(runner, silent_until_us);
    }
    return NULL;
}

/* ---- leases ---- */

/* What is to be renewed, when it is time; false at the end. After a failure: again in RENEW_AGAIN_US. */
static bool wait_for_renewal(struct queue_runner *runner, TALLOC_CTX *mem, int64_t not_before_us, int64_t **messages, size_t *count)
{
    lock_take(&runner->lock);
    for (;;) {
        int64_t now_us = clock_monotonic_us(), due_us = runner->active > 0 ? leases_due_us(runner->leases) : now_us + RENEW_LOOK_US;
        if (due_us < not_before_us)
            due_us = not_before_us;
        if (runner->is_stopping || due_us <= now_us)
            break;
        /* also wakes up when work ended; it comes to the lease that is new since the queue was empty soon enough */
        lock_wait(&runner->lock, &runner->change, due_us < now_us + RENEW_LOOK_US ? due_us : now_us + RENEW_LOOK_US);
    }
    *count = leases_list(mem, runner->leases, messages);
    bool goes_on = !runner->is_stopping;
    lock_release(&runner->lock);
    return goes_on;
}

static enum status renew_list(struct queue_runner *runner, const int64_t *messages, size_t count)
{
    int64_t asked_us = clock_monotonic_us();
    status_chain_clear();
    TRY(queue_renew(runner->groupware, messages, count, leases_seconds(runner->leases)));
    lock_take(&runner->lock);
    leases_renewed(runner->leases, asked_us);
    lock_release(&runner->lock);
    return STATUS_OK;
}

static void *renew(void *data)
{
    struct queue_runner *runner = data;
    TALLOC_CTX *mem = talloc_new(NULL);
    int64_t *messages = NULL, not_before_us = 0;
    bool is_in_trouble = false;
    pthread_setname_np(pthread_self(), "queue-renew");
    for (size_t count; wait_for_renewal(runner, mem, not_before_us, &messages, &count);) {
        enum status status = renew_list(runner, messages, count);
        TALLOC_FREE(messages);
        if (status != STATUS_OK && !is_in_trouble)
            log_failure(EVENT_QUEUE_FAILED, status, "leases are not renewed; nothing new is sent until they are");
        is_in_trouble = status != STATUS_OK;
        not_before_us = is_in_trouble ? clock_monotonic_us() + RENEW_AGAIN_US : 0;
    }
    talloc_free(mem);
    return NULL;
}

/* ---- start and stop ---- */

void queue_runner_wake(struct queue_runner *runner)
{
    lock_take(&runner->lock);
    runner->is_woken = true;
    pthread_cond_broadcast(&runner->change);
    lock_release(&runner->lock);
}

static void on_work(void *data)
{
    queue_runner_wake(data);
}

static int runner_free(struct queue_runner *runner)
{
    queue_runner_stop(runner);
    TALLOC_FREE(runner->cache);
    if (runner->tls != NULL)
        SSL_CTX_free(runner->tls);
    pthread_cond_destroy(&runner->work);
    pthread_cond_destroy(&runner->change);
    lock_destroy(&runner->lock);
    return 0;
}

static enum status start_thread(struct queue_runner *runner, void *(*function)(void *data))
{
    sigset_t all, before;
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&runner->threads[runner->thread_count], NULL, function, runner);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0)
        return status_fail(STATUS_NO_MEMORY, "queue runner thread");
    runner->thread_count++;
    return STATUS_OK;
}

static enum status start(struct queue_runner *runner, const struct config *config)
{
    TRY(hop_check(config));
    TRY(resolver_new(runner, config_text(config, CONFIG_queue_resolver), &runner->resolver));
    TRY(tls_client_context(&runner->tls));
    runner->cache = client_cache_new(runner);
    runner->destinations = destinations_new(runner);
    runner->sender_count = (size_t)config_int(config, CONFIG_queue_workers);
    runner->leases = leases_new(runner, runner->sender_count, config_seconds(config, CONFIG_queue_lease));
    runner->threads = array_new(runner, pthread_t, runner->sender_count + 2);
    if (runner->cache == NULL || runner->destinations == NULL || runner->leases == NULL || runner->threads == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue runner");
    for (size_t i = 0; i < runner->sender_count; i++)
        TRY(start_thread(runner, send_messages));
    TRY(start_thread(runner, renew));
    TRY(start_thread(runner, dispatch));
    queue_on_work(runner->groupware, on_work, runner);
    return STATUS_OK;
}

enum status queue_runner_start(TALLOC_CTX *mem, const struct queue_runner_options *options, struct queue_runner **out)
{
    struct queue_runner *runner = talloc_zero(mem, struct queue_runner);
    if (runner == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue runner");
    runner->groupware = options->groupware;
    atomic_store(&runner->config, options->config);
    lock_init(&runner->lock, LOCK_QUEUE_RUNNER);
    lock_condition_init(&runner->work);
    lock_condition_init(&runner->change);
    runner->last = &runner->first;
    talloc_set_destructor(runner, runner_free);
    enum status status = start(runner, options->config);
    if (status == STATUS_OK)
        *out = runner;
    else
        talloc_free(runner);
    return status;
}

enum status queue_runner_reload(struct queue_runner *runner, const struct config *config)
{
    TRY(hop_check(config));
    atomic_store(&runner->config, config);
    queue_runner_wake(runner);
    return STATUS_OK;
}

bool queue_runner_drain(struct queue_runner *runner, int64_t seconds)
{
    int64_t deadline_us = clock_monotonic_us() + seconds * MICRO;
    lock_take(&runner->lock);
    runner->is_draining = true;
    pthread_cond_broadcast(&runner->change);
    while (runner->active > 0 && clock_monotonic_us() < deadline_us)
        lock_wait(&runner->lock, &runner->change, deadline_us);
    bool is_idle = runner->active == 0;
    lock_release(&runner->lock);
    return is_idle;
}

static void free_unsent(struct queue_runner *runner)
{
    for (struct assignment *assignment = runner->first, *next; assignment != NULL; assignment = next) {
        next = assignment->next;
        if (--assignment->batch->left == 0)
            talloc_free(assignment->batch->mem);
        free(assignment);
    }
    runner->first = NULL;
    runner->last = &runner->first;
}

void queue_runner_stop(struct queue_runner *runner)
{
    if (runner->is_stopped)
        return;
    runner->is_stopped = true;
    queue_on_work(runner->groupware, NULL, NULL);
    atomic_store(&runner->is_cancelled, true);
    lock_take(&runner->lock);
    runner->is_stopping = true;
    pthread_cond_broadcast(&runner->work);
    pthread_cond_broadcast(&runner->change);
    lock_release(&runner->lock);
    for (size_t i = 0; i < runner->thread_count; i++)
        pthread_join(runner->threads[i], NULL);
    free_unsent(runner);
}
