#include "recurrences.h"

#include "body.h"

enum part { DAYS = 1, DAY = 2, NTH = 4, MONTH = 8 };
enum { CALENDAR_HIJRI = 6, INTERVAL_MOST = 999, COUNT_MOST = 999, TASK_COUNT_MOST = 255, LAST_DAY = 31 };

static const struct type_row {
    int type;
    enum recurrence_frequency frequency;
    enum recurrence_pattern pattern;
    unsigned parts;
} types[] = {
#define RECURRENCE(number, frequency, pattern, parts) { number, frequency, pattern, parts },
#include "recurrence_types.def"
#undef RECURRENCE
};

const struct eas_recurrence_tags eas_calendar_recurrence = {
    .type = Calendar_Type, .interval = Calendar_Interval, .day_of_week = Calendar_DayOfWeek, .day_of_month = Calendar_DayOfMonth, .week_of_month = Calendar_WeekOfMonth,
    .month_of_year = Calendar_MonthOfYear, .occurrences = Calendar_Occurrences, .until = Calendar_Until, .calendar_type = Calendar_CalendarType,
    .is_leap_month = Calendar_IsLeapMonth, .first_weekday = Calendar_FirstDayOfWeek,
};
const struct eas_recurrence_tags eas_email_recurrence = {
    .type = Email_Type, .interval = Email_Interval, .day_of_week = Email_DayOfWeek, .day_of_month = Email_DayOfMonth, .week_of_month = Email_WeekOfMonth,
    .month_of_year = Email_MonthOfYear, .occurrences = Email_Occurrences, .until = Email_Until, .calendar_type = Email2_CalendarType,
    .is_leap_month = Email2_IsLeapMonth, .first_weekday = Email2_FirstDayOfWeek,
};
const struct eas_recurrence_tags eas_task_recurrence = {
    .type = Tasks_Type, .interval = Tasks_Interval, .day_of_week = Tasks_DayOfWeek, .day_of_month = Tasks_DayOfMonth, .week_of_month = Tasks_WeekOfMonth,
    .month_of_year = Tasks_MonthOfYear, .occurrences = Tasks_Occurrences, .until = Tasks_Until, .calendar_type = Tasks_CalendarType,
    .is_leap_month = Tasks_IsLeapMonth, .first_weekday = Tasks_FirstDayOfWeek, .has_dashes = true,
};

/* ---- writing ---- */

static const struct type_row *row_of(const struct recurrence *recurrence)
{
    enum recurrence_pattern pattern = recurrence->pattern;
    if (pattern == RECUR_HIJRI_MONTH_DAY || pattern == RECUR_HIJRI_MONTH_END || pattern == RECUR_BY_MONTH_END)
        pattern = RECUR_BY_MONTH_DAY;
    else if (pattern == RECUR_HIJRI_NTH)
        pattern = RECUR_BY_NTH;
    /* "every weekday" is daily in its frequency and weekly in its pattern [MS-OXOCAL] 2.2.1.44.1 */
    enum recurrence_frequency frequency = pattern == RECUR_BY_WEEK ? RECUR_WEEKLY : recurrence->frequency;
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (types[i].frequency == frequency && types[i].pattern == pattern)
            return &types[i];
    return &types[0];
}

static uint32_t day_of(const struct recurrence *recurrence)
{
    bool is_end = recurrence->pattern == RECUR_BY_MONTH_END || recurrence->pattern == RECUR_HIJRI_MONTH_END;
    return is_end || recurrence->day_of_month == 0 ? LAST_DAY : recurrence->day_of_month;
}

/* Until is the start of the last occurrence [MS-ASCAL] 2.2.2.48. */
static void write_end(struct wbxml_writer *out, const struct eas_recurrence_tags *tags, const struct recurrence *recurrence, const struct time_zone *zone)
{
    char text[EAS_TIME_SIZE];
    uint32_t most = tags->has_dashes ? TASK_COUNT_MOST : COUNT_MOST;
    if (recurrence->end == RECUR_END_NEVER)
        return;
    if (recurrence->end == RECUR_END_AFTER_COUNT && recurrence->count <= most) {
        wbxml_element_int(out, tags->occurrences, recurrence->count);
        return;
    }
    instant last = time_zone_to_instant(zone, recurrence->last_date + (local_time)recurrence->start_minute * INSTANT_PER_MINUTE);
    wbxml_element(out, tags->until, tags->has_dashes ? eas_time_dashes(last, text) : eas_time_compact(last, text));
}

void eas_recurrence_write(struct wbxml_writer *out, const struct eas_recurrence_tags *tags, const struct recurrence *recurrence, const struct time_zone *zone)
{
    const struct type_row *row = row_of(recurrence);
    /* in the order of the schema of mail */
    wbxml_element_int(out, tags->type, row->type);
    wbxml_element_int(out, tags->interval, recurrence->interval > 0 ? recurrence->interval : 1);
    write_end(out, tags, recurrence, zone);
    if (row->parts & NTH)
        wbxml_element_int(out, tags->week_of_month, recurrence->nth);
    if (row->parts & DAY)
        wbxml_element_int(out, tags->day_of_month, day_of(recurrence));
    if (row->parts & DAYS)
        wbxml_element_int(out, tags->day_of_week, recurrence->weekdays);
    if (row->parts & MONTH)
        wbxml_element_int(out, tags->month_of_year, recurrence->month != 0 ? recurrence->month : (uint32_t)civil_of_local(recurrence->first_date).month);
    if (row->parts & (DAY | NTH)) /* required from 14.0 on where months count [MS-ASCAL] 2.2.2.10 */
        wbxml_element_int(out, tags->calendar_type, recurrence->calendar_type);
    if (row->parts == DAYS)
        wbxml_element_int(out, tags->first_weekday, recurrence->first_weekday);
}

