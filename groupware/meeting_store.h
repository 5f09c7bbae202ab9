/* Calendar items of a mailbox, whole, inside of a transaction. Private to this folder. */
#ifndef BOURSE_GROUPWARE_MEETING_STORE_H
#define BOURSE_GROUPWARE_MEETING_STORE_H

#include "access_in.h"
#include "bourse/calendar/meeting.h"
#include "bourse/storage/message.h"

/* Everything of an item as properties, attachments with embedded messages: what calendar/meeting.h wants. Attachment contents that the store holds stay there.
 * STATUS_ITEM_NOT_FOUND. */
enum status meeting_load(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, struct loaded_message *out) MUST_CHECK;
/* The same for what was loaded before (item_whole_in). */
enum status meeting_make_whole(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, struct message *message) MUST_CHECK;

/* What the mailbox has for the id of a meeting message: the item that it is about (master, single item, or the lone occurrence of that day), not what lies in
 * Deleted Items. *out_item 0: nothing. */
enum status meeting_find(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct bag *message, int64_t *out_item, struct loaded_message *out) MUST_CHECK;
/* Lone occurrences of a series (items with its clean id and a date of their own), but for `except`. */
enum status meeting_find_lone(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct slice clean_id, int64_t except, int64_t **out, size_t *count) MUST_CHECK;

/* Saves in the transaction, under the mailbox lock. */
enum status meeting_store_new(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct message *message, int64_t *item) MUST_CHECK;
enum status meeting_store_changed(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, struct loaded_message *loaded) MUST_CHECK;

#endif
