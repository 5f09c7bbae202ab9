/* Inbox rules at delivery [MS-OXORULE] 3.2.5.1. */
#include "automatic_mail.h"
#include "automation.h"
#include "bourse/base/log.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/model/properties.h"
#include "rules_match.h"
#include "rules_store.h"

/* A template is answered once a day to a sender, whatever comes [MS-OXORULE] 3.2.5.1.1 asks for a limit and leaves it open. */
#define REPLY_PERIOD INSTANT_PER_DAY
enum { FORWARDS_MAX = 20 }; /* recipients that all rules together may send one message to */

struct running {
    struct delivery_step *step;
    const struct rule *rule;
    struct rule_subject subject;
    bool has_moved, is_over;
    size_t forwards;
    /* of the rule under work */
    struct store_folder *folders; /* of its folder actions, in order; id 0: gone */
    struct loaded_message *template; /* of its reply action */
};

/* ---- what a rule needs, before anything of it is done ---- */

static bool is_usable(const struct store_folder *folder)
{
    return folder->id != 0 && !folder->is_search && !store_role_is_recoverable(folder->role);
}

static enum status load_place(struct running *run, struct transaction *tx, size_t index, bool *is_there)
{
    const struct rule_term *term = &run->rule->actions[index];
    TALLOC_CTX *mem = run->step->mem;
    *is_there = true;
    if (term->kind == RULE_ACTION_MOVE || term->kind == RULE_ACTION_COPY) {
        TRY(store_folder_get_many(mem, tx, run->step->mailbox->id, &term->low, 1, &run->folders[index]));
        *is_there = is_usable(&run->folders[index]);
    }
    if (term->kind == RULE_ACTION_REPLY || term->kind == RULE_ACTION_OOF_REPLY) {
        run->template = talloc_zero(mem, struct loaded_message);
        TRY(run->template != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "template"));
        enum status status = store_message_load(mem, tx, run->step->mailbox->id, term->low, MESSAGE_BAG | MESSAGE_VALUES, run->template);
        *is_there = status == STATUS_OK;
        return status == STATUS_ITEM_NOT_FOUND ? STATUS_OK : status;
    }
    return STATUS_OK;
}

static bool needs_places(const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct rule_term_info *info = rule_action_info(rule->actions[i].kind);
        if (info != NULL && (info->form == RULE_FORM_FOLDER || info->form == RULE_FORM_ITEM))
            return true;
    }
    return false;
}

static enum status load_places(struct running *run, bool *all)
{
    struct transaction *tx = NULL;
    enum status status = STATUS_OK;
    *all = true;
    if (!needs_places(run->rule))
        return STATUS_OK;
    run->folders = array_new(run->step->mem, struct store_folder, run->rule->action_count);
    TRY(run->folders != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "rule"));
    TRY(transaction_begin(run->step->mem, run->step->groupware->store, TRANSACTION_READ, &tx));
    for (size_t i = 0; i < run->rule->action_count && *all && status == STATUS_OK; i++)
        status = load_place(run, tx, i, all);
    talloc_free(tx);
    return status;
}

static enum status mark_error(TALLOC_CTX *mem, struct transaction *tx, const struct delivery_placed *placed, void *data)
{
    return rule_mark_error(mem, tx, placed->mailbox->id, *(const int64_t *)data);
}

static enum status add_error(struct running *run)
{
    int64_t *id = talloc_memdup(run->step->mem, &run->rule->id, sizeof run->rule->id);
    log_event(EVENT_DELIVERY_HOOK, "rule %lld of %s: its folder or template is gone", (long long)run->rule->id, run->step->address);
    return id != NULL ? delivery_add_also(run->step, mark_error, id) : status_fail(STATUS_NO_MEMORY, "rule");
}

/* ---- actions ---- */

/* The first move decides; further ones leave copies [MS-OXORULE] 2.2.5.1.1. */
static enum status do_move(struct running *run, const struct rule_term *term)
{
    if (run->has_moved)
        return delivery_add_copy(run->step, term->low);
    run->has_moved = true;
    run->step->folder = term->low;
    return STATUS_OK;
}

static enum status do_forward(struct running *run, const struct rule_term *term, enum automatic_forward how)
{
    struct outgoing mail;
    const struct recipient_entry *owner = run->subject.owner;
    if (!automatic_forward_is_wanted(run->step, owner) || run->forwards + term->text_count > FORWARDS_MAX)
        return STATUS_OK;
    run->forwards += term->text_count;
    TRY(automatic_forward_make(run->step, owner, how, term->texts, term->text_count, &mail));
    return delivery_add_outgoing(run->step, &mail, NULL, 0);
}

static enum status do_reply(struct running *run)
{
    struct outgoing mail;
    const struct bag *template = run->template->message->props;
    struct slice html = bag_bytes(template, PROP_HTML);
    struct automatic_reply reply = { .subject = bag_string(template, PROP_SUBJECT, NULL), .message_class = "IPM.Note.rules.ReplyTemplate",
                                     .html = html.length > 0 ? slice_text(run->step->mem, html) : NULL, .text = bag_string(template, PROP_BODY, NULL) };
    if (!automatic_reply_is_wanted(run->step, run->subject.owner, false))
        return STATUS_OK;
    if (reply.html == NULL && reply.text == NULL)
        reply.text = "";
    const char *key = talloc_asprintf(run->step->mem, "rule:%lld:%s", (long long)run->rule->id, run->step->envelope->sender);
    TRY(key != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "reply"));
    TRY(automatic_reply_make(run->step, run->subject.owner, &reply, &mail));
    return delivery_add_outgoing(run->step, &mail, key, clock_now() - REPLY_PERIOD);
}

