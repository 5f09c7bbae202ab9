/* What a device knows of a collection, packed under its sync key. */
#ifndef ACTIVESYNC_SYNC_STATE_H
#define ACTIVESYNC_SYNC_STATE_H

#include "bourse/groupware/sync.h"
#include "class.h"

enum { EAS_OWN_CHANGES = 1024, EAS_NOT_KNOWN = -1 };

/* A change that came from the device itself: it is not told back [connect.md 18]. */
struct eas_own_change {
    int64_t item;
    int64_t change_number, read_change_number; /* as the device's change left them; 0, 0: it deleted the item; EAS_NOT_KNOWN: the item is there, the device has not all of this version */
};

struct eas_sync_state {
    const struct eas_class *item_class;
    struct sync_position position;
    struct eas_options options;
    struct eas_ghosts ghosts;
    instant boundary;                 /* items with an older time are not on the device; 0: all are */
    struct eas_own_change own[EAS_OWN_CHANGES];
    size_t own_count;
};

enum status eas_sync_state_pack(TALLOC_CTX *mem, const struct eas_sync_state *state, struct slice *out) MUST_CHECK;
/* STATUS_INVALID_SYNC_STATE. */
enum status eas_sync_state_unpack(TALLOC_CTX *mem, struct slice packed, struct eas_sync_state **out) MUST_CHECK;
void eas_own_change_note(struct eas_sync_state *state, int64_t item, int64_t change_number, int64_t read_change_number);
const struct eas_own_change *eas_own_change_find(const struct eas_sync_state *state, int64_t item);
/* The change of the log is what the device itself did last, and nobody else did anything to the item that the device does not know. */
bool eas_is_own_change(const struct eas_sync_state *state, const struct sync_change *change);
/* The device has nothing yet: the first Sync after the one with key 0. */
bool eas_sync_state_is_fresh(const struct eas_sync_state *state);

#endif
