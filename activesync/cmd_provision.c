/* Provision [MS-ASPROV] 3.2.5.1: the policy in two phases (offered with a key that is good for the acknowledgement only, then acknowledged with the key that requests carry), and the wipes. */
#include "bourse/base/hash.h"
#include "bourse/base/log.h"
#include "policy.h"

#define POLICY_TYPE "MS-EAS-Provisioning-WBXML"

enum { PROVISION_OK = 1, PROVISION_PROTOCOL_ERROR = 2, PROVISION_SERVER_ERROR = 3 };
enum { POLICY_OK = 1, POLICY_TYPE_UNKNOWN = 3, POLICY_KEY_WRONG = 5 };
enum { APPLIED = 1, APPLIED_PARTLY = 2, NOT_APPLIED = 3, MANAGED_BY_OTHERS = 4 };
enum { WIPE_SUCCEEDED = 1 };

/* Keys that a 32-bit number in a header carries; never 0. */
static uint32_t new_key(void)
{
    return (uint32_t)(random_u64() & INT32_MAX) | 1;
}

/* ---- wipes ---- */

static eas_tag wipe_element(const struct device *device)
{
    return device->wipe_account_only ? Provision_AccountOnlyRemoteWipe : Provision_RemoteWipe;
}

static enum status answer_wipe(struct eas_call *call, int status, bool is_asked)
{
    wbxml_start(call->out, Provision_Provision);
    wbxml_element_int(call->out, Provision_Status, status);
    if (is_asked)
        wbxml_element(call->out, wipe_element(call->device), "");
    wbxml_end(call->out);
    return device_save(call->session, call->device);
}

/* A wiped device stays out until an admin lets it in again. */
static enum status handle_wipe(struct eas_call *call)
{
    struct device *device = call->device;
    const struct wbxml_node *report = wbxml_child(call->body, wipe_element(device));
    int64_t result = 0;
    if (report == NULL) {
        if (device->wipe == WIPE_ASKED)
            log_event(EVENT_DEVICE_WIPE, "device %s of %s is told to wipe %s", device->id, session_address(call->session),
                      device->wipe_account_only ? "the account" : "itself");
        device->wipe = WIPE_TOLD;
        return answer_wipe(call, PROVISION_OK, true);
    }
    if (!wbxml_child_number(report, Provision_Status, 1, 2, &result))
        return eas_fail(call, PROVISION_PROTOCOL_ERROR, "wipe acknowledged without a status");
    bool is_done = result == WIPE_SUCCEEDED;
    device->wipe = is_done ? WIPE_DONE : WIPE_FAILED;
    device->policy_key = device->offered_policy_key = 0;
    if (is_done)
        device->access = DEVICE_BLOCKED;
    log_event(EVENT_DEVICE_WIPE, "device %s of %s: wipe %s", device->id, session_address(call->session), is_done ? "done" : "failed");
    return answer_wipe(call, is_done ? PROVISION_OK : PROVISION_PROTOCOL_ERROR, !is_done);
}

/* ---- policies ---- */

/* `key` 0: none. */
static void begin_answer(struct eas_call *call, const char *type, int status, uint32_t key)
{
    wbxml_start(call->out, Provision_Provision);
    if (wbxml_child(call->body, Settings_DeviceInformation) != NULL) {
        wbxml_start(call->out, Settings_DeviceInformation);
        wbxml_element_int(call->out, Settings_Status, PROVISION_OK);
        wbxml_end(call->out);
    }
    wbxml_element_int(call->out, Provision_Status, PROVISION_OK);
    wbxml_start(call->out, Provision_Policies);
    wbxml_start(call->out, Provision_Policy);
    wbxml_element(call->out, Provision_PolicyType, type);
    wbxml_element_int(call->out, Provision_Status, status);
    if (key != 0)
        wbxml_element_int(call->out, Provision_PolicyKey, key);
}

static void end_answer(struct eas_call *call)
{
    wbxml_end(call->out);
    wbxml_end(call->out);
    wbxml_end(call->out);
}

