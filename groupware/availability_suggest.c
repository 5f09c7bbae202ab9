/* Times when a meeting would suit its attendees [MS-OXWAVLS] 3.1.4.1, with the qualities that Exchange gives. */
#include <stdlib.h>

#include "bourse/base/memory.h"
#include "bourse/calendar/recurrence.h"
#include "bourse/groupware/availability.h"
#include "working_hours.h"

/* Candidates begin every half hour; people are looked at in slots that all durations are made of. */
enum { STEP_MINUTES = 30, SLOT_MINUTES = 5, DURATION_DEFAULT = 60, DURATION_MAX = 1440, THRESHOLD_DEFAULT = 25, FAIR_PERCENT = 50, PER_DAY_DEFAULT = 10,
       PER_DAY_MAX = 48, CANDIDATES_A_DAY = 24 * 60 / STEP_MINUTES + 2 };

struct suggesting {
    TALLOC_CTX *mem;
    const struct suggestion_query *query;
    const struct time_zone *zone;
    struct working_hours hours; /* of the organiser */
    struct availability *people;
    int32_t duration, threshold;
    size_t per_day, outside_per_day;
};

static int rank_of(enum busy_status status)
{
    static const int ranks[] = { [BUSY_FREE] = 0, [BUSY_NO_DATA] = 1, [BUSY_WORKING_ELSEWHERE] = 2, [BUSY_TENTATIVE] = 3, [BUSY_BUSY] = 4,
                                 [BUSY_OUT_OF_OFFICE] = 5 };
    return ranks[status];
}

static enum busy_status status_in(const struct suggesting *work, const char *merged, instant starts)
{
    size_t first = (size_t)((starts - work->query->from) / (SLOT_MINUTES * INSTANT_PER_MINUTE));
    size_t last = (size_t)((starts - work->query->from + work->duration * INSTANT_PER_MINUTE - 1) / (SLOT_MINUTES * INSTANT_PER_MINUTE));
    enum busy_status worst = BUSY_FREE;
    for (size_t i = first; i <= last && merged[i] != '\0'; i++)
        if (rank_of((enum busy_status)(merged[i] - '0')) > rank_of(worst))
            worst = (enum busy_status)(merged[i] - '0');
    return worst;
}

/* Everybody free: excellent. Conflicts of up to the threshold's share of the people who have to come, the organiser not among them: good; of up to half of
 * them: fair; else poor. Who may come (optional) spoils an excellent time only. */
static enum suggestion_quality quality_of(const struct suggesting *work, const struct suggestion *suggestion)
{
    size_t needed = 0, conflicts = 0, others = 0;
    bool organizer_is_busy = false;
    for (size_t i = 0; i < work->query->count; i++) {
        enum attendee_kind kind = work->query->attendees[i].kind;
        bool is_conflict = rank_of(suggestion->attendee_status[i]) >= rank_of(BUSY_TENTATIVE);
        if (kind == ATTENDEE_OPTIONAL) {
            others += is_conflict;
            continue;
        }
        needed++;
        conflicts += is_conflict;
        organizer_is_busy = organizer_is_busy || (is_conflict && kind == ATTENDEE_ORGANIZER);
    }
    if (conflicts == 0)
        return others == 0 ? SUGGESTION_EXCELLENT : SUGGESTION_GOOD;
    size_t percent = conflicts * 100 / needed;
    if (!organizer_is_busy && percent <= (size_t)work->threshold)
        return SUGGESTION_GOOD;
    return percent <= FAIR_PERCENT ? SUGGESTION_FAIR : SUGGESTION_POOR;
}

static bool is_work_time(const struct suggesting *work, instant starts)
{
    local_time start = time_zone_to_local(work->hours.zone, starts), day = local_midnight(start);
    int64_t minute = (start - day) / INSTANT_PER_MINUTE;
    return (work->hours.weekdays >> local_weekday(start) & 1) != 0 && minute >= work->hours.start_minute &&
           minute + work->duration <= work->hours.end_minute;
}

static enum status weigh(struct suggesting *work, instant starts, struct suggestion *out)
{
    *out = (struct suggestion){ .starts = starts, .is_work_time = is_work_time(work, starts),
                                .attendee_status = array_new(work->mem, enum busy_status, work->query->count + 1) };
    if (out->attendee_status == NULL)
        return status_fail(STATUS_NO_MEMORY, "suggestions");
    for (size_t i = 0; i < work->query->count; i++)
        out->attendee_status[i] = status_in(work, work->people[i].merged, starts);
    out->quality = quality_of(work, out);
    return STATUS_OK;
}

static int by_quality(const void *a, const void *b)
{
    const struct suggestion *left = a, *right = b;
    if (left->quality != right->quality)
        return left->quality < right->quality ? -1 : 1;
    return left->starts < right->starts ? -1 : left->starts > right->starts;
}

