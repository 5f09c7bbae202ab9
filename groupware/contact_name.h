/* Names of contacts made from their parts [MS-OXOCNTC] 2.2.1.1. Private to this folder. */
#ifndef BOURSE_GROUPWARE_CONTACT_NAME_H
#define BOURSE_GROUPWARE_CONTACT_NAME_H

#include "bourse/model/bag.h"

/* Special values of PidLidFileUnderId. */
enum { FILE_AS_EMPTY = 0, FILE_AS_LAST_FIRST = 0x8017, FILE_AS_FIND_MATCH = -3, FILE_AS_USER_DEFAULT = -2, FILE_AS_OWN_TEXT = -1 };

/* Text of a format; NULL for an id without one (or out of memory). */
char *contact_file_as(TALLOC_CTX *mem, const struct bag *props, int32_t format);
/* The format whose text is what PidLidFileUnder says, FILE_AS_OWN_TEXT when none is. */
int32_t contact_file_as_match(TALLOC_CTX *mem, const struct bag *props);
/* Prefix, given name, middle name, surname, generation. "" when there are none. */
char *contact_full_name(TALLOC_CTX *mem, const struct bag *props);

#endif
