#include "bourse/storage/events.h"
#include "store_private.h"
void wakeups_note(struct wakeups *wakeups, int64_t mailbox)
{
    (void)wakeups;
    (void)mailbox;
}
