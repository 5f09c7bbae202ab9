#include "automation.h"

#include "bourse/base/hash.h"
#include "bourse/base/memory.h"
#include "bourse/storage/mailbox.h"
#include "out_of_office_store.h"
#include "rules_store.h"

static enum status load_in(struct delivery_step *step, struct transaction *tx, struct automation *out)
{
    struct store_mailbox mailbox;
    struct out_of_office *away = NULL;
    TRY(store_mailbox_get(step->mem, tx, step->mailbox->id, &mailbox));
    step->automation = mailbox.automation;
    if (mailbox.automation == 0)
        return STATUS_OK;
    TRY(rules_read(step->mem, tx, step->mailbox->id, &out->rules, &out->rule_count));
    TRY(out_of_office_read(step->mem, tx, step->mailbox->id, &away));
    out->out_of_office = out_of_office_is_on(away, clock_now()) ? away : NULL;
    step->rules_and_answers = out;
    return STATUS_OK;
}

/* A mailbox that is gone by now is the accept transaction's to find. */
enum status automation_load(struct delivery_step *step)
{
    struct transaction *tx = NULL;
    if (step->automation == 0)
        return STATUS_OK;
    struct automation *out = talloc_zero(step->mem, struct automation);
    if (out == NULL)
        return status_fail(STATUS_NO_MEMORY, "rules");
    TRY(transaction_begin(step->mem, step->groupware->store, TRANSACTION_READ, &tx));
    enum status status = load_in(step, tx, out);
    talloc_free(tx);
    mailbox_cache_set_automation(step->groupware->mailboxes, step->mailbox->id, step->automation);
    return status == STATUS_MAILBOX_NOT_FOUND ? STATUS_OK : status;
}

static bool has_work(const struct rule *rules, size_t count, const struct out_of_office *away)
{
    bool found = away->state != OOF_DISABLED;
    for (size_t i = 0; i < count && !found; i++)
        found = rules[i].is_enabled;
    return found;
}

enum status automation_changed(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox)
{
    struct rule *rules = NULL;
    struct out_of_office *away = NULL;
    size_t count = 0;
    TRY(rules_read(mem, tx, mailbox, &rules, &count));
    TRY(out_of_office_read(mem, tx, mailbox, &away));
    int64_t number = (int64_t)(random_u64() >> 1 | 1);
    return store_mailbox_set_automation(tx, mailbox, has_work(rules, count, away) ? number : 0);
}
