/* VTODO -> IPM.Task [MS-OXOTASK], VJOURNAL -> IPM.Activity. Task dates are days: midnight UTC in PidLidTask*Date, the zone's midnight in PidLidCommon*. */
#include "bourse/model/bag.h"
#include "ical_import.h"

struct day {
    const char *name;
    prop_tag day, common;
};

static enum status import_day(struct import *import, const struct day *day)
{
    const struct text_line *line = block_find(&import->block, day->name);
    const struct time_zone *zone;
    struct ical_time written;
    local_time local;
    if (line == NULL)
        return STATUS_OK;
    if (!import_time(import, line, line->value, &local, &zone, &written))
        return status_fail(STATUS_MALFORMED, "%s is no time", day->name);
    if (strcmp(day->name, "DTSTART") == 0 || !import->has_start) {
        import->has_start = true;
        import->start = import->end = local_midnight(local);
        import->zone = import->end_zone = import->file->floating;
        import->is_all_day = true;
    }
    TRY(bag_set_time(import->props, day->day, local_midnight(local)));
    TRY(bag_set_time(import->props, day->common, time_zone_to_instant(zone, local)));
    return written.is_date ? import_keep_params(import, line, "VALUE") : import_keep(import, line);
}

static enum status import_todo(struct import *import)
{
    static const struct day days[] = { { "DTSTART", PROP_TASK_START_DATE, PROP_COMMON_START }, { "DUE", PROP_TASK_DUE_DATE, PROP_COMMON_END } };
    for (size_t i = 0; i < ARRAY_LENGTH(days); i++)
        TRY(import_day(import, &days[i]));
    int32_t status = bag_int32(import->props, PROP_TASK_STATUS, 0);
    const struct value *percent = bag_get(import->props, PROP_PERCENT_COMPLETE);
    bool complete = status == 2 || bag_has(import->props, PROP_TASK_DATE_COMPLETED) || (percent != NULL && percent->float64 >= 1);
    if (complete)
        TRY(bag_set_int32(import->props, PROP_TASK_STATUS, 2));
    TRY(bag_set(import->props, &(struct value){ .tag = PROP_PERCENT_COMPLETE, .float64 = complete ? 1 : percent != NULL ? percent->float64 : 0 }));
    return bag_set_bool(import->props, PROP_TASK_COMPLETE, complete);
}

enum status import_task(struct import *import)
{
    static const struct day log = { "DTSTART", PROP_LOG_START, PROP_COMMON_START };
    return import->component == 'T' ? import_todo(import) : import_day(import, &log);
}
