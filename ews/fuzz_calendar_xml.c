/* An element as recurrence and as each form of time zone; what could be read is written again. */
#include "recurrences.h"
#include "soap.h"
#include "zones.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_zone(struct ews_call *call, enum status status, const struct time_zone *zone)
{
    if (status != STATUS_OK)
        return;
    zone_write_definition(call, "t:StartTimeZone", zone, true, 2000);
    zone_write_meeting(call, "t:MeetingTimeZone", zone, 2026);
    zone_write_serializable(call, "t:TimeZone", zone, 2026);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ews_call *call = talloc_zero(NULL, struct ews_call);
    const struct xml_node *root;
    struct recurrence *recurrence = NULL;
    const struct time_zone *zone = NULL;
    enum status status;
    call->mem = call;
    call->version_name = "Exchange2016";
    if (xml_parse(call, slice_of(data, size), NULL, &root) == STATUS_OK && soap_prepare(call) == STATUS_OK && soap_begin(call) == STATUS_OK) {
        xml_start(call->out, "t:x");
        xml_namespace(call->out, "t", EWS_NS_TYPES);
        if (recurrence_read(call, root, &recurrence) == STATUS_OK)
            recurrence_write(call, "t:Recurrence", recurrence);
        status = zone_read_definition(call, root, &zone);
        write_zone(call, status, zone);
        status = zone_read_meeting(call, root, &zone);
        write_zone(call, status, zone);
        status = zone_read_serializable(call, root, &zone);
        write_zone(call, status, zone);
        if (xml_writer_finish(call->out) != STATUS_OK)
            __builtin_trap();
    }
    status_chain_clear();
    talloc_free(call);
    return 0;
}
