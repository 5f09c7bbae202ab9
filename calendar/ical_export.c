/* Messages -> a VCALENDAR. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "ical_export.h"

#define PRODUCT "-//Bourse//Bourse Groupware Server//EN"

/* [MS-OXCICAL] 2.1.3.1.1.1 */
static enum ical_method method_of(const struct message *message)
{
    static const struct { const char *prefix; enum ical_method method; } classes[] = {
        { "IPM.Schedule.Meeting.Request", ICAL_REQUEST }, { "IPM.Schedule.Meeting.Canceled", ICAL_CANCEL }, { "IPM.Schedule.Meeting.Resp", ICAL_REPLY },
    };
    struct slice class = bag_text(message->props, PROP_MESSAGE_CLASS);
    for (size_t i = 0; i < ARRAY_LENGTH(classes); i++) {
        if (!slice_equal_ascii_nocase(slice_part(class, 0, strlen(classes[i].prefix)), slice_of_text(classes[i].prefix)))
            continue;
        bool counter = classes[i].method == ICAL_REPLY && bag_bool(message->props, PROP_APPOINTMENT_COUNTER_PROPOSAL, false);
        return counter ? ICAL_COUNTER : classes[i].method;
    }
    return ICAL_PUBLISH;
}

struct used_zone {
    const char *tzid;
    const struct time_zone *zone;
    int from, to;
};
struct used_zones {
    struct used_zone *items;
    size_t count;
};

static enum status use_zone(TALLOC_CTX *mem, struct used_zones *zones, const char *tzid, const struct time_zone *zone, int from, int to)
{
    for (size_t i = 0; i < zones->count; i++) {
        struct used_zone *known = &zones->items[i];
        if (strcmp(known->tzid, tzid) == 0) {
            known->from = from < known->from ? from : known->from;
            known->to = to > known->to ? to : known->to;
            return STATUS_OK;
        }
    }
    zones->items = array_resize(mem, zones->items, struct used_zone, zones->count + 1);
    if (zones->items == NULL)
        return status_fail(STATUS_NO_MEMORY, "zones");
    zones->items[zones->count++] = (struct used_zone){ .tzid = tzid, .zone = zone, .from = from, .to = to };
    return STATUS_OK;
}

static int year_of(instant when)
{
    int year = civil_of_local(when).year;
    return year < 1602 ? 1602 : year > 4498 ? 4498 : year;
}

/* Years that the component speaks of; exceptions moved out of them are in the years beside. */
static enum status use_zones(struct export *e, struct used_zones *zones)
{
    enum { YEARS_AHEAD = 10 };
    if (e->component != 'E' || e->is_all_day || e->is_floating || e->starts == 0)
        return STATUS_OK;
    int from = year_of(e->starts), to = year_of(e->ends) + 1;
    if (e->original != 0 && year_of(e->original) < from)
        from = year_of(e->original);
    if (e->recurrence != NULL)
        to = e->recurrence->end == RECUR_END_NEVER ? from + YEARS_AHEAD : year_of(e->recurrence->last_date) + 1;
    if (e->tzid != NULL)
        TRY(use_zone(e->mem, zones, e->tzid, e->zone, from, to));
    return e->end_tzid != NULL ? use_zone(e->mem, zones, e->end_tzid, e->end_zone, from, to) : STATUS_OK;
}

static enum status write_calendar(TALLOC_CTX *mem, struct export *exports, size_t count, enum ical_method method, struct buffer *out)
{
    struct used_zones zones = { 0 };
    for (size_t i = 0; i < count; i++)
        TRY(use_zones(&exports[i], &zones));
    buffer_printf(out, "BEGIN:VCALENDAR\r\nMETHOD:%s\r\nPRODID:" PRODUCT "\r\nVERSION:2.0\r\n", ical_method_text(method));
    for (size_t i = 0; i < zones.count; i++)
        TRY(ical_zone_append(mem, out, zones.items[i].tzid, zones.items[i].zone, zones.items[i].from, zones.items[i].to));
    for (size_t i = 0; i < count; i++)
        TRY(export_component(&exports[i]));
    buffer_append_text(out, "END:VCALENDAR\r\n");
    return buffer_status(out);
}

