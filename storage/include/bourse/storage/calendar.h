/* Looking things up that need more than a folder's list: what a calendar holds in a window of time, meetings by their id, reminders that are due, contacts
 * by address.
 *
 * The rows behind it (cal_index, reminder, contact_index) are kept by every function that saves, moves, copies or deletes items, from plain properties:
 * IPM.Appointment: PROP_APPOINTMENT_START_WHOLE and -END_WHOLE (series: PROP_CLIP_START, PROP_CLIP_END, with a margin of days), PROP_BUSY_STATUS,
 * PROP_APPOINTMENT_RECUR, PROP_CLEAN_GLOBAL_OBJECT_ID; any class: PROP_REMINDER_SET, PROP_REMINDER_SIGNAL_TIME; IPM.Contact and IPM.DistList:
 * PROP_FILE_UNDER, three addresses. Folder-associated items have no rows. Soft-deleted items are found by none of these functions but by window in their folder. */
#ifndef BOURSE_STORAGE_CALENDAR_H
#define BOURSE_STORAGE_CALENDAR_H

#include "bourse/storage/message.h"

struct calendar_row {
    int64_t item;
    instant starts, ends;    /* of a series: before its first and behind its last occurrence; without end: far away */
    int32_t busy_status;     /* PidLidBusyStatus */
    bool is_recurring;
};

enum { STORE_CALENDAR_ROWS = 20000 }; /* most a call */

/* Items that touch [from, to), series whose range does; ordered by start. An empty one touches when it starts there. *more: `limit` cut it. */
enum status store_calendar_window(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, instant from, instant to, size_t limit,
                                  struct calendar_row **out, size_t *count, bool *more) MUST_CHECK;

/* The same for many calendars, for free/busy. */
struct calendar_range {
    int64_t mailbox, folder;
};
struct calendar_content {
    size_t range;            /* index of its struct calendar_range */
    struct calendar_row row;
    int32_t sensitivity;
    const char *subject;
    struct bag *props;       /* whole bag without columns */
    bool is_meant;           /* has the id that was asked for */
};
/* With all that a reader sees. Ordered by range, then start. `limit` items a range; `cut` (one a range): whether there were more. `goid`: a clean global object
 * id whose items get is_meant, empty: none. Two statements, however many calendars there are. */
enum status store_calendar_windows(TALLOC_CTX *mem, struct transaction *tx, const struct calendar_range *ranges, size_t range_count, instant from, instant to,
                                   size_t limit, struct slice goid, struct calendar_content **out, size_t *count, bool *cut) MUST_CHECK;

struct calendar_busy {
    size_t range;
    instant starts, ends;    /* of single items */
    int32_t busy_status;
    struct bag *series;      /* of series: pattern and zone properties, among others perhaps; NULL: a single item */
};
/* Times only, in no order, without items that have the id `goid`: one statement that reads nothing but index rows, two when some series' rows have no pattern. */
enum status store_calendar_busy(TALLOC_CTX *mem, struct transaction *tx, const struct calendar_range *ranges, size_t range_count, instant from, instant to,
                                size_t limit, struct slice goid, struct calendar_busy **out, size_t *count, bool *cut) MUST_CHECK;

/* The calendars of many people with one statement. */
struct owned_calendar {
    int64_t mailbox;         /* 0: the owner has none */
    struct guid guid;        /* of the mailbox */
    int64_t folder;          /* Calendar */
    uint32_t rights;         /* of the principals on it, as acl_effective gives them */
    uint32_t flags;          /* enum delegate_flag of the principals */
    struct slice config;     /* the user configuration of that name of the folder; empty: none */
};
/* `principals`: the asker's own GUID first, then groups'. out[i] belongs to owners[i], each of which comes once. */
enum status store_calendars_of_owners(TALLOC_CTX *mem, struct transaction *tx, const struct guid *owners, size_t count, const struct guid *principals,
                                      size_t principal_count, const char *config, struct owned_calendar *out) MUST_CHECK;

struct found_item {
    int64_t item, folder;
    instant signal_time;     /* reminders */
    const char *file_as;     /* contacts, case-folded; else NULL */
};

/* Appointments with this PidLidCleanGlobalObjectId, in all folders but Recoverable Items; ordered by id. Found by a hash: compare the property. */
enum status store_calendar_by_global_id(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct slice clean_id, size_t limit, struct found_item **out,
                                        size_t *count) MUST_CHECK;
/* Items whose reminder is set and signals until `until`, oldest first. To page: `after` is the last one seen, NULL: from the start. */
enum status store_reminders_due(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, instant until, const struct found_item *after, size_t limit,
                                struct found_item **out, size_t *count) MUST_CHECK;
/* Contacts that have the SMTP address (any case). */
enum status store_contacts_by_address(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *address, size_t limit, struct found_item **out,
                                      size_t *count) MUST_CHECK;
/* Contacts and lists whose file-as begins with the text (any case), ordered by it. */
enum status store_contacts_by_file_as(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *prefix, size_t limit, struct found_item **out,
                                      size_t *count) MUST_CHECK;

#endif
