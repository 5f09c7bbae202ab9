/* Text forms of instants: proleptic Gregorian calendar, 1601 to 9999. */
#include <stdio.h>
#include <string.h>

#include "bourse/base/clock.h"

#define DAYS_IN_400_YEARS 146097
#define LAST_INSTANT INT64_C(2650467743999999999) /* 9999-12-31T23:59:59.9999999Z */

struct date {
    int year, month, day; /* month and day from 1 */
    int hour, minute, second;
    int ticks;   /* within the second */
    int weekday; /* 0: Sunday */
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1601-01-01 to the first day of `year`. */
static int64_t days_before_year(int year)
{
    int64_t past = year - 1601;
    return past * 365 + past / 4 - past / 100 + past / 400;
}

/* Splits an instant; what is out of range becomes the nearest that has a text form. */
static struct date date_of(instant when)
{
    if (when < 0)
        when = 0;
    if (when > LAST_INSTANT)
        when = LAST_INSTANT;
    int64_t days = when / INSTANT_PER_DAY;
    int64_t rest = when % INSTANT_PER_DAY;
    struct date date = { .weekday = (int)((days + 1) % 7) }; /* 1601-01-01 was a Monday */
    date.year = 1601 + (int)(days * 400 / DAYS_IN_400_YEARS);
    while (days_before_year(date.year + 1) <= days)
        date.year++;
    while (days_before_year(date.year) > days)
        date.year--;
    int left = (int)(days - days_before_year(date.year));
    for (date.month = 1; left >= days_in_month(date.year, date.month); date.month++)
        left -= days_in_month(date.year, date.month);
    date.day = left + 1;
    date.ticks = (int)(rest % INSTANT_PER_SECOND);
    int seconds = (int)(rest / INSTANT_PER_SECOND);
    date.hour = seconds / 3600;
    date.minute = seconds / 60 % 60;
    date.second = seconds % 60;
    return date;
}

static instant instant_of(const struct date *date)
{
    int64_t days = days_before_year(date->year) + date->day - 1;
    for (int month = 1; month < date->month; month++)
        days += days_in_month(date->year, month);
    int64_t seconds = days * 86400 + date->hour * 3600 + date->minute * 60 + date->second;
    return seconds * INSTANT_PER_SECOND + date->ticks;
}

const char *instant_format(instant when, char out[INSTANT_TEXT_SIZE])
{
    struct date date = date_of(when);
    snprintf(out, INSTANT_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", date.year, date.month, date.day, date.hour,
             date.minute, date.second);
    return out;
}

const char *instant_format_precise(instant when, char out[INSTANT_TEXT_SIZE])
{
    struct date date = date_of(when);
    int milliseconds = date.ticks / 10000;
    if (milliseconds == 0)
        return instant_format(when, out);
    snprintf(out, INSTANT_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", date.year, date.month, date.day,
             date.hour, date.minute, date.second, milliseconds);
    return out;
}

const char *instant_format_mail(instant when, char out[INSTANT_MAIL_SIZE])
{
    static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct date date = date_of(when);
    snprintf(out, INSTANT_MAIL_SIZE, "%s, %02d %s %04d %02d:%02d:%02d +0000", weekdays[date.weekday], date.day,
             months[date.month - 1], date.year, date.hour, date.minute, date.second);
    return out;
}

/* Reads exactly `digits` digits and then the character `then` (0: nothing more). */
static bool read_number(const char **at, int digits, char then, int *out)
{
    int value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    *out = value;
    if (then == '\0')
        return true;
    return *(*at)++ == then;
}

/* ".5" and so on: what is finer than a tick is dropped. */
static bool read_fraction(const char **at, int *ticks)
{
    *ticks = 0;
    if (**at != '.')
        return true;
    (*at)++;
    int weight = (int)INSTANT_PER_SECOND / 10;
    const char *first = *at;
    for (; **at >= '0' && **at <= '9'; (*at)++, weight /= 10)
        *ticks += (**at - '0') * weight;
    return *at > first;
}

/* "Z", "+hh:mm", "-hh:mm" or nothing. */
static bool read_offset(const char **at, int *minutes)
{
    *minutes = 0;
    if (**at == 'Z') {
        (*at)++;
        return true;
    }
    if (**at != '+' && **at != '-')
        return true;
    int sign = *(*at)++ == '-' ? -1 : 1;
    int hour, minute;
    if (!read_number(at, 2, ':', &hour) || !read_number(at, 2, '\0', &minute))
        return false;
    *minutes = sign * (hour * 60 + minute);
    return minute < 60 && hour * 60 + minute <= 14 * 60;
}

static bool is_date(const struct date *date)
{
    bool is_day = date->year >= 1601 && date->month >= 1 && date->month <= 12 && date->day >= 1 &&
                  date->day <= days_in_month(date->year, date->month);
    bool is_end_of_day = date->hour == 24 && date->minute == 0 && date->second == 0 && date->ticks == 0;
    return is_day && (is_end_of_day || (date->hour < 24 && date->minute < 60 && date->second < 60));
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n"); /* xs:dateTime collapses white space */
}

bool instant_parse(const char *text, instant *out)
{
    if (text == NULL)
        return false;
    const char *at = skip_blanks(text);
    struct date date = { 0 };
    int offset;
    if (!read_number(&at, 4, '-', &date.year) || !read_number(&at, 2, '-', &date.month) ||
        !read_number(&at, 2, 'T', &date.day) || !read_number(&at, 2, ':', &date.hour) ||
        !read_number(&at, 2, ':', &date.minute) || !read_number(&at, 2, '\0', &date.second) ||
        !read_fraction(&at, &date.ticks) || !read_offset(&at, &offset) || *skip_blanks(at) != '\0')
        return false;
    if (!is_date(&date))
        return false;
    instant when = instant_of(&date) - offset * INSTANT_PER_MINUTE;
    if (when < 0 || when > LAST_INSTANT)
        return false;
    *out = when;
    return true;
}
