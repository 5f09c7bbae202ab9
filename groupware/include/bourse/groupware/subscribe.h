/* Subscriptions to events [MS-OXWSNTIF]. Pull and streaming subscriptions are rows of the store with a watermark that is a position in the
 * mailbox's event log, so any process can answer for them. Waiting itself is the http layer's: groupware only says "look now". */
#ifndef BOURSE_GROUPWARE_SUBSCRIBE_H
#define BOURSE_GROUPWARE_SUBSCRIBE_H

#include "bourse/base/clock.h"
#include "bourse/groupware/session.h"

enum event_kind {
    EVENT_KIND_NEW_MAIL = 1 << 0, EVENT_KIND_CREATED = 1 << 1, EVENT_KIND_MODIFIED = 1 << 2, EVENT_KIND_DELETED = 1 << 3,
    EVENT_KIND_MOVED = 1 << 4, EVENT_KIND_COPIED = 1 << 5, EVENT_KIND_FREE_BUSY = 1 << 6,
};

struct event {
    enum event_kind kind;
    int64_t position;            /* watermark of this event */
    instant when;
    bool is_folder;
    struct object_id id;         /* the item or folder */
    struct object_id parent;     /* its folder */
    struct object_id old_id;     /* MOVED, COPIED */
    struct object_id old_parent;
    int64_t unread_count;        /* MODIFIED of folders: -1 when unknown */
};

struct subscription_options {
    const struct object_id *folders; /* needs READ_ANY on each */
    size_t folder_count;             /* 0 with all_folders */
    bool all_folders;                /* of the mailbox (IPM subtree) */
    struct guid mailbox;             /* for all_folders */
    unsigned kinds;                  /* enum event_kind mask */
    bool streaming;
    int64_t timeout_minutes;         /* pull: 1..1440 */
    const char *watermark;           /* start there; NULL: now */
};

/* *id and *watermark are opaque texts for the client. */
enum status subscription_create(TALLOC_CTX *mem, struct session *session, const struct subscription_options *options,
                                char **id, char **watermark) MUST_CHECK;
/* Events after `watermark` (NULL: after the last given), at most `limit`; *next is the watermark after them; *more if there are further ones.
 * STATUS_SUBSCRIPTION_NOT_FOUND, STATUS_EXPIRED_SUBSCRIPTION, STATUS_INVALID_WATERMARK; somebody else's: STATUS_SUBSCRIPTION_NOT_FOUND. */
enum status subscription_events(TALLOC_CTX *mem, struct session *session, const char *id, const char *watermark, size_t limit,
                                struct event **events, size_t *count, char **next, bool *more) MUST_CHECK;
enum status subscription_delete(struct session *session, const char *id) MUST_CHECK;
/* The mailbox that a subscription watches (key for waiting). */
enum status subscription_mailbox(struct session *session, const char *id, struct guid *mailbox) MUST_CHECK;

/* Calls `wake(mailbox, data)` from a background thread, soon after something changed in a mailbox (in any process). Hints only: wake-ups may
 * be joined or repeated. One listener a process; NULL unregisters, and returns when no call is running any more. */
void groupware_on_change(struct groupware *groupware, void (*wake)(struct guid mailbox, void *data), void *data);

#endif
