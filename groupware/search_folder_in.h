/* Search folders as finding and folder views use them. Private to this folder. */
#ifndef BOURSE_GROUPWARE_SEARCH_FOLDER_IN_H
#define BOURSE_GROUPWARE_SEARCH_FOLDER_IN_H

#include "bourse/storage/folder.h"
#include "access_in.h"

/* Brings it up to date, with the criteria of its role when it has none yet. Own transaction: none may be open in this thread. Checks that the session may look. */
enum status search_folder_refresh(struct session *session, const struct mailbox_key *key, const struct store_folder *folder) MUST_CHECK;

#endif
