/* Inside of recurrences: what the codec keeps, and the arithmetic of a series. */
#ifndef BOURSE_CALENDAR_RECURRENCE_PRIVATE_H
#define BOURSE_CALENDAR_RECURRENCE_PRIVATE_H

#include "bourse/calendar/recurrence.h"

/* ---- the codec's ---- */
/* An exception as its blob had it. Text that is still the same is given back with the bytes it came with,
 * lone surrogates and all. */
struct exception_blob {
    bool has_subject, has_location; /* ANSI bytes, in a code page that the blob does not name */
    struct slice ansi_subject, ansi_location, wide_subject, wide_location;
    const char *subject, *location; /* as they were read */
    uint32_t reminder_set, attachment;
    struct slice highlight; /* behind the value */
    bool has_highlight;
    struct slice block1, block2;
};

struct recurrence_blob {
    uint16_t writer_version2;
    uint32_t sliding, end_type;
    struct slice block1, block2;
    /* FirstDateTime, and what it belongs to: as long as nothing of it changes, it decides which periods count when StartDate is no occurrence
     * [MS-OXOCAL] 2.2.1.44.1.2. */
    uint32_t first_date_time;
    enum recurrence_frequency frequency;
    enum recurrence_pattern pattern;
    uint32_t interval, first_weekday;
    local_time first_date;
};

enum { RECURRENCE_DATES_MAX = 65535, RECURRENCE_SPAN_MAX = 3660 * 1440 /* minutes an occurrence may last */ };
#define RECURRENCE_NEVER UINT32_C(0x5AE980DF) /* EndDate of a series without end: 4500-12-31 23:59 */

/* FirstDateTime by the formulas of [MS-OXOCAL] 2.2.1.44.1.1. */
uint32_t recurrence_first_date_time(const struct recurrence *recurrence);
/* The blob's when it still belongs to the pattern, else by formula. */
uint32_t recurrence_phase(const struct recurrence *recurrence);
bool recurrence_is_valid(const struct recurrence *recurrence);

/* ---- months of any calendar ---- */
struct month_span {
    int64_t first; /* day number since 1601-01-01 */
    int32_t days;
};
/* The day of the month that the pattern means. */
int64_t pattern_day(const struct recurrence *recurrence, struct month_span month);

/* A calendar of ICU; NULL: the pattern counts Gregorian months. Close it. */
struct lunar;
bool lunar_is_wanted(const struct recurrence *recurrence);
struct lunar *lunar_open(const struct recurrence *recurrence);
void lunar_close(struct lunar *lunar);
/* Month of period `number` counted from that of first_date; false: out of the calendar's range. */
bool lunar_month(const struct lunar *lunar, int64_t number, struct month_span *out);
/* A period number near, and not behind, that of `day`. */
int64_t lunar_estimate(const struct lunar *lunar, int64_t day);
/* Month (1..13) of a day in the recurrence's calendar. */
uint32_t lunar_month_of(const struct recurrence *recurrence, local_time day);

/* ---- the series: occurrence number (from 0, deleted ones counted) <-> day ---- */
enum series_kind { SERIES_DAYS, SERIES_WEEKS, SERIES_MONTHS, SERIES_LUNAR };
struct series {
    const struct recurrence *recurrence;
    enum series_kind kind;
    int64_t base, step;  /* days or months */
    int64_t skipped;     /* matches in period 0 that lie before first_date */
    int32_t week[7], week_count;
    int64_t last_day;    /* nothing lies behind it */
    int64_t count;
    bool is_sorted;      /* deleted and exceptions are */
    struct lunar *lunar;
};
enum { DAY_LAST = 1059202 /* 4500-12-31 */, LUNAR_MONTHS_MAX = 13 * 2900 };

enum status series_open(struct series *series, const struct recurrence *recurrence) MUST_CHECK;
void series_close(struct series *series);
/* Day of an occurrence; false when the series has ended or the number is negative. */
bool series_day(const struct series *series, int64_t number, int64_t *day);
/* Number of the first occurrence on or after `day`, as if the series had no end. */
int64_t series_number(const struct series *series, int64_t day);
/* True and its number when the pattern has an occurrence on `day`. */
bool series_has(const struct series *series, int64_t day, int64_t *number);
bool series_is_deleted(const struct series *series, int64_t day);
const struct recurrence_exception *series_exception(const struct series *series, int64_t day);

static inline int64_t day_of_local(local_time when)
{
    return local_midnight(when) / INSTANT_PER_DAY;
}

#endif
