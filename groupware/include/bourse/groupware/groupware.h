/* The business rules, written once: every protocol's create, change, send, sync and delete ends here, so that rights, change numbers,
 * notifications and copies in Sent Items are decided in one place.
 *
 * struct groupware is the process's handle on the store and the directory. All functions block (database, LDAP) and run in worker threads;
 * results are allocated on `mem`; object ids are struct object_id (model/ids.h). */
#ifndef BOURSE_GROUPWARE_GROUPWARE_H
#define BOURSE_GROUPWARE_GROUPWARE_H

#include "bourse/base/config.h"
#include "bourse/base/status.h"
#include "bourse/model/ids.h"

struct groupware; /* opaque, process lifetime, thread-safe */
struct directory; /* the directory layer's handle, for http's and transport's sign-in */

/* Opens store and directory and starts the background parts (committer, event listener). The store may be down: calls then answer
 * STATUS_STORE_UNAVAILABLE until it is back. STATUS_CONFIGURATION when a setting cannot be used. */
enum status groupware_open(TALLOC_CTX *mem, const struct config *config, struct groupware **out) MUST_CHECK;
/* Stops the background parts; running calls must have ended. */
void groupware_close(struct groupware *groupware);

const struct config *groupware_config(const struct groupware *groupware);
struct directory *groupware_directory(struct groupware *groupware);

/* For health checks: STATUS_OK, STATUS_STORE_UNAVAILABLE, STATUS_DIRECTORY_UNAVAILABLE, STATUS_DISK_FULL. Cheap enough to call each second. */
enum status groupware_store_health(struct groupware *groupware) MUST_CHECK;
enum status groupware_directory_health(struct groupware *groupware) MUST_CHECK;

/* One round of the periodic work (deliverd calls it every minute): sweep blobs, expire tombstones, idempotency rows and recoverable items. */
enum status groupware_sweep(struct groupware *groupware) MUST_CHECK;

#endif
