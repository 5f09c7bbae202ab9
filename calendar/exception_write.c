/* Changing and deleting occurrences of a series [MS-OXOCAL] 2.2.10, 3.1.4.6. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/model/properties.h"
#include "exception_view.h"

enum { PATTERN_CAP = 4 * 1024 * 1024 };
#define CLIP_END_NEVER INT64_C(0x0CB34557A3DD4000) /* 4500-08-31 23:59 [MS-OXOCAL] 2.2.1.15 */

/* First and last moment that the series touches, moved occurrences counted. */
static enum status set_clip(struct message *master, const struct recurrence *pattern, const struct time_zone *zone)
{
    struct occurrence first, last;
    enum status status = recurrence_first(pattern, zone, &first);
    if (status == STATUS_OCCURRENCE_NOT_FOUND)
        return STATUS_OK; /* all are gone: the caller removes the series */
    TRY(status);
    instant from = first.starts, to = CLIP_END_NEVER;
    if (pattern->end != RECUR_END_NEVER) {
        TRY(recurrence_last(pattern, zone, &last));
        to = last.ends;
    }
    for (size_t i = 0; i < pattern->exception_count; i++) {
        instant starts = time_zone_to_instant(zone, pattern->exceptions[i].start), ends = time_zone_to_instant(zone, pattern->exceptions[i].end);
        from = starts < from ? starts : from;
        to = ends > to ? ends : to;
    }
    TRY(bag_set_time(master->props, PROP_CLIP_START, from));
    return bag_set_time(master->props, PROP_CLIP_END, to);
}

static enum status save_pattern(struct message *master, const struct recurrence *pattern, const struct time_zone *zone)
{
    struct buffer *packed = buffer_new(master, PATTERN_CAP);
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    TRY(recurrence_pack(pattern, packed));
    TRY(buffer_status(packed));
    TRY(bag_set_bytes(master->props, PROP_APPOINTMENT_RECUR, buffer_slice(packed)));
    talloc_free(packed);
    return set_clip(master, pattern, zone);
}

static void drop_attachment(struct message *master, struct attachment *attachment)
{
    size_t at = (size_t)(attachment - master->attachments);
    memmove(attachment, attachment + 1, (master->attachment_count - at - 1) * sizeof *attachment);
    master->attachment_count--;
}

/* ---- what differs from the series ---- */

static bool same_text(const struct bag *a, const struct bag *b, prop_tag tag)
{
    return strcmp(bag_string(a, tag, ""), bag_string(b, tag, "")) == 0;
}

static bool same_value(const struct bag *a, const struct bag *b, prop_tag tag)
{
    const struct value *one = bag_get(a, prop_make(prop_id(tag), TYPE_UNSPECIFIED)), *other = bag_get(b, prop_make(prop_id(tag), TYPE_UNSPECIFIED));
    return one == NULL || other == NULL ? one == other : value_equal(one, other);
}

static bool same_attachments(const struct message *a, const struct message *b)
{
    size_t i = 0, j = 0;
    for (; i < a->attachment_count && j < b->attachment_count; i++, j++) {
        const struct attachment *one = &a->attachments[i], *other = &b->attachments[j];
        bool same = one->content == other->content && one->size == other->size && one->number == other->number && one->embedded == other->embedded &&
                    one->stored.blob == other->stored.blob && slice_equal(one->bytes, other->bytes) && bag_equal(one->props, other->props);
        if (!same)
            return false;
    }
    return i == a->attachment_count && j == b->attachment_count;
}

static bool same_recipients(const struct message *a, const struct message *b)
{
    bool same = a->recipient_count == b->recipient_count;
    for (size_t i = 0; same && i < a->recipient_count; i++) {
        const struct recipient *one = &a->recipients[i], *other = &b->recipients[i];
        same = one->type == other->type && strcmp(one->address, other->address) == 0 && strcmp(one->smtp_address, other->smtp_address) == 0 &&
               (one->props == NULL || other->props == NULL ? one->props == other->props : bag_equal(one->props, other->props));
    }
    return same;
}

