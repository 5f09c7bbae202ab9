/* Time zones in requests and answers: t:TimeZoneDefinition [MS-OXWSCDATA] 2.2.4.68 (StartTimeZone, EndTimeZone, TimeZoneContext), t:MeetingTimeZone [MS-OXWSMTGS] 2.2.4.37
 * of Exchange 2007, t:TimeZone of GetUserAvailability [MS-OXWAVLS] 2.2.4.20; and times that come without an offset. */
#ifndef EWS_ZONES_H
#define EWS_ZONES_H

#include "bourse/calendar/time_zone.h"
#include "call.h"

/* A known id (Windows or IANA) decides; else the periods and transitions that stand inside. ErrorTimeZone. */
enum status zone_read_definition(struct ews_call *call, const struct xml_node *node, const struct time_zone **out) MUST_CHECK;
enum status zone_read_meeting(struct ews_call *call, const struct xml_node *node, const struct time_zone **out) MUST_CHECK;
enum status zone_read_serializable(struct ews_call *call, const struct xml_node *node, const struct time_zone **out) MUST_CHECK;

/* `full`: with periods and transitions from `from_year` on, which clients need to make a zone of their own of it. */
void zone_write_definition(struct ews_call *call, const char *element, const struct time_zone *zone, bool full, int from_year);
void zone_write_meeting(struct ews_call *call, const char *element, const struct time_zone *zone, int year);
void zone_write_serializable(struct ews_call *call, const char *element, const struct time_zone *zone, int year);

/* Windows id, or what the zone is called; never empty. */
const char *zone_id_of(const struct time_zone *zone);

/* A xs:dateTime. Without offset it is wall clock: of `zone` (NULL: of the request's TimeZoneContext, which is UTC when there is none). False when it is none. */
bool zone_parse_time(struct ews_call *call, const struct time_zone *zone, const char *text, instant *out);
/* Midnight of a xs:date, whatever offset it has. */
bool zone_parse_date(const char *text, local_time *out);
/* "2026-11-22", "2026-11-22T09:00:00" */
#define LOCAL_TEXT_SIZE 32
const char *zone_format_date(local_time when, char out[LOCAL_TEXT_SIZE]);
const char *zone_format_local(local_time when, char out[LOCAL_TEXT_SIZE]);

/* xs:duration -> whole minutes. False when it is none, or has months or years. */
bool zone_parse_minutes(const char *text, int32_t *out);
const char *zone_minutes_text(TALLOC_CTX *mem, int32_t minutes);

#endif
