#include "response.h"

#include "bourse/base/log.h"
#include "soap.h"

enum status response_begin(struct ews_call *call)
{
    TRY(soap_begin(call));
    xml_start(call->out, talloc_asprintf(call->mem, "m:%sResponse", call->info->name));
    xml_namespace(call->out, "m", EWS_NS_MESSAGES);
    xml_namespace(call->out, "t", EWS_NS_TYPES);
    xml_start(call->out, "m:ResponseMessages");
    return STATUS_OK;
}

enum status response_end(struct ews_call *call)
{
    return xml_writer_finish(call->out);
}

static void open_message(struct ews_call *call, const char *class)
{
    xml_start(call->out, talloc_asprintf(call->mem, "m:%sResponseMessage", call->info->name));
    xml_attribute(call->out, "ResponseClass", class);
}

void response_message(struct ews_call *call)
{
    open_message(call, "Success");
    xml_element(call->out, "m:ResponseCode", "NoError");
}

static void write_failure(struct ews_call *call, enum status status)
{
    xml_element(call->out, "m:MessageText", ews_failure_text(call, status));
    xml_element(call->out, "m:ResponseCode", ews_code_name(call, status));
    xml_element_int(call->out, "m:DescriptiveLinkKey", 0);
    if (call->detail.length > 0) {
        xml_start(call->out, "m:MessageXml");
        xml_raw(call->out, call->detail);
        xml_end(call->out);
    }
}

void response_warning(struct ews_call *call, enum ews_code code)
{
    call->code = code;
    open_message(call, "Warning");
    write_failure(call, STATUS_OK);
    ews_forget(call);
}

void response_message_end(struct ews_call *call)
{
    xml_end(call->out);
}

static void note_failure(struct ews_call *call, enum status status)
{
    call->error_count++;
    if (status_info(status)->fault == FAULT_SERVER || status_info(status)->fault == FAULT_TEMPORARY)
        log_failure(EVENT_ITEM_SKIPPED, status, "%s", call->info->name);
}

void response_failure_open(struct ews_call *call, enum status status)
{
    note_failure(call, status);
    open_message(call, "Error");
    write_failure(call, status);
    ews_forget(call);
}

enum status response_error(struct ews_call *call, enum status status, const char *rest)
{
    if (status == STATUS_NO_MEMORY)
        return status;
    response_failure_open(call, status);
    if (rest != NULL) {
        xml_start(call->out, rest);
        xml_end(call->out);
    }
    xml_end(call->out);
    return STATUS_OK;
}

static enum status open_single(struct ews_call *call, const char *class)
{
    TRY(soap_begin(call));
    xml_start(call->out, talloc_asprintf(call->mem, "m:%sResponse", call->info->name));
    xml_attribute(call->out, "ResponseClass", class);
    xml_namespace(call->out, "m", EWS_NS_MESSAGES);
    xml_namespace(call->out, "t", EWS_NS_TYPES);
    return STATUS_OK;
}

enum status response_single(struct ews_call *call)
{
    TRY(open_single(call, "Success"));
    xml_element(call->out, "m:ResponseCode", "NoError");
    return STATUS_OK;
}

enum status response_single_error(struct ews_call *call, enum status status)
{
    if (status == STATUS_NO_MEMORY)
        return status;
    note_failure(call, status);
    TRY(open_single(call, "Error"));
    write_failure(call, status);
    ews_forget(call);
    return STATUS_OK;
}

enum status response_bare(struct ews_call *call)
{
    TRY(soap_begin(call));
    xml_start(call->out, talloc_asprintf(call->mem, "m:%sResponse", call->info->name));
    xml_namespace(call->out, "m", EWS_NS_MESSAGES);
    xml_namespace(call->out, "t", EWS_NS_TYPES);
    return STATUS_OK;
}

enum status response_named(struct ews_call *call, const char *element, enum status status)
{
    if (status == STATUS_NO_MEMORY)
        return status;
    xml_start(call->out, element);
    xml_attribute(call->out, "ResponseClass", status == STATUS_OK ? "Success" : "Error");
    if (status == STATUS_OK) {
        xml_element(call->out, "m:ResponseCode", "NoError");
        return STATUS_OK;
    }
    note_failure(call, status);
    write_failure(call, status);
    ews_forget(call);
    return STATUS_OK;
}

enum status response_part(struct ews_call *call, enum status status)
{
    TRY(response_named(call, "m:ResponseMessage", status));
    xml_end(call->out);
    return STATUS_OK;
}
