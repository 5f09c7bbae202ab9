/* Turns: of one device, one Sync or change of folders works at a time. A device that lost an answer sends its request again while the first may still be at work; the second waits until it can see what
 * the first has done. In this process; two processes meet at the sync key (STATUS_CONFLICT). */
#ifndef ACTIVESYNC_TURN_H
#define ACTIVESYNC_TURN_H

#include "call.h"

struct eas_turn {
    size_t slot;
};

/* Waits some seconds at most; one request waits, a third is refused at once. STATUS_BUSY. */
enum status eas_turn_take(struct eas_call *call, struct eas_turn *out) MUST_CHECK;
void eas_turn_give(const struct eas_turn *turn);
/* Runs a command in its turn. */
enum status eas_in_turn(struct eas_call *call, enum status (*command)(struct eas_call *call)) MUST_CHECK;

#endif
