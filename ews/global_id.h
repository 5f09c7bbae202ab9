/* Global object ids of appointments [MS-OXOCAL] 2.2.1.27 and the UIDs that calendars show for them. */
#ifndef EWS_GLOBAL_ID_H
#define EWS_GLOBAL_ID_H

#include "bourse/base/slice.h"

/* The UID inside a vCal-Uid id, else the id in upper-case hex. NULL when out of memory. */
char *global_id_text(TALLOC_CTX *mem, struct slice id);
/* Back; any text makes an id. Empty when out of memory. */
struct slice global_id_of_text(TALLOC_CTX *mem, const char *uid);

#endif
