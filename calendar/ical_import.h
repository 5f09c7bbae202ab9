/* Parts of the import of one component. */
#ifndef CALENDAR_ICAL_IMPORT_H
#define CALENDAR_ICAL_IMPORT_H

#include "ical_table.h"
#include "ical_value.h"

struct import_file {
    struct ical_import_options options;
    const struct time_zone *floating; /* of times without a zone; never NULL */
    struct ical_zones *zones;
    enum ical_method method;
};

/* One component on its way to a message. */
struct import {
    TALLOC_CTX *mem;
    const struct import_file *file;
    struct text_block block;
    char component; /* 'E', 'T', 'J' */
    struct ical_entry *entry;
    struct message *message;
    struct bag *props; /* of the message */
    const char **kept;
    size_t kept_count;
    /* from DTSTART and DTEND, wall clock of their zones */
    bool has_start, is_all_day, is_floating;
    local_time start, end;
    const struct time_zone *zone, *end_zone;
    const char *tzid; /* of DTSTART, NULL for UTC and floating times */
};

/* The local time and zone of a date or date-time line. False: not a time. */
bool import_time(const struct import *import, const struct text_line *line, struct slice value, local_time *local, const struct time_zone **zone, struct ical_time *written);
/* Keeps a line as it was written / only its parameters, but `known` ones ("TZID VALUE"). */
enum status import_keep(struct import *import, const struct text_line *line) MUST_CHECK;
enum status import_keep_params(struct import *import, const struct text_line *line, const char *known) MUST_CHECK;
enum status import_keep_block(struct import *import, const struct text_block *block) MUST_CHECK;

enum status import_times(struct import *import) MUST_CHECK;      /* ical_import_times.c */
enum status import_rows(struct import *import) MUST_CHECK;       /* ical_import_rows.c: the table, and what no row knows */
enum status import_people(struct import *import) MUST_CHECK;     /* ical_import_people.c */
enum status import_component_attachments(struct import *import) MUST_CHECK;/* ical_import_parts.c */
enum status import_alarms(struct import *import) MUST_CHECK;
enum status import_identity(struct import *import) MUST_CHECK;   /* ical_import_identity.c: UID, RECURRENCE-ID, DTSTAMP, class */
enum status import_recurrence(struct import *import) MUST_CHECK; /* ical_import_series.c */
enum status import_task(struct import *import) MUST_CHECK;       /* ical_import_task.c */
enum status import_free_busy(struct import *import) MUST_CHECK;  /* ical_import_busy.c */
/* One component without exceptions; fills import->entry. */
enum status import_component(struct import *import) MUST_CHECK;  /* ical_import_component.c */

/* "mailto:a@b" -> "a@b"; NULL when the value is another URI or no address. */
char *address_of(TALLOC_CTX *mem, struct slice value);

#endif
