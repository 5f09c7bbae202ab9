#include "soap.h"

#include "request_check.h"
#include "zones.h"

/* Build that clients are told: what it can do is decided by the version of each request, not by these numbers. */
#define BUILD_MAJOR 15
#define BUILD_MINOR 2
#define BUILD_NUMBER 1544
#define BUILD_REVISION 4
#define ANSWER_MOST ((size_t)256 << 20)

enum status soap_prepare(struct ews_call *call)
{
    call->buffer = buffer_new(call->mem, ANSWER_MOST);
    if (call->buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "answer");
    return STATUS_OK;
}

static enum status read_impersonation(struct ews_call *call, const struct xml_node *header)
{
    if (xml_child(header, EWS_NS_TYPES, "ExchangeImpersonation") == NULL)
        return STATUS_OK;
    return ews_fail(call, EWS_CODE_IMPERSONATION_DENIED, "ExchangeImpersonation header");
}

static enum status read_version(struct ews_call *call, const struct xml_node *header)
{
    const struct xml_node *node = xml_child(header, EWS_NS_TYPES, "RequestServerVersion");
    const char *name = node != NULL ? xml_attribute_of(node, "Version") : NULL;
    if (node != NULL && name == NULL)
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "RequestServerVersion needs a Version.");
    if (!ews_version_of_name(name, &call->version)) {
        call->version = EWS_NEWEST;
        return ews_fail(call, EWS_CODE_INVALID_SERVER_VERSION, "version %s", name);
    }
    call->version_name = name != NULL ? name : ews_version_name(call->version);
    return STATUS_OK;
}

static enum status read_header(struct ews_call *call, const struct xml_node *header)
{
    TRY(read_version(call, header));
    TRY(read_impersonation(call, header));
    const struct xml_node *zone = xml_child(xml_child(header, EWS_NS_TYPES, "TimeZoneContext"), EWS_NS_TYPES, "TimeZoneDefinition");
    if (zone != NULL)
        TRY(zone_read_definition(call, zone, &call->zone));
    for (const struct xml_node *node = header != NULL ? header->child : NULL; node != NULL; node = node->next) {
        const char *must = xml_attribute_ns(node, EWS_NS_SOAP, "mustUnderstand");
        if (must != NULL && strcmp(must, "1") == 0 && strcmp(node->uri, EWS_NS_TYPES) != 0)
            return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "The header '%s' must be understood and is not.", node->name);
    }
    return STATUS_OK;
}

static enum status read_operation(struct ews_call *call, struct slice document, const struct xml_node *body)
{
    struct request_violation violation;
    const struct xml_node *operation = body != NULL ? body->child : NULL;
    if (operation == NULL || operation->next != NULL)
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "The SOAP body must hold one operation.");
    call->operation = operation;
    call->info = strcmp(operation->uri, EWS_NS_MESSAGES) == 0 ? ews_operation_find(operation->name) : NULL;
    if (call->info == NULL && operation->name[0] != '\0') {
        const char *request_suffix = "Request"; /* GetUserAvailabilityRequest and the like [MS-OXWSCDATA] */
        size_t length = strlen(operation->name), suffix = strlen(request_suffix);
        if (length > suffix && strcmp(operation->name + length - suffix, request_suffix) == 0)
            call->info = ews_operation_find(talloc_strndup(call->mem, operation->name, length - suffix));
    }
    if (call->info == NULL || call->info->handle == NULL)
        return STATUS_OK;
    if (request_check(operation, &violation) == STATUS_OK)
        return STATUS_OK;
    size_t line, column;
    request_position(document, violation.node, &line, &column);
    enum status status = ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "The request failed schema validation: %s", violation.text);
    struct buffer *detail = buffer_new(call->mem, 8192);
    struct xml_writer *xml = detail != NULL ? xml_writer_new(call->mem, detail) : NULL;
    if (xml == NULL)
        return status;
    static const char *const names[] = { "t:LineNumber", "t:LinePosition", "t:Violation" };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        xml_start(xml, names[i]);
        xml_namespace(xml, "t", EWS_NS_TYPES);
        if (i < 2)
            xml_text(xml, talloc_asprintf(call->mem, "%zu", i == 0 ? line : column));
        else
            xml_text(xml, violation.text);
        xml_end(xml);
    }
    if (xml_writer_finish(xml) != STATUS_OK || buffer_take(detail, call->mem, &call->detail) != STATUS_OK)
        call->detail = (struct slice){ 0 };
    return status;
}

