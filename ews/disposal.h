/* DisposalType [MS-OXWSCDATA] 2.2.5.11 -> what groupware does. */
#ifndef EWS_DISPOSAL_H
#define EWS_DISPOSAL_H

#include "bourse/groupware/folder.h"

static inline enum delete_mode disposal_of(const char *word)
{
    if (word != NULL && strcmp(word, "HardDelete") == 0)
        return DELETE_HARD;
    return word != NULL && strcmp(word, "SoftDelete") == 0 ? DELETE_SOFT : DELETE_MOVE_TO_DELETED;
}

#endif
