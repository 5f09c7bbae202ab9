/* What the process's handle holds. Private to this folder. */
#ifndef BOURSE_GROUPWARE_STATE_H
#define BOURSE_GROUPWARE_STATE_H

#include "bourse/base/locks.h"
#include "bourse/directory/directory.h"
#include "bourse/groupware/groupware.h"
#include "bourse/storage/delivery.h"
#include "bourse/storage/events.h"
#include "mailbox_cache.h"

struct groupware {
    const struct config *config;
    struct store *store;
    struct directory *directory;
    struct committer *committer;
    struct wakeups *wakeups;
    struct mailbox_cache *mailboxes;
    /* Guards the four below, and is held while they are called: who unregisters is not called any more. */
    struct lock listeners;
    void (*on_change)(struct guid mailbox, void *data);
    void *on_change_data;
    void (*on_work)(void *data);
    void *on_work_data;
    struct lock policies; /* the text of device policies that was good last; malloc, NULL: none */
    char *policy_text;
    char worker[64]; /* names this process in queue leases */
    int64_t quotas_looked_us; /* when groupware_sweep last looked for full mailboxes; 0: never */
};

#endif
