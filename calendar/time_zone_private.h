/* Inside of a time zone: spans of constant offset, and yearly rules for what lies behind them. Offsets are seconds east of UTC. */
#ifndef BOURSE_CALENDAR_TIME_ZONE_PRIVATE_H
#define BOURSE_CALENDAR_TIME_ZONE_PRIVATE_H

#include "bourse/calendar/time_zone.h"

struct zone_span {
    instant begins; /* INT64_MIN for the first */
    int32_t offset;
    bool is_daylight; /* the clock is ahead of the standard time of its season */
};

/* When a yearly rule changes the clock, in wall clock time before the change. */
struct year_change {
    int32_t year;    /* 0: every year; else the date is month, day of that year only */
    int32_t month;   /* 1..12 */
    int32_t weekday; /* 0 Sunday */
    int32_t week;    /* 1..4, 5 the last; the day when `year` is set */
    int32_t second;  /* after midnight; may be negative or more than a day (POSIX TZ) */
};

struct year_rule {
    int32_t from_year;
    int32_t standard_offset, daylight_offset;
    bool has_daylight;
    struct year_change standard, daylight; /* when each begins */
};

struct time_zone {
    const char *id, *windows_id, *iana_id, *display_name; /* never NULL */
    const struct zone_span *spans;
    size_t span_count;
    instant spans_end; /* from here on `rules` say; INT64_MAX without rules, INT64_MIN without spans */
    const struct year_rule *rules;
    size_t rule_count;
    const struct zone_rule *given; /* zones of rules: as they came, rule_count of them */
};

enum { YEAR_SPANS_MAX = 12 };
/* The spans of three years around `year` by the rules; the first one begins at INT64_MIN. Returns how many. */
size_t year_rules_spans(const struct year_rule *rules, size_t count, int32_t year, struct zone_span out[YEAR_SPANS_MAX]);
/* Wall clock time of a change in `year`. */
local_time year_change_at(const struct year_change *change, int32_t year);
const struct year_rule *year_rule_for(const struct year_rule *rules, size_t count, int32_t year);

/* Spans that hold for `when` and some days around it: the zone's own or those written to `space`. */
const struct zone_span *zone_spans_near(const struct time_zone *zone, int64_t when, struct zone_span space[YEAR_SPANS_MAX], size_t *count);

/* Reads the compiled zone file [RFC 8536] of an IANA id and adds spans up to the year 2100. NULL: there is none that can be read. Names stay "". */
struct time_zone *zone_file_load(TALLOC_CTX *mem, const char *id);
struct time_zone *zone_file_parse(TALLOC_CTX *mem, struct slice bytes);
/* "CET-1CEST,M3.5.0,M10.5.0/3" [POSIX.1-2017] 8.3 TZ with the forms that zone files use. */
bool zone_file_parse_rule(const char *text, struct year_rule *out);

/* Public rule -> inner one; false when it is impossible. */
bool year_rule_of_zone_rule(const struct zone_rule *rule, struct year_rule *out);
/* Fills the Windows id, IANA id and display name that belong to an id, all but the id itself. False (and nothing filled): not in our tables. */
bool zone_names_of(const char *id, struct time_zone *zone);
/* The rule of one year as Windows would write it. */
struct zone_rule zone_rule_of_year(const struct time_zone *zone, int32_t year);
/* Clock changes of `year` are the same, to the minute, in both. */
bool zones_agree(const struct time_zone *a, const struct time_zone *b, int32_t year);
/* Windows' own rules of a Windows zone; NULL when it has none. */
const struct zone_rule *windows_rules_of(const char *windows_id, size_t *count);
bool zone_rule_equal(const struct zone_rule *a, const struct zone_rule *b);
/* A Windows zone whose rule in force is this one; "". */
const char *windows_id_of_rule(const struct zone_rule *rule);

#endif
