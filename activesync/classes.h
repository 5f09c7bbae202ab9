/* The functions that classes.def names. */
#ifndef ACTIVESYNC_CLASSES_H
#define ACTIVESYNC_CLASSES_H

#include "class.h"

enum status email_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options) MUST_CHECK;
enum status email_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                              struct bag *set) MUST_CHECK;

#endif
