/* Rows of the store as the items that a session sees, and the content that is read from the original MIME. Private to this folder. */
#ifndef BOURSE_GROUPWARE_ITEM_VIEW_H
#define BOURSE_GROUPWARE_ITEM_VIEW_H

#include "access_in.h"
#include "bourse/groupware/item.h"
#include "bourse/storage/message.h"

/* The store's parts that the wanted enum item_part mask needs. */
unsigned item_store_parts(unsigned parts);
/* An item of a row alone (parts without ITEM_*): its message has the columns' properties. NULL when out of memory. */
enum status item_of_row(TALLOC_CTX *mem, const struct mailbox_key *mailbox, const struct item_row *row, uint32_t rights, struct item **out) MUST_CHECK;
/* An item of a loaded message; fills in bodies when `parts` asks for them. */
enum status item_of_message(TALLOC_CTX *mem, const struct mailbox_key *mailbox, struct loaded_message *loaded, unsigned parts, uint32_t rights,
                            struct item **out) MUST_CHECK;
/* Many items of one mailbox, in the transaction: out[i] NULL where an item is gone. `rights` are those on the folder they are read through; items of
 * other folders get STATUS from access_in. */
enum status items_load_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, const int64_t *items,
                       size_t count, unsigned parts, struct item **out, enum status *statuses) MUST_CHECK;
/* The same for the rows of a list, which are not read a second time. */
enum status items_of_rows_in(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *mailbox, const struct item_row *rows,
                             size_t count, unsigned parts, struct item **out, enum status *statuses) MUST_CHECK;

/* Text for lists and search. An HTML body gets its text form; import's body prefix becomes PidTagBody: of a message whose content stays in its MIME the store keeps no body, only this text for lists and
 * search. The last step before saving; afterwards the message does not know its whole body any more. */
enum status message_keep_prefix(struct message *message) MUST_CHECK;
/* PidTagBody and PidTagHtml of a message loaded with MESSAGE_VALUES, MESSAGE_MIME_STRUCTURE and MESSAGE_MIME_BYTES: from the properties or the
 * original; a missing form is made from the other. */
enum status message_fill_bodies(struct message *message) MUST_CHECK;
/* Turns everything that is read from the original MIME into properties and attachment bytes (needs the same parts); afterwards the
 * original no longer matters. */
enum status message_materialise(TALLOC_CTX *mem, struct message *message) MUST_CHECK;
/* Content of an ATTACHMENT_IN_MIME or an embedded message that is still a MIME part. */
enum status message_attachment_content(TALLOC_CTX *mem, const struct message *message, struct attachment *attachment) MUST_CHECK;

#endif
