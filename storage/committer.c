#include <stdio.h>

#include "array_count.h"
#include "bourse/base/locks.h"
#include "bourse/base/metrics.h"
#include "bourse/storage/delivery.h"
#include "delivery_round.h"

#define BATCH_MAX 200
#define ATTEMPTS 3

/* A delivery that waits; lives on the stack of committer_submit. */
struct waiter {
    struct delivery *delivery;
    struct waiter *next;
    enum status status;
    char cause[256]; /* the chain belongs to the thread that committed */
    bool done;
    pthread_cond_t finished;
};

struct committer {
    struct lock lock;
    pthread_cond_t work;
    struct store *store;
    struct waiter *first, **last;
    size_t waiting, waiting_limit, batch;
    bool stopping;
    pthread_t *threads;
    size_t thread_count;
};

/* ---- one round, repeated as far as that is safe ---- */

static void count_results(const struct delivery *delivery)
{
    for (size_t r = 0; r < delivery->recipient_count; r++) {
        metric_add(METRIC_DELIVERED, delivery->recipients[r].result == STATUS_OK);
        metric_add(METRIC_DUPLICATES, delivery->recipients[r].result == STATUS_DUPLICATE);
    }
}

static enum status ready_connection(struct store *store, struct connection **connection)
{
    if (*connection != NULL && connection_drain(*connection) && !connection_is_broken(*connection))
        return STATUS_OK;
    TALLOC_FREE(*connection);
    return store_connect(NULL, store, false, connection);
}

/* Nothing was kept after these; the cause may be gone in a moment: a deadlock, a connection that died while it was idle. */
static bool may_repeat(enum status status)
{
    return status == STATUS_RETRY || status == STATUS_STORE_UNAVAILABLE || status == STATUS_EXISTS;
}

static enum status commit_round(struct store *store, struct connection **connection, struct delivery *const *deliveries, size_t count)
{
    enum status status = STATUS_RETRY;
    for (int attempt = 0; attempt < ATTEMPTS && may_repeat(status); attempt++) {
        status = ready_connection(store, connection);
        if (status == STATUS_OK)
            status = round_commit(store, *connection, deliveries, count);
        else
            break; /* the database is down: the sender comes again */
    }
    return status == STATUS_EXISTS ? STATUS_RETRY : status;
}

static enum status find_out(struct store *store, struct connection **connection, struct delivery *delivery)
{
    TRY(ready_connection(store, connection) == STATUS_OK ? STATUS_OK : STATUS_COMMIT_UNKNOWN);
    return round_find_out(*connection, delivery);
}

/* The end of each delivery in statuses[]. */
static void settle(struct store *store, struct connection **connection, struct delivery *const *deliveries, enum status *statuses, size_t count)
{
    enum status status = commit_round(store, connection, deliveries, count);
    for (size_t i = 0; i < count; i++) {
        statuses[i] = status;
        if (status == STATUS_COMMIT_UNKNOWN)
            statuses[i] = find_out(store, connection, deliveries[i]);
        else if (status != STATUS_OK && count > 1)
            statuses[i] = commit_round(store, connection, &deliveries[i], 1);
        if (statuses[i] == STATUS_COMMIT_UNKNOWN && status != STATUS_COMMIT_UNKNOWN)
            statuses[i] = find_out(store, connection, deliveries[i]);
        if (statuses[i] == STATUS_OK)
            count_results(deliveries[i]);
    }
}

enum status delivery_commit(struct store *store, struct delivery *const *deliveries, size_t count)
{
    struct connection *connection = NULL;
    TRY(store_acquire(store, &connection));
    enum status status = round_commit(store, connection, deliveries, count);
    store_release(store, connection);
    if (status != STATUS_COMMIT_UNKNOWN)
        return status;
    TRY(store_acquire(store, &connection) == STATUS_OK ? STATUS_OK : STATUS_COMMIT_UNKNOWN);
    status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = round_find_out(connection, deliveries[i]);
    store_release(store, connection);
    return status;
}

/* ---- threads ---- */

static size_t take_waiters(struct committer *committer, struct waiter **out, size_t limit)
{
    size_t count = 0;
    while (committer->first != NULL && count < limit) {
        out[count++] = committer->first;
        committer->first = committer->first->next;
    }
    if (committer->first == NULL)
        committer->last = &committer->first;
    committer->waiting -= count;
    return count;
}

