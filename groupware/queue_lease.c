#include "bourse/groupware/queue_lease.h"

#include "bourse/storage/queue.h"
#include "groupware_state.h"

/* STATUS_CONFLICT: the result was recorded while we asked. */
static enum status renew_one(struct groupware *groupware, int64_t message, int64_t lease_us)
{
    enum status status = store_queue_renew(groupware->store, message, groupware->worker, lease_us);
    if (status == STATUS_RETRY) /* a deadlock with the record of another recipient of the message */
        status = store_queue_renew(groupware->store, message, groupware->worker, lease_us);
    return status == STATUS_CONFLICT ? STATUS_OK : status;
}

enum status queue_renew(struct groupware *groupware, const int64_t *messages, size_t count, int64_t seconds)
{
    for (size_t i = 0; i < count; i++)
        TRY(renew_one(groupware, messages[i], seconds * 1000000));
    return STATUS_OK;
}
