/* Time zones in properties: PidLidTimeZoneStruct [MS-OXOCAL] 2.2.1.39, PidLidAppointmentTimeZoneDefinition* 2.2.1.41-43, and ActiveSync's
 * TIME_ZONE_INFORMATION [MS-ASDTYPE] 2.7.6. */
#include "bourse/base/text.h"
#include "bourse/base/wire.h"
#include "time_zone_private.h"

enum {
    DEFINITION_RULE_SIZE = 66, DEFINITION_RULES_MAX = 1024, KEY_MAX = 260, NAME_UNITS = 32,
    RULE_RECUR = 1, RULE_EFFECTIVE = 2, /* wTZRuleFlags: TZRULE_FLAG_RECUR_CURRENT_TZREG, TZRULE_FLAG_EFFECTIVE_TZREG */
    HISTORY_FROM = 2000, HISTORY_AHEAD = 5, YEAR_FIRST = 1601,
};

/* ---- SYSTEMTIME [MS-DTYP] 2.3.13, as TIME_ZONE_INFORMATION uses it: year 0 means every year ---- */
static void append_moment(struct buffer *out, bool is_set, const struct zone_moment *moment)
{
    static const struct zone_moment none;
    if (!is_set)
        moment = &none;
    bool last_minute = moment->hour == 23 && moment->minute == 59 && moment->second == 59;
    buffer_append_u16(out, moment->is_absolute ? moment->year : 0);
    buffer_append_u16(out, moment->month);
    buffer_append_u16(out, moment->weekday);
    buffer_append_u16(out, moment->week_or_day);
    buffer_append_u16(out, moment->hour);
    buffer_append_u16(out, moment->minute);
    buffer_append_u16(out, moment->second);
    buffer_append_u16(out, last_minute ? 999 : 0);
}

static struct zone_moment read_moment(struct wire *wire)
{
    struct zone_moment moment = { .year = wire_u16(wire) };
    moment.month = wire_u16(wire);
    moment.weekday = wire_u16(wire);
    moment.week_or_day = wire_u16(wire);
    moment.hour = wire_u16(wire);
    moment.minute = wire_u16(wire);
    moment.second = wire_u16(wire);
    (void)wire_u16(wire);
    moment.is_absolute = moment.year != 0;
    return moment;
}

static void settle(struct zone_rule *rule)
{
    rule->has_daylight = rule->standard_begins.month != 0 && rule->daylight_begins.month != 0;
}

/* ---- PidLidTimeZoneStruct ---- */
enum status time_zone_struct_pack(const struct time_zone *zone, int year, struct buffer *out)
{
    struct zone_rule rule = zone_rule_of_year(zone, year);
    buffer_append_u32(out, (uint32_t)rule.bias);
    buffer_append_u32(out, (uint32_t)rule.standard_bias);
    buffer_append_u32(out, (uint32_t)rule.daylight_bias);
    buffer_append_u16(out, rule.has_daylight && rule.standard_begins.is_absolute ? rule.standard_begins.year : 0);
    append_moment(out, rule.has_daylight, &rule.standard_begins);
    buffer_append_u16(out, rule.has_daylight && rule.daylight_begins.is_absolute ? rule.daylight_begins.year : 0);
    append_moment(out, rule.has_daylight, &rule.daylight_begins);
    return buffer_status(out);
}

static enum status as_malformed(enum status status)
{
    return status == STATUS_INVALID_ARGUMENT ? status_add(STATUS_MALFORMED, "time zone of a property") : status;
}

enum status time_zone_struct_parse(TALLOC_CTX *mem, struct slice bytes, const struct time_zone **out)
{
    struct wire wire = wire_over(bytes);
    struct zone_rule rule = { .from_year = YEAR_FIRST, .bias = (int32_t)wire_u32(&wire) };
    rule.standard_bias = (int32_t)wire_u32(&wire);
    rule.daylight_bias = (int32_t)wire_u32(&wire);
    (void)wire_u16(&wire); /* the year again, it is in the date too */
    rule.standard_begins = read_moment(&wire);
    (void)wire_u16(&wire);
    rule.daylight_begins = read_moment(&wire);
    settle(&rule);
    if (wire_status(&wire) != STATUS_OK)
        return status_fail(STATUS_MALFORMED, "time zone structure of %zu bytes", bytes.length);
    return as_malformed(time_zone_of_rules(mem, "", &rule, 1, out));
}

