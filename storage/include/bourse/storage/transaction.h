/* Transactions: the way to every function of this layer that reads or writes mailboxes.
 *
 *     struct transaction *tx;
 *     TRY(transaction_begin(mem, store, TRANSACTION_WRITE, &tx));
 *     TRY(store_mailbox_lock(tx, mailbox, NULL));          // LAST before writing: blobs first (prepared messages), then the mailbox row
 *     TRY(store_message_create(tx, mailbox, folder, prepared, &options, &created));
 *     return transaction_commit(tx);                 // leaving by TRY: talloc frees tx with mem, the destructor rolls back
 *
 * (Free `tx` early with talloc_free when `mem` lives long.) A READ transaction sees one snapshot. A WRITE transaction is READ
 * COMMITTED; what decides a write must be read after store_mailbox_lock. Change numbers, object ids, folder counters, mailbox sizes and event
 * rows collect in the transaction and are written by transaction_commit in one round trip, so counters read inside the same
 * transaction are those from before it.
 *
 * After a failure of any call the transaction can only be freed. */
#ifndef BOURSE_STORAGE_TRANSACTION_H
#define BOURSE_STORAGE_TRANSACTION_H

#include "bourse/storage/store.h"

enum transaction_mode { TRANSACTION_READ, TRANSACTION_WRITE };

struct transaction; /* opaque; talloc child of `mem`, its destructor rolls back and returns the connection */

/* Waits for a free connection at most as long as the store's option says. STATUS_BUSY, STATUS_STORE_UNAVAILABLE. */
enum status transaction_begin(TALLOC_CTX *mem, struct store *store, enum transaction_mode mode, struct transaction **out) MUST_CHECK;

/* STATUS_COMMIT_UNKNOWN: the connection was lost while the commit was under way; the change may or may not be kept: treat it as a
 * temporary failure. STATUS_RETRY: deadlock or serialization failure, nothing was kept. The transaction is over in every case. */
enum status transaction_commit(struct transaction *tx) MUST_CHECK;

/* The store it belongs to. */
struct store *transaction_store(struct transaction *tx);

#endif
