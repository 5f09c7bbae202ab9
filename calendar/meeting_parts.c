/* Copying between items and meeting messages, and comparing two versions of an item. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"
#include "meeting_private.h"

enum { STRING_CAP = 64 * 1024 };

enum status meeting_copy_properties(struct bag *to, const struct bag *from, unsigned use)
{
    for (size_t i = 0; i < meeting_property_count; i++) {
        const struct value *value = (meeting_properties[i].uses & use) != 0 ? bag_get(from, meeting_properties[i].tag) : NULL;
        if (value != NULL)
            TRY(bag_set(to, value));
    }
    return STATUS_OK;
}

enum status meeting_copy_recipient(struct message *to, const struct recipient *from)
{
    return message_add_recipient(to, from) != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "recipient");
}

enum status meeting_copy_attachments(struct message *to, const struct message *from, bool exceptions)
{
    for (size_t i = 0; i < from->attachment_count; i++) {
        if (!exceptions && exception_is_attachment(&from->attachments[i]))
            continue;
        struct attachment *slot = message_add_attachment(to);
        if (slot == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachment");
        struct bag *props = slot->props;
        *slot = from->attachments[i];
        slot->number = -1;
        slot->props = props;
        TRY(bag_merge(slot->props, from->attachments[i].props));
    }
    return STATUS_OK;
}

static enum status list_of(struct message *message, enum recipient_type type, bool all, prop_tag tag)
{
    struct buffer *list = buffer_new(message, STRING_CAP);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "attendees");
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct recipient *recipient = &message->recipients[i];
        size_t more = strlen(recipient->display_name) + 3;
        if (meeting_is_organizer_entry(recipient) || (!all && recipient->type != type) || buffer_length(list) + more > STRING_CAP)
            continue;
        buffer_printf(list, "%s%s", buffer_length(list) > 0 ? "; " : "", recipient->display_name);
    }
    enum status status = bag_set_string(message->props, tag, buffer_text(list));
    talloc_free(list);
    return status;
}

enum status meeting_set_attendee_strings(struct message *message)
{
    TRY(list_of(message, RECIPIENT_TO, true, PROP_ALL_ATTENDEES_STRING));
    TRY(list_of(message, RECIPIENT_TO, false, PROP_TO_ATTENDEES_STRING));
    return list_of(message, RECIPIENT_CC, false, PROP_CC_ATTENDEES_STRING);
}

enum status meeting_set_subject(struct message *message, const char *prefix)
{
    struct bag *props = message->props;
    const char *normalized = bag_string(props, PROP_NORMALIZED_SUBJECT, bag_string(props, PROP_SUBJECT, ""));
    char *rest = talloc_strdup(message, normalized), *subject = talloc_asprintf(message, "%s%s", prefix, normalized);
    if (rest == NULL || subject == NULL)
        return status_fail(STATUS_NO_MEMORY, "subject");
    TRY(bag_set_string(props, PROP_SUBJECT_PREFIX, prefix));
    TRY(bag_set_string(props, PROP_NORMALIZED_SUBJECT, rest));
    TRY(bag_set_string(props, PROP_SUBJECT, subject));
    talloc_free(rest);
    talloc_free(subject);
    return STATUS_OK;
}

/* ---- differences ---- */

static bool same_text(const struct bag *a, const struct bag *b, prop_tag tag)
{
    return strcmp(bag_string(a, tag, ""), bag_string(b, tag, "")) == 0;
}

static bool same_pattern(const struct recurrence *a, const struct recurrence *b)
{
    bool same_end = a->end == b->end && (a->end != RECUR_END_AFTER_COUNT || a->count == b->count) &&
                    (a->end != RECUR_END_BY_DATE || a->last_date == b->last_date);
    return same_end && a->frequency == b->frequency && a->pattern == b->pattern && a->calendar_type == b->calendar_type && a->interval == b->interval &&
           a->weekdays == b->weekdays && a->first_weekday == b->first_weekday && a->day_of_month == b->day_of_month && a->nth == b->nth &&
           a->month == b->month;
}

/* A series is compared by its pattern and wall clock: its first occurrence may have been deleted. */
static enum status series_highlights(TALLOC_CTX *mem, const struct message *before, const struct message *after, uint32_t *out)
{
    struct recurrence *old = NULL, *new = NULL;
    TRY(series_pattern(mem, before->props, &old));
    TRY(series_pattern(mem, after->props, &new));
    instant probe = bag_time(after->props, PROP_APPOINTMENT_START_WHOLE, 0);
    const struct time_zone *old_zone = series_zone(mem, before->props), *new_zone = series_zone(mem, after->props);
    bool same_zone = time_zone_offset(old_zone, probe) == time_zone_offset(new_zone, probe);
    if (!same_pattern(old, new))
        *out |= CHANGED_RECURRENCE;
    if (old->start_minute != new->start_minute || old->first_date != new->first_date || !same_zone)
        *out |= CHANGED_START;
    if (old->end_minute != new->end_minute || !same_zone)
        *out |= CHANGED_END;
    return STATUS_OK;
}

static enum status time_highlights(TALLOC_CTX *mem, const struct message *before, const struct message *after, uint32_t *out)
{
    bool was_series = bag_has(before->props, PROP_APPOINTMENT_RECUR), is_series = bag_has(after->props, PROP_APPOINTMENT_RECUR);
    if (was_series && is_series)
        return series_highlights(mem, before, after, out);
    if (was_series != is_series)
        *out |= CHANGED_RECURRENCE;
    if (bag_time(before->props, PROP_APPOINTMENT_START_WHOLE, 0) != bag_time(after->props, PROP_APPOINTMENT_START_WHOLE, 0))
        *out |= CHANGED_START;
    if (bag_time(before->props, PROP_APPOINTMENT_END_WHOLE, 0) != bag_time(after->props, PROP_APPOINTMENT_END_WHOLE, 0))
        *out |= CHANGED_END;
    return STATUS_OK;
}

static bool same_body(const struct bag *a, const struct bag *b)
{
    if (bag_has(a, PROP_HTML) && bag_has(b, PROP_HTML))
        return slice_equal(bag_bytes(a, PROP_HTML), bag_bytes(b, PROP_HTML));
    return slice_equal(slice_trim(bag_text(a, PROP_BODY)), slice_trim(bag_text(b, PROP_BODY)));
}

enum status meeting_highlights(TALLOC_CTX *mem, const struct message *before, const struct message *after, uint32_t *out)
{
    const struct bag *a = before->props, *b = after->props;
    *out = 0;
    TRY(time_highlights(mem, before, after, out));
    *out |= same_text(a, b, PROP_LID_LOCATION) ? 0 : CHANGED_LOCATION;
    *out |= same_text(a, b, PROP_NORMALIZED_SUBJECT) || same_text(a, b, PROP_SUBJECT) ? 0 : CHANGED_SUBJECT;
    *out |= same_body(a, b) ? 0 : CHANGED_BODY;
    *out |= bag_bool(a, PROP_RESPONSE_REQUESTED, true) == bag_bool(b, PROP_RESPONSE_REQUESTED, true) ? 0 : CHANGED_RESPONSE;
    bool old_propose = bag_bool(a, PROP_APPOINTMENT_NOT_ALLOW_PROPOSE, false), new_propose = bag_bool(b, PROP_APPOINTMENT_NOT_ALLOW_PROPOSE, false);
    *out |= old_propose == new_propose ? 0 : CHANGED_ALLOW_PROPOSE;
    return STATUS_OK;
}
