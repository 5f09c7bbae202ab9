/* The out-of-office answer at delivery [MS-OXWOOF] 3.1.4. */
#include "address.h"
#include "automatic_mail.h"
#include "automation.h"
#include "bourse/base/text.h"
#include "bourse/storage/calendar.h"

/* A sender who was answered in this period (it begins anew with each change of the settings) is not answered again. */
#define EVER ((instant)0)

static enum status is_known(struct delivery_step *step, const char *sender, bool *known)
{
    struct transaction *tx = NULL;
    struct found_item *found = NULL;
    size_t count = 0;
    TRY(transaction_begin(step->mem, step->groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_contacts_by_address(step->mem, tx, step->mailbox->id, sender, 1, &found, &count);
    talloc_free(tx);
    *known = count > 0;
    return status;
}

/* Which of the two answers, or none. */
static enum status choose(struct delivery_step *step, const struct out_of_office *away, const char **answer)
{
    const char *sender = step->envelope->sender;
    bool known = away->audience == OOF_AUDIENCE_ALL;
    *answer = away->internal;
    if (address_is_local(step->groupware->config, sender))
        return STATUS_OK;
    if (away->audience == OOF_AUDIENCE_KNOWN)
        TRY(is_known(step, sender, &known));
    *answer = known ? away->external : "";
    return STATUS_OK;
}

enum status delivery_hook_out_of_office(struct delivery_step *step)
{
    const struct out_of_office *away = step->rules_and_answers != NULL ? step->rules_and_answers->out_of_office : NULL;
    struct recipient_entry *owner = NULL;
    struct outgoing mail;
    const char *answer = "";
    if (away == NULL || step->is_junk || step->is_handled || step->is_gone)
        return STATUS_OK;
    TRY(recipient_by_guid(step->mem, step->groupware->directory, step->mailbox->owner, &owner));
    if (!automatic_reply_is_wanted(step, owner, true))
        return STATUS_OK;
    TRY(choose(step, away, &answer));
    if (answer[0] == '\0')
        return STATUS_OK;
    struct automatic_reply reply = { .message_class = "IPM.Note.rules.OofTemplate.Microsoft", .html = out_of_office_is_html(answer) ? answer : NULL,
                                     .text = out_of_office_is_html(answer) ? NULL : answer };
    const char *key = talloc_asprintf(step->mem, "oof:%s", step->envelope->sender);
    TRY(key != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "answer"));
    TRY(automatic_reply_make(step, owner, &reply, &mail));
    return delivery_add_outgoing(step, &mail, key, EVER);
}
