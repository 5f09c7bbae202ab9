/* Ghosted properties: elements that a Change leaves out keep their values if the device never said that it supports them [MS-ASCMD] 2.2.3.168 Supported. */
#ifndef ACTIVESYNC_GHOSTS_H
#define ACTIVESYNC_GHOSTS_H

#include "tags.h"

enum { EAS_GHOSTS_MOST = 128 };

struct eas_ghosts {
    bool was_given;                 /* the device sent Supported: what is not in it is ghosted; never sent: everything that is missing is ghosted (as Exchange from 12.1 on) */
    uint8_t count;
    eas_tag supported[EAS_GHOSTS_MOST];
};

/* True: a missing element keeps the value. NULL: the device never told. */
static inline bool eas_is_ghosted(const struct eas_ghosts *ghosts, eas_tag tag)
{
    for (size_t i = 0; ghosts != NULL && i < ghosts->count; i++)
        if (ghosts->supported[i] == tag)
            return false;
    return true;
}

#endif
