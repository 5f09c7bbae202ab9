/* Inbox rules as JSON files: {"name", "sequence", "enabled", "conditions": {...}, "exceptions": {...}, "actions": {...}}; the members of the three are those of
 * bourse/groupware/rule_terms.def: lists of texts, true, numbers, [low, high], times as text, folders as paths from the top ("Inbox/Lists"). */
#ifndef BOURSE_TOOLS_RULE_JSON_H
#define BOURSE_TOOLS_RULE_JSON_H

#include <jansson.h>

#include "bourse/groupware/rules.h"

/* New reference. */
json_t *rule_to_json(TALLOC_CTX *mem, struct session *session, const struct rule *rule);
/* STATUS_INVALID_ARGUMENT names the member in the client text. */
enum status rule_of_json(TALLOC_CTX *mem, struct session *session, const json_t *json, struct rule *out) MUST_CHECK;

#endif
