/* GetServerTimeZones [MS-OXWSGTZ] 3.1.4.1 */
#include "bourse/base/text.h"
#include "request_check.h"
#include "response.h"
#include "zones.h"

/* First year of the rules that clients get: that of Windows' first dynamic ones. */
#define FIRST_YEAR 1990

/* Ids may be Windows' or IANA's; the answer has the Windows zone. An id that nobody knows is left out. */
static bool is_wanted(const struct xml_node *ids, const struct time_zone *zone)
{
    for (const struct xml_node *node = ids != NULL ? ids->child : NULL; node != NULL; node = node->next) {
        const struct time_zone *named = time_zone_by_id(xml_text_of(node));
        if (named != NULL && ascii_equal_nocase(zone_id_of(named), time_zone_id(zone)))
            return true;
    }
    return ids == NULL;
}

enum status op_get_server_time_zones(struct ews_call *call)
{
    bool full = true;
    const struct xml_node *ids = xml_child(call->operation, EWS_NS_MESSAGES, "Ids");
    const char *word = xml_attribute_of(call->operation, "ReturnFullTimeZoneData");
    if (word != NULL && !request_parse_bool(word, &full))
        full = true;
    TRY(response_begin(call));
    response_message(call);
    xml_start(call->out, "m:TimeZoneDefinitions");
    for (size_t i = 0; i < time_zone_windows_count(); i++) {
        const struct time_zone *zone = time_zone_windows_at(i);
        if (is_wanted(ids, zone))
            zone_write_definition(call, "t:TimeZoneDefinition", zone, full, FIRST_YEAR);
    }
    xml_end(call->out);
    response_message_end(call);
    return response_end(call);
}
