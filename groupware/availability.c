/* Free/busy of addresses: people and rooms by their calendars, groups by their members. */
#include <stdlib.h>

#include "availability_events.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"
#include "working_hours.h"

enum { SLOT_DEFAULT = 30, SLOT_MIN = 5, SLOT_MAX = 1440, GROUP_MEMBERS = 100, CALENDARS = 1000, ID_CAP = 4096 };

/* What an address led to. */
struct target {
    enum status status;
    bool is_group;
    bool has_others;      /* people without a calendar here: nothing is known of them */
    size_t *calendars;    /* indexes */
    size_t calendar_count;
};

struct asking {
    TALLOC_CTX *mem;
    struct session *session;
    const struct availability_query *query;
    struct target *targets;
    struct busy_calendar *calendars;
    size_t calendar_count;
    int32_t slot_minutes;
    size_t slots;
};

/* ---- who ---- */

static enum status add_calendar(struct asking *work, struct target *target, struct guid owner)
{
    size_t at = 0;
    while (at < work->calendar_count && !guid_equal(work->calendars[at].owner, owner))
        at++;
    if (at == CALENDARS) {
        target->status = STATUS_TOO_COMPLEX;
        return STATUS_OK;
    }
    if (at == work->calendar_count)
        work->calendars[work->calendar_count++] = (struct busy_calendar){ .owner = owner };
    size_t *more = talloc_realloc(work->mem, target->calendars, size_t, (unsigned)target->calendar_count + 1);
    if (more == NULL)
        return status_fail(STATUS_NO_MEMORY, "availability");
    target->calendars = more;
    target->calendars[target->calendar_count++] = at;
    return STATUS_OK;
}

static enum status add_members(struct asking *work, struct target *target, struct guid group)
{
    struct group_members *members = NULL;
    enum status status = group_expand(work->mem, work->session->groupware->directory, group, &members);
    if (status == STATUS_TOO_MANY_RECIPIENTS || (status == STATUS_OK && members->count > GROUP_MEMBERS))
        status = STATUS_TOO_COMPLEX;
    target->status = status;
    for (size_t i = 0; status == STATUS_OK && i < members->count; i++) {
        if (members->entries[i]->has_mailbox)
            TRY(add_calendar(work, target, members->entries[i]->guid));
        else
            target->has_others = true;
    }
    return STATUS_OK;
}

static enum status add_target(struct asking *work, struct target *target, const struct recipient_answer *answer)
{
    target->status = answer->status;
    if (answer->status != STATUS_OK)
        return STATUS_OK;
    target->is_group = answer->entry->kind == RECIPIENT_GROUP;
    if (target->is_group)
        return add_members(work, target, answer->entry->guid);
    if (answer->entry->has_mailbox)
        return add_calendar(work, target, answer->entry->guid);
    target->has_others = true;
    return STATUS_OK;
}

static enum status find_targets(struct asking *work)
{
    struct recipient_answer *answers = NULL;
    size_t count = work->query->count;
    work->targets = array_new(work->mem, struct target, count + 1);
    work->calendars = array_new(work->mem, struct busy_calendar, CALENDARS);
    if (work->targets == NULL || work->calendars == NULL)
        return status_fail(STATUS_NO_MEMORY, "availability");
    TRY(recipients_by_address(work->mem, work->session->groupware->directory, work->query->addresses, count, &answers));
    for (size_t i = 0; i < count; i++)
        TRY(add_target(work, &work->targets[i], &answers[i]));
    return STATUS_OK;
}

/* ---- merged digits ---- */

/* What is worse than what: of two that overlap the worse one shows. */
static int rank_of(char digit)
{
    static const int ranks[] = { [BUSY_FREE] = 0, [BUSY_NO_DATA] = 1, [BUSY_WORKING_ELSEWHERE] = 2, [BUSY_TENTATIVE] = 3, [BUSY_BUSY] = 4,
                                 [BUSY_OUT_OF_OFFICE] = 5 };
    return ranks[digit - '0'];
}

static void raise_slot(char *slot, char digit)
{
    if (rank_of(digit) > rank_of(*slot))
        *slot = digit;
}

