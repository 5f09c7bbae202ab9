/* Appointments [MS-OXOCAL] 2.2.1: times in all their forms, clip times of a series, flags, icon, id, and when the reminder signals. Also one occurrence of a series,
 * which looks like a single appointment. */
#include "bourse/base/memory.h"
#include "bourse/calendar/exception.h"
#include "bourse/calendar/global_id.h"
#include "bourse/model/properties.h"
#include "item_derive.h"

enum { DELTA_DEFAULT = 15, PATTERN_CAP = 4 * 1024 * 1024, BUSY = 2 };
#define DELTA_SIGNAL_DEFAULT 0x5AE980E1 /* "the default" [MS-OXORMDR] 2.2.1.3 */
#define CLIP_END_NEVER INT64_C(0x0CB34557A3DD4000) /* 4500-08-31 23:59 [MS-OXOCAL] 2.2.1.15 */

/* [MS-OXOCAL] 2.2.1.49 */
enum { ICON_SINGLE = 0x400, ICON_RECURRING = 0x401, ICON_MEETING = 0x402, ICON_RECURRING_MEETING = 0x403 };

struct series {
    struct recurrence *pattern; /* NULL: a single appointment */
    const struct time_zone *zone;
    bool has_changed;
};

static instant end_of(const struct bag *props, instant starts)
{
    int64_t minutes = bag_int32(props, PROP_APPOINTMENT_DURATION, 30);
    return starts + (minutes < 0 ? 0 : minutes) * INSTANT_PER_MINUTE;
}

/* The form that the client gave wins over the others. */
static enum status derive_times(struct message *message, const struct derive_context *context, bool *has_times)
{
    struct bag *props = message->props;
    instant starts = bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0), ends = bag_time(props, PROP_APPOINTMENT_END_WHOLE, 0);
    if (starts == 0 || (!derive_changed(message, context, PROP_APPOINTMENT_START_WHOLE) && derive_changed(message, context, PROP_COMMON_START)))
        starts = bag_time(props, PROP_COMMON_START, starts);
    if (ends == 0 || (!derive_changed(message, context, PROP_APPOINTMENT_END_WHOLE) && derive_changed(message, context, PROP_COMMON_END)))
        ends = bag_time(props, PROP_COMMON_END, ends);
    *has_times = starts > 0;
    if (!*has_times)
        return STATUS_OK;
    if (ends == 0)
        ends = end_of(props, starts);
    if (ends < starts)
        return status_fail(STATUS_INVALID_PROPERTY, "an appointment that ends before it starts");
    TRY(bag_set_time(props, PROP_APPOINTMENT_START_WHOLE, starts));
    TRY(bag_set_time(props, PROP_APPOINTMENT_END_WHOLE, ends));
    TRY(bag_set_time(props, PROP_COMMON_START, starts));
    TRY(bag_set_time(props, PROP_COMMON_END, ends));
    return bag_set_int32(props, PROP_APPOINTMENT_DURATION, (int32_t)((ends - starts) / INSTANT_PER_MINUTE));
}

/* ---- series ---- */

static enum status save_pattern(struct message *message, const struct recurrence *pattern)
{
    struct buffer *packed = buffer_new(message, PATTERN_CAP);
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    TRY(recurrence_pack(pattern, packed));
    TRY(buffer_status(packed));
    TRY(bag_set_bytes(message->props, PROP_APPOINTMENT_RECUR, buffer_slice(packed)));
    talloc_free(packed);
    return STATUS_OK;
}

/* A new start or end of the series: the pattern moves with it. Its exceptions said when single occurrences are instead of the old time: they go, as in Outlook. */
static enum status move_pattern(struct message *message, struct series *series)
{
    struct recurrence *pattern = series->pattern;
    instant starts = bag_time(message->props, PROP_APPOINTMENT_START_WHOLE, 0), ends = bag_time(message->props, PROP_APPOINTMENT_END_WHOLE, 0);
    local_time start = time_zone_to_local(series->zone, starts), end = time_zone_to_local(series->zone, ends), day = local_midnight(start);
    uint32_t start_minute = (uint32_t)((start - day) / INSTANT_PER_MINUTE), end_minute = (uint32_t)((end - day) / INSTANT_PER_MINUTE);
    if (start_minute == pattern->start_minute && end_minute == pattern->end_minute && day == pattern->first_date)
        return STATUS_OK;
    pattern->start_minute = start_minute;
    pattern->end_minute = end_minute;
    pattern->first_date = day;
    pattern->exception_count = 0;
    TRY(recurrence_complete(pattern));
    return save_pattern(message, pattern);
}

