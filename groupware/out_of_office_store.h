/* Out-of-office settings as the store keeps them: user configuration "bourse.oof" of the root folder. Private to this folder. */
#ifndef BOURSE_GROUPWARE_OUT_OF_OFFICE_STORE_H
#define BOURSE_GROUPWARE_OUT_OF_OFFICE_STORE_H

#include "bourse/groupware/out_of_office.h"
#include "bourse/storage/transaction.h"

enum status out_of_office_pack(TALLOC_CTX *mem, const struct out_of_office *settings, struct slice *out) MUST_CHECK;
/* STATUS_CORRUPT for what out_of_office_pack did not make. */
enum status out_of_office_unpack(TALLOC_CTX *mem, struct slice packed, struct out_of_office *out) MUST_CHECK;
/* Nothing saved yet: disabled. */
enum status out_of_office_read(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct out_of_office **out) MUST_CHECK;

#endif
