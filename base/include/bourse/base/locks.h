/* Named mutexes with a fixed order (locks.def, outermost first). In debug builds taking them out of order aborts. No lock of ours is
 * held during SQL, LDAP or network waits. */
#ifndef BOURSE_BASE_LOCKS_H
#define BOURSE_BASE_LOCKS_H

#include <pthread.h>
#include <stdint.h>

enum lock_rank {
#define LOCK(name, text) LOCK_##name,
#include "bourse/base/locks.def"
#undef LOCK
    LOCK_COUNT
};

struct lock {
    pthread_mutex_t mutex;
    enum lock_rank rank;
};

void lock_init(struct lock *lock, enum lock_rank rank);
void lock_destroy(struct lock *lock);
void lock_take(struct lock *lock);
void lock_release(struct lock *lock);
/* Waits on `condition` with the lock taken; true if signalled before the monotonic deadline (clock_monotonic_us; < 0: none). The condition
 * must have been made with lock_condition_init. */
void lock_condition_init(pthread_cond_t *condition);
int lock_wait(struct lock *lock, pthread_cond_t *condition, int64_t deadline_us);

#endif