static void finish(struct committer *committer, struct waiter *const *waiters, const enum status *statuses, size_t count)
{
    char cause[256];
    status_chain_text(cause, sizeof cause);
    lock_take(&committer->lock);
    for (size_t i = 0; i < count; i++) {
        waiters[i]->status = statuses[i];
        if (statuses[i] != STATUS_OK)
            snprintf(waiters[i]->cause, sizeof waiters[i]->cause, "%s", cause);
        waiters[i]->done = true;
        pthread_cond_signal(&waiters[i]->finished);
    }
    lock_release(&committer->lock);
}

static void *commit_loop(void *data)
{
    struct committer *committer = data;
    struct connection *connection = NULL;
    struct waiter *waiters[BATCH_MAX];
    struct delivery *deliveries[BATCH_MAX];
    enum status statuses[BATCH_MAX];
    for (;;) {
        lock_take(&committer->lock);
        while (committer->first == NULL && !committer->stopping)
            lock_wait(&committer->lock, &committer->work, -1);
        size_t count = committer->stopping ? 0 : take_waiters(committer, waiters, committer->batch);
        lock_release(&committer->lock);
        if (count == 0)
            break;
        for (size_t i = 0; i < count; i++)
            deliveries[i] = waiters[i]->delivery;
        status_chain_clear();
        settle(committer->store, &connection, deliveries, statuses, count);
        finish(committer, waiters, statuses, count);
    }
    talloc_free(connection);
    return NULL;
}

enum status committer_submit(struct committer *committer, struct delivery *delivery)
{
    struct waiter waiter = { .delivery = delivery };
    lock_condition_init(&waiter.finished);
    lock_take(&committer->lock);
    enum status refused = committer->stopping ? STATUS_CANCELLED : committer->waiting >= committer->waiting_limit ? STATUS_BUSY : STATUS_OK;
    if (refused == STATUS_OK) {
        *committer->last = &waiter;
        committer->last = &waiter.next;
        committer->waiting++;
        pthread_cond_signal(&committer->work);
        while (!waiter.done)
            lock_wait(&committer->lock, &waiter.finished, -1);
    }
    lock_release(&committer->lock);
    pthread_cond_destroy(&waiter.finished);
    if (refused != STATUS_OK)
        return status_fail(refused, "committer does not take more");
    return waiter.status == STATUS_OK ? STATUS_OK : status_fail(waiter.status, "%s", waiter.cause);
}

static int committer_destroy(struct committer *committer)
{
    committer_stop(committer);
    lock_destroy(&committer->lock);
    pthread_cond_destroy(&committer->work);
    return 0;
}

void committer_stop(struct committer *committer)
{
    lock_take(&committer->lock);
    committer->stopping = true;
    pthread_cond_broadcast(&committer->work);
    for (struct waiter *waiter = committer->first; waiter != NULL; waiter = waiter->next) {
        waiter->status = STATUS_CANCELLED;
        waiter->done = true;
        pthread_cond_signal(&waiter->finished);
    }
    committer->first = NULL;
    committer->last = &committer->first;
    committer->waiting = 0;
    size_t threads = committer->thread_count;
    committer->thread_count = 0;
    lock_release(&committer->lock);
    for (size_t i = 0; i < threads; i++)
        pthread_join(committer->threads[i], NULL);
}

enum status committer_start(TALLOC_CTX *mem, struct store *store, const struct committer_options *options, struct committer **out)
{
    struct committer *committer = talloc_zero(mem, struct committer);
    size_t threads = options != NULL && options->connections > 0 ? options->connections : 2;
    if (committer == NULL)
        return status_fail(STATUS_NO_MEMORY, "committer");
    committer->store = store;
    committer->batch = options != NULL && options->batch > 0 ? options->batch : 50;
    if (committer->batch > BATCH_MAX)
        committer->batch = BATCH_MAX;
    committer->waiting_limit = options != NULL && options->waiting > 0 ? options->waiting : 1000;
    committer->last = &committer->first;
    committer->threads = talloc_zero_array(committer, pthread_t, array_count(threads));
    lock_init(&committer->lock, LOCK_COMMITTER);
    lock_condition_init(&committer->work);
    talloc_set_destructor(committer, committer_destroy);
    while (committer->threads != NULL && committer->thread_count < threads &&
           pthread_create(&committer->threads[committer->thread_count], NULL, commit_loop, committer) == 0)
        committer->thread_count++;
    if (committer->thread_count == threads) {
        *out = committer;
        return STATUS_OK;
    }
    talloc_free(committer);
    return status_fail(STATUS_NO_MEMORY, "committer threads");
}
