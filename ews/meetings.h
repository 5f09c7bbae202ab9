/* Words of requests about meetings, and the response objects that answer or cancel them [MS-OXWSMTGS] 3.1.4. */
#ifndef EWS_MEETINGS_H
#define EWS_MEETINGS_H

#include "bourse/groupware/calendar.h"
#include "create_options.h"

/* CalendarItemCreateOrDeleteOperationType and CalendarItemUpdateOperationType [MS-OXWSCDATA] 2.2.5.4, 2.2.5.6. NULL: nobody is told. */
struct meeting_options meeting_options_of(const char *word);

/* Is it AcceptItem, TentativelyAcceptItem, DeclineItem, CancelCalendarItem or RemoveItem? */
bool meeting_is_response_object(const char *name);
/* Does what it asks for. *calendar_item: what is in the calendar now, zero when nothing is. ErrorCalendarIsOrganizerFor..., ErrorCalendarIsCancelledFor...,
 * ErrorCalendarIsNotOrganizer, ErrorCalendarMeetingRequestIsOutOfDate, ErrorInvalidReferenceItem. */
enum status meeting_answer_object(struct ews_call *call, const struct create_options *options, const struct xml_node *node, struct object_id *calendar_item) MUST_CHECK;

#endif
