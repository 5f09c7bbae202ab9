/* Lists of people as mail elements have them: "Name" <address>, address [MS-ASEMAIL] 2.2.2.78, [RFC 5322] 3.4. */
#ifndef ACTIVESYNC_ADDRESS_LIST_H
#define ACTIVESYNC_ADDRESS_LIST_H

#include "bourse/model/message.h"
#include "call.h"

/* Adds the people of `text` (NULL: nobody) to `out`. STATUS_INVALID_ARGUMENT for an entry without an address, STATUS_LIMIT_EXCEEDED above 1,000. */
enum status address_list_read(TALLOC_CTX *mem, const char *text, enum recipient_type type, struct message *out) MUST_CHECK;

#endif
