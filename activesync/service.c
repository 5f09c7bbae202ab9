/* From an HTTP request to a command and back [MS-ASHTTP] 2.2.1. */
#include "bourse/activesync/activesync.h"
#include "bourse/base/log.h"
#include "bourse/base/metrics.h"
#include "bourse/base/text.h"
#include "call.h"
#include "policy.h"
#include "quarantine.h"

#include <stdlib.h>

#define WBXML_TYPE "application/vnd.ms-sync.wbxml"
#define VERSIONS "12.1,14.0,14.1,16.0,16.1"
#define SERVER_VERSION "15.2" /* of the Exchange whose protocol this is; clients look for features by it */

enum { ANSWER_CAP = 96 * 1024 * 1024, HTTP_NEED_PROVISIONING = 449 };

#define NEEDS_POLICY true
#define NEEDS_NOTHING false

static const struct eas_command commands[] = {
#define COMMAND(name, code, since, until, handler, root, status, needs) { #name, code, since, until, handler, root, status, NEEDS_##needs },
#include "commands.def"
#undef COMMAND
};

static const char command_list[] =
#define COMMAND(name, ...) "," #name
#include "commands.def"
#undef COMMAND
    ;

static const char *version_text(enum eas_version version)
{
    static const char *const texts[EAS_VERSION_COUNT] = { "2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1" };
    return texts[version];
}

static const struct {
    int number;
    unsigned http;
} common[] = {
#define COMMON_STATUS(number, name, http) { number, http },
#include "statuses.def"
};

static unsigned http_of_common(int number, enum status status)
{
    for (size_t i = 0; i < ARRAY_LENGTH(common); i++)
        if (common[i].number == number && common[i].http != 0)
            return common[i].http;
    return status_info(status)->http >= 400 ? status_info(status)->http : 500;
}

int eas_status_of(enum status status)
{
    return status_info(status)->activesync;
}

static void set_headers(struct http_request *request)
{
    http_set_header(request, "MS-Server-ActiveSync", SERVER_VERSION);
    http_set_header(request, "MS-ASProtocolVersions", VERSIONS);
    http_set_header(request, "MS-ASProtocolCommands", command_list + 1);
}

enum status eas_restart_answer(struct eas_call *call)
{
    talloc_free(call->out);
    talloc_free(call->buffer);
    call->buffer = buffer_new(call->mem, ANSWER_CAP);
    call->out = call->buffer != NULL ? wbxml_writer_new(call->mem, call->buffer, call->version) : NULL;
    return call->out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "answer");
}

void eas_send(struct eas_call *call)
{
    if (call->is_empty) {
        http_respond(call->request, 200, WBXML_TYPE, slice_of(NULL, 0));
        return;
    }
    enum status status = wbxml_finish(call->out);
    if (status != STATUS_OK)
        eas_send_failure(call, status);
    else
        http_respond_buffer(call->request, 200, WBXML_TYPE, call->buffer);
}

static void log_failed(const struct eas_call *call, enum status status, int number)
{
    const char *name = call->command != NULL ? call->command->name : "request";
    bool is_client = status_info(status)->fault == FAULT_CLIENT;
    log_failure(is_client ? EVENT_HTTP_REFUSED : EVENT_HTTP_FAILED, status, "ActiveSync %s of device %.32s: status %d", name,
                call->query.device_id != NULL ? call->query.device_id : "", number);
}

static void send_global_status(struct eas_call *call, int number)
{
    if (eas_restart_answer(call) != STATUS_OK) {
        http_respond(call->request, 503, NULL, slice_of(NULL, 0));
        return;
    }
    wbxml_start(call->out, call->command->root);
    wbxml_element_int(call->out, call->command->status, number);
    wbxml_end(call->out);
    if (wbxml_finish(call->out) == STATUS_OK)
        http_respond_buffer(call->request, 200, WBXML_TYPE, call->buffer);
    else
        http_respond(call->request, 503, NULL, slice_of(NULL, 0));
}

