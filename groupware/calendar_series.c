/* Series of calendar items: pattern, zone, occurrences by number. */
#include "bourse/calendar/exception.h"
#include "bourse/groupware/calendar.h"
#include "bourse/model/properties.h"

enum status calendar_series(TALLOC_CTX *mem, const struct item *item, struct recurrence **recurrence, const struct time_zone **zone)
{
    TRY(series_pattern(mem, item->message->props, recurrence));
    *zone = series_zone(mem, item->message->props);
    return STATUS_OK;
}

/* [MS-OXOCAL] 2.2.1.42, 2.2.1.43; older items have the one that they recur in. */
const struct time_zone *calendar_zone(TALLOC_CTX *mem, const struct bag *props, bool of_end)
{
    const struct time_zone *zone = NULL;
    struct slice start = bag_bytes(props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY);
    struct slice end = bag_bytes(props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_END_DISPLAY);
    struct slice wanted = of_end && end.length > 0 ? end : start;
    if (wanted.length > 0 && time_zone_definition_parse(mem, wanted, &zone) == STATUS_OK)
        return zone;
    return series_zone(mem, props);
}

enum status calendar_occurrence_by_index(struct session *session, const struct object_id *master, uint32_t index, struct object_id *out)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct item *item = NULL;
    struct recurrence *pattern = NULL;
    const struct time_zone *zone = NULL;
    struct occurrence occurrence;
    struct object_id id = *master;
    id.occurrence = 0;
    enum status status = item_get(mem, session, &id, ITEM_PROPERTIES | ITEM_BODIES, &item); /* ITEM_BODIES: large patterns lie apart */
    if (status == STATUS_OK)
        status = calendar_series(mem, item, &pattern, &zone);
    if (status == STATUS_NOT_FOUND)
        status = status_fail(STATUS_OCCURRENCE_NOT_FOUND, "item %lld is no series", (long long)master->item);
    if (status == STATUS_OK)
        status = recurrence_find_index(pattern, zone, index, &occurrence);
    if (status == STATUS_OK) {
        *out = item->id;
        out->occurrence = local_minutes(occurrence.original_start);
    }
    talloc_free(mem);
    return status;
}
