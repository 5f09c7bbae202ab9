/* Entry -> principal. */
#ifndef BOURSE_DIRECTORY_PRINCIPAL_H
#define BOURSE_DIRECTORY_PRINCIPAL_H

#include "bourse/directory/sign_in.h"
#include "entry.h"

enum status principal_of(TALLOC_CTX *mem, const struct recipient_entry *entry, struct principal **out) MUST_CHECK;

#endif
