#include "availability_events.h"

#include <stdlib.h>

#include "access_in.h"
#include "bourse/base/memory.h"
#include "bourse/calendar/exception.h"
#include "bourse/model/properties.h"
#include "bourse/storage/acl.h"
#include "bourse/storage/calendar.h"
#include "working_hours.h"

enum { EVENTS_A_CALENDAR = 2000, SENSITIVITY_PRIVATE = 2 };

struct range_list {
    struct calendar_range *ranges;
    size_t *calendars;              /* which calendar a range is of */
    size_t count;
    bool *cut;
};

struct loading {
    TALLOC_CTX *mem;
    struct session *session;
    struct busy_calendar *calendars;
    size_t count;
    instant from, to;
    struct slice goid;
    struct owned_calendar *owned;   /* one a calendar */
    struct range_list detailed, times;
};

static enum availability_level level_of(const struct loading *work, const struct owned_calendar *owned)
{
    uint32_t rights = owned->rights;
    if (owned->mailbox == work->session->own.id || (owned->flags & DELEGATE_FULL_ACCESS) != 0)
        return AVAILABILITY_DETAILS;
    if ((rights & (RIGHT_READ_ANY | RIGHT_FREE_BUSY_DETAILED | RIGHT_FOLDER_OWNER)) != 0)
        return AVAILABILITY_DETAILS;
    return (rights & RIGHT_FREE_BUSY_SIMPLE) != 0 ? AVAILABILITY_TIMES : AVAILABILITY_NONE;
}

static enum status range_list_init(struct range_list *list, TALLOC_CTX *mem, size_t count)
{
    *list = (struct range_list){ array_new(mem, struct calendar_range, count + 1), array_new(mem, size_t, count + 1), 0, array_new(mem, bool, count + 1) };
    return list->ranges != NULL && list->calendars != NULL && list->cut != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "availability");
}

/* Who has never signed in has no calendar yet, and nothing in it. */
static enum status choose_ranges(struct loading *work)
{
    TRY(range_list_init(&work->detailed, work->mem, work->count));
    TRY(range_list_init(&work->times, work->mem, work->count));
    for (size_t i = 0; i < work->count; i++) {
        struct busy_calendar *calendar = &work->calendars[i];
        const struct owned_calendar *owned = &work->owned[i];
        calendar->hours = working_hours_unpack(work->mem, owned->config);
        calendar->level = owned->mailbox == 0 ? AVAILABILITY_TIMES : level_of(work, owned);
        calendar->status = calendar->level == AVAILABILITY_NONE ? STATUS_ACCESS_DENIED : STATUS_OK;
        if (calendar->status != STATUS_OK || owned->mailbox == 0)
            continue;
        struct range_list *list = calendar->level == AVAILABILITY_DETAILS ? &work->detailed : &work->times;
        list->ranges[list->count] = (struct calendar_range){ owned->mailbox, owned->folder };
        list->calendars[list->count++] = i;
    }
    return STATUS_OK;
}

static enum status add_event(struct loading *work, struct busy_calendar *calendar, const struct busy_event *event)
{
    if (calendar->event_count >= EVENTS_A_CALENDAR) {
        calendar->status = STATUS_TOO_COMPLEX;
        return STATUS_OK;
    }
    if (calendar->event_count == calendar->room) {
        size_t room = calendar->room > 0 ? calendar->room * 2 : 16;
        struct busy_event *more = talloc_realloc(work->mem, calendar->events, struct busy_event, (unsigned)room);
        if (more == NULL)
            return status_fail(STATUS_NO_MEMORY, "availability");
        calendar->events = more;
        calendar->room = room;
    }
    calendar->events[calendar->event_count++] = *event;
    return STATUS_OK;
}

static enum busy_status busy_of(int64_t number)
{
    return number >= BUSY_FREE && number <= BUSY_WORKING_ELSEWHERE ? (enum busy_status)number : BUSY_BUSY;
}

