/* Follow-up flags and categories of all classes. */
#ifndef ACTIVESYNC_FLAGS_H
#define ACTIVESYNC_FLAGS_H

#include "class.h"

/* Email:Flag [MS-ASEMAIL] 2.2.2.34; an unflagged item has an empty element. */
void eas_flag_write(struct wbxml_writer *out, const struct item *item);
/* NULL: nothing; an empty element clears. */
enum status eas_flag_read(struct eas_call *call, const struct wbxml_node *flag, struct item_change *change, struct bag *set) MUST_CHECK;

void eas_categories_write(struct wbxml_writer *out, eas_tag list, eas_tag one, const struct bag *props);
/* NULL: nothing; an empty element takes them all away. */
enum status eas_categories_read(struct eas_call *call, const struct wbxml_node *list, eas_tag one, struct bag *set) MUST_CHECK;

#endif
