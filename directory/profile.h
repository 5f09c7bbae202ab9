/* Attribute profiles: which attribute of OpenLDAP or Active Directory holds which fact (attributes.def, details.def), and the filters that
 * select users, groups and contacts. */
#ifndef BOURSE_DIRECTORY_PROFILE_H
#define BOURSE_DIRECTORY_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "bourse/base/status.h"

enum profile { PROFILE_OPENLDAP, PROFILE_ACTIVE_DIRECTORY, PROFILE_COUNT };

enum attribute {
#define ATTRIBUTE(name, ...) ATTRIBUTE_##name,
#include "attributes.def"
#undef ATTRIBUTE
#define DETAIL(member, ...) ATTRIBUTE_detail_##member,
#include "bourse/directory/details.def"
#undef DETAIL
    ATTRIBUTE_COUNT
};

enum attribute_use {
    ENTRY_USE,    /* read with every entry */
    EXCHANGE_USE, /* the same, unless directory.ignore_exchange_attributes */
    OTHER_USE,    /* read only where it is needed */
};

/* Name of the LDAP attribute, NULL when the profile has none. */
const char *attribute_name(enum profile profile, enum attribute attribute);
enum attribute_use attribute_use(enum attribute attribute);

/* NULL-terminated list for a search that reads entries. `out` holds ATTRIBUTE_COUNT + 1. */
void profile_entry_attributes(enum profile profile, bool ignores_exchange, const char *out[ATTRIBUTE_COUNT + 1]);

bool profile_by_name(const char *name, enum profile *out);
const char *profile_user_filter(enum profile profile);    /* accounts of people and resources, without the mailbox filter */
const char *profile_mailbox_filter(enum profile profile); /* the default of directory.mailbox_filter */
const char *profile_group_filter(enum profile profile);
const char *profile_contact_filter(enum profile profile);

#endif
