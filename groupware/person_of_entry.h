/* A directory entry as a person of the address book. */
#ifndef BOURSE_GROUPWARE_PERSON_OF_ENTRY_H
#define BOURSE_GROUPWARE_PERSON_OF_ENTRY_H

#include "bourse/directory/directory.h"
#include "bourse/groupware/people.h"

/* Fills in *out; its texts belong to `mem` and are never NULL. The manager's name is looked up when the entry names one. */
enum status person_of_entry(TALLOC_CTX *mem, struct directory *directory, const struct recipient_entry *entry,
                            struct person *out) MUST_CHECK;
/* entry->legacy_dn, or the one that model/ids.h makes from the GUID. NULL when out of memory. */
const char *legacy_dn_of_entry(TALLOC_CTX *mem, const struct recipient_entry *entry);

#endif
