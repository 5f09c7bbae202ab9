#include "bourse/base/locks.h"

#include <stdio.h>
#include <stdlib.h>

#include "bourse/base/clock.h"
#include "clock_wait.h"

#ifndef NDEBUG
static const char *const lock_names[] = {
#define LOCK(name, text) #name,
#include "bourse/base/locks.def"
#undef LOCK
};

/* Which ranks this thread holds: bit i for rank i. */
static _Thread_local uint64_t held;
_Static_assert(LOCK_COUNT <= 64, "held has one bit a rank");

static void order_check_take(enum lock_rank rank)
{
    uint64_t same_or_later = held >> rank;
    if (same_or_later != 0) {
        unsigned other = (unsigned)rank + (unsigned)__builtin_ctzll(same_or_later);
        fprintf(stderr, "bourse: lock order broken: %s taken while %s is held\n", lock_names[rank], lock_names[other]);
        abort();
    }
    held |= UINT64_C(1) << rank;
}

static void order_check_release(enum lock_rank rank)
{
    if ((held >> rank & 1) == 0) {
        fprintf(stderr, "bourse: lock %s released but not held\n", lock_names[rank]);
        abort();
    }
    held &= ~(UINT64_C(1) << rank);
}
#else
static void order_check_take(enum lock_rank rank)
{
    (void)rank;
}

static void order_check_release(enum lock_rank rank)
{
    (void)rank;
}
#endif

/* A pthread call on our own mutex fails only when the program is wrong. */
static void must_succeed(int result, const char *what)
{
    if (result != 0) {
        fprintf(stderr, "bourse: %s failed: %d\n", what, result);
        abort();
    }
}

void lock_init(struct lock *lock, enum lock_rank rank)
{
    must_succeed(pthread_mutex_init(&lock->mutex, NULL), "pthread_mutex_init");
    lock->rank = rank;
}

void lock_destroy(struct lock *lock)
{
    must_succeed(pthread_mutex_destroy(&lock->mutex), "pthread_mutex_destroy");
}

void lock_take(struct lock *lock)
{
    order_check_take(lock->rank);
    must_succeed(pthread_mutex_lock(&lock->mutex), "pthread_mutex_lock");
}

void lock_release(struct lock *lock)
{
    order_check_release(lock->rank);
    must_succeed(pthread_mutex_unlock(&lock->mutex), "pthread_mutex_unlock");
}

void lock_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    must_succeed(pthread_condattr_init(&attributes), "pthread_condattr_init");
    must_succeed(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC), "pthread_condattr_setclock");
    must_succeed(pthread_cond_init(condition, &attributes), "pthread_cond_init");
    pthread_condattr_destroy(&attributes);
}

int lock_wait(struct lock *lock, pthread_cond_t *condition, int64_t deadline_us)
{
    if (deadline_us < 0) {
        must_succeed(pthread_cond_wait(condition, &lock->mutex), "pthread_cond_wait");
        return 1;
    }
    while (clock_monotonic_us() < deadline_us) {
        struct timespec until = clock_wait_until(deadline_us);
        if (pthread_cond_timedwait(condition, &lock->mutex, &until) == 0)
            return 1;
    }
    return 0;
}