/* ---- reading ---- */

struct reading {
    struct eas_call *call;
    const struct wbxml_node *node;
    const struct eas_recurrence_tags *tags;
    struct recurrence *out;
};

/* Leaves *out alone when the element is missing or empty. */
static enum status read_number(const struct reading *reading, eas_tag tag, int64_t low, int64_t high, uint32_t *out)
{
    int64_t number = 0;
    const char *text = wbxml_child_text(reading->call->mem, reading->node, tag);
    if (text == NULL || *text == '\0')
        return STATUS_OK;
    if (!wbxml_child_number(reading->node, tag, low, high, &number))
        return status_fail(STATUS_INVALID_ARGUMENT, "%s of a recurrence: %.20s", eas_tag_find(tag)->name, text);
    *out = (uint32_t)number;
    return STATUS_OK;
}

static enum status read_type(const struct reading *reading)
{
    int64_t type = 0;
    const struct type_row *row = NULL;
    if (!wbxml_child_number(reading->node, reading->tags->type, 0, 6, &type))
        return status_fail(STATUS_INVALID_ARGUMENT, "recurrence without a type");
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (types[i].type == type)
            row = &types[i];
    if (row == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "recurrence of type %lld", (long long)type);
    reading->out->frequency = row->frequency;
    reading->out->pattern = row->pattern;
    return STATUS_OK;
}

static enum status read_pattern(const struct reading *reading, local_time first_date)
{
    struct recurrence *out = reading->out;
    const struct eas_recurrence_tags *tags = reading->tags;
    struct civil_date date = civil_of_local(first_date);
    uint32_t weekdays = 0, calendar = 0;
    TRY(read_number(reading, tags->day_of_week, 1, WEEKDAYS_ALL, &weekdays));
    TRY(read_number(reading, tags->calendar_type, 0, 23, &calendar));
    out->calendar_type = (uint16_t)calendar;
    out->day_of_month = (uint32_t)date.day;
    out->month = out->frequency == RECUR_YEARLY ? (uint32_t)date.month : 0;
    out->nth = (uint32_t)((date.day - 1) / 7 + 1);
    TRY(read_number(reading, tags->day_of_month, 1, LAST_DAY, &out->day_of_month));
    TRY(read_number(reading, tags->month_of_year, 1, 12, &out->month));
    TRY(read_number(reading, tags->week_of_month, 1, 5, &out->nth));
    if (out->pattern == RECUR_BY_DAY && weekdays != 0)
        out->pattern = RECUR_BY_WEEK; /* daily on some days of the week [MS-ASCAL] 2.2.2.14 */
    if (out->pattern == RECUR_BY_WEEK || out->pattern == RECUR_BY_NTH)
        out->weekdays = weekdays != 0 ? weekdays : 1u << local_weekday(first_date);
    if (out->pattern != RECUR_BY_MONTH_DAY)
        out->day_of_month = 0;
    if (out->pattern != RECUR_BY_NTH)
        out->nth = 0;
    if (calendar == CALENDAR_HIJRI && (out->pattern == RECUR_BY_MONTH_DAY || out->pattern == RECUR_BY_NTH))
        out->pattern = out->pattern == RECUR_BY_NTH ? RECUR_HIJRI_NTH : RECUR_HIJRI_MONTH_DAY;
    return STATUS_OK;
}

static enum status read_end(const struct reading *reading, const struct time_zone *zone)
{
    struct recurrence *out = reading->out;
    instant until = 0;
    const char *text = wbxml_child_text(reading->call->mem, reading->node, reading->tags->until);
    uint32_t count = 0;
    TRY(read_number(reading, reading->tags->occurrences, 0, COUNT_MOST, &count));
    out->end = RECUR_END_NEVER;
    if (count > 0) {
        out->end = RECUR_END_AFTER_COUNT;
        out->count = count;
    } else if (text != NULL && *text != '\0') {
        if (!eas_time_parse(text, &until))
            return status_fail(STATUS_INVALID_ARGUMENT, "Until: %.40s", text);
        out->end = RECUR_END_BY_DATE;
        out->last_date = local_midnight(time_zone_to_local(zone, until));
    }
    if (out->end == RECUR_END_BY_DATE && out->last_date < out->first_date)
        return status_fail(STATUS_INVALID_ARGUMENT, "a series that ends before it begins");
    return STATUS_OK;
}

enum status eas_recurrence_read(struct eas_call *call, const struct wbxml_node *node, const struct eas_recurrence_tags *tags, const struct time_zone *zone,
                                local_time first_date, struct recurrence **out)
{
    struct reading reading = { .call = call, .node = node, .tags = tags, .out = talloc_zero(call->mem, struct recurrence) };
    if (reading.out == NULL)
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    reading.out->first_date = local_midnight(first_date);
    reading.out->interval = 1;
    TRY(read_type(&reading));
    TRY(read_number(&reading, tags->interval, 0, INTERVAL_MOST, &reading.out->interval));
    if (reading.out->interval == 0)
        reading.out->interval = 1;
    TRY(read_number(&reading, tags->first_weekday, 0, 6, &reading.out->first_weekday));
    TRY(read_pattern(&reading, reading.out->first_date));
    TRY(read_end(&reading, zone));
    *out = reading.out;
    return STATUS_OK;
}
