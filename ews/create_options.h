/* MessageDisposition and the folders of CreateItem, UpdateItem and SendItem. */
#ifndef EWS_CREATE_OPTIONS_H
#define EWS_CREATE_OPTIONS_H

#include "ids.h"

enum disposition { DISPOSITION_NONE, DISPOSITION_SAVE, DISPOSITION_SEND, DISPOSITION_SEND_AND_SAVE };

static inline enum disposition disposition_of(const char *word)
{
    if (word == NULL)
        return DISPOSITION_NONE;
    return strcmp(word, "SaveOnly") == 0 ? DISPOSITION_SAVE : strcmp(word, "SendOnly") == 0 ? DISPOSITION_SEND : DISPOSITION_SEND_AND_SAVE;
}

struct create_options {
    enum disposition disposition;
    bool has_folder;           /* SavedItemFolderId */
    struct object_id folder;
};

#endif
