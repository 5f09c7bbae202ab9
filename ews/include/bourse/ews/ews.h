/* Exchange Web Services: SOAP over POST /EWS/Exchange.asmx, in versions from Exchange2007_SP1 to Exchange2019. docs/ews.md has the table
 * of operations. The protocol only: wire format <-> groupware calls. */
#ifndef BOURSE_EWS_EWS_H
#define BOURSE_EWS_EWS_H

#include "bourse/groupware/groupware.h"
#include "bourse/http/service.h"

/* The service to register with the HTTP server. GetStreamingEvents watches the GUIDs of mailboxes (http/long_poll.h): whoever wires the process calls
 * http_wake(server, mailbox) from groupware_on_change. The result lives on `mem`; NULL when out of memory. */
const struct http_service *ews_service(TALLOC_CTX *mem, struct groupware *groupware);

#endif