static bool sees_private(const struct loading *work, const struct owned_calendar *owned)
{
    return owned->mailbox == work->session->own.id || (owned->flags & (DELEGATE_FULL_ACCESS | DELEGATE_PRIVATE_ITEMS)) != 0;
}

/* What all occurrences of an item have in common. */
static struct busy_event event_of(const struct loading *work, size_t index, const struct calendar_content *content)
{
    const struct owned_calendar *owned = &work->owned[index];
    struct busy_event event = {
        .starts = content->row.starts, .ends = content->row.ends, .status = busy_of(content->row.busy_status), .subject = "", .location = "",
        .is_recurring = content->row.is_recurring, .is_private = content->sensitivity >= SENSITIVITY_PRIVATE, .has_details = true,
    };
    event.item = (struct object_id){ .kind = OBJECT_ITEM, .mailbox = owned->guid, .folder = owned->folder, .item = content->row.item };
    event.is_meeting = (bag_int32(content->props, PROP_APPOINTMENT_STATE_FLAGS, 0) & 0x1) != 0;
    event.is_reminder_set = bag_bool(content->props, PROP_REMINDER_SET, false);
    if (!event.is_private || sees_private(work, owned)) {
        event.subject = content->subject;
        event.location = bag_string(content->props, PROP_LID_LOCATION, "");
    }
    return event;
}

static void apply_exception(struct busy_event *event, const struct recurrence_exception *exception, bool shows_texts)
{
    event->is_exception = true;
    if ((exception->overrides & OVERRIDE_BUSY_STATUS) != 0)
        event->status = busy_of(exception->busy_status);
    if ((exception->overrides & OVERRIDE_REMINDER) != 0)
        event->is_reminder_set = exception->reminder_set;
    if (shows_texts && (exception->overrides & OVERRIDE_SUBJECT) != 0 && exception->subject != NULL)
        event->subject = exception->subject;
    if (shows_texts && (exception->overrides & OVERRIDE_LOCATION) != 0 && exception->location != NULL)
        event->location = exception->location;
}

/* `base`: what all occurrences have in common. */
static enum status add_series(struct loading *work, size_t index, const struct busy_event *base, const struct bag *props, bool shows_texts)
{
    struct recurrence *pattern = NULL;
    struct occurrence *list = NULL;
    size_t count = 0;
    bool more = false;
    struct occurrence_query query = { .from = work->from, .to = work->to };
    enum status status = series_pattern(work->mem, props, &pattern);
    if (status == STATUS_OK)
        status = recurrence_expand(work->mem, pattern, series_zone(work->mem, props), &query, &list, &count, &more);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK)
        return STATUS_OK; /* a pattern that nobody can read says nothing of times */
    if (more)
        work->calendars[index].status = STATUS_TOO_COMPLEX;
    for (size_t i = 0; i < count; i++) {
        struct busy_event event = *base;
        event.starts = list[i].starts;
        event.ends = list[i].ends;
        event.item.occurrence = event.has_details ? local_minutes(list[i].original_start) : 0;
        if (list[i].exception != NULL)
            apply_exception(&event, list[i].exception, shows_texts);
        TRY(add_event(work, &work->calendars[index], &event));
    }
    return STATUS_OK;
}

static int by_start(const void *a, const void *b)
{
    const struct busy_event *left = a, *right = b;
    if (left->starts != right->starts)
        return left->starts < right->starts ? -1 : 1;
    return left->ends < right->ends ? -1 : left->ends > right->ends;
}

static enum status load_detailed(struct loading *work, struct transaction *tx)
{
    const struct range_list *list = &work->detailed;
    struct calendar_content *contents = NULL;
    size_t count = 0;
    TRY(store_calendar_windows(work->mem, tx, list->ranges, list->count, work->from, work->to, EVENTS_A_CALENDAR, work->goid, &contents, &count, list->cut));
    for (size_t i = 0; i < count; i++) {
        size_t index = list->calendars[contents[i].range];
        struct busy_event event = event_of(work, index, &contents[i]);
        if (contents[i].is_meant)
            continue;
        if (contents[i].row.is_recurring)
            TRY(add_series(work, index, &event, contents[i].props, !event.is_private || sees_private(work, &work->owned[index])));
        else
            TRY(add_event(work, &work->calendars[index], &event));
    }
    return STATUS_OK;
}

