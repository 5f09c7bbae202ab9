#include "policy.h"

#include "bourse/base/hash.h"

enum { DOCUMENT_CAP = 256 * 1024 };

static const eas_tag tags[DEVICE_SETTING_COUNT] = {
#define SETTING(name, ...) [DEVICE_SETTING_##name] = Provision_##name,
#include "bourse/groupware/device_settings.def"
#undef SETTING
};

static void write_names(struct wbxml_writer *out, eas_tag list, const char *const *names)
{
    wbxml_start(out, list);
    for (size_t i = 0; names[i] != NULL; i++)
        wbxml_element(out, list == Provision_ApprovedApplicationList ? Provision_Hash : Provision_ApplicationName, names[i]);
    wbxml_end(out);
}

void eas_policy_write(struct wbxml_writer *out, const struct device_policy *policy)
{
    wbxml_start(out, Provision_EASProvisionDoc);
    for (size_t i = 0; i < DEVICE_SETTING_COUNT; i++) {
        if (device_settings[i].kind == SETTING_NAMES)
            write_names(out, tags[i], policy->names[i]);
        else if (policy->values[i] == DEVICE_NO_LIMIT)
            wbxml_element(out, tags[i], "");
        else
            wbxml_element_int(out, tags[i], policy->values[i]);
    }
    wbxml_end(out);
}

enum status eas_policy_hash(struct eas_call *call, const struct device_policy *policy, uint32_t *out)
{
    struct buffer *document = buffer_new(call->mem, DOCUMENT_CAP);
    struct wbxml_writer *writer = document != NULL ? wbxml_writer_new(document, document, call->version) : NULL;
    if (writer == NULL)
        return status_fail(STATUS_NO_MEMORY, "policy");
    eas_policy_write(writer, policy);
    enum status status = wbxml_finish(writer);
    struct hash256 hash = hash_sha256(buffer_slice(document));
    memcpy(out, hash.bytes, sizeof *out);
    talloc_free(document);
    return status;
}

enum status eas_device_information_read(struct eas_call *call, const struct wbxml_node *information)
{
    static const struct {
        eas_tag tag;
        enum device_fact fact;
    } rows[] = { { Settings_Model, DEVICE_MODEL },       { Settings_IMEI, DEVICE_IMEI },
                 { Settings_FriendlyName, DEVICE_FRIENDLY_NAME }, { Settings_OS, DEVICE_OS },
                 { Settings_OSLanguage, DEVICE_OS_LANGUAGE }, { Settings_PhoneNumber, DEVICE_PHONE_NUMBER },
                 { Settings_MobileOperator, DEVICE_MOBILE_OPERATOR }, { Settings_UserAgent, DEVICE_USER_AGENT } };
    const struct wbxml_node *set = wbxml_child(information, Settings_Set);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *text = wbxml_child_text(call->mem, set, rows[i].tag);
        call->device->facts[rows[i].fact] = text != NULL ? text : "";
    }
    call->device->has_facts = true;
    return STATUS_OK;
}
