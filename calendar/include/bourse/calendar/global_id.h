/* Global object ids of appointments [MS-OXOCAL] 2.2.1.27, 2.2.1.28 and the UIDs that iCalendar, EWS and ActiveSync show for them.
 *
 * An id of ours is shown as upper-case hex; a UID that came from elsewhere is wrapped as "vCal-Uid" [MS-OXCICAL] 2.1.3.1.1.20.26. */
#ifndef BOURSE_CALENDAR_GLOBAL_ID_H
#define BOURSE_CALENDAR_GLOBAL_ID_H

#include "bourse/base/slice.h"
#include "bourse/calendar/time_zone.h"

/* The UID inside a vCal-Uid id, else the clean id in upper-case hex. NULL when out of memory. */
char *global_id_text(TALLOC_CTX *mem, struct slice id);
/* Back; any text makes an id, without an instance date. Empty when out of memory. */
struct slice global_id_of_text(TALLOC_CTX *mem, const char *uid);
/* A new id of ours: `when` becomes its creation time. Empty when out of memory. */
struct slice global_id_new(TALLOC_CTX *mem, instant when);
/* A copy without instance date (PidLidCleanGlobalObjectId) / with the date of an occurrence's original start. Empty when out of memory;
 * bytes too short to be an id come back as they are. */
struct slice global_id_clean(TALLOC_CTX *mem, struct slice id);
struct slice global_id_of_instance(TALLOC_CTX *mem, struct slice id, struct civil_date date);
/* False when the id has no instance date. */
bool global_id_date(struct slice id, struct civil_date *out);

#endif
