/* Reading occurrences of a series as messages [MS-OXOCAL] 2.2.10. */
#include "bourse/base/memory.h"
#include "bourse/calendar/global_id.h"
#include "bourse/model/properties.h"
#include "exception_view.h"

static enum status zone_of_struct(TALLOC_CTX *mem, const struct bag *props, const struct time_zone **out)
{
    struct slice bytes = bag_bytes(props, PROP_TIME_ZONE_STRUCT);
    return bytes.length > 0 ? time_zone_struct_parse(mem, bytes, out) : STATUS_NOT_FOUND;
}

const struct time_zone *series_zone(TALLOC_CTX *mem, const struct bag *props)
{
    const struct time_zone *zone = NULL;
    struct slice recur = bag_bytes(props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR);
    struct slice start = bag_bytes(props, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY);
    if (recur.length > 0 && time_zone_definition_parse(mem, recur, &zone) == STATUS_OK)
        return zone;
    if (zone_of_struct(mem, props, &zone) == STATUS_OK)
        return zone;
    if (start.length > 0 && time_zone_definition_parse(mem, start, &zone) == STATUS_OK)
        return zone;
    return time_zone_utc();
}

enum status series_pattern(TALLOC_CTX *mem, const struct bag *props, struct recurrence **out)
{
    struct slice bytes = bag_bytes(props, PROP_APPOINTMENT_RECUR);
    return bytes.length > 0 ? recurrence_parse(mem, bytes, out) : STATUS_NOT_FOUND;
}

bool exception_is_attachment(const struct attachment *attachment)
{
    return attachment->content == ATTACHMENT_EMBEDDED && bag_bool(attachment->props, PROP_ATTACHMENT_HIDDEN, false) &&
           (bag_has(attachment->props, PROP_EXCEPTION_REPLACE_TIME) || (bag_int32(attachment->props, PROP_ATTACHMENT_FLAGS, 0) & 0x2) != 0);
}

/* The attachment says it in UTC, old ones only the embedded message does [MS-OXOCAL] 2.2.10.1.6. */
static instant replace_time(const struct attachment *attachment)
{
    instant when = bag_time(attachment->props, PROP_EXCEPTION_REPLACE_TIME, 0);
    if (when == 0 && attachment->embedded != NULL)
        when = bag_time(attachment->embedded->props, PROP_LID_EXCEPTION_REPLACE_TIME, 0);
    return when;
}

struct attachment *exception_attachment(const struct message *master, local_time original_start)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct time_zone *zone = series_zone(mem, master->props);
    struct attachment *found = NULL;
    for (size_t i = 0; i < master->attachment_count && found == NULL; i++) {
        struct attachment *attachment = &master->attachments[i];
        instant when = exception_is_attachment(attachment) ? replace_time(attachment) : 0;
        if (when != 0 && local_midnight(time_zone_to_local(zone, when)) == local_midnight(original_start))
            found = attachment;
    }
    talloc_free(mem);
    return found;
}

enum status exception_locate(TALLOC_CTX *mem, const struct message *master, local_time original_start, struct exception_place *out)
{
    struct occurrence occurrence;
    TRY(series_pattern(mem, master->props, &out->pattern));
    out->zone = series_zone(mem, master->props);
    TRY(recurrence_find(out->pattern, out->zone, original_start, &occurrence));
    out->original_start = occurrence.original_start;
    out->original = time_zone_to_instant(out->zone, occurrence.original_start);
    out->exception = occurrence.exception;
    out->starts = occurrence.starts;
    out->ends = occurrence.ends;
    out->start = occurrence.start;
    out->end = occurrence.end;
    return STATUS_OK;
}

static const prop_tag series_properties[] = {
    PROP_APPOINTMENT_RECUR, PROP_RECURRENCE_TYPE, PROP_RECURRENCE_PATTERN, PROP_ICALENDAR_LINES, PROP_LINKED_TASK_ITEMS,
};

bool exception_is_series_property(prop_tag tag)
{
    for (size_t i = 0; i < ARRAY_LENGTH(series_properties); i++)
        if (prop_id(series_properties[i]) == prop_id(tag))
            return true;
    return false;
}