/* ---- PidLidAppointmentTimeZoneDefinition* ---- */
static void append_rule(struct buffer *out, const struct zone_rule *rule, uint16_t flags)
{
    buffer_append_byte(out, 2); /* bMajorVersion, bMinorVersion, reserved: size of the rest */
    buffer_append_byte(out, 1);
    buffer_append_u16(out, 0x003E);
    buffer_append_u16(out, flags);
    buffer_append_u16(out, rule->from_year);
    for (int i = 0; i < 14; i++)
        buffer_append_byte(out, 0);
    buffer_append_u32(out, (uint32_t)rule->bias);
    buffer_append_u32(out, (uint32_t)rule->standard_bias);
    buffer_append_u32(out, (uint32_t)rule->daylight_bias);
    append_moment(out, rule->has_daylight, &rule->standard_begins);
    append_moment(out, rule->has_daylight, &rule->daylight_begins);
}

static void append_header(struct buffer *out, const char *key, size_t rule_count)
{
    buffer_append_byte(out, 2);
    buffer_append_byte(out, 1);
    size_t header_at = buffer_length(out);
    buffer_append_u16(out, 0);
    buffer_append_u16(out, 2);
    buffer_append_u16(out, 0);
    size_t key_at = buffer_length(out);
    utf16_append(out, utf8_prefix(slice_of_text(key), KEY_MAX));
    uint32_t key_size = (uint32_t)(buffer_length(out) - key_at);
    buffer_append_u16(out, (uint16_t)rule_count);
    if (buffer_status(out) == STATUS_OK) /* cbHeader and two bytes of wReserved; then wReserved and cchKeyName */
        buffer_patch_u32(out, header_at, (6 + key_size) | UINT32_C(2) << 16);
    if (buffer_status(out) == STATUS_OK)
        buffer_patch_u32(out, header_at + 2, 2 | key_size / 2 << 16);
}

static const char *key_name(const struct time_zone *zone)
{
    return zone->windows_id[0] != '\0' ? zone->windows_id : zone->id[0] != '\0' ? zone->id : "Customized Time Zone";
}

static enum status rules_around(TALLOC_CTX *mem, const struct time_zone *zone, int year, bool is_recurring, struct zone_rule **rules, size_t *count)
{
    int to = year + HISTORY_AHEAD < 4500 ? year + HISTORY_AHEAD : 4500;
    return is_recurring ? time_zone_rules(mem, zone, year, year, rules, count) : time_zone_rules(mem, zone, year < HISTORY_FROM ? year : HISTORY_FROM, to, rules, count);
}

enum status time_zone_definition_pack(const struct time_zone *zone, int year, bool is_recurring, struct buffer *out)
{
    TALLOC_CTX *scratch = talloc_new(NULL);
    struct zone_rule *rules = NULL;
    size_t count = 0, effective = 0;
    enum status status = rules_around(scratch, zone, year, is_recurring, &rules, &count);
    if (status == STATUS_OK) {
        while (effective + 1 < count && rules[effective + 1].from_year <= year)
            effective++;
        append_header(out, key_name(zone), count);
        for (size_t i = 0; i < count; i++) {
            uint16_t flags = i != effective ? 0 : (uint16_t)(is_recurring ? RULE_RECUR | RULE_EFFECTIVE : RULE_EFFECTIVE);
            if (i == 0 && zone->given == NULL)
                rules[i].from_year = YEAR_FIRST;
            append_rule(out, &rules[i], flags);
        }
        status = buffer_status(out);
    }
    talloc_free(scratch);
    return status;
}

static struct zone_rule read_rule(struct wire *wire, uint16_t *flags)
{
    struct wire part = wire_sub(wire, DEFINITION_RULE_SIZE);
    wire_skip(&part, 4);
    *flags = wire_u16(&part);
    struct zone_rule rule = { .from_year = wire_u16(&part) };
    wire_skip(&part, 14);
    rule.bias = (int32_t)wire_u32(&part);
    rule.standard_bias = (int32_t)wire_u32(&part);
    rule.daylight_bias = (int32_t)wire_u32(&part);
    rule.standard_begins = read_moment(&part);
    rule.daylight_begins = read_moment(&part);
    settle(&rule);
    return rule;
}

/* Rules of the same year follow each other in some clients' blobs: the later one counts. */
static size_t add_rule(struct zone_rule *rules, size_t count, const struct zone_rule *rule)
{
    while (count > 0 && rules[count - 1].from_year >= rule->from_year)
        count--;
    rules[count] = *rule;
    return count + 1;
}

