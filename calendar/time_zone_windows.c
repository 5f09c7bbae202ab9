/* Windows zones with Windows' own rules. */
#include <pthread.h>

#include "bourse/base/attributes.h"
#include "bourse/base/text.h"
#include "time_zone_private.h"

#define MOMENT(month_, day, week, second_) \
    { .month = (month_), .weekday = (day), .week_or_day = (week), .hour = (second_) / 3600, .minute = (second_) / 60 % 60, .second = (second_) % 60 }
static const struct zone_rule rules[] = {
#define WINDOWS_RULES(...)
#define WINDOWS_RULE(year, bias_, standard, daylight, sm, sd, sw, st, dm, dd, dw, dt)                                                    \
    { .from_year = (year), .bias = (bias_), .standard_bias = (standard), .daylight_bias = (daylight), .has_daylight = (sm) != 0 && (dm) != 0, \
      .standard_begins = MOMENT(sm, sd, sw, st), .daylight_begins = MOMENT(dm, dd, dw, dt) },
#include "windows_rules.def"
#undef WINDOWS_RULES
#undef WINDOWS_RULE
};

static const struct {
    const char *id;
    size_t count;
} zones[] = {
#define WINDOWS_RULES(id, count) { id, count },
#define WINDOWS_RULE(...)
#include "windows_rules.def"
#undef WINDOWS_RULES
#undef WINDOWS_RULE
};

enum { ZONE_COUNT = sizeof zones / sizeof zones[0] };

const struct zone_rule *windows_rules_of(const char *windows_id, size_t *count)
{
    const struct zone_rule *first = rules;
    for (size_t i = 0; i < ZONE_COUNT; first += zones[i].count, i++)
        if (ascii_equal_nocase(zones[i].id, windows_id)) {
            *count = zones[i].count;
            return first;
        }
    return NULL;
}

const char *windows_id_of_rule(const struct zone_rule *rule)
{
    const struct zone_rule *first = rules;
    for (size_t i = 0; i < ZONE_COUNT; first += zones[i].count, i++)
        if (zone_rule_equal(&first[zones[i].count - 1], rule))
            return zones[i].id;
    return "";
}

size_t time_zone_windows_count(void)
{
    return ZONE_COUNT;
}

static const struct time_zone *made[ZONE_COUNT];
static pthread_once_t made_once = PTHREAD_ONCE_INIT;

/* Named like the zones by id, but with Windows' rules in place of the zone files'. */
static void make_all(void)
{
    const struct zone_rule *first = rules;
    for (size_t i = 0; i < ZONE_COUNT; first += zones[i].count, i++)
        if (time_zone_of_rules(NULL, zones[i].id, first, zones[i].count, &made[i]) != STATUS_OK)
            made[i] = time_zone_utc();
}

const struct time_zone *time_zone_windows_at(size_t index)
{
    pthread_once(&made_once, make_all);
    return index < ZONE_COUNT ? made[index] : NULL;
}