/* For boursectl device show. Being asked to provision is no failure; one that happens again is not written again. */
static void note_failed(const struct eas_call *call, int number)
{
    char chain[400];
    const char *last = call->device != NULL ? call->device->last_failure : NULL;
    if (last == NULL || (number >= EAS_REMOTE_WIPE_REQUESTED && number <= EAS_INVALID_POLICY_KEY))
        return;
    struct buffer *asked = buffer_new(call->mem, 256 * 1024);
    if (call->body != NULL && asked != NULL)
        wbxml_describe(call->body, asked);
    const char *text = talloc_asprintf(call->mem, "%s %s: status %d, %s; asked: %.500s", call->command->name, version_text(call->version), number,
                                       status_chain_text(chain, sizeof chain), asked != NULL ? buffer_text(asked) : "");
    text = text != NULL ? utf8_repair(call->mem, slice_of_text(text)) : NULL;
    const char *before = strchr(last, ' ');
    if (text == NULL || (before != NULL && strncmp(before + 1, text, strlen(before + 1)) == 0 && before[1] != '\0'))
        return;
    enum status noted = device_note_failure(call->session, call->device->id, text);
    if (noted != STATUS_OK)
        log_failure(EVENT_HTTP_FAILED, noted, "failure of device %.32s not noted", call->device->id);
}

/* From 14.0 on every failure of a known command is a status in WBXML; before, most common ones are HTTP statuses [MS-ASCMD] 2.2.2. */
void eas_send_failure(struct eas_call *call, enum status status)
{
    int number = call->common_status != 0 ? call->common_status : eas_status_of(status);
    log_failed(call, status, number);
    if (call->command != NULL)
        note_failed(call, number);
    if (call->http_status != 0 || call->command == NULL)
        http_respond(call->request, call->http_status != 0 ? call->http_status : http_of_common(number, status), NULL, slice_of(NULL, 0));
    else if (call->version < V14_0 && number > 100)
        http_respond(call->request, http_of_common(number, status), NULL, slice_of(NULL, 0));
    else
        send_global_status(call, number);
}

/* ---- reading the request ---- */

static const char *parameter_of(const void *data, const char *name)
{
    return http_query(data, name);
}

static enum status read_query(struct eas_call *call)
{
    const char *query = http_query_string(call->request), *multipart = http_header(call->request, "MS-ASAcceptMultiPart");
    const char *key = http_header(call->request, "X-MS-PolicyKey");
    if (!eas_query_is_plain(query))
        return eas_query_parse_base64(call->mem, slice_of_text(query), &call->query);
    TRY(eas_query_parse_plain(parameter_of, call->request, &call->query));
    call->query.accept_multipart = multipart != NULL && ascii_equal_nocase(multipart, "T");
    if (key != NULL && *key >= '0' && *key <= '9') {
        call->query.has_policy_key = true;
        call->query.policy_key = (uint32_t)strtoul(key, NULL, 10);
    }
    return STATUS_OK;
}

static enum status choose_version(struct eas_call *call)
{
    static const struct {
        int number;
        const char *text;
        enum eas_version version;
    } versions[] = { { 121, "12.1", V12_1 }, { 140, "14.0", V14_0 }, { 141, "14.1", V14_1 }, { 160, "16.0", V16_0 }, { 161, "16.1", V16_1 } };
    const char *text = http_header(call->request, "MS-ASProtocolVersion");
    for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
        bool is_this = call->query.version_number != 0 ? versions[i].number == call->query.version_number : text != NULL && strcmp(versions[i].text, text) == 0;
        if (!is_this)
            continue;
        call->version = versions[i].version;
        return STATUS_OK;
    }
    return eas_fail_http(call, http_of_common(EAS_VERSION_NOT_SUPPORTED, STATUS_INVALID_ARGUMENT), "protocol version %d %.8s", call->query.version_number,
                         text != NULL ? text : "");
}