static unsigned overrides_of(const struct message *occurrence, const struct message *base)
{
    const struct bag *a = occurrence->props, *b = base->props;
    unsigned overrides = 0;
    overrides |= same_text(a, b, PROP_SUBJECT) ? 0 : OVERRIDE_SUBJECT;
    overrides |= same_value(a, b, PROP_APPOINTMENT_STATE_FLAGS) ? 0 : OVERRIDE_MEETING_TYPE;
    overrides |= same_value(a, b, PROP_REMINDER_DELTA) ? 0 : OVERRIDE_REMINDER_DELTA;
    overrides |= same_value(a, b, PROP_REMINDER_SET) ? 0 : OVERRIDE_REMINDER;
    overrides |= same_text(a, b, PROP_LID_LOCATION) ? 0 : OVERRIDE_LOCATION;
    overrides |= same_value(a, b, PROP_BUSY_STATUS) ? 0 : OVERRIDE_BUSY_STATUS;
    overrides |= same_value(a, b, PROP_APPOINTMENT_SUB_TYPE) ? 0 : OVERRIDE_SUB_TYPE;
    overrides |= same_value(a, b, PROP_APPOINTMENT_COLOR) ? 0 : OVERRIDE_COLOR;
    overrides |= same_attachments(occurrence, base) ? 0 : OVERRIDE_ATTACHMENT;
    bool same_body = same_value(a, b, PROP_BODY) && same_value(a, b, PROP_HTML) && same_value(a, b, PROP_RTF_COMPRESSED);
    return overrides | (same_body ? 0 : OVERRIDE_BODY);
}

static struct recurrence_exception row_of(const struct message *occurrence, const struct exception_place *place, unsigned overrides)
{
    const struct bag *props = occurrence->props;
    const char *subject = bag_string(props, PROP_NORMALIZED_SUBJECT, bag_string(props, PROP_SUBJECT, ""));
    return (struct recurrence_exception){
        .original_start = place->original_start, .start = place->start, .end = place->end, .overrides = (uint16_t)overrides,
        .subject = (overrides & OVERRIDE_SUBJECT) != 0 ? subject : NULL,
        .location = (overrides & OVERRIDE_LOCATION) != 0 ? bag_string(props, PROP_LID_LOCATION, "") : NULL,
        .meeting_type = (uint32_t)bag_int32(props, PROP_APPOINTMENT_STATE_FLAGS, 0),
        .reminder_delta = (uint32_t)bag_int32(props, PROP_REMINDER_DELTA, 15),
        .busy_status = (uint32_t)bag_int32(props, PROP_BUSY_STATUS, 2), .sub_type = bag_bool(props, PROP_APPOINTMENT_SUB_TYPE, false) ? 1 : 0,
        .color = (uint32_t)bag_int32(props, PROP_APPOINTMENT_COLOR, 0), .reminder_set = bag_bool(props, PROP_REMINDER_SET, false),
        .has_attachment = occurrence->attachment_count > 0,
    };
}

/* ---- the embedded message ---- */

static bool is_always_stored(prop_tag tag)
{
    static const prop_tag always[] = { PROP_APPOINTMENT_START_WHOLE, PROP_APPOINTMENT_END_WHOLE, PROP_LID_EXCEPTION_REPLACE_TIME, PROP_CLIP_START, PROP_CLIP_END,
                                       PROP_APPOINTMENT_DURATION, PROP_IS_EXCEPTION, PROP_GLOBAL_OBJECT_ID };
    for (size_t i = 0; i < ARRAY_LENGTH(always); i++)
        if (prop_id(always[i]) == prop_id(tag))
            return true;
    return false;
}

/* A text of the series that the occurrence does not have is kept as an empty one, a set flag as a cleared one. */
static enum status mark_absent(struct bag *to, const struct bag *base, const struct bag *props)
{
    for (size_t i = 0; i < bag_count(base); i++) {
        const struct value *value = bag_at(base, i);
        if (bag_has(props, prop_make(prop_id(value->tag), TYPE_UNSPECIFIED)))
            continue;
        if (prop_type(value->tag) == TYPE_STRING)
            TRY(bag_set_string(to, value->tag, ""));
        else if (prop_type(value->tag) == TYPE_BOOL)
            TRY(bag_set_bool(to, value->tag, false));
    }
    return STATUS_OK;
}

