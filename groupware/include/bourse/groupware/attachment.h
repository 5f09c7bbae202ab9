/* Contents of attachments in the form that phones take. */
#ifndef BOURSE_GROUPWARE_ATTACHMENT_H
#define BOURSE_GROUPWARE_ATTACHMENT_H

#include "bourse/groupware/item.h"

/* The bytes of an attachment, as attachment_get reads it, and their media type; an embedded message as message/rfc822. STATUS_ATTACHMENT_NOT_FOUND, and what item_get fails with. */
enum status attachment_file(TALLOC_CTX *mem, struct session *session, const struct object_id *id, const char **type, struct slice *out) MUST_CHECK;

#endif
