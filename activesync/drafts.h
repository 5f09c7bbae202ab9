/* Drafts that devices change, from 16.0 on. */
#ifndef ACTIVESYNC_DRAFTS_H
#define ACTIVESYNC_DRAFTS_H

#include "class.h"

/* What is more than read state, flag and categories; nothing for mail that was sent. */
enum status draft_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, struct item_change *change, struct bag *set) MUST_CHECK;

#endif