static enum status set_importance(struct running *run, int32_t importance)
{
    struct bag *set = delivery_set(run->step);
    return set != NULL ? bag_set_int32(set, PROP_IMPORTANCE, importance) : status_fail(STATUS_NO_MEMORY, "rule");
}

/* Beside those that the message or an earlier rule has. */
static enum status add_categories(struct running *run, const struct rule_term *term)
{
    struct bag *set = delivery_set(run->step);
    TRY(set != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "rule"));
    const struct value *before = bag_get(bag_has(set, PROP_KEYWORDS) ? set : run->step->message->props, PROP_KEYWORDS);
    size_t count = before != NULL && before->form == VALUE_INLINE ? before->multiple.count : 0, n = 0;
    const char **names = array_new(run->step->mem, const char *, count + term->text_count);
    TRY(names != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "rule"));
    for (size_t i = 0; i < count; i++)
        if ((names[n++] = talloc_strdup(run->step->mem, value_text(&before->multiple.elements[i]))) == NULL)
            return status_fail(STATUS_NO_MEMORY, "rule");
    for (size_t i = 0; i < term->text_count; i++) {
        bool is_there = false;
        for (size_t k = 0; k < n && !is_there; k++)
            is_there = strcmp(names[k], term->texts[i]) == 0;
        if (!is_there)
            names[n++] = term->texts[i];
    }
    return bag_set_strings(set, PROP_KEYWORDS, names, n);
}

static enum status run_action(struct running *run, const struct rule_term *term)
{
    switch ((enum rule_action)term->kind) {
    case RULE_ACTION_MOVE:
        return do_move(run, term);
    case RULE_ACTION_COPY:
        return delivery_add_copy(run->step, term->low);
    case RULE_ACTION_DELETE:
        run->step->folder = (int64_t)FOLDER_ROLE_DELETED_ITEMS;
        run->has_moved = run->is_over = true;
        return STATUS_OK;
    case RULE_ACTION_PERMANENT_DELETE:
        run->step->is_gone = run->is_over = true;
        return STATUS_OK;
    case RULE_ACTION_MARK_READ:
        run->step->is_read = true;
        return STATUS_OK;
    case RULE_ACTION_FORWARD:
        return do_forward(run, term, FORWARD_INLINE);
    case RULE_ACTION_FORWARD_AS_ATTACHMENT:
        return do_forward(run, term, FORWARD_ATTACHED);
    case RULE_ACTION_REDIRECT:
        return do_forward(run, term, FORWARD_REDIRECTED);
    case RULE_ACTION_REPLY:
    case RULE_ACTION_OOF_REPLY:
        return do_reply(run);
    case RULE_ACTION_MARK_IMPORTANCE:
        return set_importance(run, (int32_t)term->low);
    case RULE_ACTION_CATEGORISE:
        return add_categories(run, term);
    case RULE_ACTION_STOP:
        run->is_over = true;
        return STATUS_OK;
    case RULE_ACTION_DEFER: /* the client's */
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* ---- */

static bool is_due(const struct running *run, const struct rule *rule)
{
    return rule->is_enabled && !rule->is_in_error && (!rule->only_when_away || run->step->rules_and_answers->out_of_office != NULL);
}

/* Actions that delete end all rules, but those of their own rule are all done. */
static enum status run_rule(struct running *run, const struct rule *rule)
{
    bool all = true;
    run->rule = rule;
    TRY(load_places(run, &all));
    if (!all)
        return add_error(run);
    for (size_t i = 0; i < rule->action_count; i++)
        TRY(run_action(run, &rule->actions[i]));
    return STATUS_OK;
}

static enum status take_away(TALLOC_CTX *mem, struct transaction *tx, const struct delivery_placed *placed, void *data)
{
    (void)mem;
    (void)data;
    return store_message_delete(tx, placed->mailbox->id, &placed->item, 1, STORE_DELETE_SOFT, NULL, NULL);
}

enum status delivery_hook_rules(struct delivery_step *step)
{
    const struct automation *automation = step->rules_and_answers;
    struct recipient_entry *owner = NULL;
    if (automation == NULL || automation->rule_count == 0 || step->is_junk || step->is_handled)
        return STATUS_OK;
    TRY(recipient_by_guid(step->mem, step->groupware->directory, step->mailbox->owner, &owner));
    struct running run = { .step = step, .subject = { .mem = step->mem, .step = step, .owner = owner } };
    for (size_t i = 0; i < automation->rule_count && !run.is_over; i++) {
        bool applies = is_due(&run, &automation->rules[i]) && rule_matches(&run.subject, &automation->rules[i]);
        TRY(run.subject.status);
        if (applies)
            TRY(run_rule(&run, &automation->rules[i]));
    }
    return step->is_gone ? delivery_add_also(step, take_away, NULL) : STATUS_OK;
}
