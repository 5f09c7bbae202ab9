#include "booking_decide.h"

#include "availability_events.h"
#include "bourse/base/memory.h"
#include "bourse/calendar/exception.h"
#include "bourse/calendar/global_id.h"
#include "bourse/groupware/folder.h"
#include "bourse/model/properties.h"
#include "bourse/storage/settings.h"
#include "working_hours.h"

enum { LOOK_AHEAD_DAYS = 1080, TEXT_CAP = 16 * 1024, TOLD_CONFLICTS = 20, EVENTS_AT_ONCE_DAYS = 62 };

struct decision_work {
    TALLOC_CTX *mem;
    struct transaction *tx;
    const struct booking_question *question;
    const struct booking_policy *policy;
    struct occurrence *times;  /* of the booking, in order; those that are over left out */
    size_t count;
    bool is_series;
    instant horizon;           /* the window's end */
};

static enum status refuse(struct booking_decision *out, const char *text)
{
    *out = (struct booking_decision){ .verdict = BOOKING_DECLINE, .text = text };
    return STATUS_OK;
}

static bool is_decided(const struct booking_decision *decision)
{
    return decision->text != NULL;
}

/* ---- when ---- */

static enum status take_single(struct decision_work *work)
{
    const struct bag *props = work->question->item->props;
    work->times = array_new(work->mem, struct occurrence, 1);
    if (work->times == NULL)
        return status_fail(STATUS_NO_MEMORY, "booking");
    work->times[0].starts = bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0);
    work->times[0].ends = bag_time(props, PROP_APPOINTMENT_END_WHOLE, work->times[0].starts);
    work->count = work->times[0].ends > work->question->now || work->times[0].starts >= work->question->now ? 1 : 0;
    return STATUS_OK;
}

static enum status take_series(struct decision_work *work, struct recurrence *pattern, struct booking_decision *out)
{
    const struct time_zone *zone = series_zone(work->mem, work->question->item->props);
    struct occurrence_query query = { .from = work->question->now, .to = work->horizon };
    struct occurrence last;
    bool more = false;
    work->is_series = true;
    if (!work->policy->allow_recurring)
        return refuse(out, "Series of meetings cannot be booked here.");
    if (work->policy->end_within_window && work->policy->window_days > 0) {
        enum status status = pattern->end == RECUR_END_NEVER ? STATUS_OK : recurrence_last(pattern, zone, &last);
        if (status == STATUS_OCCURRENCE_NOT_FOUND)
            return refuse(out, "The series has no meetings.");
        TRY(status);
        if (pattern->end == RECUR_END_NEVER || last.starts > work->horizon)
            return refuse(out, talloc_asprintf(work->mem, "The series goes on for longer than the %d days that can be booked ahead.", (int)work->policy->window_days));
    }
    TRY(recurrence_expand(work->mem, pattern, zone, &query, &work->times, &work->count, &more));
    return more ? refuse(out, "The series has too many meetings.") : STATUS_OK;
}

static enum status take_times(struct decision_work *work, struct booking_decision *out)
{
    struct recurrence *pattern = NULL;
    int64_t days = work->policy->window_days > 0 ? work->policy->window_days : LOOK_AHEAD_DAYS;
    work->horizon = work->question->now + days * INSTANT_PER_DAY;
    enum status status = series_pattern(work->mem, work->question->item->props, &pattern);
    if (status == STATUS_OK)
        return take_series(work, pattern, out);
    if (status == STATUS_NOT_FOUND)
        return take_single(work);
    return status == STATUS_MALFORMED ? refuse(out, "The recurrence of the meeting cannot be read.") : status;
}

/* ---- rules without the calendar ---- */

static enum status check_hours(struct decision_work *work, struct booking_decision *out)
{
    struct slice packed = slice_of("", 0);
    if (!work->policy->working_hours_only)
        return STATUS_OK;
    enum status status = user_config_get(work->mem, work->tx, work->question->mailbox, (int64_t)FOLDER_ROLE_CALENDAR, WORKING_HOURS_CONFIG, &packed);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    struct working_hours hours = working_hours_unpack(work->mem, packed);
    for (size_t i = 0; i < work->count; i++) {
        local_time start = time_zone_to_local(hours.zone, work->times[i].starts), end = time_zone_to_local(hours.zone, work->times[i].ends);
        local_time day = local_midnight(start);
        bool fits = (hours.weekdays >> local_weekday(start) & 1) != 0 && start - day >= hours.start_minute * INSTANT_PER_MINUTE &&
                    end - day <= hours.end_minute * INSTANT_PER_MINUTE;
        if (!fits)
            return refuse(out, "It can be booked within its working hours only.");
    }
    return STATUS_OK;
}

