/* Time. The product has one unit for points in time: an instant is a FILETIME, 100 ns ticks since 1601-01-01 UTC
 * [MS-DTYP] 2.3.3, as MAPI properties hold it. Nothing else may ask the system for the time; tests turn the clock. */
#ifndef BOURSE_BASE_CLOCK_H
#define BOURSE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t instant;

#define INSTANT_PER_SECOND INT64_C(10000000)
#define INSTANT_PER_MINUTE (60 * INSTANT_PER_SECOND)
#define INSTANT_PER_HOUR (3600 * INSTANT_PER_SECOND)
#define INSTANT_PER_DAY (24 * INSTANT_PER_HOUR)
#define INSTANT_UNIX_EPOCH INT64_C(116444736000000000)

/* UTC now (of the real or the test clock). Thread-safe. */
instant clock_now(void);
/* Microseconds that never go back, for deadlines and durations; also turned by the test clock. */
int64_t clock_monotonic_us(void);

/* Tests: from now on time stands still at `now` and moves only by clock_test_advance / until clock_test_release. */
void clock_test_freeze(instant now);
void clock_test_advance(int64_t ticks);
void clock_test_release(void);

instant instant_from_unix(int64_t seconds);
/* Rounds down. */
int64_t instant_to_unix(instant when);

#define INSTANT_TEXT_SIZE 32
/* xs:dateTime in UTC, whole seconds: "2026-11-21T22:51:00Z". Returns `out`. */
const char *instant_format(instant when, char out[INSTANT_TEXT_SIZE]);
/* The same with milliseconds when they are not zero. */
const char *instant_format_precise(instant when, char out[INSTANT_TEXT_SIZE]);
/* xs:dateTime with Z, an offset or none (then UTC), optional fraction. False when it is not one or a year out of 1601..9999. */
bool instant_parse(const char *text, instant *out);
/* Mail date [RFC 5322] 3.3: "Sat, 21 Nov 2026 22:51:00 +0000". */
#define INSTANT_MAIL_SIZE 48
const char *instant_format_mail(instant when, char out[INSTANT_MAIL_SIZE]);

#endif
