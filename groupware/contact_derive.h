/* The parts of derive_contact, a file a topic. Private to this folder. */
#ifndef BOURSE_GROUPWARE_CONTACT_DERIVE_H
#define BOURSE_GROUPWARE_CONTACT_DERIVE_H

#include "item_derive.h"

/* E-mail and fax addresses [MS-OXOCNTC] 2.2.1.2. */
enum status contact_derive_email(struct message *message, const struct derive_context *context) MUST_CHECK;
/* Postal addresses [MS-OXOCNTC] 2.2.1.3. */
enum status contact_derive_addresses(struct message *message, const struct derive_context *context) MUST_CHECK;

#endif
