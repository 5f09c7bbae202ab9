/* Delegates inside a transaction. Private to this folder. */
#ifndef BOURSE_GROUPWARE_DELEGATE_ROWS_H
#define BOURSE_GROUPWARE_DELEGATE_ROWS_H

#include "bourse/groupware/delegate.h"
#include "bourse/storage/acl.h"
#include "groupware_state.h"

/* Flags of a row that make somebody a delegate; full access and send as alone do not. */
#define DELEGATE_MADE ((uint32_t)(DELEGATE_SEND_ON_BEHALF | DELEGATE_MEETING_COPIES | DELEGATE_PRIVATE_ITEMS))

/* Rows with rights; names as the rows have them, addresses "". */
enum status delegate_rows_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct mailbox_delegate **out, size_t *count) MUST_CHECK;
/* 0: there is no row. */
enum status delegate_rows_flags(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct guid person, uint32_t *flags) MUST_CHECK;
/* Writes row and folder rights. Flags 0 removes the row. Need the mailbox lock. */
enum status delegate_rows_write(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct mailbox_delegate *delegate, uint32_t flags) MUST_CHECK;
uint32_t delegate_flags_of(const struct mailbox_delegate *delegate);

enum status delegate_delivery_in(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, enum delegate_delivery *out) MUST_CHECK;
/* GUIDs of those who get copies of meeting messages. */
enum status delegate_copies_in(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct guid **out, size_t *count) MUST_CHECK;

/* Names and addresses from the directory, for those that it still knows. No transaction may be open. */
enum status delegate_fill_people(TALLOC_CTX *mem, struct groupware *groupware, struct mailbox_delegate *delegates, size_t count) MUST_CHECK;

/* Replaces (rights 0: removes) one principal's entry on a folder. */
enum status folder_rights_write(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, const struct acl_entry *entry) MUST_CHECK;

#endif
