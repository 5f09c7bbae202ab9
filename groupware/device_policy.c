#include "device_policy_file.h"

#include <stdlib.h>

#include "bourse/base/log.h"
#include "session_state.h"

/* Keeps a text that was good for the time when the file is not. */
static void keep(struct groupware *groupware, const char *text)
{
    lock_take(&groupware->policies);
    if (groupware->policy_text == NULL || strcmp(groupware->policy_text, text) != 0) {
        char *copy = strdup(text);
        if (copy != NULL) {
            free(groupware->policy_text);
            groupware->policy_text = copy;
        }
    }
    lock_release(&groupware->policies);
}

static char *kept(TALLOC_CTX *mem, struct groupware *groupware)
{
    lock_take(&groupware->policies);
    char *text = groupware->policy_text != NULL ? talloc_strdup(mem, groupware->policy_text) : NULL;
    lock_release(&groupware->policies);
    return text;
}

static enum status read_policies(TALLOC_CTX *mem, struct groupware *groupware, const char *path, struct device_policy **out, size_t *count)
{
    char *text = NULL;
    enum status status = device_policy_text(mem, path, &text);
    if (status == STATUS_OK)
        status = device_policies_parse(mem, text, out, count);
    if (status == STATUS_OK) {
        keep(groupware, text);
        return STATUS_OK;
    }
    log_failure(EVENT_CONFIG_INVALID, status, "%s: %s", path, status_client_text(status));
    char *before = kept(mem, groupware);
    if (before == NULL)
        return status_add(status, "device policies of %s", path);
    status_chain_clear();
    return device_policies_parse(mem, before, out, count);
}

/* A group that the directory does not have is nobody's. */
static enum status is_for(TALLOC_CTX *mem, struct session *session, const struct device_policy *policy, bool *out)
{
    struct recipient_entry *group = NULL;
    *out = policy->group == NULL;
    if (*out)
        return STATUS_OK;
    enum status status = group_by_name(mem, session->groupware->directory, policy->group, &group);
    if (status == STATUS_RECIPIENT_NOT_FOUND || status == STATUS_NAME_AMBIGUOUS) {
        log_failure(EVENT_CONFIG_WARNING, status, "group %s of device policy %s", policy->group, policy->name);
        status_chain_clear();
        return STATUS_OK;
    }
    TRY(status);
    return group_contains(session->groupware->directory, group->guid, session->entry->guid, out);
}

enum status device_policy_of(TALLOC_CTX *mem, struct session *session, struct device_policy **out)
{
    const char *path = config_text(session->groupware->config, CONFIG_activesync_policy_file);
    struct device_policy *policies = NULL;
    size_t count = 0;
    *out = talloc_zero(mem, struct device_policy);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "device policy");
    device_policy_normal(*out);
    if (*path == '\0')
        return STATUS_OK;
    TRY(read_policies(mem, session->groupware, path, &policies, &count));
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        TRY(is_for(mem, session, &policies[i], &found));
        if (!found)
            continue;
        **out = policies[i];
        return STATUS_OK;
    }
    return STATUS_OK;
}
