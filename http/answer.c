/* Answers: what the handler sets, what the server adds, how they reach libmicrohttpd. */
#include "life.h"

#include <stdio.h>
#include <zlib.h>

#include "bourse/base/clock.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "bourse/base/text.h"

#define COMPRESS_ABOVE ((size_t)1024)
#define FAST_COMPRESSION 2 /* of zlib's 1..9: most of the gain for a fraction of the time */

static void set_field(struct http_request *request, const char *name, const char *value, bool is_added)
{
    if (request->answer.is_set || !field_is_text(name) || !field_is_text(value)) {
        log_event(EVENT_HTTP_FAILED, "answer field %s dropped",
                  request->answer.is_set ? "after the answer" : "with control characters");
        return;
    }
    char *kept = talloc_strdup(request, value);
    struct http_field **at = &request->answer.fields;
    while (*at != NULL && (is_added || !ascii_equal_nocase((*at)->name, name)))
        at = &(*at)->next;
    if (*at == NULL) {
        *at = talloc_zero(request, struct http_field);
        if (*at != NULL)
            (*at)->name = talloc_strdup(request, name);
    }
    if (*at != NULL)
        (*at)->value = kept;
}

void http_set_header(struct http_request *request, const char *name, const char *value)
{
    set_field(request, name, value, false);
}

void answer_add_field(struct http_request *request, const char *name, const char *value)
{
    set_field(request, name, value, true);
}

void http_respond(struct http_request *request, unsigned status, const char *content_type, struct slice body)
{
    struct http_answer *answer = &request->answer;
    if (answer->is_set)
        return;
    answer->is_set = true;
    answer->status = status;
    answer->content_type = content_type != NULL ? talloc_strdup(request, content_type) : NULL;
    answer->body = body;
}

void http_respond_buffer(struct http_request *request, unsigned status, const char *content_type, struct buffer *body)
{
    struct slice bytes = { 0 };
    enum status taken = buffer_take(body, request, &bytes);
    if (taken != STATUS_OK)
        http_respond_status(request, taken);
    else
        http_respond(request, status, content_type, bytes);
}

static void respond_text(struct http_request *request, unsigned status, const char *text)
{
    char *line = talloc_asprintf(request, "%s\r\n", text);
    http_respond(request, status, "text/plain; charset=utf-8", slice_of_text(line != NULL ? line : ""));
}

void http_respond_status(struct http_request *request, enum status status)
{
    if (request->answer.is_set)
        return;
    const struct status_info *info = status_info(status);
    if (info->http == 503)
        http_set_header(request, "Retry-After", "5");
    if (request->service != NULL && request->service->fault != NULL)
        request->service->fault(request, status);
    if (!request->answer.is_set)
        respond_text(request, info->http, status_client_text(status));
    if (info->http == 401)
        request->answer.status = 401; /* whatever the form: without this number clients do not sign in */
}

static void log_refusal(struct http_request *request, enum status status)
{
    request->is_refused = true;
    log_set_request(request->id);
    log_failure(EVENT_HTTP_REFUSED, status, "%s %s from %s: %u", request->method, request->path,
                request->remote_address, request->answer.status);
    log_set_request(NULL);
}

void refuse(struct http_request *request, unsigned status, const char *text)
{
    if (request->answer.is_set)
        return;
    respond_text(request, status, text);
    status_chain_clear();
    log_refusal(request, STATUS_OK);
}

void refuse_status(struct http_request *request, enum status status)
{
    if (request->answer.is_set)
        return;
    http_respond_status(request, status);
    log_refusal(request, status);
}

/* True when Accept-Encoding names gzip with a weight above 0 [RFC 9110] 12.5.3. */
static bool accepts_gzip(const struct http_request *request)
{
    const char *field = http_header(request, "Accept-Encoding");
    struct slice rest = slice_of_text(field), coding;
    for (bool is_more = field != NULL; is_more;) {
        struct slice after = { 0 }, name, weight = { 0 };
        is_more = slice_split(rest, ',', &coding, &after);
        rest = after;
        slice_split(coding, ';', &name, &weight);
        if (!slice_equal_ascii_nocase(slice_trim(name), slice_of_text("gzip")))
            continue;
        weight = slice_trim(weight);
        bool is_zero = weight.length >= 3 && weight.data[2] == '0' && memchr(weight.data, '1', weight.length) == NULL &&
                       strspn((const char *)weight.data + 2, "0.") >= weight.length - 2;
        return !is_zero;
    }
    return false;
}

