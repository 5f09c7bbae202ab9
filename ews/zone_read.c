#include "zones.h"

#include <stdlib.h>

#include "request_check.h"

/* Groups of transitions that a definition may have; Windows' own have up to about 90. */
#define RULES_MOST 200
#define BIAS_MOST (16 * 60)

static enum status bad_zone(struct ews_call *call, const char *why)
{
    return ews_fail(call, EWS_CODE_TIME_ZONE, "%s", why);
}

static bool word_index(const char *word, const char *const *words, size_t count, uint16_t *out)
{
    for (size_t i = 0; word != NULL && i < count; i++)
        if (strcmp(words[i], word) == 0) {
            *out = (uint16_t)i;
            return true;
        }
    return false;
}

static bool read_weekday(const char *word, uint16_t *out)
{
    static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
    return word_index(word, days, ARRAY_LENGTH(days), out);
}

static bool read_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
    return text != NULL && request_parse_int(text, out) && *out >= least && *out <= most;
}

/* ---- definitions: periods, groups of transitions between them, and when which group begins ---- */

struct definition {
    struct ews_call *call;
    const struct xml_node *periods, *groups, *transitions;
};

static enum status period_bias(const struct definition *zone, const char *id, int32_t *out)
{
    for (const struct xml_node *period = zone->periods->child; period != NULL; period = period->next) {
        const char *own = xml_attribute_of(period, "Id"), *bias = xml_attribute_of(period, "Bias");
        if (own == NULL || strcmp(own, id) != 0)
            continue;
        if (bias == NULL || !zone_parse_minutes(bias, out) || *out < -BIAS_MOST || *out > BIAS_MOST)
            return bad_zone(zone->call, "period without a possible bias");
        return STATUS_OK;
    }
    return bad_zone(zone->call, "transition to an unknown period");
}

static enum status target_bias(const struct definition *zone, const struct xml_node *transition, int32_t *out)
{
    const struct xml_node *to = xml_child(transition, EWS_NS_TYPES, "To");
    const char *kind = to != NULL ? xml_attribute_of(to, "Kind") : NULL;
    if (kind == NULL || strcmp(kind, "Period") != 0)
        return bad_zone(zone->call, "transition to no period");
    return period_bias(zone, xml_text_of(to), out);
}

/* RecurringDayTransition: the nth weekday of a month, at a time of that day [MS-OXWSCDATA] 2.2.4.55. */
static enum status read_moment(const struct definition *zone, const struct xml_node *transition, struct zone_moment *out)
{
    int64_t month, occurrence;
    int32_t minutes = 0;
    const char *offset = xml_child_text(transition, EWS_NS_TYPES, "TimeOffset");
    *out = (struct zone_moment){ 0 };
    if (strcmp(transition->name, "RecurringDayTransition") != 0)
        return bad_zone(zone->call, "change on a fixed date, which no Windows zone has");
    if (!read_number(xml_child_text(transition, EWS_NS_TYPES, "Month"), 1, 12, &month) || offset == NULL || !zone_parse_minutes(offset, &minutes) ||
        minutes < 0 || minutes > 1440 || !read_weekday(xml_child_text(transition, EWS_NS_TYPES, "DayOfWeek"), &out->weekday) ||
        !read_number(xml_child_text(transition, EWS_NS_TYPES, "Occurrence"), -1, 5, &occurrence) || occurrence == 0)
        return bad_zone(zone->call, "recurring transition");
    out->month = (uint16_t)month;
    out->week_or_day = occurrence == -1 ? 5 : (uint16_t)occurrence;
    out->hour = (uint16_t)(minutes == 1440 ? 23 : minutes / 60); /* the last minute of the day stands for its end */
    out->minute = (uint16_t)(minutes == 1440 ? 59 : minutes % 60);
    return STATUS_OK;
}

static enum status read_group(const struct definition *zone, const struct xml_node *group, struct zone_rule *rule)
{
    const struct xml_node *first = group->child, *second = first != NULL ? first->next : NULL;
    int32_t bias[2];
    struct zone_moment moments[2];
    if (first == NULL || (second != NULL && second->next != NULL))
        return bad_zone(zone->call, "a group needs one or two transitions");
    TRY(target_bias(zone, first, &bias[0]));
    rule->bias = bias[0];
    if (second == NULL)
        return STATUS_OK;
    TRY(target_bias(zone, second, &bias[1]));
    TRY(read_moment(zone, first, &moments[0]));
    TRY(read_moment(zone, second, &moments[1]));
    if (bias[0] == bias[1])
        return STATUS_OK;
    int standard = bias[0] > bias[1] ? 0 : 1; /* daylight saving time is east of standard time */
    rule->has_daylight = true;
    rule->bias = bias[standard];
    rule->daylight_bias = bias[1 - standard] - bias[standard];
    rule->standard_begins = moments[standard];
    rule->daylight_begins = moments[1 - standard];
    return STATUS_OK;
}

