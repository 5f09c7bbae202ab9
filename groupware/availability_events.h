/* Calendars of many people in one look. Private to this folder. */
#ifndef BOURSE_GROUPWARE_AVAILABILITY_EVENTS_H
#define BOURSE_GROUPWARE_AVAILABILITY_EVENTS_H

#include "bourse/groupware/availability.h"
#include "bourse/storage/transaction.h"
#include "session_state.h"

/* One mailbox that is looked into, whoever asked for it: alone or through groups. */
struct busy_calendar {
    struct guid owner;         /* directory GUID, each once */
    enum status status;        /* ACCESS_DENIED, TOO_COMPLEX */
    enum availability_level level;
    struct busy_event *events; /* ordered */
    size_t event_count, room;
    struct working_hours hours;
};

/* Fills status, level, events and hours. A constant number of statements. `goid`: a clean id whose items do not count; empty: none. */
enum status busy_calendars_load(TALLOC_CTX *mem, struct session *session, struct busy_calendar *calendars, size_t count, instant from, instant to,
                                struct slice goid) MUST_CHECK;

/* Times (without details) of one calendar, inside of a transaction. status TOO_COMPLEX when there are too many. */
enum status busy_events_in(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, instant from, instant to, struct slice goid,
                           struct busy_calendar *out) MUST_CHECK;

#endif
