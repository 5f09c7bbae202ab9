/* The calendar part of mail [RFC 6047]: from text/calendar in a message to the properties of a meeting message. Private to this folder. */
#ifndef BOURSE_GROUPWARE_MEETING_IMPORT_H
#define BOURSE_GROUPWARE_MEETING_IMPORT_H

#include "bourse/model/message.h"

/* `message`: as mime_import gave it for delivery, its mime.bytes at hand. Reads its text/calendar part (or an attached .ics that has a METHOD) and sets class, calendar
 * properties and attendees; the original stays as it is. A message without one, or with one that cannot be understood, is left alone (STATUS_OK): it is mail. */
enum status meeting_import(struct message *message) MUST_CHECK;
/* The whole meeting message out of the original bytes: bodies, attachments as bytes, exceptions of a series. Not a meeting message: as full import gives it. */
enum status meeting_import_whole(TALLOC_CTX *mem, struct slice mime, struct message **out) MUST_CHECK;
/* The same for the event with that index (from 0) of several in one calendar part: answers to a series and to days of it [RFC 5546] 3.2.3. NULL: there is none. */
enum status meeting_import_further(TALLOC_CTX *mem, struct slice mime, size_t index, struct message **out) MUST_CHECK;

#endif
