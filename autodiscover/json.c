/* JSON v2: which URL has a protocol. Asked before sign-in, so the answer is the same for every address. */
#include <stdio.h>

#include "bourse/base/text.h"
#include "handlers.h"
#include "settings.h"

static enum status respond(struct http_request *request, unsigned code, const char *first, const char *first_value,
                           const char *second, const char *second_value)
{
    struct buffer *out = buffer_new(http_mem(request), ANSWER_LIMIT);
    if (out == NULL)
        return status_fail(STATUS_NO_MEMORY, "autodiscover");
    buffer_printf(out, "{\"%s\":\"%s\",\"%s\":\"", first, first_value, second);
    /* The second value may hold what the client sent: only characters that need no escape in JSON or HTML are kept. */
    for (const char *at = second_value; *at != 0; at++)
        if ((uint8_t)*at >= 0x20 && strchr("\"\\<>&", *at) == NULL)
            buffer_append_byte(out, (uint8_t)*at);
    buffer_append_text(out, "\"}");
    http_respond_buffer(request, code, "application/json; charset=utf-8", out);
    return STATUS_OK;
}

static enum status respond_missing(struct http_request *request, const char *parameter)
{
    char *message = talloc_asprintf(http_mem(request), "A valid value must be provided for the query parameter '%s'.",
                                    parameter);
    return respond(request, 400, "ErrorCode", "MandatoryParameterMissing", "ErrorMessage",
                   message != NULL ? message : "");
}

static const char *asked_address(struct http_request *request)
{
    static const char prefix[] = "/autodiscover/autodiscover.json/v1.0/";
    const char *path = http_path(request);
    if (strncasecmp(path, prefix, sizeof prefix - 1) == 0)
        return path + sizeof prefix - 1;
    return http_query(request, "Email");
}

enum status json_handle(struct http_request *request)
{
    struct discovered found = { 0 };
    TRY(discover(request, NULL, &found));
    const struct {
        const char *name, *url;
    } protocols[] = { { "ActiveSync", found.activesync_url },
                      { "Ews", found.ews_url },
                      { "AutodiscoverV1", found.pox_url } };
    const char *address = asked_address(request), *protocol = http_query(request, "Protocol");
    if (address == NULL || strchr(address, '@') == NULL)
        return respond_missing(request, "Email");
    if (protocol == NULL || protocol[0] == 0)
        return respond_missing(request, "Protocol");
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++)
        if (ascii_equal_nocase(protocol, protocols[i].name))
            return respond(request, 200, "Protocol", protocols[i].name, "Url", protocols[i].url);
    char *message = talloc_asprintf(
        http_mem(request),
        "The given protocol value '%.64s' is invalid. Supported values are 'ActiveSync,Ews,AutodiscoverV1'.", protocol);
    return respond(request, 400, "ErrorCode", "InvalidProtocol", "ErrorMessage", message != NULL ? message : "");
}