static enum status offer(struct eas_call *call, const struct device_policy *policy)
{
    struct device *device = call->device;
    TRY(eas_policy_hash(call, policy, &device->policy_hash));
    device->policy_key = 0;
    device->offered_policy_key = new_key();
    TRY(device_save(call->session, device));
    begin_answer(call, POLICY_TYPE, POLICY_OK, device->offered_policy_key);
    wbxml_start(call->out, Provision_Data);
    eas_policy_write(call->out, policy);
    wbxml_end(call->out);
    end_answer(call);
    return STATUS_OK;
}

static enum status check_applied(struct eas_call *call, const struct device_policy *policy, int64_t applied)
{
    if (applied == APPLIED || !policy->must_be_applied)
        return STATUS_OK;
    return eas_fail(call, applied == MANAGED_BY_OTHERS ? EAS_EXTERNALLY_MANAGED_DEVICES_NOT_ALLOWED : EAS_DEVICE_NOT_FULLY_PROVISIONABLE,
                    "device %s applied policy %s with status %d", call->device->id, policy->name, (int)applied);
}

/* The offered key stays good: an acknowledgement whose answer was lost is sent again. */
static enum status acknowledge(struct eas_call *call, const struct device_policy *policy, const struct wbxml_node *node)
{
    struct device *device = call->device;
    int64_t key = 0, applied = 0;
    if (!wbxml_child_number(node, Provision_Status, APPLIED, MANAGED_BY_OTHERS, &applied))
        return eas_fail(call, PROVISION_PROTOCOL_ERROR, "policy acknowledged without a status");
    if (!wbxml_child_number(node, Provision_PolicyKey, 1, UINT32_MAX, &key) || key != device->offered_policy_key) {
        begin_answer(call, POLICY_TYPE, POLICY_KEY_WRONG, 0);
        end_answer(call);
        return STATUS_OK;
    }
    TRY(check_applied(call, policy, applied));
    device->policy_key = new_key();
    TRY(device_save(call->session, device));
    begin_answer(call, POLICY_TYPE, POLICY_OK, device->policy_key);
    end_answer(call);
    return STATUS_OK;
}

/* From 14.1 on the device says who it is before it gets a policy [MS-ASPROV] 2.2.2.53. */
static enum status read_information(struct eas_call *call, bool is_first)
{
    const struct wbxml_node *information = wbxml_child(call->body, Settings_DeviceInformation);
    if (information != NULL)
        return eas_device_information_read(call, information);
    if (is_first && call->version >= V14_1 && !call->device->has_facts)
        return eas_fail(call, EAS_DEVICE_INFORMATION_REQUIRED, "device %s has not said what it is", call->device->id);
    return STATUS_OK;
}

enum status cmd_provision(struct eas_call *call)
{
    const struct wbxml_node *node = wbxml_child(wbxml_child(call->body, Provision_Policies), Provision_Policy);
    const char *type = wbxml_child_text(call->mem, node, Provision_PolicyType);
    bool is_first = wbxml_child(node, Provision_PolicyKey) == NULL;
    struct device_policy *policy = NULL;
    if (device_wants_wipe(call->device))
        return handle_wipe(call);
    if (wbxml_child(call->body, Provision_RemoteWipe) != NULL || wbxml_child(call->body, Provision_AccountOnlyRemoteWipe) != NULL ||
        (call->body != NULL && call->body->tag == Provision_Provision && call->body->child == NULL)) {
        wbxml_start(call->out, Provision_Provision); /* asked whether to wipe: no */
        wbxml_element_int(call->out, Provision_Status, PROVISION_OK);
        wbxml_end(call->out);
        return STATUS_OK;
    }
    if (call->body == NULL || call->body->tag != Provision_Provision || type == NULL)
        return eas_fail(call, PROVISION_PROTOCOL_ERROR, "no policy type");
    TRY(read_information(call, is_first));
    if (strcmp(type, POLICY_TYPE) != 0) {
        begin_answer(call, type, POLICY_TYPE_UNKNOWN, 0);
        end_answer(call);
        return STATUS_OK;
    }
    TRY(device_policy_of(call->mem, call->session, &policy));
    return is_first ? offer(call, policy) : acknowledge(call, policy, node);
}