static enum status export_messages(TALLOC_CTX *mem, const struct message *const *messages, size_t count, const struct ical_export_options *options, struct buffer *out)
{
    enum { LONGEST_LINE = 192 * 1024 * 1024 };
    struct export *exports = array_new(mem, struct export, count);
    struct buffer *line = buffer_new(mem, LONGEST_LINE);
    enum ical_method method = options->method != ICAL_NO_METHOD ? options->method : count == 1 ? method_of(messages[0]) : ICAL_PUBLISH;
    if (exports == NULL || line == NULL)
        return status_fail(STATUS_NO_MEMORY, "export");
    for (size_t i = 0; i < count; i++) {
        TRY(export_prepare(mem, messages[i], options, NULL, &exports[i]));
        exports[i].method = method;
        exports[i].out = out;
        exports[i].line = line;
    }
    return write_calendar(mem, exports, count, method, out);
}

enum status ical_export_all(TALLOC_CTX *mem, const struct message *const *messages, size_t count, const struct ical_export_options *options, struct buffer *out)
{
    static const struct ical_export_options defaults;
    TALLOC_CTX *scratch = talloc_new(mem);
    if (scratch == NULL)
        return status_fail(STATUS_NO_MEMORY, "export");
    enum status status = export_messages(scratch, messages, count, options != NULL ? options : &defaults, out);
    talloc_free(scratch);
    return status;
}

enum status ical_export(TALLOC_CTX *mem, const struct message *message, const struct ical_export_options *options, struct buffer *out)
{
    return ical_export_all(mem, &message, 1, options, out);
}

static void append_stamp(struct buffer *out, const char *name, instant when)
{
    if (when == 0)
        return;
    buffer_printf(out, "%s:", name);
    ical_time_append(out, when, false, true);
    buffer_append_text(out, "\r\n");
}

static void append_address(struct buffer *out, const char *name, const char *address)
{
    if (address != NULL && address[0] != '\0')
        line_append_folded(out, slice_of_text(talloc_asprintf(out, "%s:mailto:%s", name, address)));
}

enum status ical_export_free_busy(const struct ical_free_busy *free_busy, struct buffer *out)
{
    buffer_printf(out, "BEGIN:VCALENDAR\r\nMETHOD:%s\r\nPRODID:" PRODUCT "\r\nVERSION:2.0\r\nBEGIN:VFREEBUSY\r\n",
                  ical_method_text(free_busy->method != ICAL_NO_METHOD ? free_busy->method : ICAL_PUBLISH));
    if (free_busy->uid != NULL)
        line_append_folded(out, slice_of_text(talloc_asprintf(out, "UID:%s", free_busy->uid)));
    append_stamp(out, "DTSTAMP", free_busy->dtstamp != 0 ? free_busy->dtstamp : clock_now());
    append_address(out, "ORGANIZER", free_busy->organizer);
    append_address(out, "ATTENDEE", free_busy->attendee);
    append_stamp(out, "DTSTART", free_busy->starts);
    append_stamp(out, "DTEND", free_busy->ends);
    for (size_t i = 0; i < free_busy->busy_count; i++) {
        const char *type = ical_word_of(WORDS_busy_type, free_busy->busy[i].busy_status);
        buffer_printf(out, "FREEBUSY;FBTYPE=%s:", type != NULL ? type : "BUSY");
        ical_time_append(out, free_busy->busy[i].starts, false, true);
        buffer_append_byte(out, '/');
        ical_time_append(out, free_busy->busy[i].ends, false, true);
        buffer_append_text(out, "\r\n");
    }
    buffer_append_text(out, "END:VFREEBUSY\r\nEND:VCALENDAR\r\n");
    return buffer_status(out);
}
