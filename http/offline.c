#include "bourse/http/offline.h"

#include "life.h"
#include "path.h"

static bool copy_fields(struct http_request *request, const char *const *headers)
{
    for (; headers != NULL && headers[0] != NULL && headers[1] != NULL; headers += 2)
        if (!request_add_field(request, headers[0], headers[1]))
            return false;
    return true;
}

static bool copy_head(struct http_request *request, const char *method, const char *target, const char *login)
{
    struct target parts;
    if (target_parse(request, target, &parts) != STATUS_OK)
        return false;
    request->path = parts.path;
    request->query = parts.query;
    request->method = talloc_strdup(request, method);
    request->target = talloc_strdup(request, target);
    request->login = talloc_strdup(request, login != NULL ? login : "");
    request->remote_address = "127.0.0.1";
    return request->method != NULL && request->target != NULL && request->login != NULL;
}

struct http_request *offline_request(TALLOC_CTX *mem, const struct http_service *service, const struct config *config,
                                     const char *method, const char *target, const char *const *headers,
                                     struct slice body, struct guid principal, const char *login)
{
    struct http_request *request = request_new(mem);
    if (request == NULL)
        return NULL;
    request->service = service;
    request->config = config;
    request->principal = principal;
    request->is_signed_in = !guid_is_zero(principal);
    request->body.whole = body;
    if (!copy_head(request, method, target, login) || !copy_fields(request, headers))
        TALLOC_FREE(request);
    return request;
}

static void settle(struct http_request *request, enum status status, bool is_hang_up)
{
    if (request->is_wait_asked)
        request->body.whole = slice_of(NULL, 0);
    if (status != STATUS_OK)
        request->is_wait_asked = false;
    if (request->is_wait_asked || request->answer.is_set || is_hang_up)
        return;
    http_respond_status(request, status != STATUS_OK ? status : status_fail(STATUS_INTERNAL, "handler gave no answer"));
}

void offline_run(struct http_request *request)
{
    status_chain_clear();
    settle(request, request->service->handle(request), false);
}

void offline_wake(struct http_request *request, enum http_wake_reason reason)
{
    if (!request->is_wait_asked)
        return;
    request->is_wait_asked = false;
    status_chain_clear();
    settle(request, request->wait_function(request, reason, request->wait_data), reason == HTTP_WAKE_HANG_UP);
}

struct offline_answer offline_answer(struct http_request *request)
{
    struct offline_answer answer = {
        .status = request->answer.is_set ? request->answer.status : 0,
        .content_type = request->answer.content_type != NULL ? request->answer.content_type : "",
        .body = request->answer.body,
        .is_waiting = request->is_wait_asked,
    };
    if (request->stream != NULL) {
        answer.is_streamed = true;
        answer.is_ended = request->stream->is_ended;
        answer.body = stream_pieces(request, request->stream);
    }
    return answer;
}

const char *offline_answer_header(struct http_request *request, const char *name)
{
    for (const struct http_field *field = request->answer.fields; field != NULL; field = field->next)
        if (strcasecmp(field->name, name) == 0)
            return field->value;
    return NULL;
}