static enum status group_of(const struct definition *zone, const struct xml_node *transition, const struct xml_node **out)
{
    const char *id = xml_child_text(transition, EWS_NS_TYPES, "To");
    for (const struct xml_node *group = zone->groups != NULL ? zone->groups->child : NULL; group != NULL; group = group->next) {
        const char *own = xml_attribute_of(group, "Id");
        if (own != NULL && id != NULL && strcmp(own, id) == 0) {
            *out = group;
            return STATUS_OK;
        }
    }
    return bad_zone(zone->call, "transition to an unknown group");
}

static enum status read_transition(const struct definition *zone, const struct xml_node *transition, struct zone_rule *rule)
{
    const struct xml_node *to = xml_child(transition, EWS_NS_TYPES, "To"), *group = NULL;
    const char *begin = xml_child_text(transition, EWS_NS_TYPES, "DateTime"), *kind = to != NULL ? xml_attribute_of(to, "Kind") : NULL;
    local_time date;
    *rule = (struct zone_rule){ .from_year = 1601 };
    if (begin != NULL) {
        if (!zone_parse_date(begin, &date))
            return bad_zone(zone->call, "date of a transition");
        rule->from_year = (uint16_t)civil_of_local(date).year;
    }
    if (kind != NULL && strcmp(kind, "Period") == 0)
        return target_bias(zone, transition, &rule->bias);
    TRY(group_of(zone, transition, &group));
    return read_group(zone, group, rule);
}

static enum status read_inline(struct ews_call *call, const struct xml_node *node, const struct time_zone **out)
{
    struct definition zone = { call, xml_child(node, EWS_NS_TYPES, "Periods"), xml_child(node, EWS_NS_TYPES, "TransitionsGroups"),
                               xml_child(node, EWS_NS_TYPES, "Transitions") };
    const char *id = xml_attribute_of(node, "Id");
    size_t count = 0, most = xml_child_count(zone.transitions);
    if (zone.periods == NULL || zone.transitions == NULL || most == 0 || most > RULES_MOST)
        return bad_zone(call, id != NULL ? id : "no id and no periods");
    struct zone_rule *rules = talloc_zero_array(call->mem, struct zone_rule, ROOM(most));
    if (rules == NULL)
        return status_fail(STATUS_NO_MEMORY, "time zone");
    for (const struct xml_node *transition = zone.transitions->child; transition != NULL; transition = transition->next)
        TRY(read_transition(&zone, transition, &rules[count++]));
    return ews_recode(call, time_zone_of_rules(call->mem, id != NULL ? id : "", rules, count, out), STATUS_INVALID_ARGUMENT, EWS_CODE_TIME_ZONE);
}

enum status zone_read_definition(struct ews_call *call, const struct xml_node *node, const struct time_zone **out)
{
    const char *id = xml_attribute_of(node, "Id");
    *out = id != NULL ? time_zone_by_id(id) : NULL;
    return *out != NULL ? STATUS_OK : read_inline(call, node, out);
}

/* ---- one rule ---- */

static bool read_clock(const char *text, struct zone_moment *out)
{
    int64_t hour, minute;
    if (text == NULL || strlen(text) < 5 || text[2] != ':')
        return false;
    char parts[2][3] = { { text[0], text[1], '\0' }, { text[3], text[4], '\0' } };
    if (!read_number(parts[0], 0, 23, &hour) || !read_number(parts[1], 0, 59, &minute))
        return false;
    out->hour = (uint16_t)hour;
    out->minute = (uint16_t)minute;
    return true;
}

static bool read_relative(const struct xml_node *pattern, struct zone_moment *out)
{
    static const char *const weeks[] = { "First", "Second", "Third", "Fourth", "Last" };
    static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December" };
    if (!read_weekday(xml_child_text(pattern, EWS_NS_TYPES, "DaysOfWeek"), &out->weekday) ||
        !word_index(xml_child_text(pattern, EWS_NS_TYPES, "DayOfWeekIndex"), weeks, ARRAY_LENGTH(weeks), &out->week_or_day) ||
        !word_index(xml_child_text(pattern, EWS_NS_TYPES, "Month"), months, ARRAY_LENGTH(months), &out->month))
        return false;
    out->week_or_day++;
    out->month++;
    return true;
}

static bool read_absolute(const char *text, struct zone_moment *out)
{
    local_time date;
    if (text == NULL || !zone_parse_date(text, &date))
        return false;
    struct civil_date civil = civil_of_local(date);
    out->is_absolute = true;
    out->year = (uint16_t)civil.year;
    out->month = (uint16_t)civil.month;
    out->week_or_day = (uint16_t)civil.day;
    return true;
}

