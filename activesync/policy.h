/* A device policy on the wire [MS-ASPROV] 2.2.2.28, and the number by which a device's policy is told from a newer one. */
#ifndef ACTIVESYNC_POLICY_H
#define ACTIVESYNC_POLICY_H

#include "bourse/groupware/device_policy.h"
#include "call.h"

/* EASProvisionDoc; the writer leaves out what the version does not know. */
void eas_policy_write(struct wbxml_writer *out, const struct device_policy *policy);
/* Of what eas_policy_write writes for the negotiated version and of nothing else: a setting that a device cannot see must not make it provision again and again. */
enum status eas_policy_hash(struct eas_call *call, const struct device_policy *policy, uint32_t *out) MUST_CHECK;

/* DeviceInformation's Set [MS-ASCMD] 2.2.3.47 into call->device (not saved). */
enum status eas_device_information_read(struct eas_call *call, const struct wbxml_node *information) MUST_CHECK;

#endif