static enum status load_times(struct loading *work, struct transaction *tx)
{
    const struct range_list *list = &work->times;
    struct calendar_busy *found = NULL;
    size_t count = 0;
    TRY(store_calendar_busy(work->mem, tx, list->ranges, list->count, work->from, work->to, EVENTS_A_CALENDAR, work->goid, &found, &count, list->cut));
    for (size_t i = 0; i < count; i++) {
        size_t index = list->calendars[found[i].range];
        struct busy_event event = { .starts = found[i].starts, .ends = found[i].ends, .status = busy_of(found[i].busy_status), .subject = "", .location = "",
                                    .is_recurring = found[i].series != NULL };
        if (found[i].series != NULL)
            TRY(add_series(work, index, &event, found[i].series, false));
        else
            TRY(add_event(work, &work->calendars[index], &event));
    }
    return STATUS_OK;
}

static enum status load_ranges(struct loading *work, struct transaction *tx)
{
    struct range_list *lists[] = { &work->detailed, &work->times };
    if (work->detailed.count > 0)
        TRY(load_detailed(work, tx));
    if (work->times.count > 0)
        TRY(load_times(work, tx));
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->count; i++)
            if (lists[k]->cut[i])
                work->calendars[lists[k]->calendars[i]].status = STATUS_TOO_COMPLEX;
    for (size_t i = 0; i < work->count; i++)
        if (work->calendars[i].event_count > 1)
            qsort(work->calendars[i].events, work->calendars[i].event_count, sizeof *work->calendars[i].events, by_start);
    return STATUS_OK;
}

enum status busy_events_in(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, instant from, instant to, struct slice goid,
                           struct busy_calendar *out)
{
    struct loading work = { .mem = mem, .calendars = out, .count = 1, .from = from, .to = to, .goid = goid };
    *out = (struct busy_calendar){ .level = AVAILABILITY_TIMES };
    TRY(range_list_init(&work.times, mem, 1));
    work.times.ranges[work.times.count++] = (struct calendar_range){ mailbox, folder };
    return load_ranges(&work, tx);
}

static enum status load_in(struct loading *work, struct transaction *tx, const struct guid *owners, const struct guid *principals, size_t principal_count)
{
    work->owned = array_new(work->mem, struct owned_calendar, work->count + 1);
    if (work->owned == NULL)
        return status_fail(STATUS_NO_MEMORY, "availability");
    TRY(store_calendars_of_owners(work->mem, tx, owners, work->count, principals, principal_count, WORKING_HOURS_CONFIG, work->owned));
    TRY(choose_ranges(work));
    return load_ranges(work, tx);
}

enum status busy_calendars_load(TALLOC_CTX *mem, struct session *session, struct busy_calendar *calendars, size_t count, instant from, instant to,
                                struct slice goid)
{
    struct loading work = { .mem = mem, .session = session, .calendars = calendars, .count = count, .from = from, .to = to, .goid = goid };
    struct transaction *tx = NULL;
    const struct guid *principals = NULL;
    size_t principal_count = 0;
    struct guid *owners = array_new(mem, struct guid, count + 1);
    if (owners == NULL)
        return status_fail(STATUS_NO_MEMORY, "availability");
    for (size_t i = 0; i < count; i++)
        owners[i] = calendars[i].owner;
    TRY(session_principals(session, &principals, &principal_count));
    TRY(transaction_begin(mem, session->groupware->store, TRANSACTION_READ, &tx));
    enum status status = load_in(&work, tx, owners, principals, principal_count);
    talloc_free(tx);
    return status;
}
