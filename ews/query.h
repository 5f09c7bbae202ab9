/* What FindItem and FindFolder look for: restrictions [MS-OXWSSRCH] 2.2.4.37, sort orders, query strings. */
#ifndef EWS_QUERY_H
#define EWS_QUERY_H

#include "bourse/groupware/find.h"
#include "bourse/model/restriction.h"
#include "paths.h"

/* `node`: m:Restriction (or a Condition). `sections` of the objects that are tested; `folder` maps custom names. The tree is on call->mem.
 * ErrorUnsupportedPathForQuery, ErrorContainsFilterWrongType, ErrorInvalidExcludesRestriction, ErrorRestrictionTooComplex. */
enum status query_restriction(struct ews_call *call, const struct xml_node *node, unsigned sections, const struct object_id *folder,
                              struct restriction **out) MUST_CHECK;
/* m:SortOrder. ErrorUnsupportedPathForSortGroup. */
enum status query_sort(struct ews_call *call, const struct xml_node *node, const struct object_id *folder, struct sort_key **out, size_t *count) MUST_CHECK;

/* Advanced Query Syntax, the part of it that mail clients send: words, "phrases", AND OR NOT (also "-"), parentheses, and
 *   subject: body: from: to: cc: participants: attachment: kind: category: importance: hasattachment: isread: isflagged: size: received: sent:
 * with =, <, >, <=, >=, a..b and the date words today, yesterday, "this week", "last week", "this month", "last month", "this year".
 * *words: what is left for full text, NULL when nothing; *restriction: the rest, NULL when nothing. Never fails on odd input (unknown keys
 * are words), as Exchange does. */
enum status query_string(TALLOC_CTX *mem, const char *text, struct restriction **restriction, const char **words) MUST_CHECK;

#endif
