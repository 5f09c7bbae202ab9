/* Notices of forwarded meetings. Private to this folder. */
#ifndef BOURSE_GROUPWARE_MEETING_FORWARD_H
#define BOURSE_GROUPWARE_MEETING_FORWARD_H

#include "bourse/model/message.h"

/* Header field of the mail that tells the organiser: the meeting's id and the new attendees. Counts when an attendee of the meeting sent it. */
#define MEETING_FORWARD_FIELD "X-Bourse-Meeting-Forward"

/* The notice in a mail that has the field, as a meeting message about the new attendees; NULL when it has none. `props`: of the mail as imported. */
enum status meeting_forward_notice(TALLOC_CTX *mem, const struct bag *props, struct slice mime, struct message **out) MUST_CHECK;

#endif
