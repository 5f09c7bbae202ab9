/* Walking a group's members in LDAP, level by level. */
#ifndef BOURSE_DIRECTORY_GROUP_WALK_H
#define BOURSE_DIRECTORY_GROUP_WALK_H

#include "lookup.h"

/* Entries and skipped members of `group`. `levels`: 1 for its own members (groups come back as entries), else all levels (groups are opened).
 * STATUS_TOO_MANY_RECIPIENTS, STATUS_TOO_COMPLEX, STATUS_DIRECTORY_UNAVAILABLE. */
enum status group_walk(TALLOC_CTX *mem, struct directory *directory, struct settings *settings,
                       const struct recipient_entry *group, bool is_deep, struct group_members **out) MUST_CHECK;

/* Orders by address without regard to case. */
void group_members_sort(struct group_members *members);

#endif