/* The blob's rule in force is the named zone's, as the zone files have it (now, or when the rule was made) or as Windows ever had it. */
static bool name_fits(const struct time_zone *named, const struct time_zone *of_rules)
{
    const struct zone_rule *last = &of_rules->given[of_rules->rule_count - 1];
    size_t count = 0;
    const struct zone_rule *windows = windows_rules_of(named->windows_id, &count);
    for (size_t i = 0; i < count; i++)
        if (zone_rule_equal(&windows[i], last))
            return true;
    int32_t now = civil_of_local(clock_now()).year;
    if (zones_agree(named, of_rules, now))
        return true;
    for (int32_t year = now - 1; last->from_year < 1970 && year >= 1970; year--) /* a series has one rule alone, that of the year it began in */
        if (zones_agree(named, of_rules, year))
            return true;
    return last->from_year >= 1970 && last->from_year < now && zones_agree(named, of_rules, last->from_year);
}

static enum status named_or_rules(TALLOC_CTX *mem, const char *name, const struct zone_rule *rules, size_t count, const struct time_zone **out)
{
    TRY(as_malformed(time_zone_of_rules(mem, name, rules, count, out)));
    const struct time_zone *named = time_zone_by_id(name);
    if (named != NULL && name_fits(named, *out)) {
        talloc_free((void *)(uintptr_t)*out);
        *out = named;
    }
    return STATUS_OK;
}

enum status time_zone_definition_parse(TALLOC_CTX *mem, struct slice bytes, const struct time_zone **out)
{
    struct wire wire = wire_over(bytes);
    wire_skip(&wire, 2);
    struct wire header = wire_sub(&wire, wire_u16(&wire));
    wire_skip(&header, 2);
    struct slice key = wire_bytes(&header, 2 * (size_t)wire_u16(&header));
    size_t told = wire_u16(&header), count = 0;
    if (wire.status != STATUS_OK || header.status != STATUS_OK || told == 0 || told > DEFINITION_RULES_MAX || !wire_check_count(&wire, told, DEFINITION_RULE_SIZE))
        return status_fail(STATUS_MALFORMED, "time zone definition of %zu bytes", bytes.length);
    TALLOC_CTX *scratch = talloc_new(mem);
    struct zone_rule *rules = scratch != NULL ? talloc_size(scratch, told * sizeof *rules) : NULL;
    char *name = NULL;
    enum status status = rules == NULL ? status_fail(STATUS_NO_MEMORY, "time zone definition") : utf16_to_utf8(scratch, key, &name);
    for (size_t i = 0; i < told && status == STATUS_OK; i++) {
        uint16_t flags;
        struct zone_rule rule = read_rule(&wire, &flags);
        count = add_rule(rules, count, &rule);
    }
    if (status == STATUS_OK)
        status = named_or_rules(mem, name, rules, count, out);
    talloc_free(scratch);
    return status;
}

/* ---- ActiveSync ---- */
static void append_name(struct buffer *out, const char *name)
{
    size_t begin = buffer_length(out);
    utf16_append(out, utf8_prefix(slice_of_text(name), NAME_UNITS - 1));
    while (buffer_status(out) == STATUS_OK && buffer_length(out) < begin + 2 * NAME_UNITS)
        buffer_append_byte(out, 0);
}

enum status time_zone_activesync_pack(const struct time_zone *zone, int year, struct buffer *out)
{
    struct zone_rule rule = zone_rule_of_year(zone, year);
    buffer_append_u32(out, (uint32_t)rule.bias);
    append_name(out, zone->windows_id);
    append_moment(out, rule.has_daylight, &rule.standard_begins);
    buffer_append_u32(out, (uint32_t)rule.standard_bias);
    append_name(out, zone->windows_id);
    append_moment(out, rule.has_daylight, &rule.daylight_begins);
    buffer_append_u32(out, (uint32_t)(rule.has_daylight ? rule.daylight_bias : 0));
    return buffer_status(out);
}

enum status time_zone_activesync_parse(TALLOC_CTX *mem, struct slice bytes, const struct time_zone **out)
{
    struct wire wire = wire_over(bytes);
    struct zone_rule rule = { .from_year = YEAR_FIRST, .bias = (int32_t)wire_u32(&wire) };
    struct slice name = wire_bytes(&wire, 2 * NAME_UNITS);
    rule.standard_begins = read_moment(&wire);
    rule.standard_bias = (int32_t)wire_u32(&wire);
    wire_skip(&wire, 2 * NAME_UNITS);
    rule.daylight_begins = read_moment(&wire);
    rule.daylight_bias = (int32_t)wire_u32(&wire);
    settle(&rule);
    if (wire_finish(&wire) != STATUS_OK)
        return status_fail(STATUS_MALFORMED, "ActiveSync time zone of %zu bytes", bytes.length);
    char *text = NULL;
    TRY(utf16_to_utf8(mem, name, &text));
    enum status status = named_or_rules(mem, text, &rule, 1, out);
    talloc_free(text);
    return status;
}
