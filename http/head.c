/* The received head: limits, framing, target, service, method. First thing that happens to a request, in the listener's
 * thread. */
#include "life.h"
#include "path.h"

#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "bourse/base/text.h"

#define OPEN_BODY_LIMIT ((int64_t)16384)

struct copying {
    struct http_request *request;
    size_t count;
    size_t limit;
    bool is_out_of_memory;
};

static enum MHD_Result copy_field(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct copying *copying = data;
    (void)kind;
    if (++copying->count > copying->limit)
        return MHD_NO;
    if (value == NULL)
        value = "";
    struct http_request *request = copying->request;
    if (ascii_equal_nocase(name, "Authorization")) {
        /* Kept apart, wiped after sign-in, not to be had by http_header(). */
        if (request->authorization == NULL)
            request->authorization = secret_new(request, slice_of_text(value));
        copying->is_out_of_memory = request->authorization == NULL;
    } else {
        copying->is_out_of_memory = !request_add_field(request, name, value);
    }
    return copying->is_out_of_memory ? MHD_NO : MHD_YES;
}

static bool check_limits(struct http_request *request)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->mhd,
                                                                   MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (strlen(request->target) > (size_t)config_size(request->config, CONFIG_http_target_size)) {
        limit_hit(request->server, "http.target_size", request->remote_address);
        refuse(request, 414, "The request target is too long");
    } else if (info != NULL && info->header_size > (size_t)config_size(request->config, CONFIG_http_header_size)) {
        limit_hit(request->server, "http.header_size", request->remote_address);
        refuse(request, 431, "The request head is too large");
    }
    return !request->answer.is_set;
}

static bool copy_fields(struct http_request *request)
{
    struct copying copying = { .request = request,
                               .limit = (size_t)config_int(request->config, CONFIG_http_header_fields) };
    MHD_get_connection_values(request->mhd, MHD_HEADER_KIND, copy_field, &copying);
    if (copying.count > copying.limit) {
        limit_hit(request->server, "http.header_fields", request->remote_address);
        refuse(request, 431, "The request has too many header fields");
    } else if (copying.is_out_of_memory) {
        refuse_status(request, STATUS_NO_MEMORY);
    }
    return !request->answer.is_set;
}

/* Path equal, ASCII letters in any case, or below a prefix. */
static bool serves(const struct http_service *service, const char *path)
{
    size_t length = strlen(service->path);
    if (strncasecmp(service->path, path, length) != 0)
        return false;
    return path[length] == 0 || (service->is_prefix && path[length] == '/');
}

static const struct http_service *find_service(const struct http_server *server, const char *path)
{
    for (size_t i = 0; i < server->service_count; i++)
        if (!server->services[i]->is_prefix && serves(server->services[i], path))
            return server->services[i];
    for (size_t i = 0; i < server->service_count; i++)
        if (server->services[i]->is_prefix && serves(server->services[i], path))
            return server->services[i];
    return NULL;
}

static bool names_method(const char *list, const char *method)
{
    size_t length = strlen(method);
    for (const char *at = list; at != NULL && *at != 0; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, method, length) == 0)
            return true;
        at += word;
    }
    return false;
}

static void set_allow(struct http_request *request)
{
    const char *methods = request->service != NULL ? request->service->methods : "GET POST";
    char *allow = talloc_asprintf(request, "%s%s%s", methods, names_method(methods, "GET") ? " HEAD" : "",
                                  names_method(methods, "OPTIONS") ? "" : " OPTIONS");
    if (allow == NULL)
        return;
    /* "GET POST" -> "GET, POST" */
    char *list = talloc_strdup(request, "");
    for (char *save = NULL, *word = strtok_r(allow, " ", &save); word != NULL && list != NULL;
         word = strtok_r(NULL, " ", &save))
        list = talloc_asprintf_append(list, "%s%s", list[0] != 0 ? ", " : "", word);
    if (list != NULL)
        http_set_header(request, "Allow", list);
}

static bool route(struct http_request *request)
{
    request->service = find_service(request->server, request->path);
    bool is_options = strcmp(request->method, "OPTIONS") == 0;
    if (is_options && (strcmp(request->path, "*") == 0 ||
                       (request->service != NULL && !names_method(request->service->methods, "OPTIONS")))) {
        set_allow(request);
        http_respond(request, 200, NULL, slice_of(NULL, 0));
        return false;
    }
    if (request->service == NULL) {
        refuse(request, 404, "There is nothing at this address");
        return false;
    }
    if (!names_method(request->service->methods, request->method)) {
        set_allow(request);
        refuse(request, 405, "The method is not allowed here");
        return false;
    }
    request->is_open = names_method(request->service->open_methods, request->method);
    return true;
}

/* Limit of the body and what it says about its length. */
static bool check_body(struct http_request *request)
{
    const struct http_service *service = request->service;
    int64_t limit = service->body_limit > 0 ? service->body_limit : config_size(request->config, CONFIG_http_body_size);
    if (request->is_open)
        limit = service->open_body_limit > 0 ? service->open_body_limit : OPEN_BODY_LIMIT;
    const char *length = http_header(request, "Content-Length");
    const char *expect = http_header(request, "Expect");
    request->has_body = (length != NULL && strspn(length, "0") != strlen(length)) ||
                        http_header(request, "Transfer-Encoding") != NULL;
    request->expects_continue = expect != NULL && ascii_equal_nocase(expect, "100-continue");
    if (expect != NULL && !request->expects_continue) {
        refuse(request, 417, "The expectation is not known");
        return false;
    }
    /* libmicrohttpd has checked that it is a number; one that does not fit fails there. */
    if (length != NULL && strtoull(length, NULL, 10) > (uint64_t)limit) {
        limit_hit(request->server, "request body", request->remote_address);
        refuse_status(request, STATUS_LIMIT_EXCEEDED);
        return false;
    }
    request->body.limit = (uint64_t)limit;
    return true;
}

static bool split_target(struct http_request *request)
{
    struct target target;
    enum status status = target_parse(request, request->target, &target);
    if (status != STATUS_OK) {
        refuse_status(request, status);
        request->answer.must_close = true;
        return false;
    }
    request->path = target.path;
    request->query = target.query;
    return true;
}

void head_check(struct http_request *request, const char *method, const char *version)
{
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0) {
        refuse(request, 505, "HTTP/1.1 is spoken here");
        return;
    }
    request->method = talloc_strdup(request, strcmp(method, "HEAD") == 0 ? "GET" : method);
    if (request->method == NULL) {
        refuse_status(request, STATUS_NO_MEMORY);
        return;
    }
    enum status status = framing_check(request->mhd, method, version);
    if (status != STATUS_OK) {
        refuse_status(request, status);
        request->answer.must_close = true;
        return;
    }
    if (!check_limits(request) || !copy_fields(request) || !split_target(request))
        return;
    if (atomic_load(&request->server->is_draining)) {
        refuse_status(request, STATUS_CANCELLED);
        request->answer.must_close = true;
        return;
    }
    if (route(request))
        check_body(request);
}
