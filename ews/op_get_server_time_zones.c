/* GetServerTimeZones [MS-OXWSGTZ] 3.1.4.1 */
#include "request_check.h"
#include "response.h"

struct change {
    uint8_t month; /* 0: none */
    uint8_t day, week;
    uint16_t minutes;
};

struct rule {
    int16_t year;
    int16_t bias, standard_bias, daylight_bias;
    struct change standard, daylight;
};

static const struct rule rules[] = {
#define ZONE(...)
#define RULE(year, bias, standard, daylight, sm, sd, sw, st, dm, dd, dw, dt) \
    { year, bias, standard, daylight, { sm, sd, sw, st }, { dm, dd, dw, dt } },
#include "time_zones.def"
#undef ZONE
#undef RULE
};

static const struct {
    const char *id;
    size_t count;
} zones[] = {
#define ZONE(id, count) { id, count },
#define RULE(...)
#include "time_zones.def"
#undef ZONE
#undef RULE
};

/* xs:duration of a number of minutes. */
static const char *duration(TALLOC_CTX *mem, int minutes)
{
    int size = minutes < 0 ? -minutes : minutes;
    const char *sign = minutes < 0 ? "-" : "";
    return size % 60 == 0 ? talloc_asprintf(mem, "%sPT%dH", sign, size / 60) : talloc_asprintf(mem, "%sPT%dH%dM", sign, size / 60, size % 60);
}

static const char *period_id(TALLOC_CTX *mem, const char *zone, const struct rule *rule, const char *kind)
{
    return talloc_asprintf(mem, "trule:Microsoft/Registry/%s/%d-%s", zone, rule->year, kind);
}

static bool has_daylight(const struct rule *rule)
{
    return rule->daylight.month != 0 && rule->standard.month != 0;
}

static void write_period(struct ews_call *call, const char *zone, const struct rule *rule, const char *kind, int bias)
{
    xml_start(call->out, "t:Period");
    xml_attribute(call->out, "Bias", duration(call->mem, bias));
    xml_attribute(call->out, "Name", kind);
    xml_attribute(call->out, "Id", period_id(call->mem, zone, rule, kind));
    xml_end(call->out);
}

static void write_target(struct ews_call *call, const char *kind, const char *to)
{
    xml_start(call->out, "t:To");
    xml_attribute(call->out, "Kind", kind);
    xml_text(call->out, to);
    xml_end(call->out);
}

static void write_change(struct ews_call *call, const char *zone, const struct rule *rule, const char *kind, const struct change *change)
{
    static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
    xml_start(call->out, "t:RecurringDayTransition");
    write_target(call, "Period", period_id(call->mem, zone, rule, kind));
    xml_element(call->out, "t:TimeOffset", duration(call->mem, change->minutes));
    xml_element_int(call->out, "t:Month", change->month);
    xml_element(call->out, "t:DayOfWeek", days[change->day % 7]);
    xml_element_int(call->out, "t:Occurrence", change->week == 5 ? -1 : change->week);
    xml_end(call->out);
}

static void write_group(struct ews_call *call, const char *zone, const struct rule *rule, size_t index)
{
    xml_start(call->out, "t:TransitionsGroup");
    xml_attribute_int(call->out, "Id", (int64_t)index);
    if (has_daylight(rule)) {
        write_change(call, zone, rule, "Daylight", &rule->daylight);
        write_change(call, zone, rule, "Standard", &rule->standard);
    } else {
        xml_start(call->out, "t:Transition");
        write_target(call, "Period", period_id(call->mem, zone, rule, "Standard"));
        xml_end(call->out);
    }
    xml_end(call->out);
}

static void write_full(struct ews_call *call, const char *zone, const struct rule *first, size_t count)
{
    xml_start(call->out, "t:Periods");
    for (size_t i = 0; i < count; i++) {
        write_period(call, zone, &first[i], "Standard", first[i].bias + first[i].standard_bias);
        if (has_daylight(&first[i]))
            write_period(call, zone, &first[i], "Daylight", first[i].bias + first[i].daylight_bias);
    }
    xml_end(call->out);
    xml_start(call->out, "t:TransitionsGroups");
    for (size_t i = 0; i < count; i++)
        write_group(call, zone, &first[i], i);
    xml_end(call->out);
    xml_start(call->out, "t:Transitions");
    for (size_t i = 0; i < count; i++) {
        xml_start(call->out, i == 0 ? "t:Transition" : "t:AbsoluteDateTransition");
        write_target(call, "Group", talloc_asprintf(call->mem, "%zu", i));
        if (i > 0)
            xml_element(call->out, "t:DateTime", talloc_asprintf(call->mem, "%04d-01-01T00:00:00", first[i].year));
        xml_end(call->out);
    }
    xml_end(call->out);
}

/* "(UTC+01:00) W. Europe Standard Time": by the rule in force. */
static const char *display_name(TALLOC_CTX *mem, const char *zone, const struct rule *rule)
{
    int offset = -(rule->bias + rule->standard_bias), size = offset < 0 ? -offset : offset;
    if (offset == 0)
        return talloc_asprintf(mem, "(UTC) %s", zone);
    return talloc_asprintf(mem, "(UTC%c%02d:%02d) %s", offset < 0 ? '-' : '+', size / 60, size % 60, zone);
}

static bool is_wanted(const struct xml_node *ids, const char *zone)
{
    for (const struct xml_node *node = ids != NULL ? ids->child : NULL; node != NULL; node = node->next)
        if (strcmp(xml_text_of(node), zone) == 0)
            return true;
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
    const struct rule *first = rules;
    for (size_t i = 0; i < ARRAY_LENGTH(zones); first += zones[i].count, i++) {
        if (!is_wanted(ids, zones[i].id))
            continue;
        xml_start(call->out, "t:TimeZoneDefinition");
        xml_attribute(call->out, "Id", zones[i].id);
        xml_attribute(call->out, "Name", display_name(call->mem, zones[i].id, &first[zones[i].count - 1]));
        if (full)
            write_full(call, zones[i].id, first, zones[i].count);
        xml_end(call->out);
    }
    xml_end(call->out);
    response_message_end(call);
    return response_end(call);
}
