/* MimeContent of items that are no mail: iCalendar for calendar items and tasks, vCard for contacts and lists [MS-OXWSCORE] 2.2.4.31. */
#ifndef EWS_CONTENT_H
#define EWS_CONTENT_H

#include "fields.h"

/* Is the content of such an item text of its own kind, not mail? */
bool content_is_text(const struct item_type *type);
/* The text of a stored item. */
enum status content_of_item(struct ews_call *call, const struct item_type *type, const struct object_id *id, struct slice *out) MUST_CHECK;
/* The item in a text; ErrorMimeContentInvalid when there is none of the kind. */
enum status content_parse(struct ews_call *call, const struct item_type *type, struct slice text, struct message **out) MUST_CHECK;

#endif
