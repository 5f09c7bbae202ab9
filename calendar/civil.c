/* Dates of the proleptic Gregorian calendar, counted in days since 1601-01-01 (a Monday). */
#include "bourse/calendar/time_zone.h"

enum { DAYS_PER_400_YEARS = 146097, FIRST_WEEKDAY = 1 /* of 1601-01-01 */ };

/* Years begin in March here, so that the leap day is the last one. 1600-03-01 is day -306. */
static int64_t day_number(struct civil_date date)
{
    int64_t year = date.month > 2 ? date.year : date.year - 1;
    int64_t since = year - 1600, month = (date.month + 9) % 12;
    return since * 365 + since / 4 - since / 100 + since / 400 + (month * 153 + 2) / 5 + date.day - 1 - 306;
}

static int64_t days_of(local_time when)
{
    return when >= 0 ? when / INSTANT_PER_DAY : -((-when + INSTANT_PER_DAY - 1) / INSTANT_PER_DAY);
}

struct civil_date civil_of_local(local_time when)
{
    int64_t day = days_of(when) + 306, era = day / DAYS_PER_400_YEARS, of_era = day % DAYS_PER_400_YEARS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (year * 365 + year / 4 - year / 100), month = (of_year * 5 + 2) / 153;
    struct civil_date date = { .day = (int32_t)(of_year - (month * 153 + 2) / 5 + 1), .month = (int32_t)(month < 10 ? month + 3 : month - 9) };
    date.year = (int32_t)(1600 + era * 400 + year + (date.month <= 2));
    return date;
}

local_time local_of_civil(struct civil_date date)
{
    return day_number(date) * INSTANT_PER_DAY;
}

local_time local_midnight(local_time when)
{
    return days_of(when) * INSTANT_PER_DAY;
}

int local_weekday(local_time when)
{
    return (int)(((days_of(when) + FIRST_WEEKDAY) % 7 + 7) % 7);
}

int days_of_month(int32_t year, int32_t month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

int32_t local_minutes(local_time when)
{
    return (int32_t)(when / INSTANT_PER_MINUTE);
}

local_time local_of_minutes(int32_t minutes)
{
    return (local_time)minutes * INSTANT_PER_MINUTE;
}
