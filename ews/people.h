/* Address book entries in answers. */
#ifndef EWS_PEOPLE_H
#define EWS_PEOPLE_H

#include "bourse/groupware/people.h"
#include "call.h"

/* <t:Mailbox> of an entry. */
void person_write_mailbox(struct ews_call *call, const struct person *person);
/* <t:Contact> with what the address book knows. */
void person_write_contact(struct ews_call *call, const struct person *person);

#endif