enum status soap_read(struct ews_call *call, struct slice document)
{
    const struct xml_node *root;
    struct xml_limits limits = { .depth = (size_t)config_int(call->config, CONFIG_ews_xml_depth),
                                 .attributes = (size_t)config_int(call->config, CONFIG_ews_xml_attributes),
                                 .nodes = (size_t)config_int(call->config, CONFIG_ews_xml_nodes) };
    call->version = EWS_NEWEST;
    call->version_name = ews_version_name(EWS_NEWEST);
    enum status status = xml_parse(call->mem, document, &limits, &root);
    if (status == STATUS_MALFORMED || status == STATUS_TOO_COMPLEX)
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "The request is not well-formed: %s", status_client_text(status));
    TRY(status);
    if (!xml_is(root, EWS_NS_SOAP, "Envelope"))
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "The request is not a SOAP 1.1 envelope.");
    TRY(read_header(call, xml_child(root, EWS_NS_SOAP, "Header")));
    return read_operation(call, document, xml_child(root, EWS_NS_SOAP, "Body"));
}

enum status soap_begin(struct ews_call *call)
{
    buffer_reset(call->buffer);
    struct xml_writer *out = call->out = xml_writer_new(call->mem, call->buffer);
    if (out == NULL)
        return status_fail(STATUS_NO_MEMORY, "answer");
    xml_declaration(out);
    xml_start(out, "s:Envelope");
    xml_namespace(out, "s", EWS_NS_SOAP);
    xml_start(out, "s:Header");
    xml_start(out, "t:ServerVersionInfo");
    xml_namespace(out, "t", EWS_NS_TYPES);
    xml_attribute_int(out, "MajorVersion", BUILD_MAJOR);
    xml_attribute_int(out, "MinorVersion", BUILD_MINOR);
    xml_attribute_int(out, "MajorBuildNumber", BUILD_NUMBER);
    xml_attribute_int(out, "MinorBuildNumber", BUILD_REVISION);
    xml_attribute(out, "Version", call->version_name);
    xml_end(out);
    xml_end(out);
    xml_start(out, "s:Body");
    return STATUS_OK;
}

static void write_detail(struct ews_call *call, const char *code, const char *text)
{
    struct xml_writer *out = call->out;
    xml_start(out, "detail");
    xml_start(out, "e:ResponseCode");
    xml_namespace(out, "e", EWS_NS_ERRORS);
    xml_text(out, code);
    xml_end(out);
    xml_start(out, "e:Message");
    xml_namespace(out, "e", EWS_NS_ERRORS);
    xml_text(out, text);
    xml_end(out);
    if (call->detail.length > 0) {
        xml_start(out, "t:MessageXml");
        xml_namespace(out, "t", EWS_NS_TYPES);
        xml_raw(out, call->detail);
        xml_end(out);
    }
    xml_end(out);
}

/* HTTP status of a fault: SOAP 1.1 section 6.2 asks for 500; refusals before the service keep theirs. */
static unsigned fault_http(enum status status)
{
    unsigned http = status_info(status)->http;
    return http == 401 || http == 405 || http == 413 ? http : 500;
}

unsigned soap_fault(struct ews_call *call, enum status status)
{
    const char *code = ews_code_name(call, status), *text = ews_failure_text(call, status);
    if (strcmp(code, "ErrorServerBusy") == 0 && call->detail.length == 0)
        ews_detail_value(call, "BackOffMilliseconds", "1000");
    if (soap_begin(call) != STATUS_OK)
        return 503;
    struct xml_writer *out = call->out;
    xml_start(out, "s:Fault");
    xml_start(out, "faultcode");
    xml_namespace(out, "a", EWS_NS_TYPES);
    xml_text(out, talloc_asprintf(call->mem, "a:%s", code));
    xml_end(out);
    xml_start(out, "faultstring");
    xml_attribute(out, "xml:lang", "en-US");
    xml_text(out, text);
    xml_end(out);
    write_detail(call, code, text);
    if (xml_writer_finish(out) != STATUS_OK)
        return 503;
    return fault_http(status);
}