static bool is_compressible(const char *type)
{
    static const char *const types[] = { "text/", "application/xml", "application/json", "application/soap+xml",
                                         "application/javascript", "application/vnd.ms-sync.wbxml" };
    for (size_t i = 0; type != NULL && i < ARRAY_LENGTH(types); i++)
        if (strncasecmp(type, types[i], strlen(types[i])) == 0)
            return true;
    return false;
}

/* gzip of `body` on the request, empty when it does not get smaller. */
static struct slice compressed(struct http_request *request, struct slice body)
{
    z_stream stream = { 0 };
    struct slice result = { 0 };
    uint8_t *out = talloc_size(request, body.length);
    if (out == NULL || body.length > UINT32_MAX ||
        deflateInit2(&stream, FAST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        talloc_free(out);
        return result;
    }
    stream.next_in = (Bytef *)(uintptr_t)body.data;
    stream.avail_in = (uInt)body.length;
    stream.next_out = out;
    stream.avail_out = (uInt)body.length;
    if (deflate(&stream, Z_FINISH) == Z_STREAM_END)
        result = slice_of(talloc_realloc_size(request, out, stream.total_out), stream.total_out);
    deflateEnd(&stream);
    if (result.data == NULL)
        talloc_free(result.length == 0 ? out : NULL);
    return result;
}

void answer_compress(struct http_request *request)
{
    struct http_answer *answer = &request->answer;
    if (answer->body.length <= COMPRESS_ABOVE || request->stream != NULL || !is_compressible(answer->content_type))
        return;
    answer->is_set = false; /* lets the two fields in */
    http_set_header(request, "Vary", "Accept-Encoding");
    struct slice small = accepts_gzip(request) ? compressed(request, answer->body) : slice_of(NULL, 0);
    if (small.data != NULL) {
        http_set_header(request, "Content-Encoding", "gzip");
        answer->body = small;
    }
    answer->is_set = true;
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    if (value != NULL && value[0] != 0)
        MHD_add_response_header(response, name, value);
}

static void add_fields(struct http_request *request, struct MHD_Response *response)
{
    const struct http_answer *answer = &request->answer;
    bool has_cache_control = false;
    for (const struct http_field *field = answer->fields; field != NULL; field = field->next) {
        has_cache_control |= ascii_equal_nocase(field->name, "Cache-Control");
        add(response, field->name, field->value);
    }
    add(response, "Content-Type", answer->content_type);
    add(response, "request-id", request->id);
    const char *echo = http_header(request, "return-client-request-id");
    if (echo != NULL && ascii_equal_nocase(echo, "true"))
        add(response, "client-request-id", http_header(request, "client-request-id"));
    if (!has_cache_control)
        add(response, "Cache-Control", "private");
    if (request->server->certificates != NULL)
        add(response, "Strict-Transport-Security", "max-age=31536000");
    add(response, "X-Content-Type-Options", "nosniff");
    if (answer->must_close || atomic_load(&request->server->is_draining))
        add(response, "Connection", "close");
}

enum MHD_Result answer_queue(struct http_request *request)
{
    struct http_answer *answer = &request->answer;
    if (answer->is_cut)
        return MHD_NO;
    struct MHD_Response *response = NULL;
    if (request->stream != NULL)
        response = stream_response(request->stream);
    else
        response = MHD_create_response_from_buffer(answer->body.length, (void *)(uintptr_t)answer->body.data,
                                                   MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    add_fields(request, response);
    enum MHD_Result result = MHD_queue_response(request->mhd, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

void answer_log(struct http_request *request)
{
    int64_t took_us = clock_monotonic_us() - request->started_us;
    metric_observe_us(METRIC_HTTP_TIME, took_us);
    log_event(EVENT_HTTP_REQUEST, "%s %s %u, %zu bytes in %lld us, user %s from %s", request->method, request->path,
              request->answer.status, request->answer.body.length, (long long)took_us,
              request->login[0] != 0 ? request->login : "-", request->remote_address);
}
