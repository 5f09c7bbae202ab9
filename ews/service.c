/* From an HTTP request to an operation and back. */
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "bourse/ews/ews.h"
#include "soap.h"

#define XML_TYPE "text/xml; charset=utf-8"

static struct ews_call *call_new(struct http_request *request)
{
    struct ews_call *call = talloc_zero(http_mem(request), struct ews_call);
    if (call == NULL)
        return NULL;
    call->mem = call;
    call->request = request;
    call->config = http_config(request);
    call->version = EWS_NEWEST;
    call->version_name = ews_version_name(EWS_NEWEST);
    return soap_prepare(call) == STATUS_OK ? call : NULL;
}

static void log_failed(const struct ews_call *call, enum status status)
{
    const char *operation = call->info != NULL ? call->info->name : "request";
    if (status_info(status)->fault == FAULT_CLIENT)
        log_failure(EVENT_HTTP_REFUSED, status, "EWS %s: %s", operation, ews_code_name(call, status));
    else
        log_failure(EVENT_HTTP_FAILED, status, "EWS %s", operation);
}

static void answer_fault(struct ews_call *call, enum status status)
{
    log_failed(call, status);
    unsigned http = soap_fault(call, status);
    http_respond_buffer(call->request, http, XML_TYPE, call->buffer);
}

/* Unknown to the service description, or known and not offered: both are faults, counted so that an admin sees what clients miss. */
static enum status refuse_operation(struct ews_call *call)
{
    metric_add(METRIC_UNKNOWN_OPERATIONS, 1);
    log_event(EVENT_OPERATION_UNKNOWN, "EWS %.60s", call->operation->name);
    if (call->info == NULL)
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "The request failed schema validation: The element '%.100s' is not declared.",
                             call->operation->name);
    return ews_fail_text(call, EWS_CODE_OPERATION_NOT_OFFERED, "The operation %s is not offered by this server.", call->info->name);
}

static enum status run(struct ews_call *call)
{
    TRY(soap_read(call, http_body(call->request)));
    if (call->info == NULL || call->info->handle == NULL)
        return refuse_operation(call);
    if (http_is_over_user_limit(call->request))
        return ews_fail(call, EWS_CODE_TOO_MANY_CALLS, "more than %" PRId64 " calls of %s", config_int(call->config, CONFIG_ews_concurrency),
                        http_login(call->request));
    TRY(session_open(call->mem, http_service_data(call->request), http_principal(call->request), &call->session));
    return call->info->handle(call);
}

static enum status answer_get(struct http_request *request)
{
    static const char page[] = "<!DOCTYPE html><html><head><title>Exchange Web Services</title></head><body><p>You have reached the Exchange Web "
                               "Services of this server. Mail programs talk to it; there is nothing to see in a browser.</p></body></html>\n";
    http_respond(request, 200, "text/html; charset=utf-8", slice_of(page, sizeof page - 1));
    return STATUS_OK;
}

static enum status handle(struct http_request *request)
{
    if (strcmp(http_method(request), "GET") == 0)
        return answer_get(request);
    struct ews_call *call = call_new(request);
    if (call == NULL)
        return status_fail(STATUS_NO_MEMORY, "EWS call");
    enum status status = run(call);
    if (call->is_waiting)
        return status;
    if (status != STATUS_OK)
        answer_fault(call, status);
    else
        http_respond_buffer(request, 200, XML_TYPE, call->buffer);
    return STATUS_OK;
}

/* Refusals of the HTTP server (too large, busy, stopping): clients read SOAP only. */
static void fault(struct http_request *request, enum status status)
{
    struct ews_call *call = call_new(request);
    if (call == NULL || strcmp(http_method(request), "POST") != 0)
        return;
    unsigned http = soap_fault(call, status);
    http_respond_buffer(request, http, XML_TYPE, call->buffer);
}

const struct http_service *ews_service(TALLOC_CTX *mem, struct groupware *groupware)
{
    struct http_service *service = talloc_zero(mem, struct http_service);
    if (service == NULL)
        return NULL;
    *service = (struct http_service){ .name = "ews", .path = "/EWS/Exchange.asmx", .methods = "GET POST",
                                      .user_concurrency = (size_t)config_int(groupware_config(groupware), CONFIG_ews_concurrency),
                                      .handle = handle, .fault = fault, .data = groupware };
    return service;
}
