#include "bourse/model/rights.h"

#include <string.h>

#include "bourse/base/attributes.h"

static const struct {
    uint32_t mask;
    const char *name;
} roles[] = {
#define RIGHT(name, bit, text)
#define ROLE(name, mask, ews) { mask, ews },
#include "bourse/model/rights.def"
#undef RIGHT
#undef ROLE
};

static const char *role_of(uint32_t mask)
{
    for (size_t i = 0; i < ARRAY_LENGTH(roles); i++) {
        if (roles[i].mask == mask)
            return roles[i].name;
    }
    return NULL;
}

const char *rights_role(uint32_t mask)
{
    const char *role = role_of(mask);
    /* Being told of problems is no part of a level, and who reads a calendar's items also has its free/busy rights
     * [MS-OXWSFOLD] 2.2.5, [MS-OXCPERM] 2.2.7. */
    const uint32_t beside = RIGHT_FOLDER_CONTACT | RIGHT_FREE_BUSY_SIMPLE | RIGHT_FREE_BUSY_DETAILED;
    if (role == NULL && (mask & ~beside) != 0)
        role = role_of(mask & ~beside);
    if (role == NULL && (mask & RIGHT_FOLDER_CONTACT) != 0)
        role = role_of(mask & ~(uint32_t)RIGHT_FOLDER_CONTACT);
    return role != NULL ? role : "Custom";
}

bool rights_of_role(const char *role, uint32_t *mask)
{
    for (size_t i = 0; i < ARRAY_LENGTH(roles); i++) {
        if (strcmp(roles[i].name, role) == 0) {
            *mask = roles[i].mask;
            return true;
        }
    }
    return false;
}