/* The first occurrence gives the item its times [MS-OXOCAL] 2.2.1.5. */
static enum status take_first_times(struct message *message, const struct series *series)
{
    const struct recurrence *pattern = series->pattern;
    instant starts = time_zone_to_instant(series->zone, pattern->first_date + pattern->start_minute * INSTANT_PER_MINUTE);
    instant ends = time_zone_to_instant(series->zone, pattern->first_date + pattern->end_minute * INSTANT_PER_MINUTE);
    TRY(bag_set_time(message->props, PROP_APPOINTMENT_START_WHOLE, starts));
    TRY(bag_set_time(message->props, PROP_APPOINTMENT_END_WHOLE, ends));
    TRY(bag_set_time(message->props, PROP_COMMON_START, starts));
    TRY(bag_set_time(message->props, PROP_COMMON_END, ends));
    return bag_set_int32(message->props, PROP_APPOINTMENT_DURATION, (int32_t)((ends - starts) / INSTANT_PER_MINUTE));
}

static bool pattern_has(const struct series *series, const struct attachment *attachment)
{
    instant replaced = bag_time(attachment->props, PROP_EXCEPTION_REPLACE_TIME, 0);
    if (replaced == 0)
        return true; /* an old form, which only its embedded message tells */
    for (size_t i = 0; series->pattern != NULL && i < series->pattern->exception_count; i++)
        if (local_midnight(series->pattern->exceptions[i].original_start) == local_midnight(time_zone_to_local(series->zone, replaced)))
            return true;
    return false;
}

/* Messages of exceptions that the pattern no longer has. */
static void drop_lost_exceptions(struct message *message, const struct series *series)
{
    size_t kept = 0;
    for (size_t i = 0; i < message->attachment_count; i++)
        if (!exception_is_attachment(&message->attachments[i]) || (series->pattern != NULL && pattern_has(series, &message->attachments[i])))
            message->attachments[kept++] = message->attachments[i];
    message->attachment_count = kept;
}

static enum status read_series(TALLOC_CTX *mem, struct message *message, const struct derive_context *context, struct series *series)
{
    static const prop_tag times[] = { PROP_APPOINTMENT_START_WHOLE, PROP_APPOINTMENT_END_WHOLE, PROP_COMMON_START, PROP_COMMON_END };
    enum status status = series_pattern(mem, message->props, &series->pattern);
    series->has_changed = derive_changed(message, context, PROP_APPOINTMENT_RECUR);
    if (status == STATUS_NOT_FOUND) {
        if (series->has_changed)
            drop_lost_exceptions(message, series);
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status_add(STATUS_INVALID_RECURRENCE, "recurrence cannot be read");
    series->zone = series_zone(mem, message->props);
    if (!series->has_changed && derive_changed_any(message, context, times, ARRAY_LENGTH(times))) {
        TRY(move_pattern(message, series));
        series->has_changed = true;
    }
    if (!series->has_changed)
        return STATUS_OK;
    drop_lost_exceptions(message, series);
    return take_first_times(message, series);
}

static enum status set_clip(struct bag *props, const struct series *series)
{
    struct occurrence first, last;
    const struct recurrence *pattern = series->pattern;
    instant from = bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0), to = bag_time(props, PROP_APPOINTMENT_END_WHOLE, 0);
    if (pattern != NULL && recurrence_first(pattern, series->zone, &first) == STATUS_OK) {
        from = first.starts;
        to = CLIP_END_NEVER;
        if (pattern->end != RECUR_END_NEVER) {
            TRY(recurrence_last(pattern, series->zone, &last));
            to = last.ends;
        }
        for (size_t i = 0; i < pattern->exception_count; i++) {
            instant starts = time_zone_to_instant(series->zone, pattern->exceptions[i].start), ends = time_zone_to_instant(series->zone, pattern->exceptions[i].end);
            from = starts < from ? starts : from;
            to = ends > to ? ends : to;
        }
    }
    TRY(bag_set_time(props, PROP_CLIP_START, from));
    return bag_set_time(props, PROP_CLIP_END, to);
}

/* ---- flags, icon, id ---- */

/* [MS-OXOCAL] 2.2.1.45 */
static int32_t recurrence_type(const struct series *series)
{
    switch (series->pattern != NULL ? (int)series->pattern->frequency : 0) {
    case RECUR_DAILY:
        return 1;
    case RECUR_WEEKLY:
        return 2;
    case RECUR_MONTHLY:
        return 3;
    case RECUR_YEARLY:
        return 4;
    default:
        return 0;
    }
}

