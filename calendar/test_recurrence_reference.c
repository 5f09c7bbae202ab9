/* The expander against two references over generated rules x zones: (a) libical's iterator for the days of the pattern, (b) a walk from day to day that shares
 * nothing with the expander, with glibc's clock conversion. 360 rules by default; BOURSE_RECURRENCE_RULES=24000 makes it the long form,
 * BOURSE_RECURRENCE_SEED=n another set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <libical/ical.h>
#include <stdlib.h>
#include <time.h>

#include "bourse/calendar/recurrence.h"

enum { DEFAULT_RULES = 360, WALK_DAYS_MAX = 40000, KEPT_MAX = 6000, CHANGES_MAX = 6, ICAL_DAYS = 50, SINGLE_DAYS = 1200 };

static const char *const zones[] = {
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "America/St_Johns", "Pacific/Chatham", "America/Sao_Paulo",
    "Africa/Casablanca", "Asia/Jerusalem", "America/Santiago", "Asia/Tehran", "America/Nuuk", "Antarctica/Troll", "Africa/Cairo", "Europe/Dublin", "Asia/Kathmandu", "UTC",
};
enum { ZONE_COUNT = sizeof zones / sizeof zones[0] };

/* ---- random numbers (xorshift64*) ---- */
static uint64_t random_state;

static uint32_t roll(uint32_t sides)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * UINT64_C(2685821657736338717)) >> 33) % sides;
}

/* ---- (b) dates by counting ---- */
struct walker {
    int year, month, day, weekday;
    long number; /* days since 1970-01-01 */
};

