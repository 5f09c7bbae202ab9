/* Inbox rules [MS-OXORULE], [MS-OXWSRULES]: run at delivery in order of sequence, in the delivery's transaction.
 *
 * A rule applies when all its conditions hold and none of its exceptions does. Texts compare case-folded. Actions run in the order given; moves,
 * copies, read state and categories are part of the delivery; forwards, redirects and replies are queued with it (flow and loop limits: docs/groupware.md). A rule whose folder or
 * template is gone does nothing and is marked in error; saving it anew clears that. */
#ifndef BOURSE_GROUPWARE_RULES_H
#define BOURSE_GROUPWARE_RULES_H

#include "bourse/groupware/session.h"
#include "bourse/model/restriction.h"

enum rule_test {
#define RULE_TEST(name, number, ...) RULE_TEST_##name = (number),
#include "bourse/groupware/rule_terms.def"
};

enum rule_action {
#define RULE_ACTION(name, number, ...) RULE_ACTION_##name = (number),
#include "bourse/groupware/rule_terms.def"
};

enum rule_form { RULE_FORM_TEXTS, RULE_FORM_ADDRESSES, RULE_FORM_FLAG, RULE_FORM_NUMBER, RULE_FORM_TIMES, RULE_FORM_SIZES, RULE_FORM_FOLDER, RULE_FORM_ITEM, RULE_FORM_BYTES };

/* One condition, exception or action. */
struct rule_term {
    int kind;                  /* enum rule_test or enum rule_action */
    const char *const *texts;  /* UTF-8 */
    size_t text_count;
    int64_t low, high;
    struct slice bytes;
};

struct rule {
    int64_t id;                /* 0: new */
    const char *name;
    int32_t sequence;
    bool is_enabled;
    bool only_when_away;       /* runs while out-of-office answers go out (ST_ONLY_WHEN_OOF) */
    bool is_in_error;          /* kept by the server */
    const char *provider;      /* who keeps it, "" */
    struct rule_term *conditions, *exceptions, *actions;
    size_t condition_count, exception_count, action_count;
    struct restriction *restriction; /* a further condition, or NULL */
};

#define RULES_MAX 256
#define RULE_TERMS_MAX 64      /* of each kind */
#define RULE_TEXTS_MAX 256     /* of one term */

/* What the tables say of a kind; NULL when there is no such. */
struct rule_term_info {
    int kind;
    enum rule_form form;
    const char *json, *ews;
};
const struct rule_term_info *rule_test_info(int kind);
const struct rule_term_info *rule_action_info(int kind);
/* By place, NULL past the end: for readers and writers of other forms. */
const struct rule_term_info *rule_test_at(size_t index);
const struct rule_term_info *rule_action_at(size_t index);

/* All rules of a mailbox's Inbox in order. `mailbox` zero: the own. Needs to be the owner or a delegate with full access (STATUS_ACCESS_DENIED). */
enum status rules_list(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct rule **out, size_t *count) MUST_CHECK;

enum rule_change_kind { RULE_SAVE, RULE_DELETE };
struct rule_change {
    enum rule_change_kind kind;
    const struct rule *rule;   /* SAVE: id 0 adds; ids replace. DELETE: only the id counts */
    int64_t id;                /* out, of SAVE */
};
/* All changes or none, in one transaction. STATUS_INVALID_ARGUMENT (a term that the tables do not know, a folder or template that is not there, an address that is none),
 * STATUS_NOT_FOUND (id), STATUS_LIMIT_EXCEEDED. */
enum status rules_change(struct session *session, struct guid mailbox, struct rule_change *changes, size_t count) MUST_CHECK;

#endif
