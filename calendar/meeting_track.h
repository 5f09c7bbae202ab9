/* The organiser's tracking of attendees. Private to this folder. */
#ifndef BOURSE_CALENDAR_MEETING_TRACK_H
#define BOURSE_CALENDAR_MEETING_TRACK_H

#include "meeting_private.h"

/* `item`: the item or occurrence whose recipients judgement->attendee counts in. */
enum status meeting_track_response(struct message *item, const struct message *response, const struct meeting_judgement *judgement) MUST_CHECK;
/* New attendees of a forward notification. */
enum status meeting_track_forward(struct message *item, const struct message *notification) MUST_CHECK;

#endif
