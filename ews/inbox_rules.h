/* t:Rule [MS-OXWSRULES] 2.2.4.12 <-> struct rule. */
#ifndef EWS_INBOX_RULES_H
#define EWS_INBOX_RULES_H

#include "bourse/groupware/rules.h"
#include "ids.h"

/* The mailbox of m:MailboxSmtpAddress, zero when it is not named (one's own). */
enum status rule_mailbox(struct ews_call *call, struct guid *out) MUST_CHECK;
void rule_write(struct ews_call *call, struct guid mailbox, const struct rule *rule);

/* What is wrong with a rule of a request: RuleFieldURI and RuleValidationErrorCode [MS-OXWSRULES] 2.2.5. */
struct rule_fault {
    const char *field, *code, *value;
};
/* False with *fault filled. Memory on call->mem. */
bool rule_read(struct ews_call *call, const struct xml_node *node, struct rule *out, struct rule_fault *fault);
/* RuleId text -> id. */
bool rule_id_read(const char *text, int64_t *out);

#endif