static enum status choose_command(struct eas_call *call)
{
    const struct eas_query *query = &call->query;
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        const struct eas_command *command = &commands[i];
        bool is_this = query->command != NULL ? ascii_equal_nocase(query->command, command->name) : query->command_code == command->code;
        if (!is_this || call->version < command->since || call->version > command->until)
            continue;
        call->command = command;
        return STATUS_OK;
    }
    metric_add(METRIC_UNKNOWN_OPERATIONS, 1);
    log_event(EVENT_OPERATION_UNKNOWN, "ActiveSync %.40s, code %d", query->command != NULL ? query->command : "", query->command_code);
    return eas_fail_http(call, 501, "no such command");
}

static bool is_device_name(const char *text, size_t most)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (text[i] <= 0x20 || text[i] > 0x7E)
            return false;
    return length > 0 && length <= most;
}

static enum status check_device_names(struct eas_call *call)
{
    if (!is_device_name(call->query.device_id, EAS_DEVICE_ID_MAX))
        return eas_fail(call, EAS_DEVICE_ID_MISSING_OR_INVALID, "device id of %zu characters", strlen(call->query.device_id));
    if (!is_device_name(call->query.device_type, EAS_DEVICE_TYPE_MAX))
        return eas_fail(call, EAS_DEVICE_TYPE_MISSING_OR_INVALID, "device type of %zu characters", strlen(call->query.device_type));
    return STATUS_OK;
}

static enum status read_body(struct eas_call *call)
{
    struct slice body = http_body(call->request);
    const char *type = http_content_type(call->request);
    if (body.length == 0)
        return STATUS_OK;
    if (strcmp(type, "message/rfc822") == 0) {
        call->raw_body = body;
        return STATUS_OK;
    }
    enum status status = wbxml_parse(call->mem, body, NULL, &call->body);
    if (status != STATUS_OK)
        call->common_status = status == STATUS_TOO_COMPLEX ? EAS_INVALID_CONTENT : EAS_INVALID_WBXML;
    return status;
}

/* ---- who may ---- */

static enum status open_device(struct eas_call *call)
{
    const char *agent = http_header(call->request, "User-Agent");
    TRY(session_open(call->mem, http_service_data(call->request), http_principal(call->request), &call->session));
    enum status status = device_open(call->mem, call->session, call->query.device_id, call->query.device_type, agent != NULL ? agent : "", &call->device);
    if (status == STATUS_LIMIT_EXCEEDED)
        call->common_status = EAS_MAXIMUM_DEVICES_REACHED;
    return status;
}

static enum status refuse_device(struct eas_call *call, const char *why)
{
    if (call->version < V14_0)
        call->http_status = 403;
    return eas_fail(call, EAS_DEVICE_IS_BLOCKED_FOR_THIS_USER, "device %s %s", call->query.device_id, why);
}

/* Also a blocked device hears of its wipe. One that cannot be told to wipe the account only gets nothing any more [MS-ASPROV] 2.2.2.1. */
static enum status check_access(struct eas_call *call)
{
    const struct device *device = call->device;
    if (device_wants_wipe(device))
        return device->wipe_account_only && call->version < V16_1 ? refuse_device(call, "has to wipe the account and cannot be told") : STATUS_OK;
    return device->access == DEVICE_BLOCKED ? refuse_device(call, "is blocked") : STATUS_OK;
}

static enum status compare_policy(struct eas_call *call, int *number)
{
    struct device_policy *policy = NULL;
    uint32_t hash = 0;
    TRY(device_policy_of(call->mem, call->session, &policy));
    TRY(eas_policy_hash(call, policy, &hash));
    *number = hash == call->device->policy_hash ? 0 : EAS_POLICY_REFRESH;
    return STATUS_OK;
}

