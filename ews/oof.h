/* Words of out-of-office settings [MS-OXWOOF] 2.2.5. */
#ifndef EWS_OOF_H
#define EWS_OOF_H

#include "bourse/groupware/out_of_office.h"
#include "call.h"

/* Order of enum out_of_office_state and enum out_of_office_audience. */
extern const char *const oof_states[3], *const oof_audiences[3];
/* The mailbox of the t:Mailbox in the request. ErrorMailRecipientNotFound. */
enum status oof_mailbox(struct ews_call *call, struct guid *out) MUST_CHECK;

#endif
