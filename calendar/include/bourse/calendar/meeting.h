/* Meetings: the rules by which organiser and attendees keep their calendars alike through mail [MS-OXOCAL] 3.1.4, [RFC 5546]. Pure: messages in, messages out, no I/O.
 *
 * Three kinds of messages (struct message, whole: properties, recipients, attachments with embedded messages):
 * - a calendar item: IPM.Appointment; a master has its exceptions inside (exception.h). One occurrence is passed as exception_read gives it.
 * - a meeting message: IPM.Schedule.Meeting.* (below). About one occurrence when the date in its PROP_GLOBAL_OBJECT_ID is set.
 * Attendees are recipients: TO required, CC optional, BCC resource; the organiser's own entry has RECIPIENT_FLAG_ORGANIZER. People are compared by SMTP address,
 * without case. */
#ifndef BOURSE_CALENDAR_MEETING_H
#define BOURSE_CALENDAR_MEETING_H

#include "bourse/base/hash.h"
#include "bourse/calendar/exception.h"

/* PROP_APPOINTMENT_STATE_FLAGS [MS-OXOCAL] 2.2.1.10 */
enum { MEETING_STATE_MEETING = 0x1, MEETING_STATE_RECEIVED = 0x2, MEETING_STATE_CANCELED = 0x4 };
/* PROP_RESPONSE_STATUS, PROP_RECIPIENT_TRACK_STATUS [MS-OXOCAL] 2.2.1.11 */
enum response_status { RESPONSE_NONE, RESPONSE_ORGANIZED, RESPONSE_TENTATIVE, RESPONSE_ACCEPTED, RESPONSE_DECLINED, RESPONSE_NOT_RESPONDED };
/* PROP_MEETING_TYPE [MS-OXOCAL] 2.2.6.5 */
enum meeting_type { MEETING_TYPE_EMPTY = 0, MEETING_TYPE_REQUEST = 0x1, MEETING_TYPE_FULL = 0x10000, MEETING_TYPE_INFORMATIONAL = 0x20000,
                    MEETING_TYPE_OUT_OF_DATE = 0x80000, MEETING_TYPE_DELEGATOR_COPY = 0x100000 };
/* PROP_CHANGE_HIGHLIGHT [MS-OXOCAL] 2.2.6.2 */
enum { CHANGED_START = 0x1, CHANGED_END = 0x2, CHANGED_RECURRENCE = 0x4, CHANGED_LOCATION = 0x8, CHANGED_SUBJECT = 0x10, CHANGED_REQUIRED = 0x20,
       CHANGED_OPTIONAL = 0x40, CHANGED_BODY = 0x80, CHANGED_RESPONSE = 0x200, CHANGED_ALLOW_PROPOSE = 0x400,
       CHANGED_SIGNIFICANT = CHANGED_START | CHANGED_END | CHANGED_RECURRENCE | CHANGED_LOCATION };
/* PROP_RECIPIENT_FLAGS [MS-OXOCAL] 2.2.4.10.1 */
enum { RECIPIENT_FLAG_SENDABLE = 0x1, RECIPIENT_FLAG_ORGANIZER = 0x2, RECIPIENT_FLAG_EXCEPTIONAL_RESPONSE = 0x10, RECIPIENT_FLAG_EXCEPTIONAL_DELETED = 0x20,
       RECIPIENT_FLAG_ORIGINAL = 0x100 };

/* ---- kinds of meeting messages ---- */
enum meeting_message {
    MEETING_MESSAGE_NONE,
    MEETING_MESSAGE_REQUEST,    /* IPM.Schedule.Meeting.Request: first requests and updates */
    MEETING_MESSAGE_CANCEL,     /* ...Canceled */
    MEETING_MESSAGE_ACCEPTED,   /* ...Resp.Pos */
    MEETING_MESSAGE_TENTATIVE,  /* ...Resp.Tent; a counter-proposal may be any of the three */
    MEETING_MESSAGE_DECLINED,   /* ...Resp.Neg */
    MEETING_MESSAGE_FORWARDED,  /* ...Notification.Forward */
};
enum meeting_message meeting_message_of_class(const char *message_class);
const char *meeting_message_class(enum meeting_message kind);
bool meeting_message_is_response(enum meeting_message kind);
enum response_status meeting_response_status(enum meeting_message kind);       /* NONE when it is no response */
enum meeting_message meeting_message_of_status(enum response_status status);   /* the response that says it */
/* METHOD of its iCalendar form [RFC 5546] 1.4: "REQUEST", "CANCEL", "REPLY", "COUNTER"; NULL: it has none. */
const char *meeting_method(const struct message *message);

