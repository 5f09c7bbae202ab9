/* RRULE -> pattern [MS-OXCICAL] 2.1.3.2.2. libical reads the text; its iterator is never used. */
#include "ical_value.h"

#include <stdlib.h>

#include <libical/ical.h>

#include "bourse/base/memory.h"

static enum status inexpressible(const char *why)
{
    return status_fail(STATUS_NOT_SUPPORTED, "rule has no MAPI form: %s", why);
}

static size_t filled(const short *list, size_t room)
{
    size_t count = 0;
    while (count < room && list[count] != ICAL_RECURRENCE_ARRAY_MAX)
        count++;
    return count;
}
#define FILLED(list) filled((list), ARRAY_LENGTH(list))

/* BYHOUR=9 of a series that starts at nine says nothing. */
static bool harmless(const short *list, size_t room, int64_t value)
{
    size_t count = filled(list, room);
    return count == 0 || (count == 1 && list[0] == value);
}

static bool has_plain_parts_only(const struct icalrecurrencetype *rule, local_time start)
{
    int64_t second = (start - local_midnight(start)) / INSTANT_PER_SECOND;
    return rule->rscale == NULL && FILLED(rule->by_year_day) == 0 && FILLED(rule->by_week_no) == 0 && FILLED(rule->by_set_pos) <= 1 &&
           harmless(rule->by_hour, ARRAY_LENGTH(rule->by_hour), second / 3600) &&
           harmless(rule->by_minute, ARRAY_LENGTH(rule->by_minute), second / 60 % 60) && harmless(rule->by_second, ARRAY_LENGTH(rule->by_second), second % 60);
}

/* BYDAY as a mask; *position is the common number before the days, INT32_MAX when they differ. */
static uint32_t weekday_mask(const struct icalrecurrencetype *rule, int32_t *position)
{
    uint32_t mask = 0;
    size_t count = FILLED(rule->by_day);
    *position = 0;
    for (size_t i = 0; i < count; i++) {
        int day = (int)icalrecurrencetype_day_day_of_week(rule->by_day[i]), nth = icalrecurrencetype_day_position(rule->by_day[i]);
        if (day < ICAL_SUNDAY_WEEKDAY || day > ICAL_SATURDAY_WEEKDAY)
            *position = INT32_MAX;
        else
            mask |= 1u << (day - ICAL_SUNDAY_WEEKDAY);
        if (i == 0)
            *position = nth;
        else if (nth != *position || nth != 0)
            *position = INT32_MAX;
    }
    return mask;
}

/* BYMONTHDAY=28,29,30;BYSETPOS=-1 is "the 30th, or the month's last day": what a MAPI pattern of day 30 means. */
static bool is_clipped_day(const struct icalrecurrencetype *rule, size_t days)
{
    if (FILLED(rule->by_set_pos) != 1 || rule->by_set_pos[0] != -1 || days < 2 || days > 4)
        return false;
    for (size_t i = 0; i < days; i++) {
        if (rule->by_month_day[i] != (short)(28 + i))
            return false;
    }
    return true;
}

static enum status month_day_pattern(const struct icalrecurrencetype *rule, local_time start, struct recurrence *out)
{
    size_t days = FILLED(rule->by_month_day);
    int day = days == 0 ? civil_of_local(start).day : rule->by_month_day[days - 1];
    if (days > 1 && !is_clipped_day(rule, days))
        return inexpressible("several days of the month");
    if (days == 1 && FILLED(rule->by_set_pos) == 1 && rule->by_set_pos[0] != 1 && rule->by_set_pos[0] != -1)
        return inexpressible("BYSETPOS of one day");
    if (day < -1 || day == 0)
        return inexpressible("days counted from the month's end");
    out->pattern = RECUR_BY_MONTH_DAY;
    out->day_of_month = day == -1 ? 31 : (uint32_t)day;
    return STATUS_OK;
}

static enum status nth_pattern(const struct icalrecurrencetype *rule, uint32_t mask, int32_t position, struct recurrence *out)
{
    if (position == 0 && FILLED(rule->by_set_pos) == 1)
        position = rule->by_set_pos[0];
    else if (FILLED(rule->by_set_pos) != 0)
        return inexpressible("BYSETPOS with numbered days");
    if (FILLED(rule->by_month_day) != 0)
        return inexpressible("BYDAY with BYMONTHDAY");
    if (position != -1 && (position < 1 || position > 4))
        return inexpressible("position of the weekday");
    out->pattern = RECUR_BY_NTH;
    out->weekdays = mask;
    out->nth = position == -1 ? 5 : (uint32_t)position;
    return STATUS_OK;
}

static enum status monthly_or_yearly(const struct icalrecurrencetype *rule, local_time start, struct recurrence *out)
{
    int32_t position;
    uint32_t mask = weekday_mask(rule, &position);
    size_t months = FILLED(rule->by_month);
    bool yearly = out->frequency == RECUR_YEARLY;
    if (months > (yearly ? 1u : 0u) || (months == 1 && (rule->by_month[0] < 1 || rule->by_month[0] > 12)))
        return inexpressible("several months");
    if (yearly && months == 0 && (mask != 0 || FILLED(rule->by_month_day) != 0))
        return inexpressible("days of the year without a month");
    if (yearly)
        out->month = months == 1 ? (uint32_t)rule->by_month[0] : (uint32_t)civil_of_local(start).month;
    return mask != 0 ? nth_pattern(rule, mask, position, out) : month_day_pattern(rule, start, out);
}

