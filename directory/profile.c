#include "profile.h"

#include <string.h>

struct attribute_row {
    const char *names[PROFILE_COUNT];
    enum attribute_use use;
};

static const struct attribute_row rows[ATTRIBUTE_COUNT] = {
#define ATTRIBUTE(name, use, openldap, active_directory, text) [ATTRIBUTE_##name] = { { openldap, active_directory }, use },
#include "attributes.def"
#undef ATTRIBUTE
#define DETAIL(member, openldap, active_directory, text) \
    [ATTRIBUTE_detail_##member] = { { openldap, active_directory }, ENTRY_USE },
#include "bourse/directory/details.def"
#undef DETAIL
};

struct profile_row {
    const char *name, *user, *mailbox, *group, *contact;
};

/* uid is in every schema that has inetOrgPerson, so the NOT is safe; no other filter of ours has one: a NOT over an attribute that the
 * server does not know is undefined and drops the entry [RFC 4511] 4.5.1.7. */
static const struct profile_row profiles[PROFILE_COUNT] = {
    [PROFILE_OPENLDAP] = {
        "openldap",
        "(&(objectClass=person)(uid=*))",
        "(mail=*)",
        "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)(objectClass=posixGroup))",
        "(&(objectClass=person)(mail=*)(!(uid=*)))",
    },
    [PROFILE_ACTIVE_DIRECTORY] = {
        "active_directory",
        "(&(objectCategory=person)(objectClass=user))",
        "(mail=*)",
        "(objectCategory=group)",
        "(&(objectCategory=person)(objectClass=contact)(mail=*))",
    },
};

const char *attribute_name(enum profile profile, enum attribute attribute)
{
    const char *name = rows[attribute].names[profile];
    return name[0] != '\0' ? name : NULL;
}

enum attribute_use attribute_use(enum attribute attribute)
{
    return rows[attribute].use;
}

void profile_entry_attributes(enum profile profile, bool ignores_exchange, const char *out[ATTRIBUTE_COUNT + 1])
{
    size_t count = 0;
    for (enum attribute attribute = 0; attribute < ATTRIBUTE_COUNT; attribute++) {
        const char *name = attribute_name(profile, attribute);
        bool is_read = rows[attribute].use == ENTRY_USE || (rows[attribute].use == EXCHANGE_USE && !ignores_exchange);
        if (name != NULL && is_read)
            out[count++] = name;
    }
    out[count] = NULL;
}

bool profile_by_name(const char *name, enum profile *out)
{
    for (enum profile profile = 0; profile < PROFILE_COUNT; profile++) {
        if (strcmp(profiles[profile].name, name) == 0) {
            *out = profile;
            return true;
        }
    }
    return false;
}

const char *profile_user_filter(enum profile profile)
{
    return profiles[profile].user;
}

const char *profile_mailbox_filter(enum profile profile)
{
    return profiles[profile].mailbox;
}

const char *profile_group_filter(enum profile profile)
{
    return profiles[profile].group;
}

const char *profile_contact_filter(enum profile profile)
{
    return profiles[profile].contact;
}