bool meeting_is_organizer(const struct bag *item);   /* the item's mailbox organises it (or nobody was invited) */
bool meeting_is_meeting(const struct bag *item);     /* others were invited, or it came by a request */
bool meeting_is_cancelled(const struct bag *item);
/* SMTP address of the organiser, of a calendar item or meeting message; "" when unknown. */
const char *meeting_organizer_address(const struct bag *props);
const char *meeting_organizer_name(const struct bag *props);
/* Index of the attendee, -1 when there is none. The organiser's entry is no attendee. */
ptrdiff_t meeting_find_attendee(const struct message *item, const char *address);
bool meeting_is_organizer_entry(const struct recipient *recipient);

/* ---- which version is newer ---- */
struct meeting_version {
    uint32_t sequence;        /* PROP_APPOINTMENT_SEQUENCE, SEQUENCE */
    instant critical_change;  /* PROP_OWNER_CRITICAL_CHANGE, DTSTAMP; 0: unknown */
};
struct meeting_version meeting_version_of(const struct bag *props);
/* -1: `a` is older, 0: the same, 1: newer. The sequence decides, then the time [RFC 5546] 2.1.5; an unknown time is no difference. Times compare in whole seconds. */
int meeting_version_compare(struct meeting_version a, struct meeting_version b);

/* ---- what a meeting message means for a calendar ---- */
enum meeting_verdict {
    VERDICT_NONE,             /* no meeting message, or one without an id */
    VERDICT_NEW,              /* request, nothing in the calendar */
    VERDICT_NEW_OCCURRENCE,   /* request for one occurrence of a series that is not in the calendar: it stands alone until the series comes */
    VERDICT_UPDATE_FULL,      /* time, place or pattern changed: to be answered anew */
    VERDICT_UPDATE_INFORMATIONAL,
    VERDICT_SAME,             /* has been applied before; or the same answer again */
    VERDICT_STALE,            /* the calendar knows a newer version */
    VERDICT_RESPONSE,         /* tracked for attendee `attendee` */
    VERDICT_STRANGER,         /* response (or forward) of somebody who was not invited: not tracked */
    VERDICT_CANCEL,
    VERDICT_FORWARDED,        /* the organiser learns of new attendees */
    VERDICT_UNKNOWN_MEETING,  /* response or cancellation without a calendar item or occurrence */
    VERDICT_OWN,              /* a request of ours that came back */
    VERDICT_NOT_ORGANIZER,    /* response to a meeting that somebody else organises */
    VERDICT_WRONG_ORGANIZER,  /* request or cancellation by somebody who does not organise this meeting */
};
struct meeting_judgement {
    enum meeting_verdict verdict;
    enum meeting_message kind;
    bool is_occurrence;         /* about one occurrence of the series `item` */
    local_time original_start;  /* of that occurrence: midnight of its day; 0: none */
    ptrdiff_t attendee;         /* RESPONSE: index in the item's (or the occurrence's) recipients */
    enum response_status status; /* RESPONSE */
    bool is_counter;            /* RESPONSE with another time proposed */
    uint32_t highlights;        /* UPDATE_*: CHANGED_* */
};
/* `item`: what the calendar has for the message's clean id (master, single item or lone occurrence), NULL: nothing. `own_address`: of the mailbox's owner.
 * Only memory and broken patterns fail. */
enum status meeting_judge(TALLOC_CTX *mem, const struct message *item, const struct message *message, const char *own_address,
                          struct meeting_judgement *out) MUST_CHECK;

/* Internal, never on a wire: the organiser is only the calendar part's word, the mail itself came from somebody else (PtypBoolean). Such a message does not change a
 * meeting that came from another sender. */
#define MEETING_PROP_UNPROVEN ((prop_tag)0x67E4000Bu)

/* ---- applying (attendee) ---- */
/* The calendar item that a request makes: tentative, not responded [MS-OXOCAL] 3.1.4.7.1. `now`: of the reply time and the reminder. */
enum status meeting_item_of_request(TALLOC_CTX *mem, const struct message *request, const char *own_address, instant now, struct message **out) MUST_CHECK;
/* Changes `item` as the judgement says: updates (the attendee's reminder, categories, sensitivity, own answer to an informational update, private notes of exceptions
 * stay), single occurrences (become exceptions), cancellations (marked, subject with prefix; an occurrence likewise), responses (tracking, proposal), forward
 * notifications (new attendees). Verdicts that change nothing leave it alone: *changed. */
enum status meeting_apply(struct message *item, const struct message *message, const struct meeting_judgement *judgement, instant now, bool *changed) MUST_CHECK;
/* A lone occurrence becomes an exception of the series that has come. */
enum status meeting_adopt_occurrence(struct message *series, const struct message *occurrence) MUST_CHECK;
/* What the judgement says about the message itself: PROP_MEETING_TYPE, highlights, PROP_PROCESSED. */
enum status meeting_mark_message(struct message *message, const struct meeting_judgement *judgement) MUST_CHECK;

