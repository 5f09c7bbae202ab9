/* Names of special folders on the wires. */
#include <string.h>

#include "bourse/groupware/folder.h"

static const struct {
    enum folder_role role;
    const char *ews;
} names[] = {
#define FOLDER_ROLE(name, number, parent, ews_name, ...) { FOLDER_ROLE_##name, (ews_name) },
#include "bourse/model/folder_roles.def"
#undef FOLDER_ROLE
};

enum folder_role folder_role_of_ews_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (names[i].ews[0] != '\0' && strcmp(names[i].ews, name) == 0)
            return names[i].role;
    return FOLDER_ROLE_NONE;
}

const char *folder_role_ews_name(enum folder_role role)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (names[i].role == role)
            return names[i].ews;
    return "";
}
