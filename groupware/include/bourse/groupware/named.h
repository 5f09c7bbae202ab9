/* What a mailbox calls things towards MAPI: ids of named properties (well-known names have fixed ids, custom ones are mapped per
 * mailbox [MS-OXCPRPT] 2.2.12, 2.2.13) and the replica GUID in entry ids [MS-OXCDATA] 2.2.4. */
#ifndef BOURSE_GROUPWARE_NAMED_H
#define BOURSE_GROUPWARE_NAMED_H

#include "bourse/groupware/session.h"
#include "bourse/model/properties.h"

/* out[i] is the property id of names[i] in folder->mailbox, 0 where it is not mapped and `create` is false. One round trip.
 * `create` is for items that are about to be written to the folder: needs CREATE, EDIT_OWN or EDIT_ANY there. STATUS_LIMIT_EXCEEDED
 * when the mailbox has too many names. */
enum status named_property_ids(struct session *session, const struct object_id *folder, const struct property_name *names, size_t count,
                               bool create, uint16_t *out) MUST_CHECK;

/* The `replica` of entry_id_append (model/ids.h). STATUS_MAILBOX_NOT_FOUND. */
enum status mailbox_replica(struct session *session, struct guid mailbox, struct guid *out) MUST_CHECK;

#endif