static int month_length(int year, int month)
{
    if (month == 2)
        return (year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static void walk(struct walker *w)
{
    w->number++;
    w->weekday = (w->weekday + 1) % 7;
    if (++w->day <= month_length(w->year, w->month))
        return;
    w->day = 1;
    if (++w->month > 12) {
        w->month = 1;
        w->year++;
    }
}

/* Which weekday of the mask it is in its month, from the front or the back. */
static bool is_nth(const struct recurrence *r, const struct walker *w)
{
    if ((r->weekdays & (1u << w->weekday)) == 0)
        return false;
    uint32_t before = 0, behind = 0;
    for (int d = 1; d <= month_length(w->year, w->month); d++) {
        int weekday = ((w->weekday + d - w->day) % 7 + 7) % 7;
        bool in = (r->weekdays & (1u << weekday)) != 0;
        before += in && d < w->day;
        behind += in && d > w->day;
    }
    return r->nth == 5 ? behind == 0 : before == r->nth - 1;
}

struct origin {
    struct walker first;
    long week; /* number of the first day of first_date's week */
};

static bool matches(const struct recurrence *r, const struct origin *o, const struct walker *w)
{
    if (r->pattern == RECUR_BY_DAY)
        return (w->number - o->first.number) % (long)r->interval == 0;
    if (r->pattern == RECUR_BY_WEEK)
        return (r->weekdays & (1u << w->weekday)) != 0 && (w->number - o->week) / 7 % (long)r->interval == 0;
    long months = (w->year - o->first.year) * 12L + w->month - o->first.month;
    if (r->frequency == RECUR_YEARLY) {
        if (w->month != (int)r->month || (w->year - o->first.year) % (int)r->interval != 0)
            return false;
    } else if (months % (long)r->interval != 0)
        return false;
    int last = month_length(w->year, w->month);
    if (r->pattern == RECUR_BY_NTH)
        return is_nth(r, w);
    if (r->pattern == RECUR_BY_MONTH_END)
        return w->day == last;
    return w->day == ((int)r->day_of_month < last ? (int)r->day_of_month : last);
}

/* ---- (b) clocks by glibc ---- */
static time_t unix_of_wall(long long wall)
{
    time_t before = (time_t)wall - 86400 * 2, best = 0;
    struct tm parts;
    bool found = false;
    long long offset_before = 0;
    for (int hours = -30; hours <= 30; hours += 15) { /* all offsets in force around it */
        time_t probe = (time_t)wall + hours * 3600;
        localtime_r(&probe, &parts);
        time_t candidate = (time_t)(wall - parts.tm_gmtoff);
        struct tm there;
        localtime_r(&candidate, &there);
        if (there.tm_gmtoff == parts.tm_gmtoff && (!found || candidate < best)) {
            best = candidate;
            found = true;
        }
    }
    if (found)
        return best;
    /* in a gap: the clock before it counts */
    localtime_r(&before, &parts);
    offset_before = parts.tm_gmtoff;
    return (time_t)(wall - offset_before);
}

static instant instant_of_wall(local_time when)
{
    return unix_of_wall((when - INSTANT_UNIX_EPOCH) / INSTANT_PER_SECOND) * INSTANT_PER_SECOND + INSTANT_UNIX_EPOCH;
}

struct expected {
    local_time original, start, end;
    instant starts, ends;
    uint32_t index;
    bool is_modified;
};

static void set_clock(struct expected *e)
{
    e->starts = instant_of_wall(e->start);
    e->ends = instant_of_wall(e->end);
    if (e->end > e->start && e->ends <= e->starts)
        e->ends = e->starts + (e->end - e->start);
}

/* ---- generated rules ---- */
struct rule {
    struct recurrence recurrence;
    const char *zone;
    uint32_t number;
};

static local_time random_day(void)
{
    int year = roll(8) == 0 ? 1971 + (int)roll(20) : roll(20) == 0 ? 2100 + (int)roll(2300) : 1995 + (int)roll(50);
    int month = 1 + (int)roll(12);
    return local_of_civil((struct civil_date){ year, month, 1 + (int)roll((uint32_t)days_of_month(year, month)) });
}

static uint32_t random_mask(void)
{
    static const uint32_t usual[] = { WEEKDAYS_WORKING, WEEKDAYS_ALL, WEEKDAY_SUNDAY | WEEKDAY_SATURDAY };
    return roll(3) == 0 ? usual[roll(3)] : roll(2) == 0 ? 1u << roll(7) : 1 + roll(127);
}

static void set_pattern(struct recurrence *r)
{
    switch (roll(8)) {
    case 0:
        r->frequency = RECUR_DAILY;
        r->pattern = RECUR_BY_DAY;
        break;
    case 1:
        r->frequency = RECUR_DAILY;
        r->pattern = RECUR_BY_WEEK;
        r->weekdays = WEEKDAYS_WORKING;
        break;
    case 2:
    case 3:
        r->frequency = RECUR_WEEKLY;
        r->pattern = RECUR_BY_WEEK;
        r->weekdays = random_mask();
        r->first_weekday = roll(7);
        break;
    case 4:
    case 5:
        r->frequency = RECUR_MONTHLY;
        break;
    default:
        r->frequency = RECUR_YEARLY;
        r->month = 1 + roll(12);
        break;
    }
    r->interval = r->pattern == RECUR_BY_WEEK && r->frequency == RECUR_DAILY ? 1 : 1 + roll(roll(3) == 0 ? 40 : 4);
    if (r->frequency != RECUR_MONTHLY && r->frequency != RECUR_YEARLY)
        return;
    r->pattern = roll(9) == 0 ? RECUR_BY_MONTH_END : roll(2) == 0 ? RECUR_BY_NTH : RECUR_BY_MONTH_DAY;
    r->interval = r->frequency == RECUR_YEARLY ? 1 + roll(3) : 1 + roll(14);
    r->day_of_month = 1 + roll(31);
    r->nth = 1 + roll(5);
    r->weekdays = random_mask();
}

static void make_rule(struct rule *rule)
{
    static const uint32_t risky[] = { 0, 30, 90, 105, 120, 135, 150, 179, 180, 1410, 1439 };
    struct recurrence *r = &rule->recurrence;
    *r = (struct recurrence){ .first_date = random_day() };
    rule->zone = zones[rule->number % ZONE_COUNT];
    set_pattern(r);
    r->start_minute = roll(2) == 0 ? risky[roll(11)] : roll(1440);
    r->end_minute = r->start_minute + (roll(10) == 0 ? roll(5000) : roll(6) == 0 ? 1440 : roll(5) * 30);
    r->end = (enum recurrence_end)roll(3);
    r->count = 1 + roll(60);
    r->last_date = r->first_date + (local_time)roll(2000) * INSTANT_PER_DAY;
}

/* ---- the walk ---- */
static size_t walk_all(const struct recurrence *r, const struct recurrence *changed, local_time until, struct expected *out)
{
    struct walker w = { 1970, 1, 1, 4, 0 };
    struct civil_date date = civil_of_local(r->first_date);
    struct origin origin = { .week = 0 };
    uint32_t index = 0;
    size_t count = 0;
    if (date.year >= 2400) { /* the calendar repeats after 400 years */
        int skip = (date.year - 1970) / 400;
        w.year += skip * 400;
        w.number += skip * 146097L;
    }
    while (w.year != date.year || w.month != date.month || w.day != date.day)
        walk(&w);
    origin.first = w;
    origin.week = w.number - ((w.weekday - (int)r->first_weekday) % 7 + 7) % 7;
    for (int days = 0; days < WALK_DAYS_MAX && count < KEPT_MAX; days++, walk(&w)) {
        local_time midnight = INSTANT_UNIX_EPOCH + w.number * INSTANT_PER_DAY;
        if (midnight > until || (r->end == RECUR_END_BY_DATE && midnight > r->last_date) || (r->end == RECUR_END_AFTER_COUNT && index >= r->count))
            break;
        if (!matches(r, &origin, &w))
            continue;
        index++;
        struct expected *e = &out[count];
        *e = (struct expected){ .start = midnight + r->start_minute * INSTANT_PER_MINUTE, .end = midnight + r->end_minute * INSTANT_PER_MINUTE, .index = index };
        e->original = e->start;
        bool gone = false;
        for (size_t i = 0; i < changed->deleted_count; i++)
            gone = gone || changed->deleted[i] == midnight;
        for (size_t i = 0; i < changed->exception_count; i++)
            if (changed->exceptions[i].original_start == e->original) {
                e->start = changed->exceptions[i].start;
                e->end = changed->exceptions[i].end;
                e->is_modified = true;
            }
        count += !gone;
    }
    return count;
}

static int by_start(const void *left, const void *right)
{
    const struct expected *a = left, *b = right;
    if (a->starts != b->starts)
        return a->starts < b->starts ? -1 : 1;
    return a->original < b->original ? -1 : a->original > b->original;
}

static void complain(const struct rule *rule, const char *what, size_t at)
{
    const struct recurrence *r = &rule->recurrence;
    struct civil_date date = civil_of_local(r->first_date), last = civil_of_local(r->last_date);
    fail_msg("rule %u: %s at %zu: %s frequency %x pattern %x interval %u weekdays %u first %u day %u nth %u month %u from %d-%d-%d end %d count %u last %d-%d-%d minutes %u-%u",
             (unsigned)rule->number, what, at, rule->zone, (unsigned)r->frequency, (unsigned)r->pattern, (unsigned)r->interval, (unsigned)r->weekdays,
             (unsigned)r->first_weekday, (unsigned)r->day_of_month, (unsigned)r->nth, (unsigned)r->month, (int)date.year, (int)date.month, (int)date.day, (int)r->end,
             (unsigned)r->count, (int)last.year, (int)last.month, (int)last.day, (unsigned)r->start_minute, (unsigned)r->end_minute);
}

/* Deletes some, moves some; on what is there. */
static void change_some(TALLOC_CTX *mem, struct recurrence *r)
{
    uint32_t changes = roll(CHANGES_MAX);
    for (uint32_t i = 0; i < changes; i++) {
        struct occurrence found;
        if (recurrence_find_index(r, NULL, 1 + roll(12), &found) != STATUS_OK)
            continue;
        if (roll(2) == 0) {
            assert_int_equal(recurrence_delete(mem, r, found.original_start + roll(600) * INSTANT_PER_MINUTE - r->start_minute * INSTANT_PER_MINUTE), STATUS_OK);
            continue;
        }
        local_time start = found.original_start + ((local_time)roll(4000) - 2000) * INSTANT_PER_MINUTE;
        struct recurrence_exception moved = { .original_start = found.original_start, .start = start, .end = start + roll(300) * INSTANT_PER_MINUTE };
        enum status status = recurrence_modify(mem, r, &moved);
        assert_true(status == STATUS_OK || status == STATUS_OCCURRENCE_CROSSING || status == STATUS_INVALID_ARGUMENT);
    }
}

static struct expected expected[KEPT_MAX + 1];
static uint64_t compared;

static bool wanted(const struct expected *e, const struct occurrence_query *query)
{
    if (e->starts == e->ends)
        return e->starts >= query->from && e->starts < query->to;
    return e->ends > query->from && e->starts < query->to;
}

static void compare_window(TALLOC_CTX *mem, const struct rule *rule, const struct recurrence *r, const struct recurrence *plain, const struct time_zone *zone)
{
    struct occurrence_query query = { .with_index = true };
    struct occurrence *got;
    size_t count, next = 0;
    bool more;
    query.from = r->first_date + ((instant)roll(3000) - 200) * INSTANT_PER_DAY / 2;
    query.to = query.from + (instant)(1 + roll(roll(4) == 0 ? 4000 : 70)) * INSTANT_PER_DAY;
    assert_int_equal(recurrence_expand(mem, r, zone, &query, &got, &count, &more), STATUS_OK);
    size_t total = walk_all(plain, r, query.to + 40 * INSTANT_PER_DAY, expected);
    size_t near = 0;
    for (size_t i = 0; i < total; i++) {
        if (expected[i].end < query.from - 3 * INSTANT_PER_DAY || expected[i].start > query.to + 3 * INSTANT_PER_DAY)
            continue;
        expected[near] = expected[i];
        set_clock(&expected[near++]);
    }
    total = near;
    qsort(expected, total, sizeof expected[0], by_start);
    for (size_t i = 0; i < total && next < 1000; i++) {
        const struct expected *e = &expected[i];
        if (!wanted(e, &query))
            continue;
        if (next == count)
            complain(rule, "one is missing", next);
        const struct occurrence *o = &got[next++];
        if (o->original_start != e->original || o->start != e->start || o->end != e->end || o->starts != e->starts || o->ends != e->ends || o->index != e->index ||
            (o->exception != NULL) != e->is_modified)
            complain(rule, talloc_asprintf(mem, "another one (number %u for %u, start %+d min, starts %+d min, ends %+d min, modified %d for %d)", (unsigned)o->index,
                                           (unsigned)e->index, (int)((o->start - e->start) / INSTANT_PER_MINUTE), (int)((o->starts - e->starts) / INSTANT_PER_MINUTE),
                                           (int)((o->ends - e->ends) / INSTANT_PER_MINUTE), o->exception != NULL, e->is_modified),
                     next - 1);
        compared++;
    }
    if (next != count)
        complain(rule, "one too many", next);
    assert_true(!more || count == 1000);
    talloc_free(got);
}

/* Number <-> day, first, last and next, by the walk's list (in expected, of the whole series). */
static void compare_single(const struct rule *rule, const struct recurrence *r, const struct recurrence *plain, const struct time_zone *zone)
{
    struct occurrence found;
    size_t total = walk_all(plain, r, plain->first_date + SINGLE_DAYS * INSTANT_PER_DAY, expected);
    if (total == 0)
        return;
    for (size_t i = 0; i < total; i++)
        set_clock(&expected[i]);
    const struct expected *some = &expected[roll((uint32_t)total)];
    if (recurrence_find_index(r, zone, some->index, &found) != STATUS_OK || found.starts != some->starts || found.index != some->index)
        complain(rule, "find_index", some->index);
    if (recurrence_find(r, zone, some->original - some->original % INSTANT_PER_DAY + roll(1440) * INSTANT_PER_MINUTE, &found) != STATUS_OK || found.starts != some->starts ||
        found.index != some->index)
        complain(rule, "find", some->index);
    for (size_t i = 0; i < r->deleted_count; i++)
        assert_int_equal(recurrence_find(r, zone, r->deleted[i], &found), STATUS_OCCURRENCE_DELETED);
    instant after = some->starts;
    qsort(expected, total, sizeof expected[0], by_start);
    if (recurrence_first(r, zone, &found) != STATUS_OK || found.starts != expected[0].starts)
        complain(rule, "first", 0);
    size_t next = 0;
    while (next < total && expected[next].starts <= after)
        next++;
    if (next < total && (recurrence_next(r, zone, after, &found) != STATUS_OK || found.starts != expected[next].starts))
        complain(rule, "next", next);
    if (r->end != RECUR_END_NEVER && plain->last_date < plain->first_date + (SINGLE_DAYS - 40) * INSTANT_PER_DAY &&
        (recurrence_last(r, zone, &found) != STATUS_OK || found.starts != expected[total - 1].starts))
        complain(rule, "last", total);
}

/* ---- (a) libical ---- */
static const char *rrule_of(TALLOC_CTX *mem, const struct recurrence *r)
{
    static const char *const frequencies[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
    static const char *const days[] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };
    bool is_week = r->pattern == RECUR_BY_WEEK;
    char *text = talloc_asprintf(mem, "FREQ=%s;INTERVAL=%u;WKST=%s", is_week ? "WEEKLY" : frequencies[r->frequency - RECUR_DAILY], (unsigned)r->interval, days[r->first_weekday]);
    if (r->end == RECUR_END_AFTER_COUNT)
        text = talloc_asprintf_append(text, ";COUNT=%u", (unsigned)(r->count < ICAL_DAYS ? r->count : ICAL_DAYS));
    else if (r->end == RECUR_END_BY_DATE) {
        struct civil_date date = civil_of_local(r->last_date);
        text = talloc_asprintf_append(text, ";UNTIL=%04d%02d%02d", (int)date.year, (int)date.month, (int)date.day);
    } else
        text = talloc_asprintf_append(text, ";COUNT=%d", ICAL_DAYS);
    if (r->frequency == RECUR_YEARLY)
        text = talloc_asprintf_append(text, ";BYMONTH=%u", (unsigned)r->month);
    if (r->pattern == RECUR_BY_WEEK || r->pattern == RECUR_BY_NTH) {
        const char *between = ";BYDAY=";
        for (unsigned i = 0; i < 7; i++)
            if ((r->weekdays & (1u << i)) != 0) {
                text = talloc_asprintf_append(text, "%s%s", between, days[i]);
                between = ",";
            }
    }
    if (r->pattern == RECUR_BY_NTH)
        text = talloc_asprintf_append(text, ";BYSETPOS=%d", r->nth == 5 ? -1 : (int)r->nth);
    if (r->pattern == RECUR_BY_MONTH_END)
        text = talloc_asprintf_append(text, ";BYMONTHDAY=-1");
    if (r->pattern == RECUR_BY_MONTH_DAY && r->day_of_month <= 28)
        text = talloc_asprintf_append(text, ";BYMONTHDAY=%u", (unsigned)r->day_of_month);
    if (r->pattern == RECUR_BY_MONTH_DAY && r->day_of_month > 28) {
        text = talloc_asprintf_append(text, ";BYMONTHDAY=28");
        for (unsigned day = 29; day <= r->day_of_month; day++)
            text = talloc_asprintf_append(text, ",%u", day);
        text = talloc_asprintf_append(text, ";BYSETPOS=-1");
    }
    return text;
}

static uint64_t compared_ical;

/* `r` is complete: its first date is an occurrence, as DTSTART must be. */
static void compare_ical(TALLOC_CTX *mem, const struct rule *rule, const struct recurrence *r)
{
    struct civil_date date = civil_of_local(r->first_date);
    if (date.year > 2400) /* libical ends in 2582 */
        return;
    if (r->pattern == RECUR_BY_WEEK && r->interval > 1 && r->first_weekday > 1) /* libical 3.0.16 takes DTSTART's week wrongly when WKST is not SU or MO */
        return;
    struct icaltimetype start = icaltime_from_string(talloc_asprintf(mem, "%04d%02d%02d", (int)date.year, (int)date.month, (int)date.day)), day;
    const char *text = rrule_of(mem, r);
    struct icalrecurrencetype rrule = icalrecurrencetype_from_string(text);
    icalrecur_iterator *iterator = icalrecur_iterator_new(rrule, start);
    if (iterator == NULL)
        complain(rule, text, 0);
    for (uint32_t i = 1; i <= ICAL_DAYS; i++) {
        struct occurrence found;
        enum status status = recurrence_find_index(r, NULL, i, &found);
        day = icalrecur_iterator_next(iterator);
        if (icaltime_is_null_time(day)) {
            if (status == STATUS_OK && i <= (r->end == RECUR_END_AFTER_COUNT && r->count < ICAL_DAYS ? r->count : ICAL_DAYS))
                complain(rule, text, i);
            break;
        }
        date = civil_of_local(found.original_start);
        if (status != STATUS_OK || date.year != day.year || date.month != day.month || date.day != day.day)
            complain(rule, text, i);
        compared_ical++;
    }
    icalrecur_iterator_free(iterator);
}

static void run_rule(struct rule *rule)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    make_rule(rule);
    const struct time_zone *zone = time_zone_by_id(rule->zone);
    assert_non_null(zone);
    struct recurrence plain = rule->recurrence, *changed = recurrence_copy(mem, &plain);
    size_t total = walk_all(&plain, &plain, plain.first_date + 30000 * INSTANT_PER_DAY, expected);
    enum status status = recurrence_complete(changed);
    if (total == 0) {
        assert_int_equal(status, STATUS_INVALID_RECURRENCE);
        talloc_free(mem);
        return;
    }
    if (status != STATUS_OK || changed->first_date != expected[0].original - expected[0].original % INSTANT_PER_DAY)
        complain(rule, "first date", 0);
    if (plain.end == RECUR_END_AFTER_COUNT && changed->last_date != expected[total - 1].original - expected[total - 1].original % INSTANT_PER_DAY && total == plain.count)
        complain(rule, "last date", total);
    if (plain.end == RECUR_END_BY_DATE && changed->count != total)
        complain(rule, "count", total);
    compare_ical(mem, rule, changed);
    change_some(mem, changed);
    plain.last_date = changed->last_date;
    compare_window(mem, rule, changed, &plain, zone);
    compare_window(mem, rule, changed, &plain, zone);
    compare_single(rule, changed, &plain, zone);
    talloc_free(mem);
}

static uint32_t from_environment(const char *name, uint32_t usual)
{
    const char *text = getenv(name);
    return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : usual;
}

static void expander_agrees(void **state)
{
    uint32_t rules = from_environment("BOURSE_RECURRENCE_RULES", DEFAULT_RULES), seed = from_environment("BOURSE_RECURRENCE_SEED", 1);
    (void)state;
    for (uint32_t zone = 0; zone < ZONE_COUNT; zone++) {
        assert_int_equal(setenv("TZ", zones[zone], 1), 0);
        tzset();
        for (uint32_t number = zone; number < rules; number += ZONE_COUNT) {
            struct rule rule = { .number = number };
            random_state = UINT64_C(0x9E3779B97F4A7C15) * (number + 1) + seed;
            run_rule(&rule);
        }
    }
    assert_true(compared > rules && compared_ical > rules);
    print_message("%u rules over %d zones: %llu occurrences by the walk, %llu days by libical\n", (unsigned)rules, (int)ZONE_COUNT, (unsigned long long)compared,
                  (unsigned long long)compared_ical);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(expander_agrees) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