/* The attendee's answer in the own calendar: PROP_RESPONSE_STATUS, busy status, reply time and name [MS-OXOCAL] 3.1.4.8.1. *changed: the status is another, or another
 * time is proposed (else no mail needs to be sent). */
struct meeting_reply {
    enum response_status status;          /* TENTATIVE, ACCEPTED, DECLINED */
    const char *name, *address;           /* who answers (the attendee) */
    const char *sender_name, *sender_address; /* who acts for the attendee; NULL: the attendee */
    const char *body, *body_html;         /* NULL: none */
    instant proposed_start, proposed_end; /* 0: none */
    instant now;
};
enum status meeting_apply_reply(struct message *item, const struct meeting_reply *reply, bool *changed) MUST_CHECK;

/* ---- the organiser's item ---- */
struct meeting_organizer {
    const char *name, *address;
};
/* What a new item needs before it is saved: global ids, state flags, response status, organiser, owner appointment id, side effects, sequence, critical change,
 * attendee strings; organiser's entry among the recipients when others are invited. Sets only what is missing. Items that came by a request are left alone. */
enum status meeting_fill_item(struct message *item, const struct meeting_organizer *organizer, instant now) MUST_CHECK;

/* A client that writes the list of attendees anew does not know who has answered: what `before` knows of the same people comes over, the organiser's entry too. */
enum status meeting_keep_tracking(const struct message *before, struct message *after) MUST_CHECK;

struct meeting_changes {
    uint32_t highlights;      /* CHANGED_* */
    bool is_significant;      /* attendees must answer anew: sequence up */
    bool any;                 /* anything that attendees see */
    bool *added;              /* one a recipient of `after`: was not invited before */
    bool *removed;            /* one a recipient of `before`: is not invited any more */
    size_t added_count, removed_count;
};
/* What attendees see of a change of the organiser's item. `before` and `after`: both masters, both singles, or both occurrences. */
enum status meeting_compare(TALLOC_CTX *mem, const struct message *before, const struct message *after, struct meeting_changes *out) MUST_CHECK;
/* The item after such a change: sequence (never down: PROP_APPOINTMENT_LAST_SEQUENCE), critical change, tracking reset when significant; new attendees have not
 * responded; PROP_F_INVITED. */
enum status meeting_advance(struct message *item, const struct meeting_changes *changes, instant now) MUST_CHECK;
/* Cancelled by its organiser [MS-OXOCAL] 3.1.4.9: state, sequence up, free. */
enum status meeting_cancel_item(struct message *item, instant now) MUST_CHECK;

/* ---- building ---- */
struct meeting_mail {
    const struct message *item;    /* the organiser's calendar item: master, single, or an occurrence (exception_read) */
    const struct message *before;  /* update: as it was (old time and place); NULL: a first request */
    uint32_t highlights;           /* update: meeting_compare */
    bool is_informational;         /* update that needs no new answer */
    const bool *to;                /* cancellations: one a recipient of the item: named in it; NULL: all */
    const char *sender_name, *sender_address; /* who acts for the organiser; NULL: the organiser */
    const char *body, *body_html;  /* instead of the item's; NULL: the item's */
    instant now;
};
/* Recipients of a request are all attendees, of a cancellation those who are cancelled; the organiser is not among them. To whom the mail goes is the caller's
 * envelope (an update that goes to the new attendees alone still names all). Attachments share their content with the item. STATUS_MISSING_RECIPIENTS when there
 * is no attendee. */
enum status meeting_build_request(TALLOC_CTX *mem, const struct meeting_mail *mail, struct message **out) MUST_CHECK;
enum status meeting_build_cancel(TALLOC_CTX *mem, const struct meeting_mail *mail, struct message **out) MUST_CHECK;
/* From the attendee's calendar item or the request itself (or an occurrence of the item). */
enum status meeting_build_response(TALLOC_CTX *mem, const struct message *item, const struct meeting_reply *reply, struct message **out) MUST_CHECK;
/* To the organiser: `request` was forwarded to `recipients` by somebody [MS-OXOCAL] 2.2.9. */
enum status meeting_build_forward_notification(TALLOC_CTX *mem, const struct message *request, const struct recipient *recipients, size_t count,
                                               const char *name, const char *address, instant now, struct message **out) MUST_CHECK;

/* Names one mail about a meeting: id, kind, version, answer and its time, sender, addressee. Two mails with the same key say the same. */
enum status meeting_mail_key(const struct message *message, const char *addressee, struct hash256 *out) MUST_CHECK;

#endif
