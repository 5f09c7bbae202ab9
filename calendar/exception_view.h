/* One occurrence as the series alone says it, and which properties are not an occurrence's. Private to this folder. */
#ifndef BOURSE_CALENDAR_EXCEPTION_VIEW_H
#define BOURSE_CALENDAR_EXCEPTION_VIEW_H

#include "bourse/calendar/exception.h"

/* The series and where one occurrence stands in it. */
struct exception_place {
    struct recurrence *pattern;
    const struct time_zone *zone;
    local_time original_start;  /* exact */
    instant original;           /* UTC */
    const struct recurrence_exception *exception; /* NULL: as the series */
    instant starts, ends;       /* now */
    local_time start, end;
};
/* STATUS_OCCURRENCE_NOT_FOUND, STATUS_OCCURRENCE_DELETED, STATUS_NOT_FOUND (no series). */
enum status exception_locate(TALLOC_CTX *mem, const struct message *master, local_time original_start, struct exception_place *out) MUST_CHECK;
/* Properties of the master that its occurrences do not have. */
bool exception_is_series_property(prop_tag tag);
/* Start, end, clip times, duration. */
enum status exception_set_times(struct bag *props, instant starts, instant ends) MUST_CHECK;
/* The occurrence without its exception, at [starts, ends). */
enum status exception_base(TALLOC_CTX *mem, const struct message *master, const struct exception_place *place, instant starts, instant ends,
                           struct message **out) MUST_CHECK;

#endif
