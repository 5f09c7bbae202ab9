#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "array_count.h"
#include "bourse/base/locks.h"
#include "bourse/base/metrics.h"
#include "bourse/storage/delivery.h"
#include "delivery_round.h"

#define BATCH_MAX 200
#define ATTEMPTS 3
#define SLOTS 1024 /* mailboxes by id modulo this: two that share one only wait for each other */

/* A delivery that waits; lives on the stack of committer_submit. */
struct waiter {
    struct delivery *delivery;
    struct waiter *next;
    enum status status;
    char cause[256]; /* the chain belongs to the thread that committed */
    sem_t finished; /* not a condition: all that a round wakes would queue for the lock again */
};

struct committer {
    struct lock lock;
    pthread_cond_t work;
    struct store *store;
    struct waiter *first, **last;
    size_t waiting, waiting_limit, batch;
    bool busy[SLOTS]; /* a round under way holds the lock of such a mailbox, or waits for it */
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
    TRY(store_connect(NULL, store, false, connection));
    return connection_call(*connection, NULL, NULL, STATEMENT_delivery_session, NULL);
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

static enum status commit_on_pool(struct store *store, struct delivery *const *deliveries, size_t count)
{
    struct connection *connection = NULL;
    TRY(store_acquire(store, &connection));
    enum status status = round_commit(store, connection, deliveries, count);
    store_release(store, connection);
    return status;
}

enum status delivery_commit(struct store *store, struct delivery *const *deliveries, size_t count)
{
    struct connection *connection = NULL;
    enum status status = commit_on_pool(store, deliveries, count);
    if (status != STATUS_COMMIT_UNKNOWN)
        return status;
    TRY(store_acquire(store, &connection) == STATUS_OK ? STATUS_OK : STATUS_COMMIT_UNKNOWN);
    status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = round_find_out(connection, deliveries[i]);
    store_release(store, connection);
    return status;
}

/* A delivery with side effects: they run in this thread, whose log and trace they belong to, and would hold up the others of a round. */
static enum status commit_alone(struct store *store, struct delivery *delivery)
{
    enum status status = STATUS_RETRY;
    for (int attempt = 0; attempt < ATTEMPTS && may_repeat(status); attempt++) {
        status_chain_clear();
        status = delivery_commit(store, &delivery, 1);
    }
    if (status == STATUS_OK)
        count_results(delivery);
    return status == STATUS_EXISTS ? STATUS_RETRY : status;
}

/* ---- threads ---- */

static bool any_marked(const bool *slots, const struct delivery *delivery)
{
    for (size_t i = 0; i < delivery->recipient_count; i++)
        if (slots[(uint64_t)delivery->recipients[i].mailbox % SLOTS])
            return true;
    return false;
}

static void mark(bool *slots, const struct delivery *delivery, bool value)
{
    for (size_t i = 0; i < delivery->recipient_count; i++)
        slots[(uint64_t)delivery->recipients[i].mailbox % SLOTS] = value;
}

/* The next round: all that touches no mailbox of a round under way, for it would only wait for that one's lock, while what arrives
 * meanwhile can join it here. What is passed over keeps its turn: nothing behind it takes its mailboxes. */
static size_t take_waiters(struct committer *committer, struct waiter **out)
{
    bool held[SLOTS];
    size_t count = 0;
    memcpy(held, committer->busy, sizeof held);
    for (struct waiter **at = &committer->first; *at != NULL && count < committer->batch;) {
        struct waiter *waiter = *at;
        if (any_marked(held, waiter->delivery)) {
            mark(held, waiter->delivery, true);
            at = &waiter->next;
            continue;
        }
        out[count++] = waiter;
        *at = waiter->next;
        if (*at == NULL)
            committer->last = at;
    }
    for (size_t i = 0; i < count; i++)
        mark(committer->busy, out[i]->delivery, true);
    committer->waiting -= count;
    return count;
}

/* Waits for work; 0: stopping. */
static size_t next_round(struct committer *committer, struct waiter **out)
{
    size_t count = 0;
    lock_take(&committer->lock);
    while (!committer->stopping && (count = take_waiters(committer, out)) == 0)
        lock_wait(&committer->lock, &committer->work, -1);
    lock_release(&committer->lock);
    return count;
}

static void finish(struct committer *committer, struct waiter *const *waiters, const enum status *statuses, size_t count)
{
    char cause[256];
    status_chain_text(cause, sizeof cause);
    lock_take(&committer->lock);
    for (size_t i = 0; i < count; i++)
        mark(committer->busy, waiters[i]->delivery, false);
    if (committer->first != NULL)
        pthread_cond_signal(&committer->work); /* it may have waited for these mailboxes */
    lock_release(&committer->lock);
    for (size_t i = 0; i < count; i++) {
        waiters[i]->status = statuses[i];
        if (statuses[i] != STATUS_OK)
            snprintf(waiters[i]->cause, sizeof waiters[i]->cause, "%s", cause);
        sem_post(&waiters[i]->finished); /* the waiter is gone from here on */
    }
}

static void *commit_loop(void *data)
{
    struct committer *committer = data;
    struct connection *connection = NULL;
    struct waiter *waiters[BATCH_MAX];
    struct delivery *deliveries[BATCH_MAX];
    enum status statuses[BATCH_MAX];
    for (;;) {
        size_t count = next_round(committer, waiters);
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

static enum status submit_alone(struct committer *committer, struct delivery *delivery)
{
    lock_take(&committer->lock);
    bool stopping = committer->stopping;
    lock_release(&committer->lock);
    if (stopping)
        return status_fail(STATUS_CANCELLED, "committer does not take more");
    return commit_alone(committer->store, delivery);
}

enum status committer_submit(struct committer *committer, struct delivery *delivery)
{
    struct waiter waiter = { .delivery = delivery };
    if (delivery->also != NULL)
        return submit_alone(committer, delivery);
    sem_init(&waiter.finished, 0, 0);
    lock_take(&committer->lock);
    enum status refused = committer->stopping ? STATUS_CANCELLED : committer->waiting >= committer->waiting_limit ? STATUS_BUSY : STATUS_OK;
    if (refused == STATUS_OK) {
        *committer->last = &waiter;
        committer->last = &waiter.next;
        committer->waiting++;
        if (!any_marked(committer->busy, delivery)) /* else the end of that round is the signal */
            pthread_cond_signal(&committer->work);
    }
    lock_release(&committer->lock);
    while (refused == STATUS_OK && sem_wait(&waiter.finished) != 0)
        continue; /* a signal handler ran */
    sem_destroy(&waiter.finished);
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
    for (struct waiter *waiter = committer->first, *next; waiter != NULL; waiter = next) {
        next = waiter->next;
        waiter->status = STATUS_CANCELLED;
        sem_post(&waiter->finished);
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
