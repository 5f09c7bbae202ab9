#include "life.h"
#include "path.h"

#include <unistd.h>

#include "bourse/base/text.h"

static int request_free(struct http_request *request)
{
    waiter_free(request);
    stream_free(request->stream);
    body_drop(request);
    return 0;
}

struct http_request *request_new(TALLOC_CTX *mem)
{
    struct http_request *request = talloc_zero(mem, struct http_request);
    if (request == NULL)
        return NULL;
    request->body.spool = -1;
    request->owners = 1;
    request->method = request->target = request->path = request->query = request->login = request->remote_address = "";
    guid_format(guid_new(), request->id);
    talloc_set_destructor(request, request_free);
    return request;
}

void request_own(struct http_request *request)
{
    atomic_fetch_add(&request->owners, 1);
}

void request_disown(struct http_request *request)
{
    if (atomic_fetch_sub(&request->owners, 1) == 1)
        talloc_free(request);
}

bool field_is_text(const char *text)
{
    for (; *text != 0; text++)
        if (((uint8_t)*text < 0x20 && *text != '\t') || *text == 0x7F)
            return false;
    return true;
}

bool request_add_field(struct http_request *request, const char *name, const char *value)
{
    /* One block: struct, name, value. */
    size_t name_size = strlen(name) + 1, value_size = strlen(value) + 1;
    struct http_field *field = talloc_size(request, sizeof *field + name_size + value_size);
    if (field == NULL)
        return false;
    char *text = (char *)(field + 1);
    memcpy(text, name, name_size);
    memcpy(text + name_size, value, value_size);
    *field = (struct http_field){ .name = text, .value = text + name_size };
    struct http_field **end = &request->fields;
    while (*end != NULL)
        end = &(*end)->next;
    *end = field;
    return true;
}

const char *http_method(const struct http_request *request)
{
    return request->method;
}

const char *http_target(const struct http_request *request)
{
    return request->target;
}

const char *http_path(const struct http_request *request)
{
    return request->path;
}

const char *http_query_string(const struct http_request *request)
{
    return request->query;
}

const char *http_query(const struct http_request *request, const char *name)
{
    return query_value(http_mem(request), request->query, name);
}

const char *http_header(const struct http_request *request, const char *name)
{
    for (const struct http_field *field = request->fields; field != NULL; field = field->next)
        if (ascii_equal_nocase(field->name, name))
            return field->value;
    return NULL;
}

const char *http_content_type(const struct http_request *request)
{
    const char *value = http_header(request, "Content-Type");
    if (value == NULL)
        return "";
    char *type = slice_text(http_mem(request), slice_trim(slice_of(value, strcspn(value, ";"))));
    if (type == NULL)
        return "";
    ascii_lower(type);
    return type;
}

struct slice http_body(const struct http_request *request)
{
    return request->body.whole;
}

struct guid http_principal(const struct http_request *request)
{
    return request->principal;
}

const char *http_login(const struct http_request *request)
{
    return request->login;
}

bool http_is_over_user_limit(const struct http_request *request)
{
    return request->is_over_user_limit;
}

const char *http_remote_address(const struct http_request *request)
{
    return request->remote_address;
}

const char *http_request_id(const struct http_request *request)
{
    return request->id;
}

const char *http_base_url(const struct http_request *request)
{
    const char *url = config_text(request->config, CONFIG_http_public_url);
    if (url[0] == 0)
        return request->server != NULL ? request->server->fallback_url : "https://localhost";
    size_t length = strlen(url);
    if (url[length - 1] != '/')
        return url;
    char *trimmed = talloc_strndup(http_mem(request), url, length - 1);
    return trimmed != NULL ? trimmed : url;
}

const struct config *http_config(const struct http_request *request)
{
    return request->config;
}

void *http_service_data(const struct http_request *request)
{
    return request->service->data;
}

TALLOC_CTX *http_mem(const struct http_request *request)
{
    return (TALLOC_CTX *)(uintptr_t)request;
}

struct http_server *http_request_server(const struct http_request *request)
{
    return request->server;
}

struct http_stream *http_request_stream(const struct http_request *request)
{
    return request->stream;
}

bool http_is_answered(const struct http_request *request)
{
    return request->answer.is_set;
}
