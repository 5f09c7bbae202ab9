/* Private to base: waiting until a time of our clock on a system primitive. */
#ifndef BOURSE_BASE_CLOCK_WAIT_H
#define BOURSE_BASE_CLOCK_WAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* The CLOCK_MONOTONIC time at which to look again whether `deadline_us` (of clock_monotonic_us) has come. While a test holds the clock
 * still this is at most 5 ms ahead, so that a waiter notices clock_test_advance. */
struct timespec clock_wait_until(int64_t deadline_us);

#endif