/* Settings with which a device says what it is, which some do before they have a policy. */
static bool is_introduction(const struct eas_call *call)
{
    const struct wbxml_node *first = call->command->root == Settings_Settings && call->body != NULL ? call->body->child : NULL;
    return first != NULL && first->tag == Settings_DeviceInformation && first->next == NULL;
}

/* A device that has to be wiped, or has not the newest policy, gets nothing but Provision [MS-ASPROV] 3.1.5.1, [MS-ASHTTP] 2.2.2.1.1. */
static enum status check_policy(struct eas_call *call)
{
    int number = 0;
    if (!call->command->needs_policy || is_introduction(call))
        return STATUS_OK;
    if (device_wants_wipe(call->device))
        number = EAS_REMOTE_WIPE_REQUESTED;
    else if (!config_bool(call->config, CONFIG_activesync_require_policy))
        return STATUS_OK;
    else if (!call->query.has_policy_key || call->query.policy_key == 0)
        number = EAS_DEVICE_NOT_PROVISIONED;
    else if (call->query.policy_key != call->device->policy_key)
        number = EAS_INVALID_POLICY_KEY;
    else
        TRY(compare_policy(call, &number));
    if (number == 0)
        return STATUS_OK;
    if (call->version < V14_0)
        call->http_status = number == EAS_REMOTE_WIPE_REQUESTED ? 403 : HTTP_NEED_PROVISIONING;
    return eas_fail(call, number, "device %s has no current policy", call->query.device_id);
}

static enum status run(struct eas_call *call)
{
    TRY(read_query(call));
    TRY(choose_version(call));
    TRY(choose_command(call));
    TRY(check_device_names(call));
    TRY(read_body(call));
    TRY(open_device(call));
    TRY(check_access(call));
    TRY(check_policy(call));
    TRY(eas_restart_answer(call));
    if (call->device->access == DEVICE_QUARANTINED && call->command->needs_policy && !is_introduction(call))
        return eas_quarantine(call);
    return call->command->handle(call);
}

static enum status handle(struct http_request *request)
{
    set_headers(request);
    if (strcmp(http_method(request), "OPTIONS") == 0) {
        http_set_header(request, "Allow", "OPTIONS,POST");
        http_set_header(request, "Public", "OPTIONS,POST");
        http_respond(request, 200, NULL, slice_of(NULL, 0));
        return STATUS_OK;
    }
    struct eas_call *call = talloc_zero(http_mem(request), struct eas_call);
    if (call == NULL)
        return status_fail(STATUS_NO_MEMORY, "ActiveSync call");
    call->mem = call;
    call->request = request;
    call->config = http_config(request);
    enum status status = run(call);
    if (call->is_waiting || call->is_answered)
        return status;
    if (status != STATUS_OK)
        eas_send_failure(call, status);
    else
        eas_send(call);
    return STATUS_OK;
}

/* Refusals of the HTTP server keep the headers by which clients know what this is. */
static void fault(struct http_request *request, enum status status)
{
    (void)status;
    set_headers(request);
}

/* What is no WBXML (a message, an attachment, parts) is named by its size. */
static void describe(struct slice body, struct buffer *out)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct wbxml_node *root = NULL;
    if (wbxml_parse(mem, body, NULL, &root) == STATUS_OK)
        wbxml_describe(root, out);
    else
        buffer_printf(out, "(%zu bytes)", body.length);
    status_chain_clear();
    talloc_free(mem);
}

const struct http_service *activesync_service(TALLOC_CTX *mem, struct groupware *groupware)
{
    struct http_service *service = talloc_zero(mem, struct http_service);
    if (service == NULL)
        return NULL;
    *service = (struct http_service){ .name = "activesync", .path = "/Microsoft-Server-ActiveSync", .methods = "POST OPTIONS", .open_methods = "OPTIONS",
                                      .handle = handle, .fault = fault, .data = groupware, .describe = describe };
    return service;
}
