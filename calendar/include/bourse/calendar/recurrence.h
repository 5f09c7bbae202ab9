/* Recurrence patterns of appointments and tasks [MS-OXOCAL] 2.2.1.44, their occurrences and exceptions.
 *
 * Everything is in wall clock time of the series' zone; only expansion meets a zone. Hostile patterns end: expansion looks at no more than a bounded number of
 * candidates a call. */
#ifndef BOURSE_CALENDAR_RECURRENCE_H
#define BOURSE_CALENDAR_RECURRENCE_H

#include "bourse/calendar/time_zone.h"

enum recurrence_frequency { RECUR_DAILY = 0x200A, RECUR_WEEKLY = 0x200B, RECUR_MONTHLY = 0x200C, RECUR_YEARLY = 0x200D };
/* [MS-OXOCAL] 2.2.1.44.1 PatternType */
enum recurrence_pattern {
    RECUR_BY_DAY = 0x0, RECUR_BY_WEEK = 0x1, RECUR_BY_MONTH_DAY = 0x2, RECUR_BY_NTH = 0x3, RECUR_BY_MONTH_END = 0x4,
    RECUR_HIJRI_MONTH_DAY = 0xA, RECUR_HIJRI_NTH = 0xB, RECUR_HIJRI_MONTH_END = 0xC,
};
enum recurrence_end { RECUR_END_NEVER, RECUR_END_BY_DATE, RECUR_END_AFTER_COUNT };

enum { WEEKDAY_SUNDAY = 1, WEEKDAY_MONDAY = 2, WEEKDAY_TUESDAY = 4, WEEKDAY_WEDNESDAY = 8, WEEKDAY_THURSDAY = 16, WEEKDAY_FRIDAY = 32, WEEKDAY_SATURDAY = 64,
       WEEKDAYS_WORKING = 62, WEEKDAYS_ALL = 127 };

/* Which fields of an exception differ from the series [MS-OXOCAL] 2.2.1.44.2 OverrideFlags. */
enum exception_override {
    OVERRIDE_SUBJECT = 0x1, OVERRIDE_MEETING_TYPE = 0x2, OVERRIDE_REMINDER_DELTA = 0x4, OVERRIDE_REMINDER = 0x8, OVERRIDE_LOCATION = 0x10,
    OVERRIDE_BUSY_STATUS = 0x20, OVERRIDE_ATTACHMENT = 0x40, OVERRIDE_SUB_TYPE = 0x80, OVERRIDE_COLOR = 0x100, OVERRIDE_BODY = 0x200,
};

struct recurrence_exception {
    local_time start, end;        /* now */
    local_time original_start;    /* as the pattern says */
    uint16_t overrides;           /* enum exception_override */
    const char *subject, *location; /* NULL unless overridden */
    uint32_t meeting_type, reminder_delta, busy_status, sub_type, color;
    bool reminder_set, has_attachment;
    uint32_t change_highlight;    /* [MS-OXOCAL] 2.2.1.44.4 ChangeHighlightValue */
    const struct exception_blob *blob; /* the codec's: what the blob said beyond this; NULL for a new one */
};

struct recurrence {
    enum recurrence_frequency frequency;
    enum recurrence_pattern pattern;
    uint16_t calendar_type;       /* [MS-OXOCAL] 2.2.1.44.1; kept, and expanded for the Gregorian ones (ICU for Hijri and the lunar ones) */
    uint32_t interval;            /* every n days, weeks, months, years */
    uint32_t weekdays;            /* WEEKDAY_* mask: weekly, nth */
    uint32_t first_weekday;       /* 0 Sunday .. 6 */
    uint32_t day_of_month;        /* 1..31, more than the month has: its last day */
    uint32_t nth;                 /* 1..4, 5 the last */
    uint32_t month;               /* 1..12, yearly (month of its own calendar; 0: that of first_date) */
    bool is_sliding;              /* tasks: regenerate after completion */
    enum recurrence_end end;
    uint32_t count;               /* AFTER_COUNT; else what the blob said */
    local_time first_date, last_date; /* midnights of first and last occurrence; last_date counts for BY_DATE (and AFTER_COUNT when known) */
    uint32_t start_minute, end_minute; /* of the day; end may lie days later */
    local_time *deleted;          /* ordered (recurrence_complete sorts): midnights of original starts that are gone (without those of modified ones) */
    size_t deleted_count;
    struct recurrence_exception *exceptions; /* ordered by original_start */
    size_t exception_count;
    const struct recurrence_blob *blob; /* the codec's: reserved blocks and the like, given back as they came; NULL for a new one */
};