static void merge_event(const struct asking *work, const struct busy_event *event, char *merged)
{
    instant from = work->query->from, length = work->slot_minutes * INSTANT_PER_MINUTE;
    if (event->ends <= from || event->starts >= work->query->to || event->ends <= event->starts)
        return;
    size_t first = event->starts > from ? (size_t)((event->starts - from) / length) : 0;
    size_t last = (size_t)((event->ends - from - 1) / length);
    for (size_t i = first; i <= last && i < work->slots; i++)
        raise_slot(&merged[i], (char)('0' + event->status));
}

static char *merge(const struct asking *work, const struct target *target)
{
    char *merged = talloc_array(work->mem, char, (unsigned)work->slots + 1);
    if (merged == NULL)
        return NULL;
    bool knows_nothing = target->status != STATUS_OK || (target->calendar_count == 0 && target->has_others);
    memset(merged, knows_nothing ? '0' + BUSY_NO_DATA : '0', work->slots);
    merged[work->slots] = '\0';
    for (size_t c = 0; c < target->calendar_count; c++) {
        const struct busy_calendar *calendar = &work->calendars[target->calendars[c]];
        for (size_t i = 0; calendar->status != STATUS_OK && i < work->slots; i++)
            raise_slot(&merged[i], '0' + BUSY_NO_DATA);
        for (size_t e = 0; calendar->status == STATUS_OK && e < calendar->event_count; e++)
            merge_event(work, &calendar->events[e], merged);
    }
    return merged;
}

/* ---- answers ---- */

static enum status answer(struct asking *work, const struct target *target, struct availability *out)
{
    *out = (struct availability){ .status = target->status, .level = AVAILABILITY_NONE, .hours = working_hours_default() };
    if (target->status == STATUS_OK && !target->is_group && target->calendar_count == 1) {
        const struct busy_calendar *calendar = &work->calendars[target->calendars[0]];
        out->status = calendar->status;
        out->level = calendar->level;
        out->hours = calendar->hours;
        if (calendar->status == STATUS_OK) {
            out->events = calendar->events;
            out->event_count = calendar->event_count;
        }
    } else if (target->status == STATUS_OK && target->is_group) {
        out->level = AVAILABILITY_TIMES;
    }
    out->merged = merge(work, target);
    return out->merged != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "availability");
}

/* An id of an occurrence stands for its series. */
static enum status wanted_goid(TALLOC_CTX *mem, const char *hex, struct slice *out)
{
    *out = slice_of("", 0);
    if (hex == NULL || hex[0] == '\0' || strlen(hex) > ID_CAP)
        return STATUS_OK;
    struct slice id = global_id_of_text(mem, hex);
    *out = global_id_clean(mem, id);
    return STATUS_OK;
}

static enum status check_query(const struct availability_query *query)
{
    if (query->count > AVAILABILITY_TARGETS)
        return status_fail(STATUS_TOO_COMPLEX, "free/busy of %zu addresses", query->count);
    if (query->to <= query->from)
        return status_fail(STATUS_INVALID_ARGUMENT, "a free/busy window that ends before it starts");
    if (query->to - query->from > AVAILABILITY_DAYS * INSTANT_PER_DAY)
        return status_fail(STATUS_TOO_COMPLEX, "a free/busy window of more than %d days", AVAILABILITY_DAYS);
    if (query->slot_minutes != 0 && (query->slot_minutes < SLOT_MIN || query->slot_minutes > SLOT_MAX))
        return status_fail(STATUS_INVALID_ARGUMENT, "free/busy in slots of %d minutes", (int)query->slot_minutes);
    return STATUS_OK;
}

enum status availability_get(TALLOC_CTX *mem, struct session *session, const struct availability_query *query, struct availability **out)
{
    struct asking work = { .mem = mem, .session = session, .query = query, .slot_minutes = query->slot_minutes != 0 ? query->slot_minutes : SLOT_DEFAULT };
    struct slice goid;
    TRY(check_query(query));
    work.slots = (size_t)((query->to - query->from + work.slot_minutes * INSTANT_PER_MINUTE - 1) / (work.slot_minutes * INSTANT_PER_MINUTE));
    *out = array_new(mem, struct availability, query->count + 1);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "availability");
    TRY(wanted_goid(mem, query->ignore_global_id_hex, &goid));
    TRY(find_targets(&work));
    TRY(busy_calendars_load(mem, session, work.calendars, work.calendar_count, query->from, query->to, goid));
    for (size_t i = 0; i < query->count; i++)
        TRY(answer(&work, &work.targets[i], &(*out)[i]));
    return STATUS_OK;
}
