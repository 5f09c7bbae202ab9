/* t:Recurrence of calendar items [MS-OXWSMTGS] 2.2.4.29 and tasks [MS-OXWSTASK] 2.2.4.7 <-> struct recurrence. Pure. */
#ifndef EWS_RECURRENCES_H
#define EWS_RECURRENCES_H

#include "bourse/calendar/recurrence.h"
#include "call.h"

/* Pattern and range; times of day are the caller's. Completed (recurrence_complete). ErrorCalendarInvalidRecurrence and the codes that name what is wrong in it. */
enum status recurrence_read(struct ews_call *call, const struct xml_node *node, struct recurrence **out) MUST_CHECK;
/* Writes <element>; patterns that EWS has no element for (Hijri) as the Gregorian ones of the same form, as Exchange does. */
void recurrence_write(struct ews_call *call, const char *element, const struct recurrence *recurrence);

#endif
