#include "bourse/base/workers.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bourse/base/clock.h"
#include "bourse/base/locks.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"

struct job {
    void (*function)(void *data);
    void *data;
};

struct workers {
    struct lock lock; /* guards all below */
    pthread_cond_t work;  /* a job came or the pool closes */
    pthread_cond_t ended; /* no job is queued or running */
    struct job *ring;     /* made at start: submitting never allocates */
    size_t ring_size;
    size_t first;   /* oldest job in ring */
    size_t queued;  /* jobs in ring */
    size_t running; /* jobs that a thread works on */
    size_t queue_limit;
    bool is_closed; /* no new jobs; threads end when the ring is empty */
    pthread_t *threads;
    size_t thread_count;
    size_t joined; /* threads that workers_stop has waited for */
    char name[16];
};

/* The pool whose thread this is. */
static _Thread_local struct workers *own_pool;

static void run_job(struct workers *workers, struct job job)
{
    metric_add(METRIC_WORKERS_QUEUED, -1);
    metric_add(METRIC_WORKERS_BUSY, 1);
    status_chain_clear();
    log_set_request(NULL);
    job.function(job.data);
    log_set_request(NULL);
    metric_add(METRIC_WORKERS_BUSY, -1);
    lock_take(&workers->lock);
    workers->running--;
    if (workers->running == 0 && workers->queued == 0)
        pthread_cond_broadcast(&workers->ended);
    lock_release(&workers->lock);
}

/* Waits for a job. False when the pool is closed and empty. */
static bool next_job(struct workers *workers, struct job *job)
{
    lock_take(&workers->lock);
    while (workers->queued == 0 && !workers->is_closed)
        lock_wait(&workers->lock, &workers->work, -1);
    bool is_found = workers->queued > 0;
    if (is_found) {
        *job = workers->ring[workers->first];
        workers->first = (workers->first + 1) % workers->ring_size;
        workers->queued--;
        workers->running++;
    }
    lock_release(&workers->lock);
    return is_found;
}

static void *work(void *data)
{
    struct workers *workers = data;
    own_pool = workers;
    struct job job;
    while (next_job(workers, &job))
        run_job(workers, job);
    return NULL;
}

static int free_workers(struct workers *workers)
{
    workers_stop(workers);
    pthread_cond_destroy(&workers->work);
    pthread_cond_destroy(&workers->ended);
    lock_destroy(&workers->lock);
    return 0;
}

static bool start_thread(struct workers *workers)
{
    /* Signals are for the thread that runs the loop. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&workers->threads[workers->thread_count], NULL, work, workers);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0)
        return false;
    pthread_setname_np(workers->threads[workers->thread_count], workers->name);
    workers->thread_count++;
    return true;
}

enum status workers_start(TALLOC_CTX *mem, const char *name, size_t threads, size_t queue_limit, struct workers **out)
{
    *out = NULL;
    if (threads == 0 || threads > 100000 || queue_limit > 100000000)
        return status_fail(STATUS_INVALID_ARGUMENT, "%zu threads, queue of %zu", threads, queue_limit);
    struct workers *workers = talloc_zero(mem, struct workers);
    if (workers == NULL)
        return STATUS_NO_MEMORY;
    workers->queue_limit = queue_limit;
    workers->ring_size = queue_limit + threads;
    workers->ring = talloc_size(workers, workers->ring_size * sizeof(struct job));
    workers->threads = talloc_size(workers, threads * sizeof(pthread_t));
    if (workers->ring == NULL || workers->threads == NULL) {
        talloc_free(workers);
        return STATUS_NO_MEMORY;
    }
    snprintf(workers->name, sizeof workers->name, "%s", name);
    lock_init(&workers->lock, LOCK_WORKERS);
    lock_condition_init(&workers->work);
    lock_condition_init(&workers->ended);
    talloc_set_destructor(workers, free_workers);
    for (size_t i = 0; i < threads; i++) {
        if (!start_thread(workers)) {
            talloc_free(workers);
            return status_fail(STATUS_NO_MEMORY, "thread %zu of %zu cannot start", i + 1, threads);
        }
    }
    *out = workers;
    return STATUS_OK;
}

enum status workers_submit(struct workers *workers, void (*function)(void *data), void *data)
{
    enum status status = STATUS_OK;
    lock_take(&workers->lock);
    /* A job that an idle thread is about to take does not wait. */
    size_t idle = workers->thread_count - workers->running;
    if (workers->is_closed) {
        status = STATUS_CANCELLED;
    } else if (workers->queued >= workers->queue_limit + idle) {
        status = STATUS_BUSY;
    } else {
        size_t last = (workers->first + workers->queued) % workers->ring_size;
        workers->ring[last] = (struct job){ .function = function, .data = data };
        workers->queued++;
        metric_add(METRIC_WORKERS_QUEUED, 1);
        pthread_cond_signal(&workers->work);
    }
    lock_release(&workers->lock);
    if (status != STATUS_OK)
        return status_fail(status, "workers \"%s\": %s", workers->name,
                           status == STATUS_BUSY ? "queue is full" : "stopped");
    return STATUS_OK;
}

bool workers_drain(struct workers *workers, int64_t seconds)
{
    int64_t deadline = clock_monotonic_us() + seconds * 1000000;
    lock_take(&workers->lock);
    workers->is_closed = true;
    pthread_cond_broadcast(&workers->work);
    while ((workers->queued > 0 || workers->running > 0) && lock_wait(&workers->lock, &workers->ended, deadline))
        ;
    bool all_ended = workers->queued == 0 && workers->running == 0;
    lock_release(&workers->lock);
    return all_ended;
}

void workers_stop(struct workers *workers)
{
    if (own_pool == workers) {
        fprintf(stderr, "bourse: worker pool \"%s\" stopped by its own job\n", workers->name);
        abort();
    }
    lock_take(&workers->lock);
    workers->is_closed = true;
    pthread_cond_broadcast(&workers->work);
    size_t joinable = workers->thread_count - workers->joined;
    workers->joined += joinable;
    lock_release(&workers->lock);
    for (size_t i = 0; i < joinable; i++)
        pthread_join(workers->threads[i], NULL);
}

size_t workers_queued(struct workers *workers)
{
    lock_take(&workers->lock);
    size_t queued = workers->queued;
    lock_release(&workers->lock);
    return queued;
}
