/* What the commands that change the folder tree share. */
#ifndef ACTIVESYNC_HIERARCHY_CHANGE_H
#define ACTIVESYNC_HIERARCHY_CHANGE_H

#include "hierarchy.h"
#include "keys.h"

/* Reads the key and what the device was told. Fails with the command's status 9 for a key that is not current. */
enum status eas_hierarchy_begin(struct eas_call *call, struct eas_key *key, struct eas_hierarchy *told) MUST_CHECK;
/* `changed`: the folder that the command made, changed or deleted. Saves the new key and writes the answer; new_folder 0: no ServerId. */
enum status eas_hierarchy_finish(struct eas_call *call, const struct eas_key *key, const struct eas_hierarchy *told, int64_t changed, int64_t new_folder) MUST_CHECK;
/* The same for a folder that the command deleted, with all below it. */
enum status eas_hierarchy_finish_deleted(struct eas_call *call, const struct eas_key *key, const struct eas_hierarchy *told, int64_t deleted) MUST_CHECK;

#endif
