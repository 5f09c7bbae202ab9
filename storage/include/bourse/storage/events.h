/* Event rows (one per change, written in the change's transaction) and wake-ups.
 *
 * Wake-ups are hints: after a commit the process sends one coalesced NOTIFY at most every 20 ms on a connection of its own; who waits
 * reads the event rows. A watermark is the change number of the last event seen. */
#ifndef BOURSE_STORAGE_EVENTS_H
#define BOURSE_STORAGE_EVENTS_H

#include "bourse/storage/folder.h"

enum store_event_kind {
    STORE_EVENT_NEW_MAIL = 1, /* delivered; EWS clients also see CREATED */
    STORE_EVENT_CREATED = 2,
    STORE_EVENT_MODIFIED = 3,
    STORE_EVENT_READ_CHANGED = 4, /* EWS: Modified */
    STORE_EVENT_DELETED = 5,
    STORE_EVENT_MOVED = 6,
    STORE_EVENT_COPIED = 7,
    STORE_EVENT_FOLDER_CREATED = 8,
    STORE_EVENT_FOLDER_MODIFIED = 9,
    STORE_EVENT_FOLDER_DELETED = 10,
    STORE_EVENT_FOLDER_MOVED = 11,
    STORE_EVENT_QUEUE = 12, /* wake-up only, never a row: recipients became due (mailbox 0) */
};

struct store_event {
    int64_t cn;         /* watermark */
    enum store_event_kind kind;
    int64_t folder;     /* of the item, or the folder itself; MOVED, COPIED: the new place */
    int64_t item;       /* 0 for folder events */
    int64_t parent;     /* folder events: parent; else 0 */
    int64_t old_folder; /* MOVED, COPIED, FOLDER_MOVED (old parent) */
    int64_t old_item;
    int64_t unread;     /* of the folder after the change; folder events and READ_CHANGED, CREATED, NEW_MAIL, DELETED */
    instant when;
};

/* Events behind `since` in order. `folders` NULL: all. *more: there may be others. *until: the watermark after these (moves on even
 * when no event matches). STATUS_INVALID_WATERMARK when events behind `since` are gone already. */
enum status events_read(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t since, const int64_t *folders, size_t folder_count,
                        size_t limit, struct store_event **out, size_t *count, bool *more, int64_t *until) MUST_CHECK;

/* The waking thread of a process: listens on a connection of its own and calls `wake(mailbox, data)` in that thread for each mailbox that
 * changed, here or in another process (0: the queue). After a lost connection it calls wake(-1): look at everything. Also sends this
 * process's own coalesced NOTIFYs: start it in every role that writes. */
struct wakeups;
enum status wakeups_start(TALLOC_CTX *mem, struct store *store, void (*wake)(int64_t mailbox, void *data), void *data, struct wakeups **out) MUST_CHECK;
/* For programs that write and end without a waking thread (boursectl): tells the queue runners of all processes to look now. */
enum status wakeups_tell_queue(struct store *store) MUST_CHECK;
/* Freeing does the same. */
void wakeups_stop(struct wakeups *wakeups);

#endif
