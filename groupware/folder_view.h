/* A row of the store as the folder that a session sees. Private to this folder. */
#ifndef BOURSE_GROUPWARE_FOLDER_VIEW_H
#define BOURSE_GROUPWARE_FOLDER_VIEW_H

#include "access_in.h"
#include "bourse/groupware/folder.h"
#include "bourse/storage/folder.h"

/* NULL when out of memory. Texts and bag stay where the row has them (on `mem` of the load). */
struct folder *folder_view(TALLOC_CTX *mem, const struct mailbox_key *mailbox, const struct store_folder *row, uint32_t rights);
/* Begins a transaction after locating the mailbox. */
enum status folder_begin(TALLOC_CTX *mem, struct session *session, struct guid mailbox, enum transaction_mode mode, struct mailbox_key *key,
                         struct transaction **tx) MUST_CHECK;
/* A changed folder as the writing transaction sees it, for the answer. Before the commit: a failure must not be told of something that was kept. */
enum status folder_read_back(TALLOC_CTX *mem, struct transaction *tx, struct session *session, const struct mailbox_key *key, int64_t folder,
                             struct folder **out) MUST_CHECK;

#endif
