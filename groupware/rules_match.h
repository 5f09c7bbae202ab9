/* Does a rule apply to a message on its way in? Private to this folder. */
#ifndef BOURSE_GROUPWARE_RULES_MATCH_H
#define BOURSE_GROUPWARE_RULES_MATCH_H

#include "bourse/groupware/rules.h"
#include "delivery_hooks.h"

struct rule_subject {
    TALLOC_CTX *mem;
    const struct delivery_step *step;
    const struct recipient_entry *owner;
    char *body;    /* folded, made when a rule first asks */
    char *subject, *header;
    enum status status; /* lack of memory while texts were made */
};

bool rule_matches(struct rule_subject *subject, const struct rule *rule);
/* One of the owner's addresses. */
bool rule_owner_has(const struct recipient_entry *owner, const char *address);

#endif
