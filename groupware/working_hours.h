/* Working hours as the mailbox's configuration keeps them. Private to this folder. */
#ifndef BOURSE_GROUPWARE_WORKING_HOURS_H
#define BOURSE_GROUPWARE_WORKING_HOURS_H

#include "bourse/base/slice.h"
#include "bourse/groupware/availability.h"

/* User configuration of the Calendar folder. */
#define WORKING_HOURS_CONFIG "bourse.working_hours"

/* Monday to Friday, 8 to 17, in the server's zone. */
struct working_hours working_hours_default(void);
/* What working_hours_set saved; the default for empty bytes and such that cannot be read. The zone may live on `mem`. */
struct working_hours working_hours_unpack(TALLOC_CTX *mem, struct slice packed);

#endif
