/* Folder rights [MS-OXCPERM] 2.2.7 and the named roles that clients show; rights.def has both. */
#ifndef BOURSE_MODEL_RIGHTS_H
#define BOURSE_MODEL_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

enum right {
#define RIGHT(name, bit, text) RIGHT_##name = (bit),
#define ROLE(name, mask, ews)
#include "bourse/model/rights.def"
#undef RIGHT
#undef ROLE
};

/* EWS PermissionLevelType "Owner", "Editor" ... for a mask, or "Custom" [MS-OXWSFOLD] 2.2.5. */
const char *rights_role(uint32_t mask);
/* False for an unknown role name. */
bool rights_of_role(const char *role, uint32_t *mask);

#endif
