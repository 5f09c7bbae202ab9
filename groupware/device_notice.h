/* Mail about a new device that is quarantined or blocked: to its owner and to the admin. Private to this folder. */
#ifndef BOURSE_GROUPWARE_DEVICE_NOTICE_H
#define BOURSE_GROUPWARE_DEVICE_NOTICE_H

#include "bourse/groupware/device.h"
#include "outbox.h"

struct device_notice {
    struct outgoing owner, admin;
};
/* Before the transaction; on `mem`, which must live until the commit. */
enum status device_notice_prepare(TALLOC_CTX *mem, struct session *session, const struct device *device, struct device_notice *out) MUST_CHECK;
enum status device_notice_put(struct transaction *tx, struct session *session, const struct device_notice *notice) MUST_CHECK;

#endif
