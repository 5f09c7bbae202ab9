/* MoveFolder and CopyFolder differ in one call. */
#ifndef EWS_MOVE_FOLDERS_H
#define EWS_MOVE_FOLDERS_H

#include "folders.h"

typedef enum status (*folder_mover)(TALLOC_CTX *mem, struct session *session, const struct object_id *id, const struct object_id *new_parent,
                                    struct folder **out);
enum status move_folders(struct ews_call *call, folder_mover mover) MUST_CHECK;

#endif
