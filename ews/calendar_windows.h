/* CalendarView of FindItem [MS-OXWSSRCH] 2.2.4.5 CalendarViewType: single items and occurrences in a span of time. */
#ifndef EWS_CALENDAR_WINDOWS_H
#define EWS_CALENDAR_WINDOWS_H

#include "bourse/groupware/calendar.h"
#include "call.h"

struct view_window {
    struct calendar_window window;
    size_t most;                     /* MaxEntriesReturned, 0: not said */
};

/* ErrorCalendarViewRangeTooBig, ErrorCalendarEndDateIsEarlierThanStartDate, ErrorInvalidPagingMaxRows. */
enum status calendar_window_parse(struct ews_call *call, const struct xml_node *view, struct view_window *out) MUST_CHECK;
/* ErrorCalendarFolderIsInvalidForCalendarView, ErrorExceededFindCountLimit. */
enum status calendar_window_find(struct ews_call *call, const struct object_id *folder, const struct view_window *view, struct item_page **out) MUST_CHECK;

#endif
