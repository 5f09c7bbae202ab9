/* What the organisation asks of its people's devices: passwords, encryption, what they may use.
 *
 * Policies stand in the JSON file of activesync.policy_file, in order of precedence:
 *
 *     { "policies": [ { "name": "Sales", "group": "sales", "settings": { "DevicePasswordEnabled": true, "MinDevicePasswordLength": 6 },
 *                       "must_be_applied": true },
 *                     { "name": "Everybody", "settings": {} } ] }
 *
 * A device gets the first one whose directory group its owner is in, directly or through other groups; a policy without a group is for everybody. Nobody's policy, or no file: the normal
 * values of device_settings.def, which ask nothing. The file is read at each question, so a change needs no restart; while it cannot be used, its last good text counts. */
#ifndef BOURSE_GROUPWARE_DEVICE_POLICY_H
#define BOURSE_GROUPWARE_DEVICE_POLICY_H

#include "bourse/groupware/session.h"

enum device_setting {
#define SETTING(name, ...) DEVICE_SETTING_##name,
#include "bourse/groupware/device_settings.def"
#undef SETTING
    DEVICE_SETTING_COUNT
};

enum device_setting_kind { SETTING_FLAG, SETTING_NUMBER, SETTING_LIMIT, SETTING_NAMES };

struct device_setting_info {
    const char *name;
    enum device_setting_kind kind;
    int64_t low, high, normal;
};
extern const struct device_setting_info device_settings[DEVICE_SETTING_COUNT];

#define DEVICE_NO_LIMIT INT64_MIN

struct device_policy {
    const char *name;                                       /* "" for the built-in one */
    const char *group;                                      /* NULL: for everybody */
    bool must_be_applied;                                   /* devices that apply only a part of it, or are managed by somebody else, get nothing */
    int64_t values[DEVICE_SETTING_COUNT];                   /* LIMIT: DEVICE_NO_LIMIT for none */
    const char *const *names[DEVICE_SETTING_COUNT];         /* NAMES: NULL-terminated, never NULL */
};

/* The policy of the session's person. STATUS_CONFIGURATION: the file cannot be used and never could; STATUS_DIRECTORY_UNAVAILABLE. */
enum status device_policy_of(TALLOC_CTX *mem, struct session *session, struct device_policy **out) MUST_CHECK;
/* Reads a file: all policies in order. STATUS_CONFIGURATION says in the client text what is wrong and where. */
enum status device_policies_read(TALLOC_CTX *mem, const char *path, struct device_policy **out, size_t *count) MUST_CHECK;

#endif
