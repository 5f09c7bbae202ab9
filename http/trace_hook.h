/* What a traced user and the server say to each other (base/trace.h). Fields are left out: they hold credentials. Private to this folder. */
#ifndef BOURSE_HTTP_TRACE_HOOK_H
#define BOURSE_HTTP_TRACE_HOOK_H

#include "life.h"

void trace_hook_request(const struct http_request *request);
/* Before compression. */
void trace_hook_answer(const struct http_request *request);

#endif
