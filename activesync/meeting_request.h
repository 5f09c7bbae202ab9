/* Email:MeetingRequest: what a meeting message says of its meeting [MS-ASEMAIL] 2.2.2.48. */
#ifndef ACTIVESYNC_MEETING_REQUEST_H
#define ACTIVESYNC_MEETING_REQUEST_H

#include "class.h"

/* Nothing for other messages. */
enum status eas_meeting_request_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item) MUST_CHECK;
bool eas_is_meeting_message(const struct bag *props);

#endif