enum status exception_set_times(struct bag *props, instant starts, instant ends)
{
    TRY(bag_set_time(props, PROP_APPOINTMENT_START_WHOLE, starts));
    TRY(bag_set_time(props, PROP_APPOINTMENT_END_WHOLE, ends));
    TRY(bag_set_time(props, PROP_CLIP_START, starts));
    TRY(bag_set_time(props, PROP_CLIP_END, ends));
    TRY(bag_set_time(props, PROP_COMMON_START, starts));
    TRY(bag_set_time(props, PROP_COMMON_END, ends));
    return bag_set_int32(props, PROP_APPOINTMENT_DURATION, (int32_t)((ends - starts) / INSTANT_PER_MINUTE));
}

/* Reminder signal time follows the start [MS-OXORMDR] 2.2.1.2. */
static enum status set_signal(struct bag *props, instant starts)
{
    if (!bag_bool(props, PROP_REMINDER_SET, false))
        return STATUS_OK;
    int32_t minutes = bag_int32(props, PROP_REMINDER_DELTA, 15);
    TRY(bag_set_time(props, PROP_REMINDER_TIME, starts));
    return bag_set_time(props, PROP_REMINDER_SIGNAL_TIME, starts - (minutes == 0x5AE980E1 ? 15 : minutes) * INSTANT_PER_MINUTE);
}

static enum status set_identity(struct message *occurrence, const struct message *master, const struct exception_place *place)
{
    struct bag *props = occurrence->props;
    struct slice id = bag_bytes(master->props, PROP_GLOBAL_OBJECT_ID);
    if (id.length == 0)
        id = bag_bytes(master->props, PROP_CLEAN_GLOBAL_OBJECT_ID);
    TRY(bag_set_time(props, PROP_LID_EXCEPTION_REPLACE_TIME, place->original));
    TRY(bag_set_bool(props, PROP_IS_EXCEPTION, true));
    TRY(bag_set_bool(props, PROP_RECURRING, false));
    if (id.length == 0)
        return STATUS_OK;
    return bag_set_bytes(props, PROP_GLOBAL_OBJECT_ID, global_id_of_instance(occurrence, id, civil_of_local(place->original_start)));
}

static enum status copy_properties(struct bag *to, const struct bag *from)
{
    for (size_t i = 0; i < bag_count(from); i++)
        if (!exception_is_series_property(bag_at(from, i)->tag))
            TRY(bag_set(to, bag_at(from, i)));
    return STATUS_OK;
}

static enum status copy_recipients(struct message *to, const struct message *from)
{
    to->recipient_count = 0;
    for (size_t i = 0; i < from->recipient_count; i++)
        if (message_add_recipient(to, &from->recipients[i]) == NULL)
            return status_fail(STATUS_NO_MEMORY, "recipients");
    return STATUS_OK;
}

