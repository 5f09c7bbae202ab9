/* Settings [MS-ASCMD] 2.2.1.18: out-of-office, what the device is, what the user's addresses are. */
#include "policy.h"
#include "settings_oof.h"

enum { SETTINGS_OK = 1, SETTINGS_PROTOCOL_ERROR = 2, SETTINGS_DENIED_BY_POLICY = 7 };

static void answer_status(struct eas_call *call, eas_tag element, int status)
{
    wbxml_start(call->out, element);
    wbxml_element_int(call->out, Settings_Status, status);
    wbxml_end(call->out);
}

static enum status set_device_information(struct eas_call *call, const struct wbxml_node *node)
{
    if (wbxml_child(node, Settings_Set) == NULL) {
        answer_status(call, Settings_DeviceInformation, SETTINGS_PROTOCOL_ERROR);
        return STATUS_OK;
    }
    TRY(eas_device_information_read(call, node));
    TRY(device_save(call->session, call->device));
    answer_status(call, Settings_DeviceInformation, SETTINGS_OK);
    return STATUS_OK;
}

/* Recovery passwords would unlock the device: none is kept here, as the policy says (PasswordRecoveryEnabled) [MS-ASCMD] 2.2.3.46. */
static enum status set_device_password(struct eas_call *call, const struct wbxml_node *node)
{
    bool is_well_formed = wbxml_child(wbxml_child(node, Settings_Set), Settings_Password) != NULL;
    answer_status(call, Settings_DevicePassword, is_well_formed ? SETTINGS_DENIED_BY_POLICY : SETTINGS_PROTOCOL_ERROR);
    return STATUS_OK;
}

static void write_addresses(struct eas_call *call, const struct user_profile *profile)
{
    wbxml_start(call->out, Settings_EmailAddresses);
    wbxml_element(call->out, Settings_SMTPAddress, profile->address);
    for (size_t i = 0; i < profile->alias_count; i++)
        wbxml_element(call->out, Settings_SMTPAddress, profile->aliases[i]);
    wbxml_element(call->out, Settings_PrimarySmtpAddress, profile->address);
    wbxml_end(call->out);
}

/* Up to 14.0 the addresses stand in Get itself; from 14.1 on in accounts, of which this server has one, the user's own, without an id [MS-ASCMD] 2.2.3.56, 2.2.3.2. */
static enum status get_user_information(struct eas_call *call, const struct wbxml_node *node)
{
    struct user_profile *profile = NULL;
    if (wbxml_child(node, Settings_Get) == NULL) {
        answer_status(call, Settings_UserInformation, SETTINGS_PROTOCOL_ERROR);
        return STATUS_OK;
    }
    TRY(user_profile_of_guid(call->mem, session_groupware(call->session), session_principal(call->session), &profile));
    wbxml_start(call->out, Settings_UserInformation);
    wbxml_element_int(call->out, Settings_Status, SETTINGS_OK);
    wbxml_start(call->out, Settings_Get);
    if (call->version < V14_1) {
        write_addresses(call, profile);
    } else {
        wbxml_start(call->out, Settings_Accounts);
        wbxml_start(call->out, Settings_Account);
        wbxml_element(call->out, Settings_UserDisplayName, profile->display_name);
        write_addresses(call, profile);
        wbxml_end(call->out);
        wbxml_end(call->out);
    }
    wbxml_end(call->out);
    wbxml_end(call->out);
    return STATUS_OK;
}

/* A server without rights management [MS-ASRM] 3.2.4. */
static enum status get_rights_management(struct eas_call *call, const struct wbxml_node *node)
{
    (void)node;
    wbxml_start(call->out, Settings_RightsManagementInformation);
    wbxml_element_int(call->out, Settings_Status, EAS_IRM_FEATURE_DISABLED);
    wbxml_start(call->out, Settings_Get);
    wbxml_element(call->out, RightsManagement_RightsManagementTemplates, "");
    wbxml_end(call->out);
    wbxml_end(call->out);
    return STATUS_OK;
}

enum status cmd_settings(struct eas_call *call)
{
    static const struct {
        eas_tag element;
        enum status (*handle)(struct eas_call *call, const struct wbxml_node *node);
    } rows[] = { { Settings_Oof, eas_settings_oof },
                 { Settings_DeviceInformation, set_device_information },
                 { Settings_DevicePassword, set_device_password },
                 { Settings_UserInformation, get_user_information },
                 { Settings_RightsManagementInformation, get_rights_management } };
    if (call->body == NULL || call->body->tag != Settings_Settings || call->body->child == NULL)
        return eas_fail(call, SETTINGS_PROTOCOL_ERROR, "no settings asked for");
    wbxml_start(call->out, Settings_Settings);
    wbxml_element_int(call->out, Settings_Status, SETTINGS_OK);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct wbxml_node *node = wbxml_child(call->body, rows[i].element);
        if (node != NULL)
            TRY(rows[i].handle(call, node));
    }
    wbxml_end(call->out);
    return STATUS_OK;
}