/* [MS-OXWSMTGS] 2.2.4.36 TimeChangeType */
static enum status read_time_change(struct ews_call *call, const struct xml_node *node, int32_t *bias, struct zone_moment *out)
{
    const char *offset = xml_child_text(node, EWS_NS_TYPES, "Offset");
    const struct xml_node *pattern = xml_child(node, EWS_NS_TYPES, "RelativeYearlyRecurrence");
    *out = (struct zone_moment){ 0 };
    bool dated = pattern != NULL ? read_relative(pattern, out) : read_absolute(xml_child_text(node, EWS_NS_TYPES, "AbsoluteDate"), out);
    if (!dated || offset == NULL || !zone_parse_minutes(offset, bias) || !read_clock(xml_child_text(node, EWS_NS_TYPES, "Time"), out))
        return bad_zone(call, "time change");
    return STATUS_OK;
}

enum status zone_read_meeting(struct ews_call *call, const struct xml_node *node, const struct time_zone **out)
{
    struct zone_rule rule = { .from_year = 1601 };
    const char *name = xml_attribute_of(node, "TimeZoneName"), *base = xml_child_text(node, EWS_NS_TYPES, "BaseOffset");
    const struct xml_node *standard = xml_child(node, EWS_NS_TYPES, "Standard"), *daylight = xml_child(node, EWS_NS_TYPES, "Daylight");
    *out = name != NULL ? time_zone_by_id(name) : NULL;
    if (*out != NULL)
        return STATUS_OK;
    if (base == NULL || !zone_parse_minutes(base, &rule.bias))
        return bad_zone(call, name != NULL ? name : "no name and no offset");
    if (standard != NULL && daylight != NULL) {
        rule.has_daylight = true;
        TRY(read_time_change(call, standard, &rule.standard_bias, &rule.standard_begins));
        TRY(read_time_change(call, daylight, &rule.daylight_bias, &rule.daylight_begins));
    }
    return ews_recode(call, time_zone_of_rules(call->mem, name != NULL ? name : "", &rule, 1, out), STATUS_INVALID_ARGUMENT, EWS_CODE_TIME_ZONE);
}

/* [MS-OXWAVLS] 2.2.4.21; month 0: no change. */
static enum status read_serializable_time(struct ews_call *call, const struct xml_node *node, int32_t *bias, struct zone_moment *out)
{
    int64_t number, month, order, year;
    *out = (struct zone_moment){ 0 };
    if (!read_number(xml_child_text(node, EWS_NS_TYPES, "Bias"), -BIAS_MOST, BIAS_MOST, &number) ||
        !read_number(xml_child_text(node, EWS_NS_TYPES, "Month"), 0, 12, &month) ||
        !read_number(xml_child_text(node, EWS_NS_TYPES, "DayOrder"), 0, 31, &order) || !read_clock(xml_child_text(node, EWS_NS_TYPES, "Time"), out) ||
        !read_weekday(xml_child_text(node, EWS_NS_TYPES, "DayOfWeek"), &out->weekday))
        return bad_zone(call, "time change");
    *bias = (int32_t)number;
    out->month = (uint16_t)month;
    out->week_or_day = (uint16_t)order;
    if (read_number(xml_child_text(node, EWS_NS_TYPES, "Year"), 1601, 4500, &year)) {
        out->is_absolute = true;
        out->year = (uint16_t)year;
    }
    return STATUS_OK;
}

enum status zone_read_serializable(struct ews_call *call, const struct xml_node *node, const struct time_zone **out)
{
    int64_t bias;
    struct zone_rule rule = { .from_year = 1601 };
    if (!read_number(xml_child_text(node, EWS_NS_TYPES, "Bias"), -BIAS_MOST, BIAS_MOST, &bias))
        return bad_zone(call, "bias");
    TRY(read_serializable_time(call, xml_child(node, EWS_NS_TYPES, "StandardTime"), &rule.standard_bias, &rule.standard_begins));
    TRY(read_serializable_time(call, xml_child(node, EWS_NS_TYPES, "DaylightTime"), &rule.daylight_bias, &rule.daylight_begins));
    rule.bias = (int32_t)bias;
    rule.has_daylight = rule.standard_begins.month != 0 && rule.daylight_begins.month != 0;
    if (!rule.has_daylight)
        rule.standard_bias = rule.daylight_bias = 0;
    return ews_recode(call, time_zone_of_rules(call->mem, "", &rule, 1, out), STATUS_INVALID_ARGUMENT, EWS_CODE_TIME_ZONE);
}
