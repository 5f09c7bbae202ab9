/* Free/busy of people, rooms and groups, and times when a meeting would suit [MS-OXWAVLS]. */
#ifndef BOURSE_GROUPWARE_AVAILABILITY_H
#define BOURSE_GROUPWARE_AVAILABILITY_H

#include "bourse/calendar/time_zone.h"
#include "bourse/groupware/session.h"

enum busy_status { BUSY_FREE, BUSY_TENTATIVE, BUSY_BUSY, BUSY_OUT_OF_OFFICE, BUSY_WORKING_ELSEWHERE, BUSY_NO_DATA }; /* PidLidBusyStatus; NO_DATA is ours */

struct busy_event {
    instant starts, ends;
    enum busy_status status;
    bool has_details;                     /* the asker may see them */
    const char *subject, *location;       /* with details; "" for private ones */
    struct object_id item;
    bool is_meeting, is_recurring, is_exception, is_reminder_set, is_private;
};

struct working_hours {
    const struct time_zone *zone;
    uint32_t weekdays;                    /* WEEKDAY_* mask of calendar/recurrence.h */
    int32_t start_minute, end_minute;     /* of the day */
};

enum availability_level { AVAILABILITY_NONE, AVAILABILITY_TIMES, AVAILABILITY_DETAILS };

struct availability {
    enum status status;                   /* of this target: STATUS_RECIPIENT_NOT_FOUND, STATUS_ACCESS_DENIED, STATUS_TOO_COMPLEX (a group too large) ... */
    enum availability_level level;
    struct busy_event *events;            /* ordered; a group's and a foreign address's are empty */
    size_t event_count;
    char *merged;                         /* one digit a slot, enum busy_status 0..5 (EWS gives 5 as "NoData" views); groups: the worst of the members */
    struct working_hours hours;
};

enum { AVAILABILITY_TARGETS = 100, AVAILABILITY_DAYS = 62 };

struct availability_query {
    const char *const *addresses;
    size_t count;                         /* above AVAILABILITY_TARGETS: STATUS_TOO_COMPLEX */
    instant from, to;                     /* longer than AVAILABILITY_DAYS: STATUS_TOO_COMPLEX */
    int32_t slot_minutes;                 /* of `merged`: 5..1440, 0: 30 */
    const char *ignore_global_id_hex;     /* a meeting that is being moved does not count; NULL: none */
};
/* out[i] belongs to addresses[i]. Default rights are "free/busy time" for everybody in the organisation [MS-OXCPERM] 2.2.7. */
enum status availability_get(TALLOC_CTX *mem, struct session *session, const struct availability_query *query, struct availability **out) MUST_CHECK;

enum attendee_kind { ATTENDEE_ORGANIZER, ATTENDEE_REQUIRED, ATTENDEE_OPTIONAL, ATTENDEE_ROOM, ATTENDEE_RESOURCE };
enum suggestion_quality { SUGGESTION_EXCELLENT, SUGGESTION_GOOD, SUGGESTION_FAIR, SUGGESTION_POOR };

struct suggestion_attendee {
    const char *address;
    enum attendee_kind kind;
};
struct suggestion_query {
    const struct suggestion_attendee *attendees;
    size_t count;
    instant from, to;
    const struct time_zone *zone;         /* of the asker: days and working hours */
    int32_t duration_minutes, good_threshold_percent; /* 0: 60 minutes, 25 % */
    size_t per_day, outside_hours_per_day; /* 0: 10, 0 */
    enum suggestion_quality minimum;
    const char *ignore_global_id_hex;
};
struct suggestion {
    instant starts;
    enum suggestion_quality quality;
    bool is_work_time;
    enum busy_status *attendee_status;    /* one an attendee of the query */
};
struct suggestion_day {
    local_time date;
    enum suggestion_quality quality;      /* of its best */
    struct suggestion *suggestions;
    size_t count;
};
enum status availability_suggest(TALLOC_CTX *mem, struct session *session, const struct suggestion_query *query, struct suggestion_day **out,
                                 size_t *count) MUST_CHECK;

/* The mailbox's own working hours: of its configuration item, else Monday to Friday 8 to 17 in the server's zone. */
enum status working_hours_get(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct working_hours *out) MUST_CHECK;
enum status working_hours_set(struct session *session, const struct working_hours *hours) MUST_CHECK;

#endif
