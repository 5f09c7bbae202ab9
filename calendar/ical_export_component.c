/* One VEVENT, VTODO or VJOURNAL. */
#include "bourse/calendar/global_id.h"
#include "bourse/model/bag.h"
#include "ical_export.h"

static void write_text_line(struct export *e, const char *name, const char *text)
{
    buffer_printf(e->line, "%s:", name);
    text_append_escaped(e->line, slice_of_text(text));
    export_line(e);
}

static void write_identity(struct export *e)
{
    struct slice id = bag_bytes(e->props, PROP_CLEAN_GLOBAL_OBJECT_ID);
    bool from_attendee = e->method == ICAL_REPLY || e->method == ICAL_COUNTER;
    instant now = e->options->now != 0 ? e->options->now : clock_now();
    instant stamp = bag_time(e->props, from_attendee ? PROP_ATTENDEE_CRITICAL_CHANGE : PROP_OWNER_CRITICAL_CHANGE, 0);
    if (id.length == 0)
        id = bag_bytes(e->props, PROP_GLOBAL_OBJECT_ID);
    char *uid = id.length > 0 ? global_id_text(e->mem, id) : NULL;
    if (uid != NULL)
        write_text_line(e, "UID", uid);
    if (e->original != 0)
        export_time(e, "RECURRENCE-ID", e->original, e->zone, e->tzid);
    buffer_append_text(e->line, "DTSTAMP:");
    ical_time_append(e->line, stamp > 0 ? stamp : now, false, true);
    export_line(e);
}

static void write_event_times(struct export *e)
{
    instant starts = e->starts, ends = e->ends;
    if (starts == 0)
        return;
    if (e->method == ICAL_COUNTER) { /* the proposal is the event's time, the meeting's own goes beside it */
        starts = bag_time(e->props, PROP_APPOINTMENT_PROPOSED_START_WHOLE, starts);
        ends = bag_time(e->props, PROP_APPOINTMENT_PROPOSED_END_WHOLE, ends);
    }
    export_time(e, "DTSTART", starts, e->zone, e->tzid);
    if (ends > starts)
        export_time(e, "DTEND", ends, e->end_zone, e->end_tzid);
    if (e->method == ICAL_COUNTER) {
        export_time(e, "X-MS-OLK-ORIGINALSTART", e->starts, e->zone, e->tzid);
        export_time(e, "X-MS-OLK-ORIGINALEND", e->ends, e->end_zone, e->end_tzid);
    }
}

/* The kept line of a date with a time of day is written while the date is still that day. */
static void write_day(struct export *e, const char *name, prop_tag tag)
{
    local_time day = bag_time(e->props, tag, 0);
    struct text_line kept;
    struct ical_time written;
    if (day == 0)
        return;
    bool has_kept = ical_kept_find(e->props, name, &kept);
    if (has_kept && ical_time_parse(kept.value, &written) && (written.is_utc || local_midnight(written.local) == local_midnight(day))) {
        line_append_folded(e->out, kept.whole);
        return;
    }
    buffer_printf(e->line, "%s;VALUE=DATE", name);
    if (has_kept && kept.value.length == 0)
        buffer_append_slice(e->line, kept.params);
    buffer_append_byte(e->line, ':');
    ical_time_append(e->line, day, true, false);
    export_line(e);
}

static void write_times(struct export *e)
{
    if (e->component == 'E') {
        write_event_times(e);
    } else if (e->component == 'T') {
        write_day(e, "DTSTART", PROP_TASK_START_DATE);
        write_day(e, "DUE", PROP_TASK_DUE_DATE);
    } else {
        write_day(e, "DTSTART", PROP_LOG_START);
    }
    if (e->method == ICAL_PUBLISH || e->method == ICAL_REQUEST || (e->method == ICAL_CANCEL && e->original == 0))
        export_rule(e);
}

/* Outlook's own [MS-OXCICAL] 2.1.3.1.1.20.28, .41. */
static void write_outlook_lines(struct export *e)
{
    if (e->component != 'E' || (e->method != ICAL_PUBLISH && e->method != ICAL_REQUEST))
        return;
    write_text_line(e, "X-MICROSOFT-CDO-ALLDAYEVENT", e->is_all_day ? "TRUE" : "FALSE");
    write_text_line(e, "X-MICROSOFT-CDO-INSTTYPE", e->recurrence != NULL ? "1" : e->original != 0 ? "3" : "0");
}

/* What an answer says in words. */
static void write_comment(struct export *e)
{
    const char *body = bag_string(e->props, PROP_BODY, "");
    bool is_answer = e->method == ICAL_REPLY || e->method == ICAL_COUNTER || e->method == ICAL_DECLINE_COUNTER;
    if (is_answer && body[0] != '\0')
        write_text_line(e, "COMMENT", body);
}

/* A cancellation says so even when the message does not. */
static void write_cancelled(struct export *e)
{
    enum { STATE_CANCELLED = 4 };
    if (e->method == ICAL_CANCEL && e->component == 'E' && (bag_int32(e->props, PROP_APPOINTMENT_STATE_FLAGS, 0) & STATE_CANCELLED) == 0)
        write_text_line(e, "STATUS", "CANCELLED");
}

enum status export_component(struct export *export)
{
    const char *name = export->component == 'T' ? "VTODO" : export->component == 'J' ? "VJOURNAL" : "VEVENT";
    buffer_printf(export->out, "BEGIN:%s\r\n", name);
    write_identity(export);
    write_times(export);
    export_people(export);
    TRY(export_rows(export));
    write_cancelled(export);
    write_comment(export);
    TRY(export_attachments(export));
    write_outlook_lines(export);
    export_kept(export);
    export_alarms(export);
    buffer_printf(export->out, "END:%s\r\n", name);
    if (export->method == ICAL_PUBLISH || export->method == ICAL_REQUEST)
        TRY(export_exceptions(export));
    return buffer_status(export->out);
}
