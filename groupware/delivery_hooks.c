#include "delivery_hooks.h"

#include "bourse/base/log.h"
#include "bourse/base/memory.h"
#include "bourse/storage/settings.h"

static const struct {
    const char *name;
    delivery_hook *run;
} hooks[] = {
    { "junk", delivery_hook_junk },
    { "meeting", delivery_hook_meeting },
    { "booking", delivery_hook_booking },
    { "rules", delivery_hook_rules },
    { "out-of-office", delivery_hook_out_of_office },
};

static bool must_fail(enum status status)
{
    return status_info(status)->fault == FAULT_TEMPORARY || status == STATUS_NO_MEMORY;
}

enum status delivery_hooks_run(struct delivery_step *step)
{
    for (size_t i = 0; i < ARRAY_LENGTH(hooks); i++) {
        enum status status = hooks[i].run(step);
        if (must_fail(status))
            return status_add(status, "%s", hooks[i].name);
        if (status != STATUS_OK)
            log_failure(EVENT_DELIVERY_HOOK, status, "%s for %s", hooks[i].name, step->address);
    }
    return STATUS_OK;
}

enum status delivery_add_also(struct delivery_step *step, enum status (*run)(TALLOC_CTX *mem, struct transaction *tx, const struct delivery_placed *placed, void *data),
                              void *data)
{
    struct delivery_also *list = array_resize(step->mem, step->also, struct delivery_also, step->also_count + 1);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "delivery plan");
    step->also = list;
    list[step->also_count++] = (struct delivery_also){ .run = run, .data = data };
    return STATUS_OK;
}

struct bag *delivery_set(struct delivery_step *step)
{
    if (step->set == NULL)
        step->set = bag_new(step->mem);
    return step->set;
}

struct planned_mail {
    struct outgoing mail;
    const char *once_key;
    instant since;
};

static enum status send_mail(TALLOC_CTX *mem, struct transaction *tx, const struct delivery_placed *placed, void *data)
{
    const struct planned_mail *planned = data;
    bool is_first = true;
    if (planned->once_key != NULL)
        TRY(store_autoreply_seen(tx, placed->mailbox->id, planned->once_key, planned->since, &is_first));
    return is_first ? outbox_put(mem, tx, placed->groupware, &planned->mail, NULL) : STATUS_OK;
}

enum status delivery_add_outgoing(struct delivery_step *step, const struct outgoing *mail, const char *once_key, instant since)
{
    struct planned_mail *planned = talloc_zero(step->mem, struct planned_mail);
    if (planned == NULL)
        return status_fail(STATUS_NO_MEMORY, "delivery plan");
    *planned = (struct planned_mail){ .mail = *mail, .once_key = once_key, .since = since };
    TRY(outbox_prepare(step->mem, step->groupware, &planned->mail));
    return delivery_add_also(step, send_mail, planned);
}

static enum status copy_item(TALLOC_CTX *mem, struct transaction *tx, const struct delivery_placed *placed, void *data)
{
    const int64_t *folder = data;
    struct store_folder there;
    struct message_moved copy;
    TRY(store_folder_get_many(mem, tx, placed->mailbox->id, folder, 1, &there));
    if (there.id == 0)
        return STATUS_OK;
    return store_message_copy_to(tx, placed->mailbox->id, &placed->item, 1, placed->mailbox->id, *folder, &copy);
}

enum status delivery_add_copy(struct delivery_step *step, int64_t folder)
{
    int64_t *target = talloc_memdup(step->mem, &folder, sizeof folder);
    return target != NULL ? delivery_add_also(step, copy_item, target) : status_fail(STATUS_NO_MEMORY, "delivery plan");
}
