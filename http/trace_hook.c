#include "trace_hook.h"

#include <stdio.h>

#include "bourse/base/trace.h"

void trace_hook_request(const struct http_request *request)
{
    char heading[320];
    if (!request->is_signed_in || !trace_is_on(request->principal))
        return;
    snprintf(heading, sizeof heading, "%s request %s %.200s id %s", request->service->name, request->method, request->path, request->id);
    trace_write(request->principal, heading, http_body(request));
}

void trace_hook_answer(const struct http_request *request)
{
    char heading[320];
    if (!request->is_signed_in || !trace_is_on(request->principal))
        return;
    snprintf(heading, sizeof heading, "%s answer %u id %s", request->service->name, request->answer.status, request->id);
    trace_write(request->principal, heading, request->answer.body);
}
