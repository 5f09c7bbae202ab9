/* Events in answers [MS-OXWSNTIF] 2.2.4. */
#ifndef EWS_NOTIFY_H
#define EWS_NOTIFY_H

#include "bourse/groupware/subscribe.h"
#include "call.h"

/* EventTypes of a subscription request -> mask of enum event_kind. */
unsigned notify_kinds(const struct xml_node *event_types);
/* <m:Notification>. `before`, `after`: watermarks around the events (NULL in streams, which have none). Without events a StatusEvent stands
 * there. */
void notify_write(struct ews_call *call, const char *subscription, const char *before, const char *after, bool more, const struct event *events, size_t count);

#endif