static enum status daily_or_weekly(const struct icalrecurrencetype *rule, local_time start, struct recurrence *out)
{
    int32_t position;
    uint32_t mask = weekday_mask(rule, &position);
    bool daily = out->frequency == RECUR_DAILY;
    if (position != 0 || FILLED(rule->by_month) != 0 || FILLED(rule->by_month_day) != 0 || FILLED(rule->by_set_pos) != 0)
        return inexpressible("parts of months in a daily or weekly rule");
    if (daily && mask != 0 && out->interval != 1)
        return inexpressible("every n-th day on some weekdays");
    if (daily && mask != 0)
        out->frequency = RECUR_WEEKLY;
    out->pattern = out->frequency == RECUR_DAILY ? RECUR_BY_DAY : RECUR_BY_WEEK;
    out->weekdays = mask != 0 ? mask : out->frequency == RECUR_WEEKLY ? 1u << local_weekday(start) : 0;
    return STATUS_OK;
}

static void read_end(const struct icalrecurrencetype *rule, local_time start, const struct time_zone *zone, struct recurrence *out)
{
    out->end = RECUR_END_NEVER;
    if (rule->count > 0) {
        out->end = RECUR_END_AFTER_COUNT;
        out->count = (uint32_t)rule->count;
    } else if (!icaltime_is_null_time(rule->until)) {
        struct civil_date date = { rule->until.year, rule->until.month, rule->until.day };
        local_time until = local_of_civil(date);
        int64_t seconds = rule->until.hour * 3600 + rule->until.minute * 60 + rule->until.second;
        out->end = RECUR_END_BY_DATE;
        if (!rule->until.is_date) {
            until += seconds * INSTANT_PER_SECOND;
            if (icaltime_is_utc(rule->until))
                until = time_zone_to_local(zone, until);
            if (until - local_midnight(until) < start - local_midnight(start)) /* that day's occurrence begins after UNTIL */
                until -= INSTANT_PER_DAY;
        }
        out->last_date = local_midnight(until);
    }
}

static bool until_is_sane(const struct icalrecurrencetype *rule)
{
    const struct icaltimetype *until = &rule->until;
    return icaltime_is_null_time(*until) || (until->year >= 1602 && until->year <= 4499 && until->month >= 1 && until->month <= 12 && until->day >= 1 &&
                                             until->day <= days_of_month(until->year, until->month) && until->hour >= 0 && until->hour < 24);
}

static enum status pattern_of(const struct icalrecurrencetype *rule, local_time start, const struct time_zone *zone, struct recurrence *out)
{
    static const enum recurrence_frequency frequencies[] = { [ICAL_DAILY_RECURRENCE] = RECUR_DAILY, [ICAL_WEEKLY_RECURRENCE] = RECUR_WEEKLY,
        [ICAL_MONTHLY_RECURRENCE] = RECUR_MONTHLY, [ICAL_YEARLY_RECURRENCE] = RECUR_YEARLY };
    if (rule->freq < ICAL_DAILY_RECURRENCE || rule->freq > ICAL_YEARLY_RECURRENCE)
        return status_fail(STATUS_INVALID_RECURRENCE, "rule is sub-daily or malformed");
    if (!until_is_sane(rule) || rule->interval < 1 || rule->interval > 999)
        return status_fail(STATUS_INVALID_RECURRENCE, "UNTIL or INTERVAL out of range");
    if (!has_plain_parts_only(rule, start))
        return inexpressible("BYYEARDAY, BYWEEKNO, BYHOUR or the like");
    out->frequency = frequencies[rule->freq];
    out->interval = (uint32_t)rule->interval;
    out->first_weekday = rule->week_start >= ICAL_SUNDAY_WEEKDAY ? (uint32_t)rule->week_start - 1 : 1;
    out->first_date = local_midnight(start);
    read_end(rule, start, zone, out);
    return rule->freq <= ICAL_WEEKLY_RECURRENCE ? daily_or_weekly(rule, start, out) : monthly_or_yearly(rule, start, out);
}

enum status ical_rule_parse(TALLOC_CTX *mem, struct slice text, local_time start, const struct time_zone *zone, struct recurrence **out)
{
    enum { MAX_RULE = 2048 };
    char *copy = slice_text(mem, slice_trim(text));
    *out = talloc_zero(mem, struct recurrence);
    if (*out == NULL || (copy == NULL && text.length == 0))
        return status_fail(STATUS_NO_MEMORY, "rule");
    if (copy == NULL || strlen(copy) > MAX_RULE)
        return status_fail(STATUS_INVALID_RECURRENCE, "rule is too long");
    struct icalrecurrencetype rule = icalrecurrencetype_from_string(copy);
    enum status status = pattern_of(&rule, start, zone, *out);
    free(rule.rscale); /* libical's copy of RSCALE is the caller's */
    return status;
}
