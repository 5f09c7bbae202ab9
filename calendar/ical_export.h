/* Parts of the export of one message. */
#ifndef CALENDAR_ICAL_EXPORT_H
#define CALENDAR_ICAL_EXPORT_H

#include "ical_table.h"
#include "ical_value.h"

/* What a message says about itself, read once. */
struct export {
    TALLOC_CTX *mem;
    const struct ical_export_options *options;
    enum ical_method method;
    const struct message *message;
    const struct bag *props; /* its properties, stored texts loaded */
    char component;          /* 'E', 'T', 'J' */
    bool is_all_day, is_floating;
    instant starts, ends, original; /* original: RECURRENCE-ID; 0: none */
    const struct time_zone *zone, *end_zone;
    const char *tzid, *end_tzid; /* NULL: UTC */
    struct recurrence *recurrence; /* NULL: single */
    struct buffer *out, *line;
};

/* Reads `message`; `series` is the export of the master when the message is an exception of it, else NULL. */
enum status export_prepare(TALLOC_CTX *mem, const struct message *message, const struct ical_export_options *options, const struct export *series, struct export *out) MUST_CHECK;
/* Writes the component, and those of its exceptions. */
enum status export_component(struct export *export) MUST_CHECK;

/* Ends the line being written: folds it out. */
void export_line(struct export *export);
/* "NAME;TZID=...:19980118T230000" with the parameters that were kept for that name. */
void export_time(struct export *export, const char *name, instant when, const struct time_zone *zone, const char *tzid);
void export_rule(struct export *export);        /* ical_export_series.c: RRULE, EXDATE */
enum status export_exceptions(struct export *export) MUST_CHECK;
enum status export_rows(struct export *export) MUST_CHECK; /* ical_export_rows.c */
void export_kept(struct export *export);
void export_people(struct export *export);      /* ical_export_people.c */
enum status export_attachments(struct export *export) MUST_CHECK; /* ical_export_parts.c */
void export_alarms(struct export *export);
/* Content of a stored value or attachment. */
enum status export_load(TALLOC_CTX *mem, const struct ical_export_options *options, int64_t blob, uint64_t size, struct slice *out) MUST_CHECK;

#endif
