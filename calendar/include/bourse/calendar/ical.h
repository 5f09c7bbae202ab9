/* iCalendar [RFC 5545], [RFC 5546] <-> calendar messages, after [MS-OXCICAL]. The tables are calendar/ical_*.def; what is legally lossy is
 * listed in docs/calendar.md.
 *
 * Both directions are pure: no I/O, no clock unless `now` is 0. Input comes from outside: it is bounded by ICAL_MAX_* and read once, in linear
 * time. What has no property of its own is kept as text in PidName "urn:bourse:icalendar-lines" (PROP_ICALENDAR_LINES) and comes out again. */
#ifndef BOURSE_CALENDAR_ICAL_H
#define BOURSE_CALENDAR_ICAL_H

#include "bourse/calendar/time_zone.h"
#include "bourse/model/message.h"

#define ICAL_MAX_BYTES (10u * 1024 * 1024)
#define ICAL_MAX_COMPONENTS 10000u
#define ICAL_MAX_DEPTH 8u
#define ICAL_MAX_LINES 400000u

enum ical_method { /* [RFC 5546] 1.4 */
    ICAL_NO_METHOD, ICAL_PUBLISH, ICAL_REQUEST, ICAL_REPLY, ICAL_ADD, ICAL_CANCEL, ICAL_REFRESH, ICAL_COUNTER, ICAL_DECLINE_COUNTER,
};
enum ical_kind { ICAL_EVENT, ICAL_TASK, ICAL_FREE_BUSY, ICAL_JOURNAL };

const char *ical_method_text(enum ical_method method); /* "REQUEST"; "" for none */
enum ical_method ical_method_of(struct slice text);    /* any case; ICAL_NO_METHOD when unknown */

struct ical_import_options {
    const struct time_zone *zone; /* of floating times and all-day days: that of the mailbox; NULL: UTC */
    bool as_mail; /* message class by METHOD [MS-OXCICAL] 2.1.3.1.1.1 (IPM.Schedule.Meeting.*); else IPM.Appointment, IPM.Task, whatever METHOD says */
};

/* One period of VFREEBUSY. */
struct ical_busy {
    instant starts, ends;
    int32_t busy_status; /* PidLidBusyStatus: 0 free, 1 tentative, 2 busy, 3 out of office */
};

struct ical_entry {
    enum ical_kind kind;
    enum ical_method method;
    struct message *message; /* IPM.Appointment, IPM.Schedule.Meeting.{Request,Canceled,Resp.Pos,Resp.Neg,Resp.Tent}, IPM.Task, IPM.Activity; NULL for free/busy */
    const char *uid;         /* as written; never NULL, "" when absent */
    int32_t sequence;
    instant dtstamp;         /* 0: absent */
    bool is_instance;        /* an occurrence whose series is not in this file; exceptions of a series that is lie in its message */
    instant recurrence_id;   /* original start of that occurrence */
    bool and_future;         /* RANGE=THISANDFUTURE */
    bool is_simplified;      /* its RRULE, RDATE or EXRULE has no MAPI form: kept as text, the message says the first occurrence only */
    const char *organizer;   /* address without "mailto:", "" when absent */
    const char *attendee;    /* the first attendee's address (who answers, in REPLY, COUNTER, REFRESH); "" */
    instant starts, ends;    /* free/busy: the range asked for or told */
    struct ical_busy *busy;
    size_t busy_count;
};

/* A component that was not taken. */
struct ical_refusal {
    const char *uid;    /* "" when unknown */
    enum status status; /* STATUS_INVALID_RECURRENCE (also sub-daily rules), STATUS_MALFORMED (no or bad DTSTART ...) */
    const char *why;
};

struct ical_result {
    struct ical_entry *entries;
    size_t count;
    struct ical_refusal *refusals;
    size_t refusal_count;
    const char *product; /* PRODID, "" */
};

/* `options` NULL: the defaults. Everything is on `mem`; nothing points into `bytes`. Text that is not UTF-8 is read as UTF-8 repaired.
 * STATUS_MALFORMED: no VCALENDAR in it; STATUS_LIMIT_EXCEEDED; STATUS_NO_MEMORY. When every component was refused, the first refusal's status
 * (the result is filled all the same). */
enum status ical_import(TALLOC_CTX *mem, struct slice bytes, const struct ical_import_options *options, struct ical_result *out) MUST_CHECK;

enum ical_export_flag {
    ICAL_EXPORT_NO_ATTACHMENTS = 1 << 0, /* mail carries them as parts of its own */
    ICAL_EXPORT_NO_EXCEPTIONS = 1 << 1,  /* the master alone, with EXDATEs */
    ICAL_EXPORT_NO_ALARM = 1 << 2,       /* default for mail methods but PUBLISH and REQUEST */
};

struct ical_export_options {
    enum ical_method method; /* ICAL_NO_METHOD: by the message class (appointment: PUBLISH, request: REQUEST, response: REPLY or, with a proposal, COUNTER, cancellation: CANCEL) */
    unsigned flags;          /* enum ical_export_flag */
    const struct time_zone *zone; /* for messages without one of their own; NULL: UTC */
    instant now;             /* DTSTAMP where the message has none; 0: clock_now() */
    /* REPLY, COUNTER: who answers. NULL: PidTagSentRepresenting* of the message. */
    const char *attendee_address, *attendee_name;
    /* Content of stored values and attachments, as in mime_export_options. NULL: there are none. */
    enum status (*read_blob)(int64_t blob, uint64_t offset, void *out, size_t size, size_t *got, void *data);
    void *read_data;
};

/* Appends a whole VCALENDAR (CR LF, folded at 75 octets, always the same bytes for the same input). Exceptions come from the attachments with
 * PidTagExceptionReplaceTime, times from PidLidAppointmentRecur. STATUS_INVALID_ARGUMENT: the class has no iCalendar form;
 * STATUS_CORRUPT: a recurrence or zone blob that cannot be read; STATUS_LIMIT_EXCEEDED: the buffer's cap. */
enum status ical_export(TALLOC_CTX *mem, const struct message *message, const struct ical_export_options *options, struct buffer *out) MUST_CHECK;
/* Several in one VCALENDAR (a published calendar); zones are written once. */
enum status ical_export_all(TALLOC_CTX *mem, const struct message *const *messages, size_t count, const struct ical_export_options *options,
                            struct buffer *out) MUST_CHECK;

/* VFREEBUSY [RFC 5545] 3.6.4. Reply (with periods) or publish; addresses without "mailto:", NULL leaves the line out. */
struct ical_free_busy {
    enum ical_method method;
    const char *uid, *organizer, *attendee;
    instant starts, ends, dtstamp;
    const struct ical_busy *busy;
    size_t busy_count;
};
enum status ical_export_free_busy(const struct ical_free_busy *free_busy, struct buffer *out) MUST_CHECK;

#endif
