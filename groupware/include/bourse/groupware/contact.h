/* Contacts: what is more than properties. Names, addresses and the like are properties of the item; what follows from them is kept right on every write. */
#ifndef BOURSE_GROUPWARE_CONTACT_H
#define BOURSE_GROUPWARE_CONTACT_H

#include "bourse/groupware/item.h"

enum { CONTACT_PHOTO = 4 * 1024 * 1024 }; /* bytes; STATUS_LIMIT_EXCEEDED above */

/* The photo is the attachment that is marked so (PidTagAttachmentContactPhoto [MS-OXOCNTC] 2.2.1.8.3), JPEG, PNG or GIF. Needs READ_ANY; empty: no photo. */
enum status contact_photo(TALLOC_CTX *mem, struct session *session, const struct object_id *contact, struct slice *out) MUST_CHECK;
/* Replaces it; an empty slice takes it away. STATUS_INVALID_ARGUMENT: no picture, or not a contact. */
enum status contact_set_photo(TALLOC_CTX *mem, struct session *session, const struct object_id *contact, struct slice photo, struct item **out) MUST_CHECK;

#endif
