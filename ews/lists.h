/* Members of personal distribution lists in requests [MS-OXWSDLIST] 3.1.4: t:Members as a whole (set, append), and one by its key (delete). */
#ifndef EWS_LISTS_H
#define EWS_LISTS_H

#include "ids.h"
#include "input.h"

#define LIST_MEMBER_URI "distributionlist:Members:Member"

/* DeleteItemField of the member with this Key. An unknown key changes nothing. */
enum status list_remove_member(struct draft *draft, const char *key) MUST_CHECK;

#endif
