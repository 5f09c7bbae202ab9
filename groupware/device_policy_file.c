#include "device_policy_file.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "bourse/base/memory.h"

enum { FILE_MAX = 1024 * 1024, POLICIES_MAX = 200, NAMES_MAX = 500 };

const struct device_setting_info device_settings[DEVICE_SETTING_COUNT] = {
#define SETTING(name, kind, low, high, normal) [DEVICE_SETTING_##name] = { #name, SETTING_##kind, low, high, normal },
#include "bourse/groupware/device_settings.def"
#undef SETTING
};

static const char *const no_names[] = { NULL };

void device_policy_normal(struct device_policy *out)
{
    *out = (struct device_policy){ .name = "" };
    for (size_t i = 0; i < DEVICE_SETTING_COUNT; i++) {
        out->values[i] = device_settings[i].normal;
        out->names[i] = no_names;
    }
}

/* Fails with a text for the admin. */
#define wrong(...) (status_set_client_text(__VA_ARGS__), STATUS_CONFIGURATION)

enum status device_policy_text(TALLOC_CTX *mem, const char *path, char **out)
{
    FILE *file = fopen(path, "re");
    char *text = talloc_size(mem, FILE_MAX + 1);
    size_t length = file != NULL && text != NULL ? fread(text, 1, FILE_MAX + 1, file) : 0;
    int error = file == NULL || ferror(file) ? errno : 0;
    if (file != NULL)
        fclose(file);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "policies");
    if (error != 0 || length > FILE_MAX) {
        (void)status_fail(STATUS_CONFIGURATION, "%s: %s", path, error != 0 ? strerror(error) : "larger than 1 MiB");
        return wrong("%s: %s", path, error != 0 ? strerror(error) : "larger than 1 MiB");
    }
    text[length] = '\0';
    *out = text;
    return STATUS_OK;
}

static enum status read_names(TALLOC_CTX *mem, const json_t *value, const char *where, const char *const **out)
{
    size_t count = json_array_size(value);
    const char **names = array_new(mem, const char *, count + 1);
    if (!json_is_array(value) || count > NAMES_MAX)
        return wrong("%s is a list of at most %d texts", where, NAMES_MAX);
    if (names == NULL)
        return status_fail(STATUS_NO_MEMORY, "policies");
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(value, i));
        names[i] = text != NULL ? talloc_strdup(names, text) : NULL;
        if (text == NULL)
            return wrong("%s is a list of texts", where);
        if (names[i] == NULL)
            return status_fail(STATUS_NO_MEMORY, "policies");
    }
    *out = names;
    return STATUS_OK;
}

static enum status read_setting(TALLOC_CTX *mem, const char *name, const json_t *value, struct device_policy *policy)
{
    size_t i = 0;
    while (i < DEVICE_SETTING_COUNT && strcmp(device_settings[i].name, name) != 0)
        i++;
    if (i == DEVICE_SETTING_COUNT)
        return wrong("policy %s: there is no setting %s", policy->name, name);
    const struct device_setting_info *info = &device_settings[i];
    if (info->kind == SETTING_NAMES)
        return read_names(mem, value, name, &policy->names[i]);
    if (info->kind == SETTING_FLAG) {
        policy->values[i] = json_is_true(value);
        return json_is_boolean(value) ? STATUS_OK : wrong("policy %s: %s is true or false", policy->name, name);
    }
    if (info->kind == SETTING_LIMIT && json_is_null(value)) {
        policy->values[i] = DEVICE_NO_LIMIT;
        return STATUS_OK;
    }
    policy->values[i] = json_integer_value(value);
    if (!json_is_integer(value) || policy->values[i] < info->low || policy->values[i] > info->high)
        return wrong("policy %s: %s is a number from %" PRId64 " to %" PRId64, policy->name, name, info->low, info->high);
    return STATUS_OK;
}

static enum status read_member(TALLOC_CTX *mem, const char *key, json_t *value, struct device_policy *out)
{
    const char *name = NULL;
    json_t *setting = NULL;
    if (strcmp(key, "name") == 0)
        return STATUS_OK;
    if (strcmp(key, "group") == 0 && json_is_string(value)) {
        out->group = talloc_strdup(mem, json_string_value(value));
        return out->group != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "policies");
    }
    if (strcmp(key, "must_be_applied") == 0 && json_is_boolean(value)) {
        out->must_be_applied = json_is_true(value);
        return STATUS_OK;
    }
    if (strcmp(key, "settings") != 0 || !json_is_object(value))
        return wrong("policy %s: \"%s\" is unknown or of another type", out->name, key);
    json_object_foreach(value, name, setting)
        TRY(read_setting(mem, name, setting, out));
    return STATUS_OK;
}

static enum status read_policy(TALLOC_CTX *mem, json_t *object, struct device_policy *out)
{
    const char *key = NULL, *name = json_string_value(json_object_get(object, "name"));
    json_t *value = NULL;
    device_policy_normal(out);
    if (name == NULL || *name == '\0')
        return wrong("a policy is an object with a name");
    out->name = talloc_strdup(mem, name);
    if (out->name == NULL)
        return status_fail(STATUS_NO_MEMORY, "policies");
    json_object_foreach(object, key, value)
        TRY(read_member(mem, key, value, out));
    return STATUS_OK;
}

static enum status read_all(TALLOC_CTX *mem, json_t *root, struct device_policy **out, size_t *count)
{
    const json_t *list = json_object_get(root, "policies");
    size_t length = json_array_size(list);
    if (!json_is_array(list) || json_object_size(root) != 1 || length > POLICIES_MAX)
        return wrong("the file is an object with one list \"policies\" of at most %d", POLICIES_MAX);
    *out = array_new(mem, struct device_policy, length);
    *count = length;
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "policies");
    for (size_t i = 0; i < length; i++) {
        TRY(read_policy(*out, json_array_get(list, i), &(*out)[i]));
        if ((*out)[i].group == NULL && i + 1 < length)
            return wrong("policy %s is for everybody, so no policy may follow it", (*out)[i].name);
    }
    return STATUS_OK;
}

enum status device_policies_parse(TALLOC_CTX *mem, const char *text, struct device_policy **out, size_t *count)
{
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        return wrong("line %d: %s", error.line, error.text);
    enum status status = read_all(mem, root, out, count);
    json_decref(root);
    return status;
}

enum status device_policies_read(TALLOC_CTX *mem, const char *path, struct device_policy **out, size_t *count)
{
    char *text = NULL;
    TRY(device_policy_text(mem, path, &text));
    return device_policies_parse(mem, text, out, count);
}
