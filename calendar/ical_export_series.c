/* Times, RRULE, EXDATE, and the exceptions of a series as components of their own. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/calendar/exception.h"
#include "bourse/model/bag.h"
#include "ical_export.h"

void export_line(struct export *export)
{
    line_append_folded(export->out, buffer_slice(export->line));
    buffer_reset(export->line);
}

/* How a time of this component is written. */
static void append_time(struct export *e, instant when, const struct time_zone *zone, const char *tzid)
{
    bool utc = tzid == NULL && !e->is_floating && !e->is_all_day;
    ical_time_append(e->line, utc ? when : time_zone_to_local(zone, when), e->is_all_day, utc);
}

static void append_time_params(struct export *e, const char *tzid)
{
    if (e->is_all_day)
        buffer_append_text(e->line, ";VALUE=DATE");
    else if (tzid != NULL && !e->is_floating)
        param_append(e->line, "TZID", tzid);
}

void export_time(struct export *export, const char *name, instant when, const struct time_zone *zone, const char *tzid)
{
    struct text_line kept;
    buffer_append_text(export->line, name);
    append_time_params(export, tzid);
    if (ical_kept_find(export->props, name, &kept) && kept.value.length == 0)
        buffer_append_slice(export->line, kept.params);
    buffer_append_byte(export->line, ':');
    append_time(export, when, zone, tzid);
    export_line(export);
}

/* Does the rule as it was once written still mean the pattern? */
static bool is_still(struct export *e, const struct text_line *kept, struct slice generated)
{
    struct recurrence *meant;
    struct buffer *again = buffer_new(e->mem, 1024);
    local_time start = e->recurrence->first_date + e->recurrence->start_minute * INSTANT_PER_MINUTE;
    bool same = again != NULL && ical_rule_parse(e->mem, kept->value, start, e->zone, &meant) == STATUS_OK;
    if (same) {
        meant->start_minute = e->recurrence->start_minute;
        meant->end_minute = e->recurrence->end_minute;
        same = recurrence_complete(meant) == STATUS_OK && ical_rule_append(again, meant, e->zone, e->is_all_day) == STATUS_OK && slice_equal(buffer_slice(again), generated);
    }
    status_chain_clear();
    talloc_free(again);
    return same;
}

static void append_deleted(struct export *e)
{
    enum { PER_LINE = 50 };
    const struct recurrence *r = e->recurrence;
    for (size_t i = 0; i < r->deleted_count; i++) {
        if (i % PER_LINE == 0) {
            buffer_append_text(e->line, "EXDATE");
            append_time_params(e, e->tzid);
        }
        buffer_append_byte(e->line, i % PER_LINE == 0 ? ':' : ',');
        append_time(e, time_zone_to_instant(e->zone, local_midnight(r->deleted[i]) + r->start_minute * INSTANT_PER_MINUTE), e->zone, e->tzid);
        if (i + 1 == r->deleted_count || i % PER_LINE == PER_LINE - 1)
            export_line(e);
    }
}

/* Exceptions that are left out are gone from the series [ICAL_EXPORT_NO_EXCEPTIONS]. */
static void append_exceptions_as_deleted(struct export *e)
{
    for (size_t i = 0; (e->options->flags & ICAL_EXPORT_NO_EXCEPTIONS) && i < e->recurrence->exception_count; i++) {
        buffer_append_text(e->line, "EXDATE");
        append_time_params(e, e->tzid);
        buffer_append_byte(e->line, ':');
        append_time(e, time_zone_to_instant(e->zone, e->recurrence->exceptions[i].original_start), e->zone, e->tzid);
        export_line(e);
    }
}

void export_rule(struct export *export)
{
    struct text_line kept;
    struct buffer *rule = buffer_new(export->mem, 1024);
    if (export->recurrence == NULL || rule == NULL)
        return;
    if (ical_rule_append(rule, export->recurrence, export->zone, export->is_all_day) == STATUS_OK) {
        if (ical_kept_find(export->props, "RRULE", &kept) && is_still(export, &kept, buffer_slice(rule)))
            buffer_append_slice(export->line, kept.whole);
        else
            buffer_printf(export->line, "RRULE:%s", buffer_text(rule));
        export_line(export);
    }
    status_chain_clear();
    append_deleted(export);
    append_exceptions_as_deleted(export);
    talloc_free(rule);
}

enum status export_exceptions(struct export *export)
{
    const struct recurrence *r = export->recurrence;
    if (r == NULL || export->component != 'E' || (export->options->flags & ICAL_EXPORT_NO_EXCEPTIONS))
        return STATUS_OK;
    for (size_t i = 0; i < r->exception_count; i++) {
        TALLOC_CTX *mem = talloc_new(export->mem);
        struct message *occurrence;
        struct export one;
        if (mem == NULL)
            return status_fail(STATUS_NO_MEMORY, "exception");
        TRY(exception_read(mem, export->message, r->exceptions[i].original_start, &occurrence));
        TRY(export_prepare(mem, occurrence, export->options, export, &one));
        one.zone = export->zone;
        one.tzid = export->tzid;
        one.end_zone = export->end_zone;
        one.end_tzid = export->end_tzid;
        one.original = time_zone_to_instant(export->zone, r->exceptions[i].original_start);
        TRY(export_component(&one));
        talloc_free(mem);
    }
    return STATUS_OK;
}
