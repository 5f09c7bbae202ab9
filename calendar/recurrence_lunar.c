/* Months of calendars that are not Gregorian, by ICU. */
#include <unicode/ucal.h>

#include "recurrence_private.h"

static const struct calendar_type {
    uint16_t number;
    const char *locale;
    int32_t month_days, year_months; /* thousandths */
} calendar_types[] = {
#define CALENDAR_TYPE(number, name, days, months) { number, "en@calendar=" name, days, months },
#include "calendar_types.def"
#undef CALENDAR_TYPE
};

enum { CAL_HIJRI = 6, UNIX_DAY = 134774 /* of 1970-01-01 */, DAY_MILLISECONDS = 86400000, LENGTH_MIN = 29, LENGTH_MAX = 31 };

struct lunar {
    UCalendar *calendar;
    const struct calendar_type *type;
    int64_t first;      /* day of first_date */
    int64_t interval;   /* months or years */
    bool is_yearly;
    bool needs_length;  /* whether the month's last days matter */
    int32_t year, month; /* of period 0; month as ICU counts */
    UDate month_start;  /* of first_date's month */
};

static const struct calendar_type *type_of(const struct recurrence *recurrence)
{
    bool is_hijri = recurrence->pattern == RECUR_HIJRI_MONTH_DAY || recurrence->pattern == RECUR_HIJRI_NTH || recurrence->pattern == RECUR_HIJRI_MONTH_END;
    uint16_t number = recurrence->calendar_type;
    for (int pass = 0; pass < 2; pass++, number = CAL_HIJRI) {
        for (size_t i = 0; i < sizeof calendar_types / sizeof calendar_types[0]; i++)
            if (calendar_types[i].number == number)
                return &calendar_types[i];
        if (!is_hijri)
            break;
    }
    return NULL;
}

bool lunar_is_wanted(const struct recurrence *recurrence)
{
    return recurrence->pattern != RECUR_BY_DAY && recurrence->pattern != RECUR_BY_WEEK && type_of(recurrence) != NULL;
}

static UDate date_of_day(int64_t day)
{
    return (UDate)((day - UNIX_DAY) * DAY_MILLISECONDS);
}

static int64_t day_of_date(UDate date)
{
    int64_t milliseconds = (int64_t)date;
    return (milliseconds - (milliseconds % DAY_MILLISECONDS + DAY_MILLISECONDS) % DAY_MILLISECONDS) / DAY_MILLISECONDS + UNIX_DAY;
}

struct lunar *lunar_open(const struct recurrence *recurrence)
{
    static const UChar zone[] = { 'U', 'T', 'C', 0 };
    UErrorCode error = U_ZERO_ERROR;
    struct lunar *lunar = talloc_zero(NULL, struct lunar);
    if (lunar == NULL)
        return NULL;
    lunar->type = type_of(recurrence);
    lunar->calendar = ucal_open(zone, 3, lunar->type->locale, UCAL_DEFAULT, &error);
    lunar->first = day_of_local(recurrence->first_date);
    lunar->interval = recurrence->interval;
    lunar->is_yearly = recurrence->frequency == RECUR_YEARLY;
    bool by_day = recurrence->pattern == RECUR_BY_MONTH_DAY || recurrence->pattern == RECUR_HIJRI_MONTH_DAY;
    bool by_nth = recurrence->pattern == RECUR_BY_NTH || recurrence->pattern == RECUR_HIJRI_NTH;
    lunar->needs_length = !(by_day && recurrence->day_of_month <= LENGTH_MIN) && !(by_nth && recurrence->nth <= 4);
    ucal_setMillis(lunar->calendar, date_of_day(lunar->first), &error);
    lunar->year = ucal_get(lunar->calendar, UCAL_EXTENDED_YEAR, &error);
    lunar->month = ucal_get(lunar->calendar, UCAL_MONTH, &error);
    int32_t day = ucal_get(lunar->calendar, UCAL_DATE, &error);
    lunar->month_start = date_of_day(lunar->first - day + 1);
    if (lunar->is_yearly && recurrence->month != 0)
        lunar->month = (int32_t)recurrence->month - 1;
    if (U_SUCCESS(error))
        return lunar;
    lunar_close(lunar);
    return NULL;
}

void lunar_close(struct lunar *lunar)
{
    ucal_close(lunar->calendar);
    talloc_free(lunar);
}

/* ICU's own question for it steps through the month and costs many times as much. */
static int32_t month_length(UCalendar *calendar, int64_t first, UErrorCode *error)
{
    int32_t days = LENGTH_MIN;
    for (bool same = true; same && days < LENGTH_MAX; days += same) {
        ucal_setMillis(calendar, date_of_day(first + days), error);
        same = ucal_get(calendar, UCAL_DATE, error) == days + 1;
    }
    return days;
}

bool lunar_month(const struct lunar *lunar, int64_t number, struct month_span *out)
{
    UErrorCode error = U_ZERO_ERROR;
    UCalendar *calendar = lunar->calendar;
    int64_t distance = number * lunar->interval;
    if (distance > LUNAR_MONTHS_MAX)
        return false;
    if (lunar->is_yearly) {
        ucal_clear(calendar);
        ucal_set(calendar, UCAL_EXTENDED_YEAR, lunar->year + (int32_t)distance);
        ucal_set(calendar, UCAL_MONTH, lunar->month);
        ucal_set(calendar, UCAL_DATE, 1);
    } else {
        ucal_setMillis(calendar, lunar->month_start, &error);
        ucal_add(calendar, UCAL_MONTH, (int32_t)distance, &error);
    }
    out->first = day_of_date(ucal_getMillis(calendar, &error));
    out->days = lunar->needs_length ? month_length(calendar, out->first, &error) : LENGTH_MIN;
    return U_SUCCESS(error) != 0;
}

int64_t lunar_estimate(const struct lunar *lunar, int64_t day)
{
    int64_t period = lunar->interval * lunar->type->month_days; /* thousandths of days */
    if (lunar->is_yearly)
        period = period * lunar->type->year_months / 1000;
    int64_t periods = (day - lunar->first) * 1000 / period;
    int64_t slack = lunar->is_yearly ? 2 : 2 + periods / 20000;
    return periods > slack ? periods - slack : 0;
}

uint32_t lunar_month_of(const struct recurrence *recurrence, local_time when)
{
    struct recurrence day = *recurrence;
    day.first_date = local_midnight(when);
    day.month = 0;
    struct lunar *lunar = lunar_open(&day);
    uint32_t month = lunar != NULL ? (uint32_t)lunar->month + 1 : 1;
    if (lunar != NULL)
        lunar_close(lunar);
    return month;
}
