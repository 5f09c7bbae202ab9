/* MoveItem and CopyItem differ in one call. */
#ifndef EWS_MOVE_ITEMS_H
#define EWS_MOVE_ITEMS_H

#include "items.h"

typedef enum status (*item_mover)(struct session *session, const struct object_id *ids, size_t count, const struct object_id *folder,
                                  struct object_id *new_ids, enum status *statuses);
enum status move_items(struct ews_call *call, item_mover mover) MUST_CHECK;

#endif
