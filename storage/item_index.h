/* What cal_index, reminder and contact_index hold of an item (private to storage). */
#ifndef BOURSE_STORAGE_ITEM_INDEX_H
#define BOURSE_STORAGE_ITEM_INDEX_H

#include "bourse/model/bag.h"
#include "transaction_private.h"

struct item_index {
    bool has_calendar, has_reminder, has_contact;
    struct sql_calendar_index_insert_in calendar; /* all but mailbox, item, folder */
    struct sql_reminder_insert_in reminder;
    struct sql_contact_index_insert_in contact;
};

/* From plain properties; folder-associated items have none of them. Texts on `mem`. */
enum status item_index_of(TALLOC_CTX *mem, const char *message_class, const struct bag *props, struct item_index *out) MUST_CHECK;
/* Queues the rows of one item. */
enum status item_index_send(struct transaction *tx, const struct item_index *index, int64_t mailbox, int64_t folder, int64_t item) MUST_CHECK;
/* 0 for an empty id. */
int64_t global_id_hash(struct slice clean_id);

#endif