static enum status store_recipients(struct message *embedded, const struct message *occurrence)
{
    for (size_t i = 0; i < occurrence->recipient_count; i++)
        if (message_add_recipient(embedded, &occurrence->recipients[i]) == NULL)
            return status_fail(STATUS_NO_MEMORY, "recipients");
    return bag_set_bool(embedded->props, PROP_F_EXCEPTIONAL_ATTENDEES, true);
}

static enum status store_attachments(struct message *embedded, const struct message *occurrence)
{
    for (size_t i = 0; i < occurrence->attachment_count; i++) {
        struct attachment *slot = message_add_attachment(embedded);
        if (slot == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachments");
        struct bag *props = slot->props;
        *slot = occurrence->attachments[i];
        slot->number = (int32_t)i;
        slot->props = props;
        TRY(bag_merge(slot->props, occurrence->attachments[i].props));
    }
    return STATUS_OK;
}

static enum status make_embedded(struct message *master, const struct message *occurrence, const struct message *base, unsigned overrides,
                                 struct message **out)
{
    struct message *embedded = message_new(master);
    if (embedded == NULL)
        return status_fail(STATUS_NO_MEMORY, "exception");
    for (size_t i = 0; i < bag_count(occurrence->props); i++) {
        const struct value *value = bag_at(occurrence->props, i);
        if (is_always_stored(value->tag) || !same_value(occurrence->props, base->props, value->tag))
            TRY(bag_set(embedded->props, value));
    }
    TRY(mark_absent(embedded->props, base->props, occurrence->props));
    TRY(bag_set_string(embedded->props, PROP_MESSAGE_CLASS, EXCEPTION_MESSAGE_CLASS));
    TRY(bag_set_bool(embedded->props, PROP_F_EXCEPTIONAL_BODY, (overrides & OVERRIDE_BODY) != 0));
    if (!same_recipients(occurrence, base))
        TRY(store_recipients(embedded, occurrence));
    if ((overrides & OVERRIDE_ATTACHMENT) != 0)
        TRY(store_attachments(embedded, occurrence));
    *out = embedded;
    return STATUS_OK;
}

/* [MS-OXOCAL] 2.2.10.1; start and end are wall clock times there. */
static enum status fill_attachment(struct attachment *slot, const struct exception_place *place)
{
    struct bag *props = slot->props;
    TRY(bag_set_bool(props, PROP_ATTACHMENT_HIDDEN, true));
    TRY(bag_set_int32(props, PROP_ATTACHMENT_FLAGS, 0x2)); /* afException */
    TRY(bag_set_int32(props, PROP_ATTACH_METHOD, 5)); /* afEmbeddedMessage */
    TRY(bag_set_int32(props, PROP_ATTACHMENT_LINK_ID, 0));
    TRY(bag_set_int32(props, PROP_ATTACH_FLAGS, 0));
    TRY(bag_set_int32(props, PROP_RENDERING_POSITION, -1));
    TRY(bag_set_string(props, PROP_DISPLAY_NAME, "Untitled"));
    TRY(bag_set_time(props, PROP_EXCEPTION_START_TIME, place->start));
    TRY(bag_set_time(props, PROP_EXCEPTION_END_TIME, place->end));
    return bag_set_time(props, PROP_EXCEPTION_REPLACE_TIME, place->original);
}

static enum status store_embedded(struct message *master, const struct exception_place *place, struct message *embedded)
{
    struct attachment *slot = exception_attachment(master, place->original_start);
    if (slot == NULL)
        slot = message_add_attachment(master);
    if (slot == NULL)
        return status_fail(STATUS_NO_MEMORY, "exception");
    struct bag *props = slot->props;
    *slot = (struct attachment){ .number = slot->number, .props = props, .content = ATTACHMENT_EMBEDDED, .embedded = embedded };
    return fill_attachment(slot, place);
}

static enum status put(TALLOC_CTX *mem, struct message *master, local_time original_start, const struct message *occurrence)
{
    struct exception_place place = { 0 };
    struct message *base = NULL, *embedded = NULL;
    TRY(exception_locate(mem, master, original_start, &place));
    place.starts = bag_time(occurrence->props, PROP_APPOINTMENT_START_WHOLE, place.starts);
    place.ends = bag_time(occurrence->props, PROP_APPOINTMENT_END_WHOLE, place.ends);
    if (place.ends < place.starts)
        return status_fail(STATUS_INVALID_ARGUMENT, "an occurrence that ends before it starts");
    place.start = time_zone_to_local(place.zone, place.starts);
    place.end = time_zone_to_local(place.zone, place.ends);
    TRY(exception_base(mem, master, &place, place.starts, place.ends, &base));
    unsigned overrides = overrides_of(occurrence, base);
    struct recurrence_exception row = row_of(occurrence, &place, overrides);
    TRY(make_embedded(master, occurrence, base, overrides, &embedded));
    TRY(recurrence_modify(mem, place.pattern, &row));
    TRY(store_embedded(master, &place, embedded));
    return save_pattern(master, place.pattern, place.zone);
}

enum status exception_put(struct message *master, local_time original_start, const struct message *occurrence)
{
    TALLOC_CTX *mem = talloc_new(master);
    enum status status = mem != NULL ? put(mem, master, original_start, occurrence) : status_fail(STATUS_NO_MEMORY, "exception");
    talloc_free(mem);
    return status;
}

static enum status delete_occurrence(TALLOC_CTX *mem, struct message *master, local_time original_start, bool *is_last)
{
    struct exception_place place = { 0 };
    struct occurrence first;
    TRY(exception_locate(mem, master, original_start, &place));
    TRY(recurrence_delete(mem, place.pattern, place.original_start));
    struct attachment *attachment = exception_attachment(master, place.original_start);
    if (attachment != NULL)
        drop_attachment(master, attachment);
    enum status status = recurrence_first(place.pattern, place.zone, &first);
    *is_last = status == STATUS_OCCURRENCE_NOT_FOUND;
    if (!*is_last)
        TRY(status);
    return save_pattern(master, place.pattern, place.zone);
}

enum status exception_delete(struct message *master, local_time original_start, bool *is_last)
{
    TALLOC_CTX *mem = talloc_new(master);
    *is_last = false;
    enum status status = mem != NULL ? delete_occurrence(mem, master, original_start, is_last) : status_fail(STATUS_NO_MEMORY, "exception");
    talloc_free(mem);
    return status;
}

static bool has_exception(const struct recurrence *pattern, local_time day)
{
    for (size_t i = 0; pattern != NULL && i < pattern->exception_count; i++)
        if (local_midnight(pattern->exceptions[i].original_start) == local_midnight(day))
            return true;
    return false;
}

enum status exception_prune(struct message *master)
{
    TALLOC_CTX *mem = talloc_new(master);
    struct recurrence *pattern = NULL;
    size_t kept = 0;
    enum status status = series_pattern(mem, master->props, &pattern);
    const struct time_zone *zone = series_zone(mem, master->props);
    for (size_t i = 0; (status == STATUS_OK || status == STATUS_NOT_FOUND) && i < master->attachment_count; i++) {
        const struct attachment *attachment = &master->attachments[i];
        instant when = bag_time(attachment->props, PROP_EXCEPTION_REPLACE_TIME, 0);
        if (!exception_is_attachment(attachment) || (when != 0 && has_exception(pattern, time_zone_to_local(zone, when))))
            master->attachments[kept++] = *attachment;
        else if (when == 0)
            master->attachments[kept++] = *attachment; /* says nothing outside: left alone */
    }
    if (status == STATUS_OK || status == STATUS_NOT_FOUND)
        master->attachment_count = kept;
    talloc_free(mem);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
