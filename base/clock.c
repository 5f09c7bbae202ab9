#include "bourse/base/clock.h"

#include <stdatomic.h>
#include <time.h>

#include "clock_wait.h"

#define TICKS_PER_MICROSECOND 10
#define FROZEN_LOOK_US 5000

/* The test clock. Separate atomics: a test turns the clock between steps, not within a reader's call. */
static atomic_bool is_frozen;
static _Atomic int64_t frozen_now;
static _Atomic int64_t frozen_monotonic_us;

static int64_t system_monotonic_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

instant clock_now(void)
{
    if (atomic_load(&is_frozen))
        return atomic_load(&frozen_now);
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return instant_from_unix(time.tv_sec) + time.tv_nsec / 100;
}

int64_t clock_monotonic_us(void)
{
    return atomic_load(&is_frozen) ? atomic_load(&frozen_monotonic_us) : system_monotonic_us();
}

void clock_test_freeze(instant now)
{
    if (!atomic_load(&is_frozen))
        atomic_store(&frozen_monotonic_us, system_monotonic_us());
    atomic_store(&frozen_now, now);
    atomic_store(&is_frozen, true);
}

void clock_test_advance(int64_t ticks)
{
    atomic_fetch_add(&frozen_now, ticks);
    atomic_fetch_add(&frozen_monotonic_us, ticks / TICKS_PER_MICROSECOND);
}

void clock_test_release(void)
{
    atomic_store(&is_frozen, false);
}

struct timespec clock_wait_until(int64_t deadline_us)
{
    int64_t left = deadline_us - clock_monotonic_us();
    if (left < 0)
        left = 0;
    if (atomic_load(&is_frozen) && left > FROZEN_LOOK_US)
        left = FROZEN_LOOK_US;
    int64_t until = system_monotonic_us() + left;
    return (struct timespec){ .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };
}

instant instant_from_unix(int64_t seconds)
{
    return INSTANT_UNIX_EPOCH + seconds * INSTANT_PER_SECOND;
}

int64_t instant_to_unix(instant when)
{
    int64_t ticks = when - INSTANT_UNIX_EPOCH;
    int64_t seconds = ticks / INSTANT_PER_SECOND;
    return seconds - (ticks % INSTANT_PER_SECOND < 0);
}
