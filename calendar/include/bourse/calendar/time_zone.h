/* Time zones: Windows and IANA ids, the blobs of appointments, VTIMEZONE rules. Everything that turns wall clocks into instants goes through here.
 *
 * A zone is immutable and may be used by any thread; zones by id are cached for the life of the process, others live on the context given. */
#ifndef BOURSE_CALENDAR_TIME_ZONE_H
#define BOURSE_CALENDAR_TIME_ZONE_H

#include "bourse/base/buffer.h"
#include "bourse/base/clock.h"
#include "bourse/base/slice.h"
#include "bourse/base/status.h"

/* Wall clock of some zone: 100 ns ticks since 1601-01-01 00:00 on that clock. Never mixed with an instant. */
typedef int64_t local_time;

/* ---- calendar dates (proleptic Gregorian) ---- */
struct civil_date {
    int32_t year;   /* 1601..4500 */
    int32_t month;  /* 1..12 */
    int32_t day;    /* 1..31 */
};
struct civil_date civil_of_local(local_time when);
local_time local_of_civil(struct civil_date date);         /* midnight */
local_time local_midnight(local_time when);
int local_weekday(local_time when);                        /* 0 Sunday .. 6 Saturday */
int days_of_month(int32_t year, int32_t month);
/* Minutes since 1601-01-01 00:00, the unit of the recurrence structure [MS-OXOCAL] 2.2.1.44.1. */
int32_t local_minutes(local_time when);
local_time local_of_minutes(int32_t minutes);

/* ---- zones ---- */
struct time_zone; /* opaque */

/* One year's rule, as Windows writes it [MS-OXOCAL] 2.2.1.41.1.1 TZRule. Minutes west of UTC are positive (bias), as there. */
struct zone_moment {
    bool is_absolute;       /* year, month, day instead of month, weekday, week */
    uint16_t year, month, weekday, week_or_day, hour, minute, second; /* week 5: the last one of the month */
};
struct zone_rule {
    uint16_t from_year;     /* valid from this year on; the first rule also covers the years before it */
    int32_t bias, standard_bias, daylight_bias; /* minutes; UTC = local + bias + (standard_bias or daylight_bias) */
    bool has_daylight;
    struct zone_moment standard_begins, daylight_begins; /* wall clock before the change */
};

const struct time_zone *time_zone_utc(void);
/* Windows id ("W. Europe Standard Time") or IANA id ("Europe/Berlin", links too), "UTC", "tzone://Microsoft/Utc". Names compare without case. With the zone's whole
 * history. NULL when nobody knows it. */
const struct time_zone *time_zone_by_id(const char *id);
/* Rules ordered by from_year, at least one. STATUS_INVALID_ARGUMENT for impossible ones. `id`: its name, "" when it has none. */
enum status time_zone_of_rules(TALLOC_CTX *mem, const char *id, const struct zone_rule *rules, size_t count, const struct time_zone **out) MUST_CHECK;

const char *time_zone_id(const struct time_zone *zone);          /* as it was made with; "" */
/* Windows id for it: its own, the mapping of its IANA id [CLDR windowsZones], or the one whose rules equal its rules this year; "" when there is none. */
const char *time_zone_windows_id(const struct time_zone *zone);
const char *time_zone_iana_id(const struct time_zone *zone);     /* likewise */
const char *time_zone_display_name(const struct time_zone *zone); /* "(UTC+01:00) Amsterdam, Berlin, ..." or the id */
/* Rules that were in force from `from_year` to `to_year`, equal neighbours joined. */
enum status time_zone_rules(TALLOC_CTX *mem, const struct time_zone *zone, int from_year, int to_year, struct zone_rule **out, size_t *count) MUST_CHECK;

/* Seconds east of UTC at an instant. */
int32_t time_zone_offset(const struct time_zone *zone, instant when);
bool time_zone_is_daylight(const struct time_zone *zone, instant when);
local_time time_zone_to_local(const struct time_zone *zone, instant when);
/* A wall clock time that does not exist (spring gap) is moved on by the length of the gap, one that exists twice is the first [RFC 5545] 3.3.5. */
instant time_zone_to_instant(const struct time_zone *zone, local_time when);

/* ---- property forms ---- */
/* PidLidTimeZoneStruct [MS-OXOCAL] 2.2.1.39 (one rule, that of `year`) and PidLidAppointmentTimeZoneDefinition* 2.2.1.41. */
enum status time_zone_struct_pack(const struct time_zone *zone, int year, struct buffer *out) MUST_CHECK;
enum status time_zone_struct_parse(TALLOC_CTX *mem, struct slice bytes, const struct time_zone **out) MUST_CHECK;
enum status time_zone_definition_pack(const struct time_zone *zone, int year, bool is_recurring, struct buffer *out) MUST_CHECK;
/* Known key names give the zone by id when its rules agree; else the rules of the blob. STATUS_MALFORMED. */
enum status time_zone_definition_parse(TALLOC_CTX *mem, struct slice bytes, const struct time_zone **out) MUST_CHECK;
/* The 172 bytes of ActiveSync [MS-ASDTYPE] 2.7.6 TIME_ZONE_INFORMATION. */
enum status time_zone_activesync_pack(const struct time_zone *zone, int year, struct buffer *out) MUST_CHECK;
enum status time_zone_activesync_parse(TALLOC_CTX *mem, struct slice bytes, const struct time_zone **out) MUST_CHECK;

/* All Windows zones, for GetServerTimeZones. */
size_t time_zone_windows_count(void);
const struct time_zone *time_zone_windows_at(size_t index);

#endif
