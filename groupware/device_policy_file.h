/* The file of device policies. Private to this folder. */
#ifndef BOURSE_GROUPWARE_DEVICE_POLICY_FILE_H
#define BOURSE_GROUPWARE_DEVICE_POLICY_FILE_H

#include "bourse/groupware/device_policy.h"

/* The normal values. */
void device_policy_normal(struct device_policy *out);
/* The file as text, at most 1 MiB. */
enum status device_policy_text(TALLOC_CTX *mem, const char *path, char **out) MUST_CHECK;
enum status device_policies_parse(TALLOC_CTX *mem, const char *text, struct device_policy **out, size_t *count) MUST_CHECK;

#endif
