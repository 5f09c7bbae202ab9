/* The pool and what other sources of this folder need of it (private to storage). */
#ifndef BOURSE_STORAGE_STORE_PRIVATE_H
#define BOURSE_STORAGE_STORE_PRIVATE_H

#include "bourse/storage/store.h"
#include "connection.h"

/* A connection of the pool, waiting at most the store's wait time. Give it back with store_release, whatever its state. */
enum status store_acquire(struct store *store, struct connection **out) MUST_CHECK;
void store_release(struct store *store, struct connection *connection);
/* A connection of the caller's own (committer, listener): not counted, free it with talloc_free. */
enum status store_connect(TALLOC_CTX *mem, struct store *store, bool no_timeouts, struct connection **out) MUST_CHECK;

/* Notes that a mailbox changed (0: the queue); the wake-up thread sends it soon. */
void store_note_change(struct store *store, int64_t mailbox);
struct wakeups;
void store_set_wakeups(struct store *store, struct wakeups *wakeups);
void wakeups_note(struct wakeups *wakeups, int64_t mailbox);

/* One short transaction on a pool connection around `function`. */
enum status store_with_connection(struct store *store, enum status (*function)(struct connection *connection, void *data), void *data) MUST_CHECK;

#endif