static enum status check_rules(struct decision_work *work, struct booking_decision *out)
{
    const struct booking_policy *policy = work->policy;
    if (work->count == 0)
        return refuse(out, "The meeting is over.");
    for (size_t i = 0; i < work->count; i++)
        if (policy->maximum_minutes > 0 && work->times[i].ends - work->times[i].starts > policy->maximum_minutes * INSTANT_PER_MINUTE)
            return refuse(out, talloc_asprintf(work->mem, "The meeting is longer than %d minutes.", (int)policy->maximum_minutes));
    if (policy->window_days > 0 && work->times[0].starts > work->horizon)
        return refuse(out, talloc_asprintf(work->mem, "It can be booked for the next %d days only.", (int)policy->window_days));
    return check_hours(work, out);
}

/* ---- conflicts ---- */

static bool overlaps(const struct occurrence *time, const struct busy_event *event)
{
    return event->status != BUSY_FREE && event->starts < time->ends && time->starts < event->ends;
}

/* Both lists are ordered by start, and what is booked does not overlap itself much: the events that may still matter move along. */
static enum status note_conflicts(struct decision_work *work, const struct busy_calendar *calendar, size_t first, size_t last, struct booking_decision *out)
{
    for (size_t i = first; i < last; i++) {
        bool is_taken = calendar->status != STATUS_OK; /* so full that nobody could say */
        for (size_t e = 0; e < calendar->event_count && !is_taken && calendar->events[e].starts < work->times[i].ends; e++)
            is_taken = overlaps(&work->times[i], &calendar->events[e]);
        if (is_taken)
            out->conflicts[out->conflict_count++] = work->times[i];
    }
    return STATUS_OK;
}

/* In pieces of the calendar, each with the bookings that begin in it. */
static enum status find_conflicts(struct decision_work *work, struct booking_decision *out)
{
    struct slice id = bag_bytes(work->question->item->props, PROP_CLEAN_GLOBAL_OBJECT_ID);
    out->conflicts = array_new(work->mem, struct occurrence, work->count + 1);
    if (out->conflicts == NULL)
        return status_fail(STATUS_NO_MEMORY, "booking");
    for (size_t first = 0, last; first < work->count; first = last) {
        TALLOC_CTX *step = talloc_new(work->mem);
        struct busy_calendar calendar;
        instant from = work->times[first].starts, to = work->times[first].ends;
        for (last = first; last < work->count && work->times[last].starts < from + EVENTS_AT_ONCE_DAYS * INSTANT_PER_DAY; last++)
            to = work->times[last].ends > to ? work->times[last].ends : to;
        enum status status = busy_events_in(step, work->tx, work->question->mailbox, work->question->folder, from, to + 1, id, &calendar);
        if (status == STATUS_OK)
            status = note_conflicts(work, &calendar, first, last, out);
        talloc_free(step);
        TRY(status);
    }
    return STATUS_OK;
}

static enum status list_conflicts(struct decision_work *work, const char *head, struct booking_decision *out)
{
    struct buffer *text = buffer_new(work->mem, TEXT_CAP);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "booking");
    buffer_printf(text, "%s", head);
    for (size_t i = 0; i < out->conflict_count && i < TOLD_CONFLICTS; i++) {
        char date[INSTANT_MAIL_SIZE];
        buffer_printf(text, "\r\n%s", instant_format_mail(out->conflicts[i].starts, date));
    }
    if (out->conflict_count > TOLD_CONFLICTS)
        buffer_printf(text, "\r\nand %zu more", out->conflict_count - TOLD_CONFLICTS);
    TRY(buffer_status(text));
    out->text = slice_text(work->mem, buffer_slice(text));
    return out->text != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "booking");
}

static bool may_be_partial(const struct decision_work *work, size_t conflicts)
{
    return work->is_series && conflicts < work->count && conflicts * 100 <= work->count * (size_t)work->policy->conflict_percent &&
           conflicts <= (size_t)work->policy->conflict_occurrences;
}

static enum status check_conflicts(struct decision_work *work, struct booking_decision *out)
{
    TRY(find_conflicts(work, out));
    if (work->policy->allow_conflicts)
        out->conflict_count = 0;
    if (out->conflict_count == 0) {
        out->text = "Your booking is accepted.";
        return STATUS_OK;
    }
    if (may_be_partial(work, out->conflict_count))
        return list_conflicts(work, "Your booking is accepted, but for these meetings of the series, at whose times it is booked already:", out);
    out->verdict = BOOKING_DECLINE;
    return list_conflicts(work, "It is booked already at:", out);
}

enum status booking_decide(TALLOC_CTX *mem, struct transaction *tx, const struct booking_question *question, struct booking_decision *out)
{
    struct decision_work work = { .mem = mem, .tx = tx, .question = question, .policy = question->policy };
    *out = (struct booking_decision){ .verdict = BOOKING_ACCEPT };
    if (question->right == BOOKING_NOT)
        return refuse(out, question->is_outside ? "Only people of this organisation can book it." : "You do not have the right to book it.");
    if (question->right == BOOKING_ON_REQUEST) {
        out->verdict = BOOKING_WAIT;
        return STATUS_OK;
    }
    TRY(take_times(&work, out));
    if (!is_decided(out))
        TRY(check_rules(&work, out));
    return is_decided(out) ? STATUS_OK : check_conflicts(&work, out);
}
