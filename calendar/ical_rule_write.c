/* Pattern -> RRULE [MS-OXCICAL] 2.1.3.2.2. */
#include "ical_value.h"

static const char day_names[7][3] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };

static void append_days(struct buffer *out, uint32_t mask, const char *position)
{
    const char *separator = ";BYDAY=";
    for (unsigned i = 0; i < 7; i++) {
        if (mask & 1u << i) {
            buffer_printf(out, "%s%s%s", separator, position, day_names[i]);
            separator = ",";
        }
    }
}

static void append_nth(struct buffer *out, const struct recurrence *r)
{
    static const char *const positions[] = { "", "1", "2", "3", "4", "-1" };
    const char *position = positions[r->nth <= 5 ? r->nth : 5];
    bool single = (r->weekdays & (r->weekdays - 1)) == 0;
    append_days(out, r->weekdays, single ? position : "");
    if (!single)
        buffer_printf(out, ";BYSETPOS=%s", position);
}

/* A pattern of day 30 falls on the last day of a shorter month; a plain BYMONTHDAY=30 would skip that month. */
static void append_month_day(struct buffer *out, const struct recurrence *r)
{
    bool short_months = r->frequency == RECUR_MONTHLY || r->month == 2;
    if (r->pattern == RECUR_BY_MONTH_END || (r->day_of_month >= 31 && short_months))
        buffer_append_text(out, ";BYMONTHDAY=-1");
    else if (r->day_of_month > 28 && short_months)
        buffer_append_text(out, r->day_of_month == 29 ? ";BYMONTHDAY=28,29;BYSETPOS=-1" : ";BYMONTHDAY=28,29,30;BYSETPOS=-1");
    else
        buffer_printf(out, ";BYMONTHDAY=%u", r->day_of_month);
}

static void append_end(struct buffer *out, const struct recurrence *r, const struct time_zone *zone, bool is_date)
{
    if (r->end == RECUR_END_AFTER_COUNT) {
        buffer_printf(out, ";COUNT=%u", r->count);
    } else if (r->end == RECUR_END_BY_DATE) {
        local_time last = r->last_date + r->start_minute * INSTANT_PER_MINUTE;
        buffer_append_text(out, ";UNTIL=");
        ical_time_append(out, is_date ? last : time_zone_to_instant(zone, last), is_date, true);
    }
}

enum status ical_rule_append(struct buffer *out, const struct recurrence *r, const struct time_zone *zone, bool is_date)
{
    if (r->pattern >= RECUR_HIJRI_MONTH_DAY || r->calendar_type > 2) /* 0 default, 1 Gregorian, 2 Gregorian US */
        return status_fail(STATUS_NOT_SUPPORTED, "calendar %u has no RRULE", r->calendar_type);
    const char *frequency = r->frequency == RECUR_YEARLY ? "YEARLY" : r->frequency == RECUR_MONTHLY ? "MONTHLY" : r->pattern == RECUR_BY_WEEK ? "WEEKLY" : "DAILY";
    buffer_printf(out, "FREQ=%s", frequency);
    append_end(out, r, zone, is_date);
    if (r->interval > 1)
        buffer_printf(out, ";INTERVAL=%u", r->interval);
    if (r->frequency == RECUR_YEARLY)
        buffer_printf(out, ";BYMONTH=%u", r->month);
    if (r->pattern == RECUR_BY_WEEK)
        append_days(out, r->weekdays, "");
    else if (r->pattern == RECUR_BY_NTH)
        append_nth(out, r);
    else if (r->pattern != RECUR_BY_DAY)
        append_month_day(out, r);
    if (r->pattern == RECUR_BY_WEEK)
        buffer_printf(out, ";WKST=%s", day_names[r->first_weekday % 7]);
    return buffer_status(out);
}
