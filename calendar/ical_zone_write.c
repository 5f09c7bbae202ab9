/* Rules -> VTIMEZONE. */
#include "ical_value.h"

#include "bourse/base/memory.h"

/* Day on which a moment falls in a year, wall clock before the change. */
static local_time moment_in(const struct zone_moment *moment, int year)
{
    struct civil_date first = { year, moment->month >= 1 && moment->month <= 12 ? moment->month : 1, 1 };
    local_time clock = (moment->hour * 3600 + moment->minute * 60 + moment->second) * INSTANT_PER_SECOND;
    local_time midnight = local_of_civil(first);
    int day = moment->week_or_day;
    if (!moment->is_absolute) {
        int until_first = (moment->weekday + 7 - local_weekday(midnight)) % 7;
        day = 1 + until_first + 7 * (moment->week_or_day - 1);
    }
    while (day > days_of_month(first.year, first.month))
        day -= 7;
    return midnight + (day - 1) * INSTANT_PER_DAY + clock;
}

static void append_offset(struct buffer *out, const char *name, int32_t bias)
{
    int32_t size = bias < 0 ? -bias : bias;
    buffer_printf(out, "%s:%c%02d%02d\r\n", name, bias > 0 ? '-' : '+', (int)(size / 60), (int)(size % 60));
}

struct change {
    const char *name; /* "STANDARD" */
    const struct zone_moment *moment;
    int32_t bias_before, bias_after;
    int from_year, last_year; /* last_year 0: no end */
};

static void append_change_rule(struct buffer *out, const struct change *c)
{
    static const char days[] = "SUMOTUWETHFRSA";
    buffer_printf(out, "RRULE:FREQ=YEARLY");
    if (c->last_year != 0) {
        buffer_append_text(out, ";UNTIL=");
        ical_time_append(out, moment_in(c->moment, c->last_year) + c->bias_before * INSTANT_PER_MINUTE, false, true);
    }
    buffer_printf(out, ";BYMONTH=%d;BYDAY=%d%.2s\r\n", c->moment->month, c->moment->week_or_day == 5 ? -1 : c->moment->week_or_day, days + 2 * (c->moment->weekday % 7));
}

static void append_change(struct buffer *out, const struct change *c)
{
    bool is_of_one_year = c->moment->is_absolute && c->moment->year != 0; /* such a change is in no other year, not in that before the rule's either */
    buffer_printf(out, "BEGIN:%s\r\nDTSTART:", c->name);
    ical_time_append(out, moment_in(c->moment, is_of_one_year ? c->moment->year : c->from_year), false, false);
    buffer_append_text(out, "\r\n");
    append_offset(out, "TZOFFSETFROM", c->bias_before);
    append_offset(out, "TZOFFSETTO", c->bias_after);
    if (!c->moment->is_absolute && (c->last_year == 0 || c->last_year > c->from_year))
        append_change_rule(out, c);
    buffer_printf(out, "END:%s\r\n", c->name);
}

static void append_rule(struct buffer *out, const struct zone_rule *rule, int from_year, int last_year, int32_t bias_before)
{
    static const struct zone_moment new_year = { .is_absolute = true, .month = 1, .week_or_day = 1 };
    int32_t standard = rule->bias + rule->standard_bias, daylight = rule->bias + rule->daylight_bias;
    struct change change = { .name = "STANDARD", .moment = &new_year, .bias_before = bias_before, .bias_after = standard, .from_year = from_year, .last_year = last_year };
    if (rule->has_daylight) {
        change.moment = &rule->standard_begins;
        change.bias_before = daylight;
    }
    append_change(out, &change);
    if (rule->has_daylight) {
        change = (struct change){ .name = "DAYLIGHT", .moment = &rule->daylight_begins, .bias_before = standard, .bias_after = daylight, .from_year = from_year,
                                  .last_year = last_year };
        append_change(out, &change);
    }
}

enum status ical_zone_append(TALLOC_CTX *mem, struct buffer *out, const char *tzid, const struct time_zone *zone, int from_year, int to_year)
{
    struct zone_rule *rules;
    size_t count;
    struct buffer *line = buffer_new(mem, 4096);
    if (line == NULL)
        return status_fail(STATUS_NO_MEMORY, "zone");
    TRY(time_zone_rules(mem, zone, from_year, to_year, &rules, &count));
    buffer_append_text(out, "BEGIN:VTIMEZONE\r\n");
    buffer_append_text(line, "TZID:");
    text_append_escaped(line, slice_of_text(tzid));
    line_append_folded(out, buffer_slice(line));
    for (size_t i = 0; i < count; i++) {
        int from = i == 0 ? from_year - 1 : rules[i].from_year;
        int last = i + 1 < count ? rules[i + 1].from_year - 1 : 0;
        append_rule(out, &rules[i], from, last, i == 0 ? rules[0].bias + rules[0].standard_bias : rules[i - 1].bias + rules[i - 1].standard_bias);
    }
    buffer_append_text(out, "END:VTIMEZONE\r\n");
    talloc_free(line);
    talloc_free(rules);
    return buffer_status(out);
}
