/* Lists of GUIDs in the cache: who a group reaches, which groups someone is in. */
#ifndef BOURSE_DIRECTORY_GUID_LIST_H
#define BOURSE_DIRECTORY_GUID_LIST_H

#include "directory_private.h"

void guid_list_remember(struct directory *directory, const char *key, const struct guid *guids, size_t count);
/* False when nothing is known under `key`, it is older than `ticks`, or it cannot be read. */
bool guid_list_recall(TALLOC_CTX *mem, struct directory *directory, const char *key, int64_t ticks, struct guid **out, size_t *count);

#endif
