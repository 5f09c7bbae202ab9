/* Calendar folders: what happens in a window of time, single occurrences of a series, and items that invite others.
 *
 * An occurrence is an object_id whose `occurrence` is set. item_get, item_get_many, item_update, item_delete, item_move (refused), attachment_* and item_mime take
 * such ids like others: reading gives the series' properties with those of the exception over them and the occurrence's own start and end; updating makes or changes
 * an exception; deleting takes the occurrence out of the series. The master keeps its id; every such change is a change of the master. */
#ifndef BOURSE_GROUPWARE_CALENDAR_H
#define BOURSE_GROUPWARE_CALENDAR_H

#include "bourse/calendar/recurrence.h"
#include "bourse/groupware/find.h"

struct calendar_window {
    instant from, to;        /* items and occurrences that touch [from, to) */
    size_t limit;            /* 0: 1,000; above: STATUS_TOO_COMPLEX when there are more */
    unsigned parts;          /* enum item_part of the results */
};
/* Singles and occurrences, ordered by start (then end); cost follows what the window holds, not the folder. Needs READ_ANY (private items of others are
 * left to those who may see them: bare busy time [MS-OXODLGT] 2.2.2.2.3). STATUS_TOO_COMPLEX: more than the limit. */
enum status calendar_view(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, const struct calendar_window *window,
                          struct item_page **out) MUST_CHECK;

/* The series of a loaded item: its pattern and zone. STATUS_NOT_FOUND for a single item. */
enum status calendar_series(TALLOC_CTX *mem, const struct item *item, struct recurrence **recurrence, const struct time_zone **zone) MUST_CHECK;
/* Zone of start (or end) as the item's properties say; UTC when they say nothing. */
const struct time_zone *calendar_zone(TALLOC_CTX *mem, const struct bag *props, bool of_end);
/* EWS OccurrenceItemId: the id of the occurrence with this index in the series. */
enum status calendar_occurrence_by_index(struct session *session, const struct object_id *master, uint32_t index, struct object_id *out) MUST_CHECK;

/* ---- writing, with or without telling others ---- */
enum meeting_notice {
    MEETING_SEND_TO_NONE,
    MEETING_SEND_TO_ALL,
    MEETING_SEND_TO_CHANGED,     /* only attendees that were added or removed (updates of time and place go to all the same) */
};
struct meeting_options {
    enum meeting_notice notice;
    bool save_copy;              /* of what is sent, in Sent Items */
};
/* As item_create / item_update / item_delete, and the requests, updates and cancellations that attendees get, in one go: the item is saved and its mail accepted, or
 * neither [MS-OXOCAL] 3.1.4.6, 3.1.4.8. `message`: class IPM.Appointment with PROP_APPOINTMENT_START_WHOLE, -END_WHOLE, recipients as attendees (RECIPIENT_TO required,
 * CC optional, BCC resource), PROP_APPOINTMENT_RECUR when it recurs, time zone definitions. All that can be derived is (clip times, duration, ids, state flags, organiser). */
enum status calendar_create(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, const struct message *message,
                            const struct meeting_options *options, struct item **out) MUST_CHECK;
enum status calendar_update(TALLOC_CTX *mem, struct session *session, const struct object_id *id, int64_t expected_change, enum conflict_resolution resolution,
                            const struct item_change *change, const struct meeting_options *options, struct item **out) MUST_CHECK;
/* By the organiser: cancels. By an attendee: just goes (a decline is meeting_respond's). */
enum status calendar_delete(struct session *session, const struct object_id *id, enum delete_mode mode, const struct meeting_options *options) MUST_CHECK;

/* ---- answering ---- */
enum meeting_response { MEETING_ACCEPT, MEETING_TENTATIVE, MEETING_DECLINE };
struct meeting_answer {
    enum meeting_response response;
    const char *body, *body_html;         /* NULL: none */
    instant proposed_start, proposed_end; /* counter-proposal; 0: none */
    bool send, save_copy;                 /* send: tell the organiser */
};
/* `id`: a meeting request, the calendar item, or an occurrence. The calendar item gets the answer's state (declined: it goes to Deleted Items), the request goes to
 * Deleted Items [MS-OXOCAL] 3.1.4.7. *calendar_item (or NULL) is the item in the calendar, zero when there is none. The same answer twice sends one mail. */
enum status meeting_respond(struct session *session, const struct object_id *id, const struct meeting_answer *answer, struct object_id *calendar_item) MUST_CHECK;
/* The calendar item that a meeting message belongs to. STATUS_ITEM_NOT_FOUND. */
enum status meeting_calendar_item(struct session *session, const struct object_id *request, struct object_id *out) MUST_CHECK;
/* CancelCalendarItem: cancels with a text of the organiser. */
enum status meeting_cancel(struct session *session, const struct object_id *id, const char *body, const char *body_html, const struct meeting_options *options) MUST_CHECK;
/* Sends a meeting on: `id` is a request, a calendar item or an occurrence. Those who get it answer to the organiser, who is told and has them among the attendees then
 * [MS-OXOCAL] 3.1.4.10. `body`, `body_html`: instead of the meeting's own text; NULL: that. */
enum status meeting_forward(struct session *session, const struct object_id *id, const struct recipient *recipients, size_t count, const char *body,
                            const char *body_html, bool save_copy) MUST_CHECK;
/* Whether meeting mail changes the calendar of the session's mailbox by itself (it does unless switched off); delivery to delegates goes on all the same. */
enum status meeting_processing_get(struct session *session, bool *is_automatic) MUST_CHECK;
enum status meeting_processing_set(struct session *session, bool is_automatic) MUST_CHECK;
/* RemoveItem: a cancellation in the inbox takes its item out of the calendar. */
enum status meeting_remove(struct session *session, const struct object_id *cancellation) MUST_CHECK;

#endif
