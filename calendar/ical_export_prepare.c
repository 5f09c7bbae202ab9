/* What a message says about its times and zones. */
#include "bourse/base/text.h"
#include "bourse/calendar/exception.h"
#include "bourse/calendar/global_id.h"
#include "bourse/model/bag.h"
#include "ical_export.h"

enum status export_load(TALLOC_CTX *mem, const struct ical_export_options *options, int64_t blob, uint64_t size, struct slice *out)
{
    enum { LARGEST = 128 * 1024 * 1024 };
    if (options->read_blob == NULL || size > LARGEST)
        return status_fail(STATUS_INVALID_ARGUMENT, "stored content of %llu bytes cannot be read", (unsigned long long)size);
    uint8_t *bytes = talloc_size(mem, (size_t)size + 1);
    size_t got = 0, used = 0;
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "content");
    do {
        TRY(options->read_blob(blob, used, bytes + used, (size_t)size - used, &got, options->read_data));
        used += got;
    } while (got > 0 && used < size);
    bytes[used] = '\0';
    *out = slice_of(bytes, used);
    return STATUS_OK;
}

/* A copy of the bag in which stored texts are at hand. */
static enum status load_props(TALLOC_CTX *mem, const struct bag *from, const struct ical_export_options *options, const struct bag **out)
{
    struct bag *copy = NULL;
    for (size_t i = 0; i < bag_count(from); i++) {
        const struct value *value = bag_at(from, i);
        uint16_t type = prop_type(value->tag);
        struct slice content;
        if (value->form != VALUE_STORED || (type != TYPE_STRING && type != TYPE_BINARY) || options->read_blob == NULL)
            continue;
        if (copy == NULL && (copy = bag_copy(mem, from)) == NULL)
            return status_fail(STATUS_NO_MEMORY, "properties");
        TRY(export_load(mem, options, value->stored.blob, value->stored.size, &content));
        TRY(bag_set(copy, &(struct value){ .tag = value->tag, .bytes = content }));
    }
    *out = copy != NULL ? copy : from;
    return STATUS_OK;
}

static bool is_utc(const struct time_zone *zone)
{
    return zone == time_zone_utc() || ascii_equal_nocase(time_zone_id(zone), "UTC") || ascii_equal_nocase(time_zone_windows_id(zone), "UTC");
}

/* The file's own name for the zone while it still means it; else a known name. A display name ("(UTC+01:00) Amsterdam, ..."), which Windows' clients put
 * beside the zone, is no id: other programs do not know it. */
static const char *name_of_zone(const struct bag *props, const struct time_zone *zone)
{
    const char *own = bag_string(props, PROP_TIME_ZONE_DESCRIPTION, ""), *windows = time_zone_windows_id(zone), *id = time_zone_id(zone);
    const struct time_zone *meant = own[0] != '\0' && own[0] != '(' ? time_zone_by_id(own) : NULL;
    if (is_utc(zone))
        return NULL;
    bool is_label = meant == NULL && own[0] != '\0' && own[0] != '('; /* nobody knows it: the VTIMEZONE beside it says what it means */
    if (is_label || (meant != NULL && windows[0] != '\0' && strcmp(time_zone_windows_id(meant), windows) == 0))
        return own;
    if (meant != NULL && strchr(own, '/') != NULL && time_zone_iana_id(zone)[0] != '\0') /* the file speaks IANA */
        return time_zone_iana_id(zone);
    return id[0] != '\0' ? id : windows[0] != '\0' ? windows : "Customized Time Zone";
}

static const struct time_zone *zone_of_blob(TALLOC_CTX *mem, const struct bag *props, prop_tag tag)
{
    struct slice blob = bag_bytes(props, tag);
    const struct time_zone *zone;
    if (blob.length == 0 || time_zone_definition_parse(mem, blob, &zone) != STATUS_OK)
        return NULL;
    return zone;
}

