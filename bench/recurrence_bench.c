/* The recurrence expander alone: occurrences a second, windows near and 2,000 years away, and 20 calendars of 40 series over a month. One core. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bourse/calendar/recurrence.h"

enum { CALENDARS = 20, SERIES = 40, ROUNDS = 200 };

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct recurrence series_number(unsigned i)
{
    struct recurrence r = { .first_date = local_of_civil((struct civil_date){ 1995 + (int)(i % 25), 1 + (int)(i % 12), 1 + (int)(i % 28) }), .interval = 1 + i % 3,
                            .start_minute = 480 + 30 * (i % 16), .end_minute = 510 + 30 * (i % 16), .first_weekday = 1 };
    switch (i % 4) {
    case 0:
        r.frequency = RECUR_DAILY;
        r.pattern = RECUR_BY_DAY;
        break;
    case 1:
        r.frequency = RECUR_WEEKLY;
        r.pattern = RECUR_BY_WEEK;
        r.weekdays = WEEKDAY_MONDAY | WEEKDAY_THURSDAY;
        break;
    case 2:
        r.frequency = RECUR_MONTHLY;
        r.pattern = RECUR_BY_NTH;
        r.weekdays = WEEKDAYS_WORKING;
        r.nth = 5;
        break;
    default:
        r.frequency = RECUR_YEARLY;
        r.pattern = RECUR_BY_MONTH_DAY;
        r.day_of_month = 29;
        r.month = 2;
        break;
    }
    return r;
}

/* Occurrences found in `rounds` expansions of one window by series first..first+count-1. */
static size_t expand(unsigned first, unsigned count, int rounds, int year, int days)
{
    const struct time_zone *zone = time_zone_by_id("W. Europe Standard Time");
    instant from = local_of_civil((struct civil_date){ year, 3, 1 });
    struct occurrence_query query = { .from = from, .to = from + days * INSTANT_PER_DAY };
    size_t all = 0;
    for (int round = 0; round < rounds; round++)
        for (unsigned i = first; i < first + count; i++) {
            TALLOC_CTX *mem = talloc_new(NULL);
            struct recurrence r = series_number(i);
            struct occurrence *found;
            size_t number;
            bool more;
            if (recurrence_expand(mem, &r, zone, &query, &found, &number, &more) != STATUS_OK)
                exit(1);
            all += number;
            talloc_free(mem);
        }
    return all;
}

int main(void)
{
    (void)expand(0, 4, 1, 2026, 30);
    double begin = cpu_seconds();
    size_t count = expand(0, 1, 2000, 2026, 1000);
    double took = cpu_seconds() - begin;
    printf("daily series, 1,000 days:        %.1f million occurrences/s\n", (double)count / took / 1e6);
    for (unsigned kind = 0; kind < 4; kind++) {
        static const char *const names[] = { "daily", "weekly", "monthly nth", "yearly" };
        double near_begin = cpu_seconds();
        (void)expand(kind, 1, 20000, 2026, 31);
        double far_begin = cpu_seconds();
        (void)expand(kind, 1, 20000, 4000, 31);
        double end = cpu_seconds();
        printf("%-12s a month in 2026:  %.2f us, in 4000: %.2f us\n", names[kind], (far_begin - near_begin) * 1e6 / 20000, (end - far_begin) * 1e6 / 20000);
    }
    begin = cpu_seconds();
    count = expand(0, CALENDARS * SERIES, ROUNDS, 2026, 31);
    took = cpu_seconds() - begin;
    printf("%d calendars of %d series, a month: %.3f ms, %zu occurrences\n", CALENDARS, SERIES, took * 1e3 / ROUNDS, count / ROUNDS);
    return 0;
}
