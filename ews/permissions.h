/* PermissionSet and CalendarPermissionSet [MS-OXWSFOLD] 2.2.4.12, [MS-OXWSMTGS]: the folder's permission table. */
#ifndef EWS_PERMISSIONS_H
#define EWS_PERMISSIONS_H

#include "bourse/groupware/access.h"
#include "call.h"

/* Writes the set; nothing when the caller may not see it. */
void permissions_write(struct ews_call *call, const char *element, const struct object_id *folder, bool is_calendar);
/* Reads a set into entries on call->mem. ErrorInvalidPermissionSettings, ErrorInvalidUserInfo. */
enum status permissions_read(struct ews_call *call, const struct xml_node *set, struct permission **out, size_t *count) MUST_CHECK;

#endif
