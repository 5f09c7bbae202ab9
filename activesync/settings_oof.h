/* Out-of-office settings [MS-ASCMD] 2.2.3.125. */
#ifndef ACTIVESYNC_SETTINGS_OOF_H
#define ACTIVESYNC_SETTINGS_OOF_H

#include "call.h"

/* Get or Set of an Oof element; writes the Oof of the answer. */
enum status eas_settings_oof(struct eas_call *call, const struct wbxml_node *oof) MUST_CHECK;

#endif
