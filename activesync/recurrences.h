/* Recurrence of appointments, meeting requests and tasks: the same children in three namespaces [MS-ASCAL] 2.2.2.37, [MS-ASEMAIL] 2.2.2.59, [MS-ASTASK] 2.2.2.20. */
#ifndef ACTIVESYNC_RECURRENCES_H
#define ACTIVESYNC_RECURRENCES_H

#include "bourse/calendar/recurrence.h"
#include "call.h"

struct eas_recurrence_tags {
    eas_tag type, interval, day_of_week, day_of_month, week_of_month, month_of_year, occurrences, until, calendar_type, is_leap_month, first_weekday;
    bool has_dashes;   /* of Until; else the compact form */
};
extern const struct eas_recurrence_tags eas_calendar_recurrence, eas_email_recurrence, eas_task_recurrence;

/* The children, without the container. */
void eas_recurrence_write(struct wbxml_writer *out, const struct eas_recurrence_tags *tags, const struct recurrence *recurrence, const struct time_zone *zone);
/* The pattern that `node` describes, beginning on the day `first_date`; what the element leaves out follows from that day. Not completed yet (recurrence_complete).
 * STATUS_INVALID_ARGUMENT. */
enum status eas_recurrence_read(struct eas_call *call, const struct wbxml_node *node, const struct eas_recurrence_tags *tags, const struct time_zone *zone,
                                local_time first_date, struct recurrence **out) MUST_CHECK;

#endif