/* The best of each kind, as many as were asked for. */
static void choose(const struct suggesting *work, struct suggestion_day *day)
{
    size_t kept = 0, inside = 0, outside = 0;
    qsort(day->suggestions, day->count, sizeof *day->suggestions, by_quality);
    for (size_t i = 0; i < day->count; i++) {
        const struct suggestion *one = &day->suggestions[i];
        size_t *taken = one->is_work_time ? &inside : &outside, most = one->is_work_time ? work->per_day : work->outside_per_day;
        if (one->quality > work->query->minimum || *taken >= most)
            continue;
        (*taken)++;
        day->suggestions[kept++] = *one;
    }
    day->count = kept;
    day->quality = kept > 0 ? day->suggestions[0].quality : SUGGESTION_POOR;
}

static enum status fill_day(struct suggesting *work, local_time date, struct suggestion_day *day)
{
    *day = (struct suggestion_day){ .date = date, .suggestions = array_new(work->mem, struct suggestion, CANDIDATES_A_DAY) };
    if (day->suggestions == NULL)
        return status_fail(STATUS_NO_MEMORY, "suggestions");
    for (int minute = 0; minute < 24 * 60; minute += STEP_MINUTES) {
        local_time wanted = date + minute * INSTANT_PER_MINUTE;
        instant starts = time_zone_to_instant(work->zone, wanted);
        bool exists = time_zone_to_local(work->zone, starts) == wanted; /* not in the hour that a clock change leaves out */
        bool fits = starts >= work->query->from && starts + work->duration * INSTANT_PER_MINUTE <= work->query->to;
        if (exists && fits)
            TRY(weigh(work, starts, &day->suggestions[day->count++]));
    }
    choose(work, day);
    return STATUS_OK;
}

static enum status look_up(struct suggesting *work, struct session *session)
{
    const struct suggestion_query *query = work->query;
    const char **addresses = array_new(work->mem, const char *, query->count + 1);
    if (addresses == NULL)
        return status_fail(STATUS_NO_MEMORY, "suggestions");
    for (size_t i = 0; i < query->count; i++)
        addresses[i] = query->attendees[i].address;
    struct availability_query asked = { .addresses = addresses, .count = query->count, .from = query->from, .to = query->to, .slot_minutes = SLOT_MINUTES,
                                        .ignore_global_id_hex = query->ignore_global_id_hex };
    return availability_get(work->mem, session, &asked, &work->people);
}

static enum status check_query(const struct suggestion_query *query)
{
    if (query->duration_minutes < 0 || query->duration_minutes > DURATION_MAX)
        return status_fail(STATUS_INVALID_ARGUMENT, "a meeting of %d minutes", (int)query->duration_minutes);
    if (query->good_threshold_percent < 0 || query->good_threshold_percent >= FAIR_PERCENT)
        return status_fail(STATUS_INVALID_ARGUMENT, "a threshold of %d %%", (int)query->good_threshold_percent);
    if (query->per_day > PER_DAY_MAX || query->outside_hours_per_day > PER_DAY_MAX)
        return status_fail(STATUS_INVALID_ARGUMENT, "more than %d suggestions a day", PER_DAY_MAX);
    return STATUS_OK;
}

/* The organiser's hours; without an organiser the asker's. */
static enum status find_hours(struct suggesting *work, struct session *session)
{
    for (size_t i = 0; i < work->query->count; i++)
        if (work->query->attendees[i].kind == ATTENDEE_ORGANIZER) {
            work->hours = work->people[i].hours;
            return STATUS_OK;
        }
    return working_hours_get(work->mem, session, session_mailbox(session), &work->hours);
}

enum status availability_suggest(TALLOC_CTX *mem, struct session *session, const struct suggestion_query *query, struct suggestion_day **out, size_t *count)
{
    struct suggesting work = {
        .mem = mem, .query = query, .zone = query->zone != NULL ? query->zone : time_zone_utc(),
        .duration = query->duration_minutes != 0 ? query->duration_minutes : DURATION_DEFAULT,
        .threshold = query->good_threshold_percent != 0 ? query->good_threshold_percent : THRESHOLD_DEFAULT,
        .per_day = query->per_day != 0 ? query->per_day : PER_DAY_DEFAULT, .outside_per_day = query->outside_hours_per_day,
    };
    *count = 0;
    TRY(check_query(query));
    TRY(look_up(&work, session));
    TRY(find_hours(&work, session));
    *out = array_new(mem, struct suggestion_day, AVAILABILITY_DAYS + 2);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "suggestions");
    local_time last = local_midnight(time_zone_to_local(work.zone, query->to - 1));
    for (local_time date = local_midnight(time_zone_to_local(work.zone, query->from)); date <= last && *count < AVAILABILITY_DAYS + 2; date += INSTANT_PER_DAY)
        TRY(fill_day(&work, date, &(*out)[(*count)++]));
    return STATUS_OK;
}
