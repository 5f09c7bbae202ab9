/* The address book as clients see it. */
#ifndef BOURSE_GROUPWARE_PEOPLE_H
#define BOURSE_GROUPWARE_PEOPLE_H

#include "bourse/groupware/session.h"
#include "bourse/model/bag.h"

enum person_kind { PERSON_MAILBOX, PERSON_SHARED, PERSON_ROOM, PERSON_EQUIPMENT, PERSON_GROUP, PERSON_CONTACT, PERSON_STORE_CONTACT, PERSON_ONE_OFF };

struct person {
    enum person_kind kind;
    struct guid guid;             /* zero for contacts of a folder and one-off addresses */
    const char *display_name;
    const char *address;          /* SMTP */
    const char *legacy_dn;
    const char *given_name, *surname, *initials, *title, *department, *company, *office, *manager;
    const char *business_phone, *mobile_phone, *home_phone, *fax;
    const char *street, *city, *state, *postal_code, *country, *notes;
    struct object_id contact;     /* PERSON_STORE_CONTACT: the item */
};                                /* texts are never NULL */

/* Ambiguous name resolution over the directory and, when asked, the session's Contacts folder; at most `limit`. *more: there were further matches.
 * No match: STATUS_NAME_NOT_FOUND. */
enum status people_resolve(TALLOC_CTX *mem, struct session *session, const char *text, bool directory, bool contacts, size_t limit,
                           struct person **out, size_t *count, bool *more) MUST_CHECK;
/* Direct members of a group. */
enum status people_group_members(TALLOC_CTX *mem, struct session *session, const char *address, struct person **out, size_t *count) MUST_CHECK;
/* Photo bytes (JPEG); empty slice when there is none. */
enum status people_photo(TALLOC_CTX *mem, struct session *session, const char *address, struct slice *out) MUST_CHECK;

#endif
