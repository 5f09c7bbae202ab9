/* Name resolution in a mailbox's Contacts folder. */
#ifndef BOURSE_GROUPWARE_CONTACT_SEARCH_H
#define BOURSE_GROUPWARE_CONTACT_SEARCH_H

#include "bourse/groupware/people.h"

/* Contacts of the session's own mailbox whose display name, first or last name or an address begins with `text`; appended behind people[*count], at most
 * up to `limit` entries in all. */
enum status contact_search(TALLOC_CTX *mem, struct session *session, const char *text, size_t limit, struct person *people, size_t *count,
                           bool *more) MUST_CHECK;

#endif
