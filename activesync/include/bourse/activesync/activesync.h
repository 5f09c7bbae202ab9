/* Exchange ActiveSync over /Microsoft-Server-ActiveSync, versions 12.1, 14.0, 14.1, 16.0 and 16.1 [MS-ASHTTP], [MS-ASCMD]. docs/activesync.md has the tables of commands and
 * elements. The protocol only: wire format <-> groupware calls. */
#ifndef BOURSE_ACTIVESYNC_ACTIVESYNC_H
#define BOURSE_ACTIVESYNC_ACTIVESYNC_H

#include "bourse/groupware/groupware.h"
#include "bourse/http/service.h"

/* The service to register with the HTTP server. Ping and a waiting Sync watch the GUIDs of mailboxes (http/long_poll.h): whoever wires the process calls
 * http_wake(server, mailbox) from groupware_on_change. The result lives on `mem`; NULL when out of memory. */
const struct http_service *activesync_service(TALLOC_CTX *mem, struct groupware *groupware);

#endif
