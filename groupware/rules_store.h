/* Rules as the store keeps them: a packed, versioned encoding in the columns of table rule. Private to this folder. */
#ifndef BOURSE_GROUPWARE_RULES_STORE_H
#define BOURSE_GROUPWARE_RULES_STORE_H

#include "bourse/groupware/rules.h"
#include "bourse/storage/settings.h"

/* Terms: version 1, count, then kind, texts, low, high, bytes of each. STATUS_INVALID_ARGUMENT above the limits of rules.h, or for an unknown kind. */
enum status rule_terms_pack(TALLOC_CTX *mem, const struct rule_term *terms, size_t count, struct slice *out) MUST_CHECK;
/* STATUS_CORRUPT for anything else. Kinds that this program does not know are kept. */
enum status rule_terms_unpack(TALLOC_CTX *mem, struct slice packed, struct rule_term **out, size_t *count) MUST_CHECK;

enum status rule_to_stored(TALLOC_CTX *mem, const struct rule *rule, struct stored_rule *out) MUST_CHECK;
enum status rule_of_stored(TALLOC_CTX *mem, const struct stored_rule *stored, struct rule *out) MUST_CHECK;

/* The Inbox's rules in order of sequence. A row that cannot be read is left out and logged. */
enum status rules_read(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct rule **out, size_t *count) MUST_CHECK;
/* A rule that cannot be carried out; nothing when it is gone. In the delivery's transaction. */
enum status rule_mark_error(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t id) MUST_CHECK;

#endif