/* Contents are shared with `from`, as occurrences are read only to be shown or changed. */
static enum status copy_attachments(struct message *to, const struct message *from)
{
    to->attachment_count = 0;
    for (size_t i = 0; i < from->attachment_count; i++) {
        if (exception_is_attachment(&from->attachments[i]))
            continue;
        struct attachment *slot = message_add_attachment(to);
        if (slot == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachments");
        struct bag *props = slot->props;
        *slot = from->attachments[i];
        slot->props = props;
        TRY(bag_merge(slot->props, from->attachments[i].props));
    }
    return STATUS_OK;
}

enum status exception_base(TALLOC_CTX *mem, const struct message *master, const struct exception_place *place, instant starts, instant ends,
                           struct message **out)
{
    struct message *occurrence = message_new(mem);
    if (occurrence == NULL)
        return status_fail(STATUS_NO_MEMORY, "occurrence");
    TRY(copy_properties(occurrence->props, master->props));
    TRY(copy_recipients(occurrence, master));
    TRY(copy_attachments(occurrence, master));
    TRY(exception_set_times(occurrence->props, starts, ends));
    TRY(set_signal(occurrence->props, starts));
    TRY(set_identity(occurrence, master, place));
    *out = occurrence;
    return STATUS_OK;
}

/* What the pattern itself says of an exception [MS-OXOCAL] 2.2.1.44.2; the embedded message says it again, more of it. */
static enum status apply_pattern(struct bag *props, const struct recurrence_exception *exception)
{
    unsigned overrides = exception->overrides;
    if ((overrides & OVERRIDE_SUBJECT) != 0 && exception->subject != NULL) {
        TRY(bag_set_string(props, PROP_SUBJECT, exception->subject));
        TRY(bag_set_string(props, PROP_NORMALIZED_SUBJECT, exception->subject));
        bag_remove(props, PROP_SUBJECT_PREFIX);
    }
    if ((overrides & OVERRIDE_LOCATION) != 0 && exception->location != NULL)
        TRY(bag_set_string(props, PROP_LID_LOCATION, exception->location));
    if ((overrides & OVERRIDE_MEETING_TYPE) != 0)
        TRY(bag_set_int32(props, PROP_APPOINTMENT_STATE_FLAGS, (int32_t)exception->meeting_type));
    if ((overrides & OVERRIDE_REMINDER_DELTA) != 0)
        TRY(bag_set_int32(props, PROP_REMINDER_DELTA, (int32_t)exception->reminder_delta));
    if ((overrides & OVERRIDE_REMINDER) != 0)
        TRY(bag_set_bool(props, PROP_REMINDER_SET, exception->reminder_set));
    if ((overrides & OVERRIDE_BUSY_STATUS) != 0)
        TRY(bag_set_int32(props, PROP_BUSY_STATUS, (int32_t)exception->busy_status));
    if ((overrides & OVERRIDE_SUB_TYPE) != 0)
        TRY(bag_set_bool(props, PROP_APPOINTMENT_SUB_TYPE, exception->sub_type != 0));
    return (overrides & OVERRIDE_COLOR) != 0 ? bag_set_int32(props, PROP_APPOINTMENT_COLOR, (int32_t)exception->color) : STATUS_OK;
}

/* Of the embedded message itself, not of the occurrence. */
static bool is_embedded_property(prop_tag tag)
{
    static const prop_tag own[] = { PROP_MESSAGE_CLASS, PROP_F_EXCEPTIONAL_BODY, PROP_F_EXCEPTIONAL_ATTENDEES, PROP_MESSAGE_FLAGS, PROP_CREATION_TIME,
                                    PROP_LAST_MODIFICATION_TIME, PROP_SEARCH_KEY, PROP_DISPLAY_TO, PROP_DISPLAY_CC, PROP_DISPLAY_BCC };
    for (size_t i = 0; i < ARRAY_LENGTH(own); i++)
        if (prop_id(own[i]) == prop_id(tag))
            return true;
    return exception_is_series_property(tag);
}

static bool is_body(prop_tag tag)
{
    return prop_id(tag) == prop_id(PROP_BODY) || prop_id(tag) == prop_id(PROP_HTML) || prop_id(tag) == prop_id(PROP_RTF_COMPRESSED);
}

static enum status apply_embedded(struct message *occurrence, const struct message *embedded, unsigned overrides)
{
    bool has_body = bag_has(embedded->props, PROP_BODY) || bag_has(embedded->props, PROP_HTML) || bag_has(embedded->props, PROP_RTF_COMPRESSED);
    if (has_body) { /* another text makes all forms of the series' text untrue */
        bag_remove(occurrence->props, PROP_BODY);
        bag_remove(occurrence->props, PROP_HTML);
        bag_remove(occurrence->props, PROP_RTF_COMPRESSED);
    }
    for (size_t i = 0; i < bag_count(embedded->props); i++) {
        const struct value *value = bag_at(embedded->props, i);
        bool is_text_of_series = is_body(value->tag) && !has_body;
        if (!is_embedded_property(value->tag) && !is_text_of_series)
            TRY(bag_set(occurrence->props, value));
    }
    if (embedded->recipient_count > 0 || bag_bool(embedded->props, PROP_F_EXCEPTIONAL_ATTENDEES, false))
        TRY(copy_recipients(occurrence, embedded));
    return (overrides & OVERRIDE_ATTACHMENT) != 0 ? copy_attachments(occurrence, embedded) : STATUS_OK;
}

enum status exception_read(TALLOC_CTX *mem, const struct message *master, local_time original_start, struct message **out)
{
    struct exception_place place = { 0 };
    TRY(exception_locate(mem, master, original_start, &place));
    TRY(exception_base(mem, master, &place, place.starts, place.ends, out));
    struct bag *props = (*out)->props;
    if (place.exception != NULL) {
        const struct attachment *attachment = exception_attachment(master, place.original_start);
        TRY(apply_pattern(props, place.exception));
        if (attachment != NULL && attachment->embedded != NULL)
            TRY(apply_embedded(*out, attachment->embedded, place.exception->overrides));
        TRY(exception_set_times(props, place.starts, place.ends)); /* the pattern is right when the two differ */
        TRY(set_signal(props, place.starts));
        TRY(set_identity(*out, master, &place));
    }
    return STATUS_OK;
}
