/* Opening and closing the process's handle; wake-ups; periodic work. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "bourse/groupware/queue.h"
#include "bourse/groupware/subscribe.h"
#include "bourse/mime/limits.h"
#include "bourse/storage/mailbox.h"
#include "bourse/storage/queue.h"
#include "bourse/storage/sweep.h"
#include "groupware_state.h"
#include "locate.h"
#include "quota_warning.h"

/* storage's numbers for wake-ups that are no mailbox (events.h). */
enum { WAKE_QUEUE = 0, WAKE_ALL = -1 };

static void tell_change(struct groupware *groupware, struct guid mailbox)
{
    lock_take(&groupware->listeners);
    if (groupware->on_change != NULL)
        groupware->on_change(mailbox, groupware->on_change_data);
    lock_release(&groupware->listeners);
}

static void tell_work(struct groupware *groupware)
{
    lock_take(&groupware->listeners);
    if (groupware->on_work != NULL)
        groupware->on_work(groupware->on_work_data);
    lock_release(&groupware->listeners);
}

static void wake_mailbox(struct groupware *groupware, int64_t mailbox)
{
    struct mailbox_key key;
    TALLOC_CTX *mem = talloc_new(NULL);
    if (locate_by_id(mem, groupware, mailbox, &key) == STATUS_OK)
        tell_change(groupware, key.guid);
    talloc_free(mem);
}

/* Runs in the store's waking thread. */
static void on_wake(int64_t mailbox, void *data)
{
    struct groupware *groupware = data;
    status_chain_clear();
    if (mailbox == WAKE_QUEUE || mailbox == WAKE_ALL)
        tell_work(groupware);
    if (mailbox == WAKE_ALL)
        tell_change(groupware, (struct guid){ 0 });
    if (mailbox > 0)
        wake_mailbox(groupware, mailbox);
}

static enum status start_background(struct groupware *groupware)
{
    struct committer_options options = { 0 };
    TRY(committer_start(groupware, groupware->store, &options, &groupware->committer));
    return wakeups_start(groupware, groupware->store, on_wake, groupware, &groupware->wakeups);
}

enum status groupware_open(TALLOC_CTX *mem, const struct config *config, struct groupware **out)
{
    struct groupware *groupware = talloc_zero(mem, struct groupware);
    if (groupware == NULL)
        return status_fail(STATUS_NO_MEMORY, "groupware");
    groupware->config = config;
    lock_init(&groupware->listeners, LOCK_LISTENERS);
    lock_init(&groupware->policies, LOCK_POLICIES);
    char host[40] = "";
    (void)gethostname(host, sizeof host - 1);
    /* a restarted container gives the same process ids again: a dead process's leases must not look like ours */
    snprintf(groupware->worker, sizeof groupware->worker, "%s/%ld/%08x", host, (long)getpid(), (unsigned)random_u64());
    groupware->mailboxes = mailbox_cache_new(groupware);
    mime_init();
    enum status status = groupware->mailboxes != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "mailbox cache");
    if (status == STATUS_OK)
        status = directory_open(groupware, config, &groupware->directory);
    if (status == STATUS_OK)
        status = store_open_configured(groupware, config, &groupware->store);
    if (status == STATUS_OK)
        status = start_background(groupware);
    if (status != STATUS_OK) {
        groupware_close(groupware);
        return status;
    }
    *out = groupware;
    return STATUS_OK;
}

void groupware_close(struct groupware *groupware)
{
    if (groupware == NULL)
        return;
    /* Threads first, then what they use. */
    TALLOC_FREE(groupware->wakeups);
    TALLOC_FREE(groupware->committer);
    TALLOC_FREE(groupware->directory);
    TALLOC_FREE(groupware->store);
    lock_destroy(&groupware->listeners);
    lock_destroy(&groupware->policies);
    free(groupware->policy_text);
    talloc_free(groupware);
}

const struct config *groupware_config(const struct groupware *groupware)
{
    return groupware->config;
}

struct directory *groupware_directory(struct groupware *groupware)
{
    return groupware->directory;
}

enum status groupware_store_health(struct groupware *groupware)
{
    TRY(store_health(groupware->store));
    return store_check_space(groupware->store);
}

enum status groupware_directory_health(struct groupware *groupware)
{
    struct directory_health health;
    directory_health(groupware->directory, &health);
    return health.is_up ? STATUS_OK : directory_probe(groupware->directory);
}

static enum status count_queue(struct groupware *groupware)
{
    struct transaction *tx = NULL;
    struct store_queue_statistics statistics = { 0 };
    TRY(transaction_begin(NULL, groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_queue_statistics(tx, &statistics);
    talloc_free(tx);
    if (status == STATUS_OK)
        metric_set(METRIC_QUEUE_LENGTH, statistics.waiting);
    return status;
}

enum status groupware_sweep(struct groupware *groupware)
{
    struct sweep_options options = {
        .recoverable_seconds = config_seconds(groupware->config, CONFIG_mailbox_recoverable_time),
        .tombstone_seconds = config_seconds(groupware->config, CONFIG_mailbox_tombstone_time),
    };
    struct sweep_result result = { 0 };
    directory_tick(groupware->directory);
    TRY(sweep_run(groupware->store, &options, &result));
    TRY(count_queue(groupware));
    return quota_warn_owners(groupware);
}

void groupware_on_change(struct groupware *groupware, void (*wake)(struct guid mailbox, void *data), void *data)
{
    lock_take(&groupware->listeners);
    groupware->on_change_data = data;
    groupware->on_change = wake;
    lock_release(&groupware->listeners);
}

void queue_on_work(struct groupware *groupware, void (*wake)(void *data), void *data)
{
    lock_take(&groupware->listeners);
    groupware->on_work_data = data;
    groupware->on_work = wake;
    lock_release(&groupware->listeners);
}
