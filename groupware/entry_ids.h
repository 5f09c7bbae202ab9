/* Entry ids of recipients, as contacts and personal lists hold them [MS-OXCDATA] 2.2.5. Private to this folder. */
#ifndef BOURSE_GROUPWARE_ENTRY_IDS_H
#define BOURSE_GROUPWARE_ENTRY_IDS_H

#include "bourse/base/buffer.h"
#include "bourse/base/status.h"

/* One-off [MS-OXCDATA] 2.2.5.1, Unicode form. */
void entry_one_off_append(struct buffer *out, const char *display_name, const char *address_type, const char *address);
/* Also the 8-bit form. STATUS_INVALID_ID when it is none. Texts on `mem`. */
enum status entry_one_off_parse(TALLOC_CTX *mem, struct slice bytes, const char **display_name, const char **address_type, const char **address) MUST_CHECK;
/* Address book object [MS-OXCDATA] 2.2.5.2; `type` 0 user, 1 group (DT_*). */
void entry_person_append(struct buffer *out, uint32_t type, const char *legacy_dn);
enum status entry_person_parse(TALLOC_CTX *mem, struct slice bytes, uint32_t *type, const char **legacy_dn) MUST_CHECK;

#endif