/* ---- the blob: PidLidAppointmentRecur, PidLidTaskRecurrence (pattern alone) ----
 * What was parsed and not changed is packed to the same bytes. Dates out of order are sorted. At most 65,535 deleted dates and exceptions each. */
enum status recurrence_parse(TALLOC_CTX *mem, struct slice bytes, struct recurrence **out) MUST_CHECK;            /* STATUS_MALFORMED */
enum status recurrence_pack(const struct recurrence *recurrence, struct buffer *out) MUST_CHECK;
enum status recurrence_pattern_parse(TALLOC_CTX *mem, struct slice bytes, struct recurrence **out) MUST_CHECK;    /* PidLidTaskRecurrence */
enum status recurrence_pattern_pack(const struct recurrence *recurrence, struct buffer *out) MUST_CHECK;

/* ---- meaning; a zone NULL means UTC ---- */
/* Sorts deleted dates and exceptions, fills what follows from the pattern (first_date moved to the first day that matches, last_date, count) and refuses what cannot be: STATUS_INVALID_RECURRENCE. */
enum status recurrence_complete(struct recurrence *recurrence) MUST_CHECK;
struct recurrence *recurrence_copy(TALLOC_CTX *mem, const struct recurrence *from);

struct occurrence {
    local_time original_start;  /* its identity in the series */
    local_time start, end;      /* wall clock now (moved ones differ) */
    instant starts, ends;       /* UTC */
    uint32_t index;             /* 1-based place in the pattern, deleted ones counted (EWS InstanceIndex); 0 when not asked for */
    const struct recurrence_exception *exception; /* NULL: as the series */
};

struct occurrence_query {
    instant from, to;           /* occurrences that touch [from, to); an empty one touches when it starts in it */
    size_t limit;               /* 0: 1,000, the most there is (200 for calendars of the moon) */
    bool with_index;            /* costs counting from the series' start */
};
/* Ordered by start. *more: the limit cut it. Deleted ones are left out. */
enum status recurrence_expand(TALLOC_CTX *mem, const struct recurrence *recurrence, const struct time_zone *zone, const struct occurrence_query *query,
                              struct occurrence **out, size_t *count, bool *more) MUST_CHECK;
/* STATUS_OCCURRENCE_NOT_FOUND: no such one in the pattern, or deleted (STATUS_OCCURRENCE_DELETED). `original_start`: any time of its day will do. */
enum status recurrence_find(const struct recurrence *recurrence, const struct time_zone *zone, local_time original_start, struct occurrence *out) MUST_CHECK;
enum status recurrence_find_index(const struct recurrence *recurrence, const struct time_zone *zone, uint32_t index, struct occurrence *out) MUST_CHECK;
/* First and last that are left; STATUS_OCCURRENCE_NOT_FOUND when all are gone; a series without end has no last one (then out->starts is INT64_MAX). */
enum status recurrence_first(const struct recurrence *recurrence, const struct time_zone *zone, struct occurrence *out) MUST_CHECK;
enum status recurrence_last(const struct recurrence *recurrence, const struct time_zone *zone, struct occurrence *out) MUST_CHECK;
/* The next one that starts after `after` (reminders). */
enum status recurrence_next(const struct recurrence *recurrence, const struct time_zone *zone, instant after, struct occurrence *out) MUST_CHECK;

/* Changes of occurrences in the pattern; contents of exceptions live in embedded messages (groupware). */
enum status recurrence_delete(TALLOC_CTX *mem, struct recurrence *recurrence, local_time original_start) MUST_CHECK;
/* Adds or replaces. STATUS_OCCURRENCE_CROSSING when it would come to lie on or beyond its neighbours' days [MS-OXOCAL] 3.1.4.6. */
enum status recurrence_modify(TALLOC_CTX *mem, struct recurrence *recurrence, const struct recurrence_exception *exception) MUST_CHECK;

#endif
