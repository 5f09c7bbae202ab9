/* AirSyncBase:Attachments of a request: drafts and appointments from 16.0 on [MS-ASAIRS] 2.2.2.2, 2.2.2.19. */
#ifndef ACTIVESYNC_ATTACHMENTS_IN_H
#define ACTIVESYNC_ATTACHMENTS_IN_H

#include "class.h"

/* Add elements into a new message. */
enum status eas_attachments_read_new(struct eas_call *call, const struct wbxml_node *data, struct message *out) MUST_CHECK;
/* Add and Delete elements into a change of the item `before`. STATUS_INVALID_ID for a FileReference that is none of its attachments. */
enum status eas_attachments_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, struct item_change *change) MUST_CHECK;
/* ApplicationData that tells which FileReferences the added attachments have got; nothing when none were added. */
enum status eas_attachments_answer(struct eas_call *call, struct wbxml_writer *out, const struct wbxml_node *data, const struct object_id *item) MUST_CHECK;
bool eas_attachments_were_added(const struct wbxml_node *data);

#endif
