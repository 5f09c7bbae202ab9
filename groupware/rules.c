#include "bourse/groupware/rules.h"

#include "access_in.h"
#include "automation.h"
#include "bourse/base/memory.h"
#include "bourse/mime/header.h"
#include "bourse/storage/message.h"
#include "folder_view.h"
#include "rules_store.h"

enum { NAME_MAX_BYTES = 512, FORWARDS_MAX = 20 };

static enum status begin(TALLOC_CTX *mem, struct session *session, struct guid mailbox, enum transaction_mode mode, struct mailbox_key *key,
                         struct transaction **tx)
{
    TRY(folder_begin(mem, session, mailbox, mode, key, tx));
    return access_full_in(*tx, session, key);
}

enum status rules_list(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct rule **out, size_t *count)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TALLOC_CTX *step = talloc_new(mem);
    *count = 0;
    enum status status = begin(step, session, mailbox, TRANSACTION_READ, &key, &tx);
    if (status == STATUS_OK)
        status = rules_read(mem, tx, key.id, out, count);
    talloc_free(step);
    return status;
}

/* ---- checking what is saved ---- */

static enum status check_texts(const struct rule_term *term, const struct rule_term_info *info)
{
    if (term->text_count == 0 || term->text_count > RULE_TEXTS_MAX)
        return status_fail(STATUS_INVALID_ARGUMENT, "%s: %zu texts", info->json, term->text_count);
    for (size_t i = 0; i < term->text_count; i++) {
        if (term->texts[i][0] == '\0')
            return status_fail(STATUS_INVALID_ARGUMENT, "%s: empty text", info->json);
        if (info->form == RULE_FORM_ADDRESSES && !mime_address_is_valid(term->texts[i], true))
            return status_fail(STATUS_INVALID_ARGUMENT, "%s: address %s", info->json, term->texts[i]);
    }
    return STATUS_OK;
}

static enum status check_place(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct rule_term *term, const struct rule_term_info *info)
{
    struct store_folder folder = { 0 };
    struct item_row row = { 0 };
    if (info->form == RULE_FORM_FOLDER)
        TRY(store_folder_get_many(mem, tx, mailbox, &term->low, 1, &folder));
    else
        TRY(store_rows_get(mem, tx, mailbox, &term->low, 1, false, &row));
    bool is_target = info->form == RULE_FORM_FOLDER ? folder.id != 0 && !folder.is_search && !store_role_is_recoverable(folder.role) : row.item != 0;
    return is_target ? STATUS_OK : status_fail(STATUS_INVALID_ARGUMENT, "%s: %lld is not there", info->json, (long long)term->low);
}

static enum status check_term(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct rule_term *term, const struct rule_term_info *info)
{
    if (info == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "rule with an unknown part %d", term->kind);
    switch (info->form) {
    case RULE_FORM_TEXTS:
    case RULE_FORM_ADDRESSES:
        return check_texts(term, info);
    case RULE_FORM_FOLDER:
    case RULE_FORM_ITEM:
        return check_place(mem, tx, mailbox, term, info);
    case RULE_FORM_NUMBER:
        return term->low >= 0 && term->low <= 3 ? STATUS_OK : status_fail(STATUS_INVALID_ARGUMENT, "%s: %lld", info->json, (long long)term->low);
    case RULE_FORM_TIMES:
    case RULE_FORM_SIZES: /* a range that nothing is in is a mistake */
        return term->low >= 0 && (term->high == 0 || term->high >= term->low) ? STATUS_OK : status_fail(STATUS_INVALID_ARGUMENT, "%s: range", info->json);
    default:
        return STATUS_OK;
    }
}

static size_t count_forwards(const struct rule *rule)
{
    size_t count = 0;
    for (size_t i = 0; i < rule->action_count; i++)
        if (rule_action_info(rule->actions[i].kind)->form == RULE_FORM_ADDRESSES)
            count += rule->actions[i].text_count;
    return count;
}

static enum status check_rule(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct rule *rule)
{
    if (rule->name == NULL || strlen(rule->name) > NAME_MAX_BYTES)
        return status_fail(STATUS_INVALID_ARGUMENT, "name of a rule");
    if (rule->action_count == 0)
        return status_fail(STATUS_INVALID_ARGUMENT, "rule without action");
    for (size_t i = 0; i < rule->condition_count; i++)
        TRY(check_term(mem, tx, mailbox, &rule->conditions[i], rule_test_info(rule->conditions[i].kind)));
    for (size_t i = 0; i < rule->exception_count; i++)
        TRY(check_term(mem, tx, mailbox, &rule->exceptions[i], rule_test_info(rule->exceptions[i].kind)));
    for (size_t i = 0; i < rule->action_count; i++)
        TRY(check_term(mem, tx, mailbox, &rule->actions[i], rule_action_info(rule->actions[i].kind)));
    if (rule->restriction != NULL)
        TRY(restriction_check(rule->restriction));
    return count_forwards(rule) <= FORWARDS_MAX ? STATUS_OK : status_fail(STATUS_LIMIT_EXCEEDED, "rule that forwards to more than %d", FORWARDS_MAX);
}

/* ---- changing ---- */

static enum status change_one(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct rule_change *change)
{
    struct stored_rule stored;
    if (change->kind == RULE_DELETE)
        return store_rule_delete(tx, mailbox, STORE_ROLE_INBOX, change->rule->id);
    TRY(check_rule(mem, tx, mailbox, change->rule));
    struct rule saved = *change->rule;
    saved.is_in_error = false;
    TRY(rule_to_stored(mem, &saved, &stored));
    return store_rule_save(tx, mailbox, STORE_ROLE_INBOX, &stored, &change->id);
}

static enum status check_count(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox)
{
    struct stored_rule *stored = NULL;
    size_t count = 0;
    TRY(store_rule_list(mem, tx, mailbox, STORE_ROLE_INBOX, &stored, &count));
    return count <= RULES_MAX ? STATUS_OK : status_fail(STATUS_LIMIT_EXCEEDED, "more than %d rules", RULES_MAX);
}

static enum status change_in(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, struct rule_change *changes, size_t count)
{
    TRY(store_mailbox_lock(tx, key->id, NULL));
    for (size_t i = 0; i < count; i++)
        TRY(change_one(mem, tx, key->id, &changes[i]));
    TRY(check_count(mem, tx, key->id));
    TRY(automation_changed(mem, tx, key->id));
    return transaction_commit(tx);
}

enum status rules_change(struct session *session, struct guid mailbox, struct rule_change *changes, size_t count)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = begin(mem, session, mailbox, TRANSACTION_WRITE, &key, &tx);
    if (status == STATUS_OK)
        status = change_in(mem, tx, &key, changes, count);
    talloc_free(mem);
    return status;
}
