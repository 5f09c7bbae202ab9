/* VALARM and the reminder of a message. */
#ifndef CALENDAR_ICAL_ALARM_H
#define CALENDAR_ICAL_ALARM_H

#include "bourse/base/clock.h"
#include "ical_lines.h"

/* Minutes before `starts` at which the alarm goes off (negative: after). False: it has no trigger that can be read. */
bool ical_alarm_minutes(const struct text_block *alarm, instant starts, instant ends, int32_t *minutes);
/* Is it word for word what export writes for that reminder? */
bool ical_alarm_is_plain(const struct text_block *alarm, int32_t minutes);
/* TRIGGER value for a reminder. */
void ical_alarm_trigger(struct buffer *out, int32_t minutes);
#define ICAL_ALARM_TEXT "REMINDER"

#endif
