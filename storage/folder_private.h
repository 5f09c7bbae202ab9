/* Folder functions of this folder's own use (private to storage). */
#ifndef BOURSE_STORAGE_FOLDER_PRIVATE_H
#define BOURSE_STORAGE_FOLDER_PRIVATE_H

#include "bourse/storage/folder.h"

/* The folders of a new, locked mailbox. */
enum status folder_create_special(struct transaction *tx, int64_t mailbox) MUST_CHECK;
/* Bag as the store keeps it; empty slice for NULL or an empty bag. */
enum status bag_to_bytes(TALLOC_CTX *mem, const struct bag *bag, struct slice *out) MUST_CHECK;
/* An empty bag for an empty slice. */
enum status bytes_to_bag(TALLOC_CTX *mem, struct slice bytes, struct bag **out) MUST_CHECK;
/* Display name of a folder as it is compared. */
char *folder_fold(TALLOC_CTX *mem, const char *name);

#endif
