/* Reminders of appointments, tasks and flagged mail [MS-OXORMDR].
 *
 * An item reminds when PidLidReminderSet is true; PidLidReminderSignalTime says when. The reminder index of the store answers what is due without looking at
 * folders. Of a series the item reminds of one occurrence at a time; dismissing it goes on to the next. Items in Deleted Items, Junk Email, Drafts and Outbox do
 * not remind [MS-OXORMDR] 3.1.4.1. For the owner of the mailbox and delegates with full access. */
#ifndef BOURSE_GROUPWARE_REMINDER_H
#define BOURSE_GROUPWARE_REMINDER_H

#include "bourse/groupware/item.h"

struct reminder {
    struct object_id id;      /* of the item; of a series: the occurrence that it reminds of */
    struct object_id master;  /* of the series; item 0 when it is none */
    instant signal;           /* when to show it */
    instant starts, ends;     /* of the appointment or occurrence; task: due (both); mail: the flag's due date; 0: none */
    const char *subject, *location; /* never NULL */
    const struct item *item;  /* with properties */
};

/* Those that signal until `until`, oldest first, at most `limit` (up to 1,000). `mailbox` zero: the own. */
enum status reminders_due(TALLOC_CTX *mem, struct session *session, struct guid mailbox, instant until, size_t limit, struct reminder **out, size_t *count) MUST_CHECK;
/* Shows it again at `until`. `id`: item or occurrence. STATUS_INVALID_ARGUMENT when it is not ahead; STATUS_NOT_FOUND when the item has no reminder. */
enum status reminder_snooze(struct session *session, const struct object_id *id, instant until) MUST_CHECK;
/* Not again; of a series: on to the next occurrence that reminds. Saying it twice of one occurrence does it once. */
enum status reminder_dismiss(struct session *session, const struct object_id *id) MUST_CHECK;

/* Pure: when a series reminds next of an occurrence that starts after `after`. `props`: of the series. STATUS_OCCURRENCE_NOT_FOUND: never. */
enum status reminder_next_of_series(TALLOC_CTX *mem, const struct bag *props, instant after, instant *signal, instant *starts, int32_t *occurrence) MUST_CHECK;

#endif
