/* Exceptions of a series in memory: what the master message (IPM.Appointment) holds for its changed and deleted occurrences [MS-OXOCAL] 2.2.10.
 *
 * The pattern (PROP_APPOINTMENT_RECUR) says which occurrences differ; their contents lie in hidden attachments of the master, each with an embedded message. Who
 * changes one occurrence reads it as a whole message, changes that, and puts it back; what equals the series is not stored. Attachments must be loaded with their
 * embedded messages. Pure: no I/O. */
#ifndef BOURSE_CALENDAR_EXCEPTION_H
#define BOURSE_CALENDAR_EXCEPTION_H

#include "bourse/calendar/recurrence.h"
#include "bourse/model/message.h"

/* Class of the embedded messages [MS-OXOCAL] 2.2.10.2.1. */
#define EXCEPTION_MESSAGE_CLASS "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}"

/* The zone that a series recurs in: PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR, else PROP_TIME_ZONE_STRUCT, else that of the start, else UTC. */
const struct time_zone *series_zone(TALLOC_CTX *mem, const struct bag *props);
/* The pattern of a master. STATUS_NOT_FOUND for a single item, STATUS_MALFORMED. */
enum status series_pattern(TALLOC_CTX *mem, const struct bag *props, struct recurrence **out) MUST_CHECK;

/* Is it a hidden attachment that holds an exception [MS-OXOCAL] 2.2.10.1? */
bool exception_is_attachment(const struct attachment *attachment);
/* The attachment of an exception, NULL when it has none (only the pattern knows it, or it is no exception). `original_start`: any time of its day. */
struct attachment *exception_attachment(const struct message *master, local_time original_start);

/* One occurrence as a message of its own on `mem`: the series' properties, recipients and visible attachments with those of its exception over them,
 * PROP_APPOINTMENT_START_WHOLE and -END_WHOLE, clip times, duration, PROP_GLOBAL_OBJECT_ID with its date, PROP_LID_EXCEPTION_REPLACE_TIME (its original start),
 * PROP_IS_EXCEPTION, without PROP_APPOINTMENT_RECUR. STATUS_OCCURRENCE_NOT_FOUND, STATUS_OCCURRENCE_DELETED. */
enum status exception_read(TALLOC_CTX *mem, const struct message *master, local_time original_start, struct message **out) MUST_CHECK;
/* Makes (or replaces) the exception, so that exception_read gives `occurrence` again. Keeps PROP_APPOINTMENT_RECUR, clip times and attachments of the master right.
 * STATUS_OCCURRENCE_CROSSING, STATUS_OCCURRENCE_NOT_FOUND. */
enum status exception_put(struct message *master, local_time original_start, const struct message *occurrence) MUST_CHECK;
/* Takes the occurrence out of the series. *is_last: none is left (the caller removes the series). */
enum status exception_delete(struct message *master, local_time original_start, bool *is_last) MUST_CHECK;
/* Drops the contents of exceptions that the pattern does not have (any more): after the pattern of a series was replaced. */
enum status exception_prune(struct message *master) MUST_CHECK;

#endif
