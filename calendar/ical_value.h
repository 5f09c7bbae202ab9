/* Typed values of iCalendar: dates, times, durations, RRULE, zones. */
#ifndef CALENDAR_ICAL_VALUE_H
#define CALENDAR_ICAL_VALUE_H

#include "bourse/calendar/recurrence.h"
#include "ical_lines.h"

struct ical_time {
    local_time local; /* as written */
    bool is_date, is_utc;
};
/* DATE or DATE-TIME [RFC 5545] 3.3.4, 3.3.5. False: not one, or outside 1601..4500. */
bool ical_time_parse(struct slice text, struct ical_time *out);
void ical_time_append(struct buffer *out, local_time when, bool is_date, bool is_utc);
/* DURATION 3.3.6 in ticks; "PT-15M" is read too. False: not one, or above 100 years. */
bool ical_duration_parse(struct slice text, int64_t *ticks);
void ical_duration_append(struct buffer *out, int64_t ticks);
/* UTC-OFFSET 3.3.14 in seconds. */
bool ical_offset_parse(struct slice text, int32_t *seconds);
bool ical_integer(struct slice text, int32_t *out);
/* "TRUE" / "FALSE", "1" / "0". */
bool ical_boolean(struct slice text, bool *out);

/* ---- zones of one file ---- */
struct ical_zones; /* opaque */
/* Reads the VTIMEZONEs of a VCALENDAR; resolving is done when one is asked for. */
enum status ical_zones_read(TALLOC_CTX *mem, const struct text_block *calendar, struct ical_zones **out) MUST_CHECK;
/* The zone a TZID means at about `when`: the known one of that name when the file's rules agree or there are none, else the file's rules; NULL: nobody knows it. */
const struct time_zone *ical_zone_find(struct ical_zones *zones, struct slice tzid, local_time when);
/* Rules of one VTIMEZONE as a zone called `id`. */
enum status ical_zone_of_block(TALLOC_CTX *mem, const struct text_block *block, const char *id, const struct time_zone **out) MUST_CHECK;
/* VTIMEZONE for the years. */
enum status ical_zone_append(TALLOC_CTX *mem, struct buffer *out, const char *tzid, const struct time_zone *zone, int from_year, int to_year) MUST_CHECK;

/* ---- RRULE ---- */
/* STATUS_INVALID_RECURRENCE: nonsense or sub-daily; STATUS_NOT_SUPPORTED: valid, but MAPI has no form for it. `start` is DTSTART in the series' zone. Not completed yet.
 * Times of day are not set. */
enum status ical_rule_parse(TALLOC_CTX *mem, struct slice text, local_time start, const struct time_zone *zone, struct recurrence **out) MUST_CHECK;
/* The value of an RRULE. `is_date`: all-day series. STATUS_NOT_SUPPORTED: another calendar than the Gregorian. */
enum status ical_rule_append(struct buffer *out, const struct recurrence *recurrence, const struct time_zone *zone, bool is_date) MUST_CHECK;

#endif
