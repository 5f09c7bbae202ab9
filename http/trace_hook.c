#include "trace_hook.h"

#include <stdio.h>

#include "bourse/base/trace.h"

enum { DESCRIPTION_CAP = 1024 * 1024 };

static void write_body(const struct http_request *request, const char *heading, struct slice body)
{
    struct buffer *text = request->service->describe != NULL && body.length > 0 ? buffer_new(NULL, DESCRIPTION_CAP) : NULL;
    if (text != NULL)
        request->service->describe(body, text);
    trace_write(request->principal, heading, text != NULL ? buffer_slice(text) : body);
    talloc_free(text);
}

void trace_hook_request(const struct http_request *request)
{
    char heading[320];
    if (!request->is_signed_in || !trace_is_on(request->principal))
        return;
    snprintf(heading, sizeof heading, "%s request %s %.200s id %s", request->service->name, request->method, request->path, request->id);
    write_body(request, heading, http_body(request));
}

void trace_hook_answer(const struct http_request *request)
{
    char heading[320];
    if (!request->is_signed_in || !trace_is_on(request->principal))
        return;
    snprintf(heading, sizeof heading, "%s answer %u id %s", request->service->name, request->answer.status, request->id);
    write_body(request, heading, request->answer.body);
}