static void prepare_zones(struct export *e)
{
    const struct time_zone *absent = e->options->zone != NULL ? e->options->zone : time_zone_utc();
    e->zone = zone_of_blob(e->mem, e->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY);
    e->end_zone = zone_of_blob(e->mem, e->props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_END_DISPLAY);
    if (e->recurrence != NULL)
        e->zone = series_zone(e->mem, e->props);
    if (e->zone == NULL)
        e->zone = absent;
    if (e->end_zone == NULL)
        e->end_zone = e->zone;
    status_chain_clear();
    e->tzid = name_of_zone(e->props, e->zone);
    e->end_tzid = e->end_zone == e->zone || strcmp(time_zone_id(e->end_zone), time_zone_id(e->zone)) == 0 ? e->tzid : name_of_zone(e->props, e->end_zone);
}

static enum status prepare_recurrence(struct export *e)
{
    struct slice blob = bag_bytes(e->props, PROP_APPOINTMENT_RECUR), task = bag_bytes(e->props, PROP_TASK_RECURRENCE);
    enum status status = STATUS_OK;
    if (e->component == 'E' && blob.length > 0)
        status = recurrence_parse(e->mem, blob, &e->recurrence);
    else if (e->component == 'T' && task.length > 0)
        status = recurrence_pattern_parse(e->mem, task, &e->recurrence);
    return status == STATUS_MALFORMED ? status_fail(STATUS_CORRUPT, "recurrence cannot be read") : status;
}

/* The original start of an instance: as stored, or of the id's date at the start's time of day. */
static instant original_of(const struct export *e)
{
    struct civil_date date;
    instant stored = bag_time(e->props, PROP_LID_EXCEPTION_REPLACE_TIME, 0);
    if (stored != 0 || !global_id_date(bag_bytes(e->props, PROP_GLOBAL_OBJECT_ID), &date))
        return stored;
    local_time start = time_zone_to_local(e->zone, e->starts);
    return time_zone_to_instant(e->zone, local_of_civil(date) + (start - local_midnight(start)));
}

static char component_of(const char *message_class)
{
    static const struct { const char *prefix; char component; } classes[] = {
        { "IPM.Appointment", 'E' }, { "IPM.Schedule.Meeting", 'E' }, { "IPM.OLE.CLASS.{00061055", 'E' }, { "IPM.Task", 'T' }, { "IPM.Activity", 'J' },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(classes); i++) {
        if (slice_equal_ascii_nocase(slice_part(slice_of_text(message_class), 0, strlen(classes[i].prefix)), slice_of_text(classes[i].prefix)))
            return classes[i].component;
    }
    return '\0';
}

enum status export_prepare(TALLOC_CTX *mem, const struct message *message, const struct ical_export_options *options, const struct export *series, struct export *out)
{
    struct text_line floating;
    *out = (struct export){ .mem = mem, .options = options, .message = message, .component = component_of(bag_string(message->props, PROP_MESSAGE_CLASS, "")) };
    if (out->component == '\0')
        return status_fail(STATUS_INVALID_ARGUMENT, "class %s has no iCalendar form", bag_string(message->props, PROP_MESSAGE_CLASS, ""));
    TRY(load_props(mem, message->props, options, &out->props));
    out->is_all_day = bag_bool(out->props, PROP_APPOINTMENT_SUB_TYPE, out->component == 'T');
    out->is_floating = ical_kept_find(out->props, "X-BOURSE-FLOATING", &floating);
    out->starts = bag_time(out->props, PROP_APPOINTMENT_START_WHOLE, bag_time(out->props, PROP_COMMON_START, 0));
    out->ends = bag_time(out->props, PROP_APPOINTMENT_END_WHOLE, bag_time(out->props, PROP_COMMON_END, 0));
    if (series == NULL)
        TRY(prepare_recurrence(out));
    prepare_zones(out);
    if (out->component == 'E' && out->recurrence == NULL)
        out->original = original_of(out);
    if (series != NULL) {
        out->method = series->method;
        out->out = series->out;
        out->line = series->line;
    }
    return STATUS_OK;
}