static enum status derive_flags(struct message *message, const struct series *series)
{
    struct bag *props = message->props;
    bool is_series = series->pattern != NULL, is_meeting = (bag_int32(props, PROP_APPOINTMENT_STATE_FLAGS, 0) & 0x1) != 0;
    if (bag_bool(props, PROP_IS_EXCEPTION, false) && !is_series)
        return STATUS_OK; /* an occurrence keeps what its series says */
    TRY(bag_set_bool(props, PROP_RECURRING, is_series));
    TRY(bag_set_bool(props, PROP_IS_RECURRING, is_series));
    TRY(bag_set_int32(props, PROP_RECURRENCE_TYPE, recurrence_type(series)));
    TRY(bag_set_int32(props, PROP_ICON_INDEX, is_meeting ? (is_series ? ICON_RECURRING_MEETING : ICON_MEETING) : is_series ? ICON_RECURRING : ICON_SINGLE));
    if (!bag_has(props, PROP_BUSY_STATUS))
        TRY(bag_set_int32(props, PROP_BUSY_STATUS, BUSY));
    if (!bag_has(props, PROP_APPOINTMENT_SUB_TYPE))
        TRY(bag_set_bool(props, PROP_APPOINTMENT_SUB_TYPE, false));
    return STATUS_OK;
}

static enum status derive_ids(struct message *message)
{
    struct bag *props = message->props;
    struct slice id = bag_bytes(props, PROP_GLOBAL_OBJECT_ID), clean = bag_bytes(props, PROP_CLEAN_GLOBAL_OBJECT_ID);
    if (id.length == 0) {
        id = clean.length > 0 ? clean : global_id_new(message, clock_now());
        TRY(bag_set_bytes(props, PROP_GLOBAL_OBJECT_ID, id));
    }
    return clean.length > 0 ? STATUS_OK : bag_set_bytes(props, PROP_CLEAN_GLOBAL_OBJECT_ID, global_id_clean(message, id));
}

/* ---- reminder [MS-OXORMDR] 2.2.1, 3.1.4 ---- */

static enum status set_signal(struct bag *props, instant starts, int64_t minutes)
{
    TRY(bag_set_time(props, PROP_REMINDER_TIME, starts));
    return bag_set_time(props, PROP_REMINDER_SIGNAL_TIME, starts - minutes * INSTANT_PER_MINUTE);
}

/* Anew when something that it follows from changed; a client that snoozes or dismisses sets the signal time itself. A series is reminded of its next
 * occurrence; when there is none left, of nothing. */
static enum status derive_reminder(struct message *message, const struct derive_context *context, const struct series *series)
{
    static const prop_tag sources[] = { PROP_REMINDER_SET, PROP_REMINDER_DELTA, PROP_APPOINTMENT_START_WHOLE, PROP_COMMON_START, PROP_APPOINTMENT_RECUR };
    struct bag *props = message->props;
    struct occurrence next;
    if (!bag_bool(props, PROP_REMINDER_SET, false))
        return STATUS_OK;
    bool is_given = derive_changed(message, context, PROP_REMINDER_SIGNAL_TIME) && bag_has(props, PROP_REMINDER_SIGNAL_TIME);
    bool is_due = !bag_has(props, PROP_REMINDER_SIGNAL_TIME) || derive_changed_any(message, context, sources, ARRAY_LENGTH(sources));
    if (is_given || !is_due)
        return STATUS_OK;
    if (!bag_has(props, PROP_REMINDER_DELTA) || bag_int32(props, PROP_REMINDER_DELTA, 0) == DELTA_SIGNAL_DEFAULT)
        TRY(bag_set_int32(props, PROP_REMINDER_DELTA, DELTA_DEFAULT));
    int64_t minutes = bag_int32(props, PROP_REMINDER_DELTA, DELTA_DEFAULT);
    if (series->pattern == NULL)
        return set_signal(props, bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0), minutes);
    enum status status = recurrence_next(series->pattern, series->zone, clock_now(), &next);
    if (status == STATUS_OCCURRENCE_NOT_FOUND)
        return bag_set_bool(props, PROP_REMINDER_SET, false);
    TRY(status);
    return set_signal(props, next.starts, minutes);
}

static enum status derive_all(TALLOC_CTX *mem, struct message *message, struct derive_context *context)
{
    struct series series = { 0 };
    bool has_times = false;
    TRY(derive_times(message, context, &has_times));
    if (!has_times)
        return STATUS_OK; /* an item without a time is kept as it is: it shows nowhere but in lists */
    TRY(read_series(mem, message, context, &series));
    TRY(set_clip(message->props, &series));
    TRY(derive_flags(message, &series));
    TRY(derive_ids(message));
    return derive_reminder(message, context, &series);
}

enum status derive_appointment(struct message *message, struct derive_context *context)
{
    TALLOC_CTX *mem = talloc_new(message);
    enum status status = mem != NULL ? derive_all(mem, message, context) : status_fail(STATUS_NO_MEMORY, "appointment");
    talloc_free(mem);
    return status;
}
